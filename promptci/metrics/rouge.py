"""ROUGE: overlap of words, word pairs or the longest common subsequence (Lin 2004, sections 2 and 3)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from promptci.core import Case, Json
from promptci.metrics.base import Needs
from promptci.metrics.expected import accepted
from promptci.metrics.form import version_of

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Rouge:
    """ROUGE between output and expected answer, best over several; case and punctuation do not count.

    `kind` is 1 (words), 2 (pairs of words) or L (the longest common subsequence). Words are runs of letters and digits
    of any script, without stemming. `measure` is F1, precision or recall.
    """

    kind: Literal["1", "2", "L"] = "L"
    measure: Literal["f1", "precision", "recall"] = "f1"
    value: Json = None

    graded: ClassVar[bool] = True

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "rouge/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own."""
        return Needs(expected=self.value is None)

    def __call__(self, case: Case, output: str) -> float | None:
        """Return a value in [0, 1], None when the case has no answer."""
        given = _WORD.findall(output.lower())
        return max((self._score(given, _WORD.findall(a.lower())) for a in accepted(self.value, case)), default=None)

    def _score(self, given: list[str], wanted: list[str]) -> float:
        if not given and not wanted:
            return 1.0
        if self.kind == "L":
            common, left, right = common_subsequence(given, wanted), len(given), len(wanted)
        else:
            one, other = (_grams(words, int(self.kind)) for words in (given, wanted))
            common, left, right = (one & other).total(), one.total(), other.total()
        whole = {"f1": (left + right) / 2, "precision": left, "recall": right}[self.measure]
        return common / whole if common else 0.0


def _grams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def common_subsequence(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, with a row of the table in one number (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for i, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << i
    full = (1 << len(one)) - 1
    row = full
    for word in other:
        hits = row & places.get(word, 0)
        row = (row + hits | row - hits) & full
    return len(one) - row.bit_count()
