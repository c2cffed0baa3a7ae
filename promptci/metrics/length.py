"""How long an answer may be: characters, words, sentences, lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from promptci.core import Case
from promptci.metrics.base import Answer, Grade, wrong
from promptci.metrics.form import version_of
from promptci.options import Count

_WORD = re.compile(r"[^\W_](?:[\w'’.,-]*[^\W_])?")
_ABBREVIATION = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|e\.g|i\.e|etc|vs|No|approx)\.(?=\s)|(?<=\d)\.(?=\d)")


@dataclass(frozen=True)
class Length:
    """The output has at least `at_least` and at most `at_most` of a `unit`.

    Units are characters, words, sentences and lines that are not blank.
    """

    unit: Literal["characters", "words", "sentences", "lines"] = "words"
    at_least: Count | None = None
    at_most: Count | None = None

    def __post_init__(self) -> None:
        """Raise ValueError without a bound, or with bounds that nothing fits."""
        if self.at_least is None and self.at_most is None:
            raise ValueError("needs 'at_least' or 'at_most'")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"no text has at least {self.at_least} and at most {self.at_most} {self.unit}")

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "length/1")

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 within the bounds, 0 outside."""
        del case
        count = size(answer.text, self.unit)
        if self.at_least is not None and count < self.at_least:
            return wrong(f"{count} {self.unit}, and {self.at_least} are the least")
        if self.at_most is not None and count > self.at_most:
            return wrong(f"{count} {self.unit}, and {self.at_most} are the most")
        return Grade(1.0)

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text."""
        return self.grade(case, Answer(output)).value


def size(text: str, unit: str) -> int:
    """Return how many of a unit a text has."""
    if unit == "characters":
        return len(text.strip())
    if unit == "words":
        return sum(1 for _ in _WORD.finditer(text))
    if unit == "lines":
        return sum(1 for line in text.splitlines() if line.strip())
    plain = _ABBREVIATION.sub(lambda m: m[0].replace(".", " "), text)
    return sum(1 for s in re.split(r"(?<=[.!?])[\"')\]”’]*\s+|(?<=[。！？])|\n\s*\n", plain) if _WORD.search(s))
