"""GLEU of one sentence (Wu et al. 2016, section 7): the lesser of precision and recall of all n-grams up to four."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from promptci.core import Case, Json
from promptci.metrics.base import Needs
from promptci.metrics.expected import accepted
from promptci.metrics.form import version_of

_LONGEST = 4  # words of an n-gram


@dataclass(frozen=True)
class Gleu:
    """The lesser of precision and recall of n-grams of one to four words, in lower case; the best expected answer's."""

    value: Json = None

    graded: ClassVar[bool] = True

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "gleu/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own."""
        return Needs(expected=self.value is None)

    def __call__(self, case: Case, output: str) -> float | None:
        """Return a value in [0, 1], None when the case has no answer."""
        wanted = accepted(self.value, case)
        given = _words(output)
        return max((_share(given, _words(one)) for one in wanted), default=None)


def _words(text: str) -> list[str]:
    return [word.rstrip(".") for word in text.lower().split()]


def _share(given: Sequence[str], wanted: Sequence[str]) -> float:
    if not given or not wanted:
        return float(list(given) == list(wanted))
    ours, theirs = _grams(given), _grams(wanted)
    return (ours & theirs).total() / max(ours.total(), theirs.total())


def _grams(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + n]) for n in range(1, _LONGEST + 1) for at in range(len(words) - n + 1))
