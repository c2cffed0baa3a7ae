"""The form in which two texts are compared, and what the metrics share that compare with an accepted answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields

from promptci.core import Case, Json
from promptci.metrics.base import Needs, rule
from promptci.metrics.expected import accepted, as_text, refuse_unfilled

# What changes what a word or a number means is no punctuation: C++ and C#, -5, 12.5, 1,000, 50 %, $5, a < b.
_ODD = re.compile(r"(?<![^\W\d_])#|(?<!\d)%|(?<=\w)[-−]|[-−](?!\d)|(?<!\d)[.,]|[.,](?!\d)|[^\w\s#%.,−-]|_")
_TELLING = ("Sm", "Sc", "So")
_ARTICLES = re.compile(r"\b(a|an|the)\b", re.IGNORECASE)
# Bringing a long run of accents into normal form takes quadratic time, and nobody's answer has one.
_RUN = re.compile(r"[^\w\s\x00-\x7f]{64}")


@dataclass(frozen=True)
class Form:
    """What does not count when two texts are compared: blanks around them and the Unicode form (NFC) never do.

    `ignore_case`, `ignore_punctuation`, `ignore_space` (runs of blanks are one blank) and `ignore_articles` (a, an,
    the: SQuAD's rule, Rajpurkar et al. 2016) widen it.
    """

    ignore_case: bool = False
    ignore_punctuation: bool = False
    ignore_space: bool = False
    ignore_articles: bool = False

    def form(self, text: str) -> str:
        """Return the form in which two texts are compared."""
        if not _RUN.search(text):
            text = unicodedata.normalize("NFC", text)
        if self.ignore_case:
            text = text.casefold()
        if self.ignore_punctuation:
            text = _ODD.sub(_blank, text)
        if self.ignore_articles:
            text = _ARTICLES.sub(" ", text)
        if self.ignore_punctuation or self.ignore_space or self.ignore_articles:
            text = " ".join(text.split())
        return text.strip()


def _blank(odd: re.Match[str]) -> str:
    # Vowel signs and accents that stand as characters of their own belong to their letters; signs of sums, money and
    # pictures say something of their own.
    return odd[0] if unicodedata.category(odd[0])[0] == "M" or unicodedata.category(odd[0]) in _TELLING else " "


@dataclass(frozen=True)
class Compared(Form):
    """A metric that compares with `value`, where it is given, else with what the case expects.

    `value` is a text or a list of them, any of which is accepted; `{{ name }}` in it is the case's value.
    """

    value: Json = None

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own; `refuse` looks for what that names."""
        return Needs(expected=self.value is None)

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError when `value` names a column that a case lacks."""
        if self.value is not None:
            refuse_unfilled(as_text(self.value), cases, type(self).__name__, place)

    def accepted(self, case: Case) -> tuple[str, ...]:
        """Return the accepted answers as text; empty when there is none."""
        return accepted(self.value, case)


def version_of(metric: object, name: str, but: Sequence[str] = ()) -> str:
    """Return a dataclass metric's version: its rule and the options that are not their defaults, `but` these."""
    given = [f for f in fields(metric) if f.name not in but]  # type: ignore[arg-type]  # no type says "a dataclass"
    options, defaults = {f.name: getattr(metric, f.name) for f in given}, {f.name: f.default for f in given}
    return rule(name, options, defaults)
