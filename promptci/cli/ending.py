"""How a command ends: the report is printed and written, and its verdict becomes an exit code."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from promptci.errors import UsageError
from promptci.untrusted import shown

if TYPE_CHECKING:
    from promptci.project.project import Project
    from promptci.report.base import Report
    from promptci.run.options import Options

EXIT_FAILED, EXIT_USAGE, EXIT_UNMEASURED, EXIT_BUG, EXIT_INTERRUPTED, EXIT_TERMINATED = 1, 2, 3, 70, 130, 143


def color() -> bool:
    """Whether standard output takes colours: a terminal, and the user did not say NO_COLOR."""
    return sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def width() -> int | None:
    """The columns of the terminal; None where standard output is none, and lines are not to be broken."""
    return shutil.get_terminal_size().columns if sys.stdout and sys.stdout.isatty() else None


def tell(lines: Iterable[str], rest: dict[str, Any]) -> NoReturn:
    """Print lines and end well: a forecast is all that was asked for. Raises UsageError where a report was, too."""
    if rest.get("as_json") or rest.get("output"):
        raise UsageError("a forecast is a table, and no report", hint="leave out --json and --output")
    for line in lines:
        click.echo(shown(line))
    raise SystemExit(0)


def silent(_line: str) -> None:
    """Take the place of printing: with --json, standard output is the report and nothing else."""


def publish(report: Report, options: Options, rest: dict[str, Any], project: Project | None = None) -> None:
    """Leave the step's outputs, the job summary and annotations where a CI service reads them; nothing elsewhere.

    `project` has the settings that were in force, where they are not those of the working tree.
    """
    if not (os.environ.get("GITHUB_OUTPUT") or os.environ.get("GITHUB_STEP_SUMMARY")):
        return
    from promptci.commands.publishing import publish as story
    from promptci.project.project import locate

    say = silent if rest["as_json"] else click.echo
    story(report, project or locate(options.config, Path()), os.environ, say)


def finish(report: Report, options: Options, rest: dict[str, Any]) -> NoReturn:
    """Write the report where it was asked for, print it, and exit with its code, whoever stopped reading."""
    from promptci.report import write

    for path in options.outputs:
        write(report, path)
    try:
        _print(report, options, as_json=rest["as_json"])
    except BrokenPipeError:  # `| head`: the verdict stands, and whoever asked for it gets its code
        leave_output()
    codes = {
        "fail": EXIT_FAILED if fails(report, rest.get("fail_on", "regression")) else 0,
        "unmeasured": EXIT_UNMEASURED,
        "inconclusive": EXIT_FAILED if options.strict else 0,
    }
    raise SystemExit(codes.get(report.verdict, 0))


def leave_output() -> None:
    """Write no more to a standard output that nobody reads, nor when Python ends."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print(report: Report, options: Options, *, as_json: bool) -> None:
    if as_json:
        from promptci.report.json import as_json as written

        click.echo(written(report), nl=False)
    elif options.quiet:
        for prompt in report.prompts:
            found = prompt.search
            more = f"  {found.outcome}  {shown(found.pull_request.url or '')}" if found else ""
            click.echo(f"{prompt.verdict}  {shown(prompt.id)}{more}".rstrip())
    else:
        from promptci.report.terminal import as_text

        click.echo(as_text(report, color=color(), verbose=options.verbose, width=width()), nl=False)


def fails(report: Report, fail_on: str) -> bool:
    """Whether a failing report is one that the user wants to fail on."""
    below = any(gate.name == "min_score" and gate.verdict == "fail" for p in report.prompts for gate in p.gates)
    return fail_on == "regression" or (fail_on == "threshold" and below)
