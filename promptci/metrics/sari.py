"""SARI: how well a simplified sentence keeps, deletes and adds words (Xu et al. 2016, section 4).

As in the corrected programs that are in use: 0/0 is 1, and the recall of kept n-grams is over all that were to be kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from promptci.core import Case, Json
from promptci.metrics.base import Needs
from promptci.metrics.expected import accepted, as_text
from promptci.metrics.extras import package
from promptci.metrics.form import version_of
from promptci.prompts.render import input_of

Grams = Counter[tuple[str, ...]]


@dataclass(frozen=True)
class Sari:
    """SARI of the output against the case's input (or its column `source`) and the expected answers, n-grams up to 4.

    Words are split by sacrebleu's `13a` in lower case (the extra `text`); with `tokens: space` at blanks.
    """

    source: str = ""
    tokens: str = "13a"
    value: Json = None

    graded: ClassVar[bool] = True
    packages: ClassVar[tuple[tuple[str, str], ...]] = (("sacrebleu", "text"),)

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "sari/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own."""
        return Needs(expected=self.value is None)

    def __call__(self, case: Case, output: str) -> float | None:
        """Return a value in [0, 1], None when the case has no answer."""
        wanted = accepted(self.value, case)
        if not wanted:
            return None
        source = as_text(case.vars[self.source]) if self.source in case.vars else input_of(case.vars)
        return sari(self._words(source), self._words(output), [self._words(w) for w in wanted])

    def _words(self, text: str) -> list[str]:
        if self.tokens == "space":
            return text.lower().split(" ")
        split = package("sacrebleu.tokenizers.tokenizer_13a", "text", "sari").Tokenizer13a()
        return str(split(text.lower())).split(" ")


def sari(source: Sequence[str], output: Sequence[str], wanted: Sequence[Sequence[str]]) -> float:
    """Return SARI in [0, 1]: the mean over n = 1 to 4 of F1 of kept, precision of deleted and F1 of added n-grams."""
    each = [_parts(_grams(source, n), _grams(output, n), [_grams(w, n) for w in wanted]) for n in range(1, 5)]
    return fmean(fmean(column) for column in zip(*each, strict=True))


def _grams(words: Sequence[str], n: int) -> Grams:
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _parts(source: Grams, output: Grams, wanted: Sequence[Grams]) -> tuple[float, float, float]:
    times = len(wanted)
    every: Grams = Counter()
    for one in wanted:
        every.update(one)
    before = Counter({gram: count * times for gram, count in source.items()})
    after = Counter({gram: count * times for gram, count in output.items()})

    kept, to_keep = before & after, before & every
    rightly = kept & every
    keep = _f1(
        sum(rightly[g] / kept[g] for g in rightly) / len(kept) if kept else 1.0,
        rightly.total() / to_keep.total() if to_keep else 1.0,
    )
    deleted = before - after
    rightly = deleted - every
    delete = sum(rightly[g] / deleted[g] for g in rightly) / len(deleted) if deleted else 1.0
    added, to_add = set(output) - set(source), set(every) - set(source)
    good = len(added & to_add)
    return keep, delete, _f1(good / len(added) if added else 1.0, good / len(to_add) if to_add else 1.0)


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision > 0 or recall > 0 else 0.0
