"""Commands that look for a better prompt: optimize."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptci.cli.ending import finish
from promptci.cli.group import cli
from promptci.cli.options import common, option, options_of
from promptci.errors import UsageError

if TYPE_CHECKING:
    from promptci.improve.attempt import Mode


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@option("--strategy", metavar="NAME", help="How candidates are proposed.  [default: the settings file's]")
@click.option("--pr", is_flag=True, help="Push a branch and open or update its pull request.")
@click.option("--write", is_flag=True, help="Write the better prompt into the working tree.")
@click.option("--dry-run", is_flag=True, help="Only print the diff (default); the question is noted in the ledger.")
@common
def optimize(ids: tuple[str, ...], strategy: str | None, pr: bool, write: bool, dry_run: bool, **rest: Any) -> None:
    """Search for a better prompt and confirm it."""
    from promptci.commands.optimize import optimize as story

    if pr + write + dry_run > 1:
        raise UsageError("--pr, --write and --dry-run exclude each other", hint="name one of them")
    mode: Mode = "pr" if pr else "write" if write else "dry-run"
    options = options_of(rest)
    finish(story(options, ids=ids, strategy=strategy, mode=mode), options, rest)
