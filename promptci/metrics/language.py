"""The language of an answer, by py3langid: the extra `language`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from promptci.core import Case
from promptci.errors import DataError
from promptci.metrics.base import Answer, Grade, Needs, unknown, wrong
from promptci.metrics.expected import NO_ANSWER_EXPECTED
from promptci.metrics.extras import package
from promptci.metrics.form import version_of
from promptci.options import Share

SURE = 0.8  # below it, short answers are told apart no better than by a guess


@dataclass(frozen=True)
class Language:
    """The output is in the language `value` (ISO 639-1: en, de, ar), else in the one that the case expects.

    `among` are the languages that are told apart, all 97 by default: naming those that can occur makes short answers
    surer. An answer that looks like another language, but less surely than `sure`, is unmeasured.
    """

    value: str | None = None
    among: tuple[str, ...] = ()
    sure: Share = SURE

    packages: ClassVar[tuple[tuple[str, str], ...]] = (("py3langid", "language"),)

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "language/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric names the language."""
        return Needs(expected=self.value is None)

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for a language that cannot be told, ConfigError without the package."""
        known = set(_identifier(()).nb_classes)
        wanted = [self.value] if self.value else [str(c.expected) for c in cases]
        for name in [*wanted, *self.among]:
            if name.lower() not in known:
                hint = "write a code of ISO 639-1, such as en, de or ar"
                raise DataError(f"no language is called {name!r}", place=place, hint=hint)

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 in that language, 0 in another, unmeasured where it cannot be told."""
        wanted = self.value or case.expected
        if not isinstance(wanted, str):
            return Grade(None, NO_ANSWER_EXPECTED)
        if not any(ch.isalpha() for ch in answer.text):
            return wrong("the answer has no words")
        among = tuple(sorted({*self.among, wanted.lower()})) if self.among else ()
        name, share = _identifier(among).classify(answer.text[:20_000])
        if name == wanted.lower():
            return Grade(1.0)
        if share < self.sure:
            return unknown("no_language", f"the answer's language cannot be told ({name}: {share:.0%} sure)")
        return wrong(f"the answer is in '{name}'")

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text."""
        return self.grade(case, Answer(output)).value


@lru_cache(maxsize=16)
def _identifier(among: tuple[str, ...]) -> Any:
    langid = package("py3langid.langid", "language", "language")
    found = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    if among:
        found.set_languages(among)
    return found
