"""Why a search ends, one small rule each. Ending on a rule is a result, never an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from promptci.core import Reason
from promptci.search.account import ending
from promptci.search.base import Trajectory
from promptci.search.standing import lead


@dataclass(frozen=True, slots=True)
class Steps:
    """After `limit` rounds."""

    limit: int

    def __call__(self, done: Trajectory) -> Reason | None:
        """Judge the number of rounds."""
        return ending("steps", f"all {self.limit} steps done") if len(done.steps) >= self.limit else None


@dataclass(frozen=True, slots=True)
class Patience:
    """After `limit` rounds in a row in which no candidate took the lead; with 1, after the first that promotes none.

    A round without a candidate (no reply could be read, all were refused) tried nothing and uses up no patience; twice
    as many of those in a row end the search, too.
    """

    limit: int

    def __call__(self, done: Trajectory) -> Reason | None:
        """Judge the last rounds."""
        tried, barren = [s for s in done.steps if s.admitted], done.steps[-2 * self.limit :]
        idle = len(tried) >= self.limit and not any(s.promoted for s in tried[-self.limit :])
        idle = idle or (len(barren) == 2 * self.limit and not any(s.admitted for s in barren))
        steps = "a step" if self.limit == 1 else f"{self.limit} steps"
        return ending("patience", f"patience: {steps} without a better prompt") if idle else None


@dataclass(frozen=True, slots=True)
class Perfect:
    """As soon as the prompt in the lead passes every development case; no text can score higher."""

    def __call__(self, done: Trajectory) -> Reason | None:
        """Judge the lead."""
        mean = lead(done).mean(done.course)
        perfect = mean is not None and mean >= 1.0
        return ending("perfect", "perfect score on the development cases") if perfect else None


@dataclass(frozen=True, slots=True)
class Limit:
    """When a running total (calls, US dollars, minutes) reaches its cap; checked between rounds.

    The door refuses single calls beyond its own caps; this rule saves the calls that propose what nobody could score.
    """

    what: str
    cap: float
    total: Callable[[], float]

    def __call__(self, _done: Trajectory) -> Reason | None:
        """Judge the total."""
        now = self.total()
        said = f"budget: {now:g} of {self.cap:g} {self.what} used"
        return ending("budget", said) if now >= self.cap else None
