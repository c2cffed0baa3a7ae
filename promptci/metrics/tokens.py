"""Word overlap: token F1 and equality of word sets (as in Honovich et al. 2022, appendix A)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from promptci.core import Case
from promptci.metrics.exact import Exact, answers

_FORM = Exact(ignore_case=True, ignore_punctuation=True).form


@dataclass(frozen=True)
class TokenF1:
    """The harmonic mean of word precision and recall, best over the accepted answers; case and punctuation ignored."""

    @property
    def version(self) -> str:
        """The rule."""
        return "token_f1/1"

    def __call__(self, case: Case, output: str) -> float | None:
        """Return a value in [0, 1], or None when the case has no answer."""
        given = _FORM(output).split()
        return max((_f1(given, _FORM(a).split()) for a in answers(case)), default=None)


def _f1(given: list[str], wanted: list[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    common = (Counter(given) & Counter(wanted)).total()
    return 2 * common / (len(given) + len(wanted)) if common else 0.0


@dataclass(frozen=True)
class WordSet:
    """The output has the same words as an accepted answer, in any order; case and punctuation ignored."""

    @property
    def version(self) -> str:
        """The rule."""
        return "word_set/1"

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when the sets are equal, 0.0 when not, None when the case has no answer."""
        accepted = answers(case)
        if not accepted:
            return None
        given = set(_FORM(output).split())
        return float(any(given == set(_FORM(a).split()) for a in accepted))
