"""Commands for prompts that users type: complements below them, or other words in their place."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from promptci.cli.ending import EXIT_FAILED, EXIT_UNMEASURED, tell
from promptci.cli.group import cli
from promptci.cli.options import CONFIG, JSON, STRICT, TRUST_TREE, Amount, located, option, options_of
from promptci.errors import UsageError
from promptci.untrusted import shown

if TYPE_CHECKING:
    from promptci.augment.base import Kind


@cli.group()
def augment() -> None:
    """Put complements below the prompts that users type."""


@cli.group()
def rewrite() -> None:
    """Write the prompts that users type anew."""


def _init(kind: Kind, name: str, config: Path | None) -> None:
    from promptci.commands.augment import begin

    click.echo(f"wrote {begin(located(config), kind, name)}")


def _build(kind: Kind, name: str, file: Path, out: Path | None, dry_run: bool, **rest: Any) -> NoReturn:
    if dry_run:
        from promptci.commands.outlay import of_build

        tell(of_build(options_of(rest), kind, name, file), rest)
    from promptci.commands.augment import pairs

    done = pairs(options_of(rest), kind, name, file, out=out)
    for line in done.lines:
        click.echo(shown(line))
    raise SystemExit(0 if done.finished else EXIT_UNMEASURED)


def _run(kind: Kind, name: str, file: Path | None, **rest: Any) -> None:
    from promptci.commands.augmenting import run

    for line in run(options_of(rest), kind, name, sys.stdin, sys.stdout, file=file).lines:
        click.echo(shown(line), err=True)


def _eval(kind: Kind, name: str, file: Path, **rest: Any) -> NoReturn:
    from promptci.commands.evaluating import SUFFIX, evaluate

    suffix = rest["suffix"] or SUFFIX
    if rest["suffix"] and rest["against"] != "suffix":
        raise UsageError("--suffix is for `--against suffix`", hint="add it, or leave --suffix out")
    done = evaluate(options_of(rest), kind, name, file, against=rest["against"], suffix=suffix, rubric=rest["rubric"])
    if rest["as_json"]:
        click.echo(json.dumps(done.data, indent=2, ensure_ascii=False))
    for line in () if rest["as_json"] else done.lines:
        click.echo(shown(line))
    codes = {"fail": EXIT_FAILED, "unmeasured": EXIT_UNMEASURED, "inconclusive": EXIT_FAILED if rest["strict"] else 0}
    raise SystemExit(codes.get(done.verdict, 0))


_NAME = click.argument("name")
_FILE = click.argument("file", type=click.Path(path_type=Path))
_ASKING = (
    CONFIG,
    TRUST_TREE,
    option(
        "-j", "--max-concurrency", type=click.IntRange(1, 1024), default=16, show_default=True, help="Calls at once."
    ),
    option("--max-calls", type=click.IntRange(0), help="Hard cap on requests sent; 0 sends none."),
    option("--max-usd", type=Amount(0, min_open=True), help="Hard cap on cost."),
    option("--max-minutes", type=Amount(0, min_open=True), help="Hard cap on time."),
    option("--no-cache", is_flag=True, help="Do not use earlier answers."),
    option("--replay", is_flag=True, help="Use earlier answers only; a call that would be sent is an error."),
)
_RESUME = option("--resume", metavar="RUN", help="Go on with an interrupted run.")
_OUT = click.option("--out", type=click.Path(path_type=Path), help="Folder for the pairs.  [default: .promptci/pairs/]")
_DRY = click.option("--dry-run", is_flag=True, help="Only say what it would cost: calls, tokens, dollars, minutes.")
_ROWS = click.option("--file", type=click.Path(path_type=Path), help="Prompts, row by row; answers are JSON lines.")
_EVAL = (
    click.option("--against", metavar="WAY", default="none", show_default=True,
                 help="none, suffix, another file (rewrite/NAME), or @REV: this file as REV has it."),
    click.option("--suffix", metavar="TEXT", help="The sentence of `--against suffix`."),
    click.option("--rubric", metavar="TEXT", default="", help="Better at what."),
    STRICT,
    JSON,
)  # fmt: skip
_TYPED = "\n\nThe prompt is read from standard input, unless --file names many."
_BETTER = """Say whether answers got better.

FILE holds prompts that no golden example quotes. Exit code 1: they got worse.
"""
_LOG = """Make checked complements for a log of prompts.

FILE: JSON lines or a table with a column prompt, instruction, question or text; chat logs; OpenTelemetry spans.
"""
_COMPARED = """Make rewrites by good and bad answers.

FILE: JSON lines or a table with a prompt, a good answer (good, chosen) and a bad one (bad, rejected).
"""

# Each command once for both kinds: what it does, what it takes, and what it says of itself.
_COMMANDS: dict[str, tuple[Callable[..., None], tuple[Any, ...], dict[Kind, str]]] = {
    "init": (_init, (_NAME, CONFIG), {k: f"Write a first {k}/NAME.yaml." for k in ("augment", "rewrite")}),
    "build": (_build, (_NAME, _FILE, _OUT, _DRY, *_ASKING, _RESUME), {"augment": _LOG, "rewrite": _COMPARED}),
    "run": (
        _run,
        (_NAME, _ROWS, *_ASKING),
        {"augment": f"Put a complement below a prompt.{_TYPED}", "rewrite": f"Write a prompt anew.{_TYPED}"},
    ),
    "eval": (_eval, (_NAME, _FILE, *_EVAL, *_ASKING, _RESUME), {"augment": _BETTER, "rewrite": _BETTER}),
}


def _join(group: click.Group, kind: Kind) -> None:
    for name, (does, takes, about) in _COMMANDS.items():
        command: Any = partial(does, kind)
        for choice in reversed(takes):
            command = choice(command)
        group.command(name, help=about[kind])(command)


_join(augment, "augment")
_join(rewrite, "rewrite")
