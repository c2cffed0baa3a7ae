"""What a search works with, whatever it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from promptci.search.base import Guard, Judge, StopRule, Trajectory
from promptci.search.screening.savings import Lean


@dataclass(slots=True)
class Cap:
    """What the run's calls may be when the search ends, None without a cap.

    `again` gives a higher one to a search that has found nothing, or None; the same again is none.
    """

    most: int | None
    again: Callable[[], int | None] | None = None

    def raised(self) -> bool:
        """Whether there is more, for another round."""
        more = self.again() if self.again is not None else None
        if more is None or (self.most is not None and more <= self.most):
            return False
        self.most = more
        return True


@dataclass(frozen=True, slots=True)
class Desk:
    """How a search asks and counts, what it may spend, and whom it tells; `lean` is set where it looks for less."""

    judge: Judge
    guards: Sequence[Guard]
    stops: Sequence[StopRule]
    calls: Callable[[], int]
    cap: Cap
    seed: int
    told: Callable[[Trajectory], None]
    lean: Lean | None = None

    @property
    def left(self) -> int | None:
        """Calls that are left, None without a cap."""
        return None if self.cap.most is None else max(0, self.cap.most - self.calls())


def booked(done: Trajectory, *, proposals: int = 0, screening: int = 0, finals: int = 0) -> Trajectory:
    """Book calls by what they were for."""
    old = done.ledger
    return replace(
        done,
        ledger=replace(
            old,
            proposals=old.proposals + proposals,
            screening=old.screening + screening,
            finals=old.finals + finals,
        ),
    )
