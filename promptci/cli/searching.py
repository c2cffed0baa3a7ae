"""Commands that look for a better prompt: optimize, upgrade for another model, and explain."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from promptci.cli.ending import finish, publish, tell
from promptci.cli.group import cli
from promptci.cli.options import NO_SHARD, TRUST_TREE, Amount, common, option, options_of
from promptci.errors import UsageError

if TYPE_CHECKING:
    from promptci.config.models import PriceSettings
    from promptci.improve.attempt import Mode


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@option("--strategy", metavar="NAME", help="How candidates are proposed.  [default: the settings file's]")
@click.option(
    "--file",
    "files",
    metavar="PATH",
    multiple=True,
    help="Of a program's files the one to search; PATH::NAME chooses a text in it.  [default: the settings' `rewrite`]",
)
@click.option("--pr", is_flag=True, help="Push a branch and open or update its pull request.")
@click.option("--write", is_flag=True, help="Write the better prompt into the working tree.")
@click.option("--dry-run", is_flag=True, help="Only print the diff (default); the question is noted in the ledger.")
@TRUST_TREE
@NO_SHARD
@click.option("--estimate", is_flag=True, help="Only say what it would cost: calls, tokens, dollars, minutes.")
@option(
    "--ask-above",
    type=Amount(0),
    metavar="USD",
    help="In a terminal, ask first when it is likely to cost more.",
)
@common
def optimize(
    ids: tuple[str, ...],
    strategy: str | None,
    files: tuple[str, ...],
    pr: bool,
    write: bool,
    dry_run: bool,
    estimate: bool,
    ask_above: float | None,
    **rest: Any,
) -> None:
    """Search for a better prompt and confirm it."""
    from promptci.commands.optimize import optimize as story

    if pr + write + dry_run > 1:
        raise UsageError("--pr, --write and --dry-run exclude each other", hint="name one of them")
    mode: Mode = "pr" if pr else "write" if write else "dry-run"
    options = options_of(rest)
    if estimate:
        from promptci.commands.forecast import of_optimize

        tell(of_optimize(options, ids=ids, strategy=strategy, files=files), rest)
    if ask_above is not None and sys.stdin.isatty():
        from promptci.commands.forecast import likely_usd

        likely = likely_usd(options, ids, strategy, files)
        if likely > ask_above:
            click.confirm(f"This is likely to cost {likely:.2f} USD. Search?", abort=True, err=True)
    report = story(options, ids=ids, strategy=strategy, mode=mode, files=files)
    publish(report, options, rest)
    finish(report, options, rest)


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@option("--to", metavar="MODEL", help="The model that models.scorer is to name.")
@option("--candidates", metavar="A,B,C", help="Several models; the cheapest that is worse nowhere is taken.")
@option("--price", "prices", metavar="MODEL=IN/OUT", multiple=True, help="A new model's USD per million tokens.")
@click.option("--pr", is_flag=True, help="Push a branch with the change and open or update its pull request.")
@click.option("--write", is_flag=True, help="Write the change into the working tree.")
@click.option("--dry-run", is_flag=True, help="Only say what it would cost: calls, tokens, dollars, minutes.")
@TRUST_TREE
@NO_SHARD
@common
def upgrade(
    ids: tuple[str, ...],
    to: str | None,
    candidates: str | None,
    prices: tuple[str, ...],
    pr: bool,
    write: bool,
    dry_run: bool,
    **rest: Any,
) -> None:
    """Move the prompts to another model."""
    from promptci.commands.upgrade import upgrade as story

    if bool(to) == bool(candidates):
        raise UsageError("name one model with --to, or several with --candidates", hint="promptci upgrade --to MODEL")
    if pr and write:
        raise UsageError("--pr and --write exclude each other", hint="name one of them")
    names = list(dict.fromkeys(name.strip() for name in (to or candidates or "").split(",") if name.strip()))
    if not names:
        raise UsageError("no model is named", hint="promptci upgrade --to MODEL")
    options = options_of(rest)
    told = dict(_price(given) for given in prices)
    if spare := sorted(told.keys() - set(names)):
        hint = f"prices are those of {', '.join(names)}"
        raise UsageError(f"a price for '{spare[0]}', which no prompt is to move to", hint=hint)
    if dry_run:
        from promptci.commands.forecast import of_upgrade

        tell(of_upgrade(options, to=names, ids=ids, prices=told), rest)
    mode: Any = "pr" if pr else "write" if write else "print"
    finish(story(options, to=names, ids=ids, prices=told, mode=mode), options, rest)


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--calls", type=click.IntRange(1), default=1000, show_default=True, help="Calls for each prompt.")
@TRUST_TREE
@NO_SHARD
@click.option("--dry-run", is_flag=True, help="Only say what it would cost: calls, tokens, dollars, minutes.")
@common
def explain(ids: tuple[str, ...], calls: int, dry_run: bool, **rest: Any) -> None:
    """Say what every sentence of a prompt is worth."""
    from promptci.commands.explain import explained as story

    options = options_of(rest)
    if dry_run:
        from promptci.commands.forecast import of_explain

        tell(of_explain(options, ids=ids, calls=calls), rest)
    finish(story(options, ids=ids, calls=calls), options, rest)


def _price(given: str) -> tuple[str, PriceSettings]:
    """Read "MODEL=IN/OUT". Raises UsageError for anything else."""
    from promptci.config.models import PriceSettings

    model, _, both = given.rpartition("=")
    try:
        into, out = (float(part) for part in (both.split("/") if model else ()))
        return model, PriceSettings(input=into, output=out)
    except ValueError:
        hint = "such as --price my-model=0.40/1.60"
        raise UsageError(f"'{given}' is no price per million tokens, in and out", hint=hint) from None
