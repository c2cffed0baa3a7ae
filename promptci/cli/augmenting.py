"""Commands for prompts that users type: complements below them, or other words in their place."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from promptci.cli.ending import EXIT_FAILED, EXIT_UNMEASURED
from promptci.cli.group import cli
from promptci.cli.options import CONFIG, JSON, STRICT, TRUST_TREE, Amount, F, located, option, refuse_both
from promptci.errors import UsageError
from promptci.untrusted import shown

if TYPE_CHECKING:
    from promptci.run.options import Options

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
    option("--resume", metavar="RUN", help="Go on with an interrupted run."),
)


def asking(command: F) -> F:
    """Add the options of commands that ask models and report in lines of their own."""
    for choice in reversed(_ASKING):
        command = choice(command)
    return command


def asked(rest: dict[str, Any]) -> Options:
    """Return what those options say. Raises UsageError for a contradiction."""
    from promptci.run.options import Options

    refuse_both(rest)
    return Options(
        config=rest["config"],
        concurrency=rest["max_concurrency"],
        max_calls=rest["max_calls"],
        max_usd=rest["max_usd"],
        max_minutes=rest["max_minutes"],
        no_cache=rest["no_cache"],
        replay=rest["replay"],
        resume=rest["resume"],
        trust_tree=rest["trust_tree"],
        quiet=True,
    )


@cli.group()
def augment() -> None:
    """Put complements below the prompts that users type."""


@cli.group()
def rewrite() -> None:
    """Write the prompts that users type anew."""


OUT = click.option("--out", type=click.Path(path_type=Path), help="Folder for the pairs.  [default: .promptci/pairs/]")


@augment.command("init")
@click.argument("name")
@CONFIG
def augment_init(name: str, config: Path | None) -> None:
    """Write a first augment/NAME.yaml."""
    _begin("augment", name, config)


@rewrite.command("init")
@click.argument("name")
@CONFIG
def rewrite_init(name: str, config: Path | None) -> None:
    """Write a first rewrite/NAME.yaml."""
    _begin("rewrite", name, config)


def _begin(kind: Any, name: str, config: Path | None) -> None:
    from promptci.commands.augment import begin

    click.echo(f"wrote {begin(located(config), kind, name)}")


@augment.command("build")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@OUT
@asking
def augment_build(name: str, file: Path, out: Path | None, **rest: Any) -> None:
    """Make checked complements for a log of prompts.

    FILE: JSON lines or a table with a column prompt, instruction, question or text; chat logs; OpenTelemetry spans.
    """
    _build("augment", name, file, out, rest)


@rewrite.command("build")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@OUT
@asking
def rewrite_build(name: str, file: Path, out: Path | None, **rest: Any) -> None:
    """Make rewrites by good and bad answers.

    FILE: JSON lines or a table with a prompt, a good answer (good, chosen) and a bad one (bad, rejected).
    """
    _build("rewrite", name, file, out, rest)


def _build(kind: Any, name: str, file: Path, out: Path | None, rest: dict[str, Any]) -> NoReturn:
    from promptci.commands.augment import pairs

    done = pairs(asked(rest), kind, name, file, out=out)
    for line in done.lines:
        click.echo(shown(line))
    raise SystemExit(0 if done.finished else EXIT_UNMEASURED)


FILE = click.option("--file", type=click.Path(path_type=Path), help="Prompts, row by row; answers are JSON lines.")


@augment.command("run")
@click.argument("name")
@FILE
@asking
def augment_run(name: str, file: Path | None, **rest: Any) -> None:
    """Put a complement below a prompt.

    The prompt is read from standard input, unless --file names many.
    """
    _run("augment", name, file, rest)


@rewrite.command("run")
@click.argument("name")
@FILE
@asking
def rewrite_run(name: str, file: Path | None, **rest: Any) -> None:
    """Write a prompt anew.

    The prompt is read from standard input, unless --file names many.
    """
    _run("rewrite", name, file, rest)


def _run(kind: Any, name: str, file: Path | None, rest: dict[str, Any]) -> None:
    from promptci.commands.augmenting import run

    for line in run(asked(rest), kind, name, sys.stdin, sys.stdout, file=file).lines:
        click.echo(shown(line), err=True)


_EVAL = (
    click.option("--against", metavar="WAY", default="none", show_default=True,
                 help="none, suffix, another file (rewrite/NAME), or @REV: this file as REV has it."),
    click.option("--suffix", metavar="TEXT", help="The sentence of `--against suffix`."),
    click.option("--rubric", metavar="TEXT", default="", help="Better at what."),
    STRICT,
    JSON,
)  # fmt: skip


def _evaluates(command: F) -> F:
    for choice in reversed(_EVAL):
        command = choice(command)
    return command


@augment.command("eval")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@_evaluates
@asking
def augment_eval(name: str, file: Path, **rest: Any) -> None:
    """Say whether answers got better.

    FILE holds prompts that no golden example quotes. Exit code 1: they got worse.
    """
    _evaluate("augment", name, file, rest)


@rewrite.command("eval")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@_evaluates
@asking
def rewrite_eval(name: str, file: Path, **rest: Any) -> None:
    """Say whether answers got better.

    FILE holds prompts that no golden example quotes. Exit code 1: they got worse.
    """
    _evaluate("rewrite", name, file, rest)


def _evaluate(kind: Any, name: str, file: Path, rest: dict[str, Any]) -> NoReturn:
    import json

    from promptci.commands.evaluating import SUFFIX, evaluate

    suffix = rest["suffix"] or SUFFIX
    if rest["suffix"] and rest["against"] != "suffix":
        raise UsageError("--suffix is for `--against suffix`", hint="add it, or leave --suffix out")
    done = evaluate(asked(rest), kind, name, file, against=rest["against"], suffix=suffix, rubric=rest["rubric"])
    if rest["as_json"]:
        click.echo(json.dumps(done.data, indent=2, ensure_ascii=False))
    for line in () if rest["as_json"] else done.lines:
        click.echo(shown(line))
    codes = {"fail": EXIT_FAILED, "unmeasured": EXIT_UNMEASURED, "inconclusive": EXIT_FAILED if rest["strict"] else 0}
    raise SystemExit(codes.get(done.verdict, 0))
