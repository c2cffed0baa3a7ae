"""Commands for runs beyond one machine: the shards of a check, and their merge."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from promptci.cli.ending import EXIT_UNMEASURED, finish
from promptci.cli.group import cli
from promptci.cli.options import (
    CONFIG,
    FAIL_ON,
    JSON,
    OUTPUT,
    STRICT,
    TRUST_TREE,
    Amount,
    option,
    options_of,
)
from promptci.errors import UsageError
from promptci.untrusted import shown

if TYPE_CHECKING:
    from promptci.run.options import Options


def ask_shard(options: Options, rest: dict[str, Any], part: str, *, alone: bool, **chosen: Any) -> NoReturn:
    """Ask one shard's questions and say what it left; exit 3 when it has no answer at all."""
    from promptci.commands.shard import shard as story
    from promptci.records.shard import shard_of

    if not alone:
        raise UsageError("--shard asks and decides nothing", hint="leave out --accept and --dry-run")
    if options.outputs:
        raise UsageError("a shard has no report", hint="give --output to `promptci merge`")
    done = story(options, shard_of(part), **chosen)
    if rest["as_json"]:
        click.echo(json.dumps({**asdict(done.asked), "place": str(done.place)}))
    else:
        for line in done.lines:
            click.echo(shown(line))
    raise SystemExit(0 if done.measured else EXIT_UNMEASURED)


@cli.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(path_type=Path))
@CONFIG
@OUTPUT
@option("--max-calls", type=click.IntRange(0), help="Hard cap on requests sent, those of all shards included.")
@option("--max-usd", type=Amount(0, min_open=True), help="Hard cap on cost, all shards included.")
@option("--replay", is_flag=True, help="Decide on the shards' answers alone; nothing is asked to confirm.")
@STRICT
@JSON
@option("-q", "--quiet", is_flag=True, help="Print verdicts only.")
@TRUST_TREE
@FAIL_ON
def merge(runs: tuple[Path, ...], config: Path | None, **rest: Any) -> None:
    """Decide on what the shards of a check have asked; RUN is a shard's directory, or its run's id."""
    from promptci.commands.merge import merge as story

    options = options_of({"config": config, **rest})
    finish(story(options, runs), options, rest)
