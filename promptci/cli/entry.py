"""Run the command line: the only place where errors become text and exit codes."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from promptci.cli import augmenting, kept, measuring, others, scaling, searching, serving, starting
from promptci.cli.ending import (
    EXIT_BUG,
    EXIT_INTERRUPTED,
    EXIT_TERMINATED,
    EXIT_USAGE,
    leave_output,
)
from promptci.cli.group import OutputClosedError, cli
from promptci.cli.trouble import as_error, hides_interrupt
from promptci.errors import PromptciError, UsageError
from promptci.untrusted import shown

if TYPE_CHECKING:
    from types import FrameType

COMMANDS = (
    measuring,
    scaling,
    searching,
    augmenting,
    starting,
    kept,
    others,
    serving,
)  # importing a file adds its commands to the group

_ended_by = EXIT_INTERRUPTED


def main() -> NoReturn:
    """Run the command line; the only place where errors become text and exit codes.

    Python exits 1 on a crash and click on ^C: a crash must not look like a regression, so neither is left to them.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # a shell's background job ignores ^C, and so do we
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _terminated)
    try:
        cli.main(prog_name="promptci", standalone_mode=False)  # the same name, and completion, under `python -m`
        sys.exit(0)
    except OutputClosedError as problem:
        leave_output()
        _complain(str(problem), problem.exit_code)
    except PromptciError as problem:
        _complain(str(problem), problem.exit_code)
    except click.exceptions.NoArgsIsHelpError as problem:
        click.echo(problem.format_message())
        sys.exit(0)
    except click.UsageError as problem:
        where = problem.ctx.command_path if problem.ctx else "promptci"
        _complain(str(UsageError(problem.format_message(), hint=f"{where} --help")), EXIT_USAGE)
    except (KeyboardInterrupt, click.Abort):
        _interrupted()
    except Exception as problem:  # the last resort: a bug keeps its traceback and has an exit code of its own
        if hides_interrupt(problem):
            _interrupted()
        mendable = as_error(problem)
        if mendable is not None:
            if (
                isinstance(problem, OSError) and problem.filename is None
            ):  # of the output, it would fail again at the end
                leave_output()
            _complain(str(mendable), mendable.exit_code)
        _crash()


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    """End on SIGTERM in the same orderly way as on ^C, with another exit code.

    The code is kept aside: click and asyncio replace the exception on its way by one of their own.
    """
    global _ended_by
    _ended_by = EXIT_TERMINATED
    signal.raise_signal(signal.SIGINT)
    raise KeyboardInterrupt


def _interrupted() -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever presses ^C twice gets no traceback for it
    click.echo("promptci: interrupted; what was answered is kept", err=True)
    sys.exit(_ended_by)


def _complain(text: str, code: int) -> NoReturn:
    click.echo(f"promptci: {shown(text)}", err=True)
    sys.exit(code)


def _crash() -> NoReturn:
    import traceback

    click.echo(shown(traceback.format_exc()), err=True)
    click.echo("promptci: this is a bug in promptci; please report it with the lines above", err=True)
    sys.exit(EXIT_BUG)
