"""What an answer took: seconds and US dollars."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.core import Case
from promptci.metrics.base import Answer, Grade, unknown, wrong
from promptci.options import Positive


@dataclass(frozen=True)
class Latency:
    """The answer came within `at_most_s` seconds. One from the cache took no time of its own: it is unmeasured."""

    at_most_s: Positive

    @property
    def version(self) -> str:
        """The rule and its options."""
        return f"latency/1 at_most_s={self.at_most_s:g}"

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 in time, 0 late."""
        del case
        if answer.latency_s is None:
            return unknown("no_latency", "nobody knows how long the answer took: it came from the cache")
        return Grade(1.0) if answer.latency_s <= self.at_most_s else wrong(f"it took {answer.latency_s:.1f} s")

    def __call__(self, case: Case, output: str) -> float | None:
        """Judge nothing: a text took no time."""
        del case, output
        return None


@dataclass(frozen=True)
class Cost:
    """The answer cost at most `at_most_usd` US dollars, by the price in the settings."""

    at_most_usd: Positive

    @property
    def version(self) -> str:
        """The rule and its options."""
        return f"cost/1 at_most_usd={self.at_most_usd:g}"

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 within the price, 0 above."""
        del case
        if answer.cost_usd is None:
            return unknown("no_price", "nobody knows what the answer cost: add 'price' to models.scorer")
        return Grade(1.0) if answer.cost_usd <= self.at_most_usd else wrong(f"it cost {answer.cost_usd:.6f} USD")

    def __call__(self, case: Case, output: str) -> float | None:
        """Judge nothing: a text cost nothing."""
        del case, output
        return None
