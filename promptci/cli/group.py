"""The group of all commands, which the files beside this one join."""

from __future__ import annotations

from typing import Any

import click

from promptci import __version__
from promptci.errors import PromptciError


class OutputClosedError(PromptciError):
    """Whoever read our output stopped reading it."""

    exit_code = 3


class Commands(click.Group):
    """A group that tells of a closed pipe: click would exit with 1, which is what a failed gate does."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the command line; the help is printed here."""
        try:
            return super().make_context(*args, **extra)
        except BrokenPipeError:
            raise _CLOSED from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _CLOSED from None


_CLOSED = OutputClosedError("the output was closed before all of it was written")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="promptci")
def cli() -> None:
    """Tests, gates and improves the prompts in a git repository.

    Exit codes: 0 passed or inconclusive, 1 the gate failed, 2 usage, configuration or data, 3 could not measure.
    """
