"""Edit distance, by rapidfuzz: the extra `text`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from promptci.core import Case
from promptci.metrics.extras import package
from promptci.metrics.form import Compared, version_of
from promptci.options import Count


@dataclass(frozen=True)
class Levenshtein(Compared):
    """How few characters have to be changed: 1 minus the distance over the longer length, best over several answers.

    With `at_most` the value is 1 up to that many changed characters, and 0 above.
    """

    at_most: Count | None = None

    packages: ClassVar[tuple[tuple[str, str], ...]] = (("rapidfuzz", "text"),)

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "levenshtein/1")

    @property
    def graded(self) -> bool:
        """Without `at_most`, values lie between 0 and 1."""
        return self.at_most is None

    def __call__(self, case: Case, output: str) -> float | None:
        """Return a value in [0, 1], None when the case has no answer."""
        distance = package("rapidfuzz.distance", "text", "levenshtein").Levenshtein
        given, wanted = self.form(output), [self.form(a) for a in self.accepted(case)]
        if self.at_most is not None and wanted:
            return float(min(distance.distance(given, w) for w in wanted) <= self.at_most)
        return max((float(distance.normalized_similarity(given, w)) for w in wanted), default=None)
