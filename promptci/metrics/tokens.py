"""Word overlap: token F1 and equality of word sets (as in Honovich et al. 2022, appendix A)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from promptci.core import Case
from promptci.metrics.form import Compared, version_of


@dataclass(frozen=True)
class TokenF1(Compared):
    """The harmonic mean of word precision and recall, best over the accepted answers; case and punctuation ignored.

    With `ignore_articles` it is SQuAD's F1 (Rajpurkar et al. 2016), but for signs inside words, which split them here.
    """

    ignore_case: bool = True
    ignore_punctuation: bool = True
    graded: ClassVar[bool] = True

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "token_f1/2")

    def __call__(self, case: Case, output: str) -> float | None:
        """Return a value in [0, 1], or None when the case has no answer."""
        given = self.form(output).split()
        return max((_f1(given, self.form(a).split()) for a in self.accepted(case)), default=None)


def _f1(given: list[str], wanted: list[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    common = (Counter(given) & Counter(wanted)).total()
    return 2 * common / (len(given) + len(wanted)) if common else 0.0


@dataclass(frozen=True)
class WordSet(Compared):
    """The output has the same words as an accepted answer, in any order; case and punctuation ignored."""

    ignore_case: bool = True
    ignore_punctuation: bool = True

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "word_set/2")

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when the sets are equal, 0.0 when not, None when the case has no answer."""
        wanted = self.accepted(case)
        if not wanted:
            return None
        given = set(self.form(output).split())
        return float(any(given == set(self.form(a).split()) for a in wanted))
