"""What a gate fixes before the first case, and what it says after each look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from promptci.core import VerdictName
from promptci.decide.boundary import Path, level_at
from promptci.decide.verdict import MAX_UNMEASURED, too_many_unmeasured

EVIDENCE_ENOUGH = 10.0  # betting evidence that passes a change early: at most one drop of max_drop in ten reaches it


@dataclass(frozen=True, slots=True)
class Plan:
    """Cases to run, one-sided level, tolerated drop (a share), number of looks.

    `stops` fixes the cases done at each look where batches cannot be cut freely, as with clusters. Raises ValueError on
    values out of range.
    """

    planned: int
    alpha: float = 0.05
    max_drop: float = 0.05
    looks: int = 8
    stops: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.planned < 0 or self.looks < 1:
            raise ValueError("planned must not be negative and looks must be at least 1")
        if not 0 < self.alpha <= 0.2 or not 0 < self.max_drop < 1:
            raise ValueError("alpha must be in (0, 0.2] and max_drop in (0, 1)")

    @property
    def ends(self) -> tuple[int, ...]:
        """Cases done at the end of each batch; as equal as whole cases allow, none empty."""
        if self.stops is not None:
            return self.stops
        return tuple(sorted({round(self.planned * t / self.looks) for t in range(1, self.looks + 1)} - {0}))

    def level(self, done: int) -> float:
        """The level that may be spent once `done` cases are run."""
        return level_at(done, self.planned, self.alpha)

    def after(self, done: int) -> Path:
        """The batches that are still to come, all of their cases counted."""
        ends = [done, *(end for end in self.ends if end > done)]
        return tuple((b - a, self.level(b)) for a, b in pairwise(ends))


@dataclass(frozen=True, slots=True)
class Step:
    """What a gate says after a look. `name` is None while more cases are needed; `next_batch` is their number.

    `critical` is the number of losses (or the sum) that blocks at this look, `evidence` the betting evidence for
    "drop < max_drop", `level_spent` the probability that a harmless change would have been blocked by now.
    """

    name: VerdictName | None
    critical: float
    evidence: float
    level_spent: float
    next_batch: int

    @property
    def decided(self) -> bool:
        """Whether no more cases are needed."""
        return self.name is not None

    @property
    def blocked(self) -> bool:
        """Whether the losses reach the boundary; a stored baseline's losses are rerun before this turns red."""
        return self.name == "fail"


def settle(plan: Plan, done: int, unmeasured: int, *, crossed: bool, passes: bool) -> VerdictName | None:
    """The decision at a look that has `done` cases, `unmeasured` of them: None means go on.

    `crossed`: the losses reach the boundary; `passes`: enough is known for a pass. While more than 5 % of the cases
    done are unmeasured nothing is decided, as later cases may dilute them; once they are more than 5 % of the plan
    nothing can be.
    """
    last = done >= plan.planned
    if unmeasured > MAX_UNMEASURED * plan.planned or (last and unmeasured >= done):
        return "unmeasured"
    if too_many_unmeasured(unmeasured, done):
        return None
    if crossed:
        return "fail"
    if passes:
        return "pass"
    return "inconclusive" if last else None


def next_batch(plan: Plan, done: int, name: VerdictName | None) -> int:
    """Cases in the batch that follows; 0 once decided."""
    later = plan.after(done)
    return later[0][0] if name is None and later else 0


def batches(plan: Plan) -> Iterator[int]:
    """The sizes of all batches of a plan, in cases."""
    return (b - a for a, b in pairwise((0, *plan.ends)))
