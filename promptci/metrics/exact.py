"""Exact match, and its forgiving form."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass

from promptci.core import Case, Json

_ODD = re.compile(r"[^\w\s]|_")
# Bringing a long run of accents into normal form takes quadratic time, and nobody's answer has one.
_RUN = re.compile(r"[^\w\s\x00-\x7f]{64}")


def answers(case: Case) -> tuple[str, ...]:
    """Return the accepted answers as text: the expected value, or each entry of a list; empty when there is none.

    What is not text is written as JSON: true, 3.5, {"a": 1}.
    """
    expected = case.expected
    if expected is None:
        return ()
    return tuple(_text(e) for e in expected) if isinstance(expected, list) else (_text(expected),)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _blank(odd: re.Match[str]) -> str:
    # Vowel signs and accents that stand as characters of their own belong to their letters.
    return odd[0] if unicodedata.category(odd[0]).startswith("M") else " "


@dataclass(frozen=True)
class Exact:
    """The output is one of the accepted answers; blanks around it and the Unicode form (NFC) do not count.

    `ignore_case` and `ignore_punctuation` widen it. Not judged when the case expects nothing.
    """

    ignore_case: bool = False
    ignore_punctuation: bool = False

    @property
    def version(self) -> str:
        """The rule and its options."""
        return f"exact/1 case={not self.ignore_case} punctuation={not self.ignore_punctuation}"

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when an accepted answer equals the output, 0.0 when none does, None when the case has no answer."""
        accepted = answers(case)
        if not accepted:
            return None
        given = self.form(output)
        return float(any(given == self.form(answer) for answer in accepted))

    def form(self, text: str) -> str:
        """Return the form in which two texts are compared."""
        if not _RUN.search(text):
            text = unicodedata.normalize("NFC", text)
        if self.ignore_case:
            text = text.casefold()
        if self.ignore_punctuation:
            text = " ".join(_ODD.sub(_blank, text).split())
        return text.strip()
