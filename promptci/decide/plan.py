"""What a gate fixes before the first case, and what it says after each look."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from promptci.core import VerdictName
from promptci.decide.boundary import Path, level_at
from promptci.decide.verdict import MAX_UNMEASURED, too_many_unmeasured

EVIDENCE_ENOUGH = 10.0  # betting evidence that passes a change early: at most one drop of that size in ten reaches it
MOST_LOOKS = 32  # more looks save no cases worth having and each costs a pause of the pipeline


@dataclass(frozen=True, slots=True)
class Plan:
    """Cases to run, one-sided level, tolerated drop and the drop beyond it that a pass rules out (shares).

    `ends` are the cases done at each look. `screen` is the level that the looks may spend where fresh answers keep
    `alpha` afterwards (None: they are all there is, and spend `alpha`). Raises ValueError on values out of range.
    """

    ends: tuple[int, ...]
    alpha: float = 0.05
    max_drop: float = 0.0
    detect: float = 0.05
    screen: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 0.2 or not 0 < self.looks_level <= 0.2:
            raise ValueError("alpha and screen must be in (0, 0.2]")
        if not (0 <= self.max_drop < 1 and self.detect > 0 and self.ruled_out < 1):
            raise ValueError("max_drop must be in [0, 1), detect above 0, and both together below 1")

    @property
    def planned(self) -> int:
        """Cases of the whole plan."""
        return self.ends[-1] if self.ends else 0

    @property
    def ruled_out(self) -> float:
        """The drop that a pass rules out: what is tolerated, and `detect` beyond it."""
        return self.max_drop + self.detect

    @property
    def looks_level(self) -> float:
        """What all looks together may spend."""
        return self.alpha if self.screen is None else self.screen

    def level(self, done: int) -> float:
        """The level that may be spent once `done` cases are run."""
        return level_at(done, self.planned, self.looks_level)

    def after(self, done: int) -> Path:
        """The batches that are still to come, all of their cases counted."""
        ends = [done, *(end for end in self.ends if end > done)]
        return tuple((b - a, self.level(b)) for a, b in pairwise(ends))


def stops(sizes: Sequence[int], batch: int = 1, looks: int = MOST_LOOKS) -> tuple[int, ...]:
    """Cases done at each look: the first end of a unit once enough cases ran since the last look, and the last end.

    `sizes` are the units in the order in which they run; enough is the larger of `batch` (what the pipeline answers at
    once) and an equal share of the cases by `looks`. Raises ValueError on a unit without a case.
    """
    if any(size < 1 for size in sizes) or looks < 1:
        raise ValueError("a unit has at least one case, and there is at least one look")
    enough, done, last = max(batch, math.ceil(sum(sizes) / looks)), 0, 0
    ends: list[int] = []
    for size in sizes:
        done += size
        if done - last >= enough:
            ends.append(done)
            last = done
    return tuple(ends) if last == done else (*ends, done)


@dataclass(frozen=True, slots=True)
class Step:
    """What a gate says after a look. `name` is None while more cases are needed; `next_batch` is their number.

    `critical` is the number of losses (or their sum, or the evidence) that blocks at this look, `evidence` the betting
    evidence that the drop is smaller than a pass rules out, `level_spent` the probability that a harmless change would
    have been blocked by now.
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
        """Whether the losses reach the boundary; fresh answers of both sides confirm it before it turns red."""
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
