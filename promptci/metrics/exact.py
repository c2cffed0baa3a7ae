"""Exact match, and its forgiving form."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.core import Case
from promptci.metrics.form import Compared, version_of


@dataclass(frozen=True)
class Exact(Compared):
    """The output is one of the accepted answers; blanks around it and the Unicode form (NFC) do not count.

    Not judged when the case expects nothing. An expected answer "" is right when the output is empty.
    """

    @property
    def version(self) -> str:
        """The rule and its options."""
        number = 2 if self.ignore_punctuation else 1
        first = f"exact/{number} case={not self.ignore_case} punctuation={not self.ignore_punctuation}"
        return version_of(self, first, but=("ignore_case", "ignore_punctuation"))

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when an accepted answer equals the output, 0.0 when none does, None when the case has no answer."""
        wanted = self.accepted(case)
        if not wanted:
            return None
        given = self.form(output)
        return float(any(given == self.form(answer) for answer in wanted))
