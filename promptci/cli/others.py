"""Commands about what other programs wrote: gate on results, cases from traces."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from promptci.cli.ending import EXIT_USAGE, finish
from promptci.cli.group import cli
from promptci.cli.options import CONFIG, FAIL_ON, JSON, OUTPUT, STRICT, Amount, located, option, refuse_outputs
from promptci.errors import UsageError
from promptci.untrusted import shown


@cli.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option(  # PROMPTCI_BASE names a revision for `check`: no file of results
    "--base", type=click.Path(path_type=Path), required=True, help="Results of the revision to compare with."
)
@option(
    "--metric", "metrics", metavar="NAME", multiple=True, help="Only suites with this in their name.  [default: all]"
)
@option("--max-drop", type=Amount(0, 1), default=0.0, show_default=True, help="Drop that is tolerated.")
@option(
    "--detect",
    type=Amount(0, 1, min_open=True),
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

    RESULTS: promptfoo (.json, .jsonl), inspect (.eval, .json), JUnit (.xml) of pytest, DeepEval (.xml, .json),
    lm-eval samples (.jsonl), or a report of promptci.
    """
    from promptci.commands.compare import Terms
    from promptci.commands.gate import gate as story
    from promptci.run.options import Options

    refuse_outputs(rest["output"])
    if max_drop + detect >= 1:
        raise UsageError("--max-drop and --detect are 1 or more together", hint="lower one of them")
    options = Options(outputs=rest["output"], strict=rest["strict"])
    finish(story(results, base, Terms(max_drop, detect), metrics=metrics), options, rest)


@cli.group()
def cases() -> None:
    """Add, look over or grade the rows of eval sets."""


@cases.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@option("--prompt", metavar="ID", help="Whose eval set.  [default: the only prompt]")
@option("--column", metavar="NAME", help="The column of a table that is the input.")
@CONFIG
def cases_add(file: Path, prompt: str | None, column: str | None, config: Path | None) -> None:
    """Write new inputs from traces into a file for review.

    FILE: OpenTelemetry GenAI spans (.json, .jsonl), OpenAI chat logs (.jsonl), a table of tickets (.csv, .tsv).
    """
    from promptci.commands.cases import add

    for line in add(located(config), file, prompt=prompt, column=column).lines:
        click.echo(shown(line))


@cases.command("check")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@CONFIG
def cases_check(ids: tuple[str, ...], config: Path | None) -> None:
    """Look for duplicates, leaks across the split and contradicting labels; exit 2 on an error."""
    from promptci.commands.cases import check

    found = check(located(config), ids=ids)
    for one in found:
        click.echo(shown(f"{one.level}  {one.place}: {one.problem}\n  {one.mend}  [{one.id}]"))
    if not found:
        click.echo("nothing found")
    raise SystemExit(EXIT_USAGE if any(one.level == "error" for one in found) else 0)


@cases.command("label")
@click.argument("count", type=click.IntRange(1), default=20)
@option("--prompt", metavar="ID", help="Whose eval set.  [default: the only prompt]")
@CONFIG
def cases_label(count: int, prompt: str | None, config: Path | None) -> None:
    """Show the next COUNT rows that a person should answer or grade.

    COUNT is 20 where it is left out. At a terminal each row for review waits for its expected answer: Enter skips it,
    Ctrl-D ends.
    """
    from promptci.commands.labelling import label

    for line in label(located(config), count, prompt=prompt, ask=_asked if sys.stdin.isatty() else None):
        click.echo(shown(line))


def _asked(lines: Sequence[str]) -> str | None:
    """Show one row and read its answer; None when the user wants no more."""
    for line in lines:
        click.echo(shown(line))
    try:
        return str(click.prompt("  expected", default="", show_default=False))
    except click.Abort:
        return None
