"""BLEU and chrF of one sentence, by sacrebleu (Post 2018; Popović 2015): the extra `text`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from promptci.core import Case, Json
from promptci.metrics.base import Needs
from promptci.metrics.expected import accepted
from promptci.metrics.extras import package
from promptci.metrics.form import version_of


@dataclass(frozen=True)
class _Overlap:
    value: Json = None

    graded: ClassVar[bool] = True
    packages: ClassVar[tuple[tuple[str, str], ...]] = (("sacrebleu", "text"),)
    name: ClassVar[str] = ""

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, f"{self.name}/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own."""
        return Needs(expected=self.value is None)

    def __call__(self, case: Case, output: str) -> float | None:
        """Return a value in [0, 1], None when the case has no answer."""
        wanted = accepted(self.value, case)
        if not wanted:
            return None
        if not output.strip() or not any(w.strip() for w in wanted):
            return float(any(output.strip() == w.strip() for w in wanted))
        return min(1.0, self._score(package("sacrebleu", "text", self.name), output, list(wanted)) / 100)

    def _score(self, sacrebleu: Any, output: str, wanted: list[str]) -> float:
        raise NotImplementedError


@dataclass(frozen=True)
class Bleu(_Overlap):
    """Sentence BLEU against all expected answers at once, with exponential smoothing and effective order, over 100."""

    name: ClassVar[str] = "bleu"

    def _score(self, sacrebleu: Any, output: str, wanted: list[str]) -> float:
        return float(sacrebleu.sentence_bleu(output, wanted, use_effective_order=True).score)


@dataclass(frozen=True)
class Chrf(_Overlap):
    """Sentence chrF (character n-grams up to six, beta 2), over 100."""

    name: ClassVar[str] = "chrf"

    def _score(self, sacrebleu: Any, output: str, wanted: list[str]) -> float:
        return float(sacrebleu.sentence_chrf(output, wanted).score)
