"""What the held-out cases must show of a winner: that it is better, or that it takes less and is not worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from promptci.core import Case
from promptci.decide.accept import Acceptance, accept_graded
from promptci.decide.aims import Aim
from promptci.decide.notworse import fewest_cases, less, not_worse, not_worse_graded
from promptci.decide.paired import count
from promptci.decide.units import units
from promptci.decide.verdict import too_many_unmeasured
from promptci.run.arm import Arm
from promptci.run.values import Values


class Rule(Protocol):
    """Decides by the answers of the old and the new arm to `cases`, at a one-sided level."""

    def fewest(self, at: float, /) -> int:
        """How many cases say anything at this level."""
        ...

    def __call__(self, cases: Sequence[Case], arms: tuple[Arm, Arm], at: float, /) -> Acceptance:
        """Return what they say."""
        ...


@dataclass(frozen=True, slots=True)
class Better:
    """Repeats, grades and clusters: the new prompt's values are higher, by a sign-flip test."""

    def fewest(self, _at: float) -> int:
        """Return the least of an early look."""
        return 15

    def __call__(self, cases: Sequence[Case], arms: tuple[Arm, Arm], at: float) -> Acceptance:
        """Decide."""
        before, after = _values(cases, arms)
        gaps = [None if a is None or b is None else b - a for a, b in zip(before, after, strict=True)]
        seen = [unit for unit in units(gaps, [c.cluster for c in cases]) if unit.cases]
        clustered = any(c.cluster is not None for c in cases)
        totals, sizes = [unit.total for unit in seen], [unit.cases for unit in seen]
        return accept_graded(totals, at=at, unmeasured=gaps.count(None), sizes=sizes if clustered else None)


@dataclass(frozen=True, slots=True)
class Less:
    """A drop of `margin` is ruled out, and what the aim measures is shown to be less, each at the level.

    Both must hold, so that either claim is false with the level's probability at most (Berger 1982). `plain`: one pass
    or fail a case. A case that the new prompt left unmeasured is a loss where the old one had a value: nobody becomes
    "not worse" by saying nothing.
    """

    aim: Aim
    margin: float
    plain: bool

    def fewest(self, at: float) -> int:
        """Return how many cases rule the drop out when nothing changes."""
        return fewest_cases(self.margin, at)

    def __call__(self, cases: Sequence[Case], arms: tuple[Arm, Arm], at: float) -> Acceptance:
        """Decide."""
        before, after = _values(cases, arms)
        unmeasured = sum(a is None or b is None for a, b in zip(before, after, strict=True))
        holes = too_many_unmeasured(unmeasured, len(cases))
        worst = [0.0 if b is None and a is not None else b for a, b in zip(before, after, strict=True)]
        if self.plain:
            found = not_worse(count(before, worst), margin=self.margin, at=at, holes=holes)
        else:
            gaps = [None if a is None or b is None else b - a for a, b in zip(before, worst, strict=True)]
            sizes = [c.cluster for c in cases if c.cluster is not None]
            largest = max(map(sizes.count, sizes), default=1)
            seen = [unit for unit in units(gaps, [c.cluster for c in cases]) if unit.cases]
            found = not_worse_graded(seen, margin=self.margin, at=at, holes=holes, largest=largest)
        return self._taking_less(found, cases, arms)

    def _taking_less(self, found: Acceptance, cases: Sequence[Case], arms: tuple[Arm, Arm]) -> Acceptance:
        """Take the acceptance back where it is not shown that answers take less."""
        if not self.aim.measured or found.outcome != "improved":
            return found
        old, new = (_took(arm.values, self.aim) for arm in arms)
        both = [c.id for c in cases if c.id in old and c.id in new]
        if too_many_unmeasured(len(cases) - len(both), len(cases)):
            return _refused(found, "For too many held-out cases nobody knows what the answers took")
        chance = less([old[i] for i in both], [new[i] for i in both])
        if chance > found.level:
            return _refused(found, f"That it is {self.aim.word} is not shown on the held-out cases")
        said = f"It is {self.aim.word}: chance alone gives such a difference with probability {chance:.2g}."
        return replace(found, p_value=max(found.p_value, chance), reasons=(*found.reasons, said))


def _took(values: Values, aim: Aim) -> Mapping[str, float]:
    return values.costs if aim.measured == "usd" else values.latencies


def _refused(found: Acceptance, why: str) -> Acceptance:
    return replace(found, outcome="inconclusive", reasons=(f"{why}, so nothing changes.",), draft_reasons=found.reasons)


def _values(cases: Sequence[Case], arms: tuple[Arm, Arm]) -> tuple[list[float | None], list[float | None]]:
    before, after = ([arm.values.by_case.get(c.id) for c in cases] for arm in arms)
    return before, after
