"""Commands that measure or gate: check, ci, compare, power."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from promptci.cli.ending import finish, publish, silent, tell, width
from promptci.cli.group import cli
from promptci.cli.options import (
    CONFIG,
    FAIL_ON,
    JSON,
    OUTPUT,
    STRICT,
    TRUST_TREE,
    Amount,
    common,
    option,
    options_of,
    refuse_outputs,
)
from promptci.cli.scaling import ask_shard
from promptci.errors import UsageError

if TYPE_CHECKING:
    from promptci.run.options import Options


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@option("--base", metavar="REV", help="Compare with this revision.  [default: where the branch left main]")
@option("--all", "all_", is_flag=True, help="Also score prompts that did not change.")
@option("--accept", is_flag=True, help="Run afresh and write the outcomes as the baselines; gate nothing.")
@option("--self", "itself", is_flag=True, help="Compare prompts with themselves: how often would they be red?")
@option("--case", "cases", metavar="ID", multiple=True, help="Run only this case, show it, gate nothing.")
@option("--tag", "tags", metavar="TAG", multiple=True, help="Run only cases with this tag; gate nothing.")
@option("--failed", metavar="[RUN]", is_flag=False, flag_value="last", help="Run only what failed in a run (last).")
@option("--executor", type=click.Choice(["local", "ray", "batch"]), help="Where calls are made.  [default: settings]")
@option("--shard", metavar="N/OF", help="Ask this part of the questions, decide nothing; then `promptci merge`.")
@TRUST_TREE
@click.option("--dry-run", is_flag=True, help="Only say what it would cost: calls, tokens, dollars, minutes.")
@FAIL_ON
@common
def check(
    ids: tuple[str, ...],
    base: str | None,
    all_: bool,
    accept: bool,
    itself: bool,
    cases: tuple[str, ...],
    tags: tuple[str, ...],
    failed: str | None,
    executor: str | None,
    shard: str | None,
    dry_run: bool,
    **rest: Any,
) -> None:
    """Score changed prompts; fail if one got worse."""
    from promptci.commands.check import checked as story

    options = replace(options_of(rest), executor=executor)
    if dry_run and (cases or tags or failed):
        hint = "leave out one of them; --max-calls caps what is sent"
        raise UsageError("--dry-run does not estimate --case, --tag or --failed", hint=hint)
    if itself:
        alone = not (base or all_ or accept or cases or tags or failed or shard)
        _itself(options, rest, ids, alone=alone, dry_run=dry_run)
    if cases or tags or failed:
        if base or all_ or accept or shard:
            hint = "they run chosen cases and gate nothing; leave out --base, --all, --accept and --shard"
            raise UsageError("--case, --tag and --failed compare with nothing", hint=hint)
        _look(options, rest, ids=ids, cases=cases, tags=tags, failed=failed)
    if shard:
        ask_shard(options, rest, shard, ids=ids, base=base, everything=all_, alone=not (accept or dry_run))
    if dry_run:
        from promptci.commands.forecast import of_alone, of_check

        tell(of_alone(options, ids=ids) if accept else of_check(options, ids=ids, base=base, everything=all_), rest)
    report, project = story(options, ids=ids, base=base, everything=all_, accept=accept)
    publish(report, options, rest, project)
    finish(report, options, rest)


def _itself(options: Options, rest: dict[str, Any], ids: tuple[str, ...], *, alone: bool, dry_run: bool) -> NoReturn:
    from promptci.commands.forecast import of_alone
    from promptci.commands.itself import check_itself

    if not alone:
        hint = "leave out --base, --all, --accept, --case, --tag, --failed and --shard"
        raise UsageError("--self compares a prompt with itself alone", hint=hint)
    if dry_run:
        tell(of_alone(options, ids=ids), rest)
    finish(check_itself(options, ids=ids), options, rest)


def _look(options: Options, rest: dict[str, Any], **chosen: Any) -> NoReturn:
    from promptci.commands.looking import lines, look

    report = look(options, **chosen)
    if not options.quiet:
        for line in lines(report, width()):
            click.echo(line)
    finish(report, replace(options, quiet=True), rest)


@cli.command()
@FAIL_ON
@common
def ci(**rest: Any) -> None:
    """Do what the CI event asks for."""
    from promptci.commands.ci import ci as story

    options = options_of(rest)
    finish(story(options, os.environ, silent if rest["as_json"] else click.echo), options, rest)


@cli.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@JSON
@STRICT
@FAIL_ON
@OUTPUT
def compare(a: Path, b: Path, **rest: Any) -> None:
    """Compare two earlier runs, without a model."""
    from promptci.commands.compare import compare as story
    from promptci.commands.compare import terms_at_hand
    from promptci.commands.kept import record
    from promptci.run.options import Options

    refuse_outputs(rest["output"])
    options = Options(outputs=rest["output"], strict=rest["strict"])
    finish(story(record(options, a), record(options, b), terms=terms_at_hand()), options, rest)


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@CONFIG
@option("--cases", type=click.IntRange(1, 20_000), help="Ask about a set of this many cases instead of your own.")
@option("--noise", type=Amount(0, 0.5), help="Share of cases that flip.  [default: measured, else 0.05]")
def power(ids: tuple[str, ...], config: Path | None, cases: int | None, noise: float | None) -> None:
    """Say what an eval set can show."""
    from promptci.commands.power import power as story
    from promptci.run.options import Options

    for line in story(Options(config=config), ids=ids, cases=cases, noise=noise):
        click.echo(line)


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@CONFIG
def history(ids: tuple[str, ...], config: Path | None) -> None:
    """Show each prompt's score from commit to commit."""
    from promptci.commands.history import history as story
    from promptci.run.options import Options

    click.echo(story(Options(config=config), ids=ids), nl=False)
