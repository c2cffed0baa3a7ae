"""Commands about what other tools wrote: gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from promptci.cli.ending import finish
from promptci.cli.group import cli
from promptci.cli.options import FAIL_ON, JSON, OUTPUT, STRICT, option, refuse_outputs


@cli.command()
@click.argument("results", type=click.Path(path_type=Path))
@option("--base", type=click.Path(path_type=Path), required=True, help="Results of the revision to compare with.")
@option(
    "--metric", "metrics", metavar="NAME", multiple=True, help="Only suites with this in their name.  [default: all]"
)
@option("--max-drop", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Drop that is tolerated.")
@option(
    "--detect",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.05,
    show_default=True,
    help="Drop beyond that which a pass rules out.",
)
@JSON
@STRICT
@FAIL_ON
@OUTPUT
def gate(results: Path, base: Path, metrics: tuple[str, ...], max_drop: float, detect: float, **rest: Any) -> None:
    """Judge what another tool measured; no model is asked.

    RESULTS: promptfoo (.json, .jsonl), inspect (.eval, .json), JUnit (.xml) of pytest or DeepEval, lm-eval samples
    (.jsonl), or a report of promptci.
    """
    from promptci.commands.compare import Terms
    from promptci.commands.gate import gate as story
    from promptci.run.options import Options

    refuse_outputs(rest["output"])
    options = Options(outputs=rest["output"], strict=rest["strict"])
    finish(story(results, base, Terms(max_drop, detect), metrics=metrics), options, rest)
