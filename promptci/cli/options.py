"""The options that several commands have, and the values that the stories take."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from promptci.errors import UsageError

if TYPE_CHECKING:
    from promptci.run.options import Options

F = TypeVar("F", bound=Callable[..., Any])


class Amount(click.FloatRange):
    """A finite number in a range: no comparison with `nan` is true, so a cap of that would hold nothing."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number. Raises BadParameter for `nan` and `inf` as for what is out of the range."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """Make an option that is also read from PROMPTCI_<OPTION>."""
    long = next(n for n in names if n.startswith("--")).split("/")[0]
    settings.setdefault("envvar", "PROMPTCI_" + long[2:].upper().replace("-", "_"))
    return click.option(*names, **settings)


CONFIG = option("-c", "--config", type=click.Path(path_type=Path), help="Settings file.  [default: promptci.yaml]")
OUTPUT = option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Also write the report: .html, .md, .txt, .json, .xml (JUnit), .csv.",
)
JSON = option("--json", "as_json", is_flag=True, envvar="PROMPTCI_JSON", help="Print the report as JSON, nothing else.")
STRICT = option("--strict", is_flag=True, help="Exit 1 when the verdict is inconclusive.")
FAIL_ON = option(
    "--fail-on",
    type=click.Choice(["regression", "threshold", "never"]),
    default="regression",
    show_default=True,
    help="What makes the exit code 1: any failing gate, min_score alone, or nothing.",
)

TRUST_TREE = option(
    "--trust-tree", is_flag=True, help="Ask hosts and use keys that only the checked-out settings name."
)

# Known, so that a matrix that splits its checks is told what to do with a search, instead of searching in every job.
NO_SHARD = option("--shard", hidden=True)

_CHOICES = (
    CONFIG,
    OUTPUT,
    option(
        "-j", "--max-concurrency", type=click.IntRange(1, 1024), default=16, show_default=True, help="Calls at once."
    ),
    option("--repeat", type=click.IntRange(1, 25), default=1, show_default=True, help="Answers per case."),
    option("--seed", type=int, default=0, show_default=True, help="Seed of every random choice."),
    option("--max-calls", type=click.IntRange(0), help="Hard cap on requests sent; 0 sends none."),
    option("--max-usd", type=Amount(0, min_open=True), help="Hard cap on cost."),
    option("--max-minutes", type=Amount(0, min_open=True), help="Hard cap on time."),
    option("--no-cache", is_flag=True, help="Do not use earlier answers."),
    option("--replay", is_flag=True, help="Use earlier answers only; a call that would be sent is an error."),
    option("--shared-cache", metavar="URL", help="Also use answers kept here: a folder, s3://..., gs://..., az://..."),
    option("--resume", metavar="RUN", help="Go on with an interrupted run."),
    STRICT,
    JSON,
    option("-q", "--quiet", is_flag=True, help="Print verdicts only."),
    option("-v", "--verbose", is_flag=True, help="Print more."),
)


def common(command: F) -> F:
    """Add the options that every measuring command has."""
    for choice in reversed(_CHOICES):
        command = choice(command)
    return command


def located(config: Path | None) -> Options:
    """Return options that only say where the settings are."""
    from promptci.run.options import Options

    return Options(config=config)


def refuse_outputs(paths: Sequence[Path]) -> None:
    """Raise UsageError for a report that nobody could write, before a call is paid for."""
    from promptci.report import writer_for

    for path in paths:
        writer_for(path)
        if path.is_dir():
            raise UsageError("a directory, not a file", place=str(path), hint="name a file, such as report.md")
        around = next((p for p in path.absolute().parents if p.exists()), path)
        if not (around.is_dir() and os.access(around, os.W_OK)):
            hint = "name a place that you may write to"
            raise UsageError("cannot be written", place=str(path), hint=hint)


_FIELDS = {  # of the command line's names, those of `Options`
    "config": "config", "output": "outputs", "max_concurrency": "concurrency", "repeat": "repeat", "seed": "seed",
    "max_calls": "max_calls", "max_usd": "max_usd", "max_minutes": "max_minutes", "no_cache": "no_cache",
    "replay": "replay", "resume": "resume", "shared_cache": "shared_cache", "strict": "strict", "verbose": "verbose",
    "trust_tree": "trust_tree",
}  # fmt: skip


def options_of(rest: dict[str, Any]) -> Options:
    """Return what a command's options say; what it does not have is as `Options` has it.

    A command without --quiet reports in lines of its own. Raises UsageError for a contradiction, or an output file
    nobody can write.
    """
    from promptci.run.options import Options

    if rest.get("shard"):
        hint = "give each job a prompt: promptci optimize ID; or let several machines call: execution: {executor: ray}"
        raise UsageError("a search has no shards: what it asks next depends on what was answered", hint=hint)
    refuse_outputs(rest.get("output", ()))
    if rest.get("no_cache") and rest.get("replay"):
        raise UsageError("--no-cache and --replay exclude each other", hint="name one of them")
    given = {field: rest[name] for name, field in _FIELDS.items() if name in rest}
    return Options(**given, quiet=rest.get("quiet", True) or rest.get("as_json", False))
