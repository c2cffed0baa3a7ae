"""What a screening search works with, whatever it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from promptci.search.base import Guard, Judge, StopRule, Trajectory
from promptci.search.screening.savings import Lean


@dataclass(frozen=True, slots=True)
class Desk:
    """How a search asks and counts, what it may spend, and whom it tells; `lean` is set where it looks for less."""

    judge: Judge
    guards: Sequence[Guard]
    stops: Sequence[StopRule]
    calls: Callable[[], int]
    max_calls: int | None
    seed: int
    told: Callable[[Trajectory], None]
    lean: Lean | None = None

    @property
    def left(self) -> int | None:
        """Calls that are left, None without a cap."""
        return None if self.max_calls is None else max(0, self.max_calls - self.calls())


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
