"""What a user can act on; everything else is a bug and keeps its traceback.

Only `cli.main` turns these into text and exit codes.
"""

from __future__ import annotations

from typing import ClassVar


class PromptciError(Exception):
    """A problem with its place and its mend: `place: problem` and, below, `hint: next step`."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problem: str, *, place: str | None = None, hint: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        first = self.problem if self.place is None else f"{self.place}: {self.problem}"
        return first if self.hint is None else f"{first}\n  hint: {self.hint}"


class UsageError(PromptciError):
    """The command line asks for something that cannot be done."""


class ConfigError(PromptciError):
    """promptci.yaml is wrong; `place` is file:line."""


class DataError(PromptciError):
    """A prompt file or an eval set is wrong; `place` is file:line."""


class GitError(PromptciError):
    """The repository cannot give or take what is asked."""


class MeasureError(PromptciError):
    """Nothing could be measured: credentials, provider, budget gone before a verdict, no cases."""

    exit_code = 3


class ForgeError(PromptciError):
    """The remote or the forge (GitHub or the like) refused or did not answer."""

    exit_code = 3
