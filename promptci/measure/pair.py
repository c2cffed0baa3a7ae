"""Two arms of one prompt on the same cases, in the order in which they run, and how the cases moved."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from promptci.core import Case, Reason
from promptci.decide.paired import passed
from promptci.evals.kept import taken
from promptci.run.arm import Arm


@dataclass(slots=True)
class Pair:
    """The old arm and the new one. `done` of the cases in `order` have run; those of one cluster stand together.

    Both are measured by the new side's cases and grading. `stopped` says why no more could be asked, if so; `first` is
    the sample number that its answers begin at: 0, or that of answers that must be fresh; `ahead` are answers that came
    in and that no look needed.
    """

    old: Arm
    new: Arm
    order: Sequence[Case]
    done: int = 0
    stopped: Reason | None = None
    first: int = 0
    ahead: int = 0

    @property
    def ran(self) -> Sequence[Case]:
        """The cases run so far, in running order."""
        return self.order[: self.done]

    @property
    def graded(self) -> bool:
        """Whether values lie between 0 and 1 without a pass mark, so that their mean is what counts."""
        return self.new.side.grading.combined.graded

    def gap(self, case: Case) -> float | None:
        """New minus old of one case, in [-1, 1]; None where either has no value."""
        before, after = self.old.values.by_case.get(case.id), self.new.values.by_case.get(case.id)
        return None if before is None or after is None else after - before

    def gaps(self, cases: Sequence[Case]) -> list[float | None]:
        """New minus old of each case."""
        return [self.gap(case) for case in cases]

    def changed(self, cases: Sequence[Case]) -> list[Case]:
        """Those of `cases` that differ between the two arms, either way."""
        return [case for case in cases if self.gap(case)]

    def moved(self, *, to: bool) -> tuple[str, ...]:
        """Ids of the cases that newly pass (`to` True) or newly fail, in the order of the eval set."""
        ran = {case.id for case in self.ran}
        both = ((c.id, *self._passes(c)) for c in self.new.side.cases if c.id in ran)
        return tuple(i for i, before, after in both if None not in (before, after) and before != after and after == to)

    def holes(self) -> list[int]:
        """Positions of the cases that passed before and that the new prompt was answered unusably."""
        before, unusable = self.old.values.by_case, self.new.values.unusable
        return [i for i, c in enumerate(self.ran) if passed(before.get(c.id)) and c.id in unusable]

    def scores(self) -> tuple[float | None, float | None]:
        """The mean of each arm over the cases measured on both."""
        before, after = self.old.values.by_case, self.new.values.by_case
        both = [(a, b) for c in self.ran if (a := before.get(c.id)) is not None and (b := after.get(c.id)) is not None]
        return (fmean(a for a, _ in both), fmean(b for _, b in both)) if both else (None, None)

    def _passes(self, case: Case) -> tuple[bool | None, bool | None]:
        return passed(self.old.values.by_case.get(case.id)), passed(self.new.values.by_case.get(case.id))


def shuffled(cases: Sequence[Case], seed: int) -> Sequence[Case]:
    """Return the cases in a random order that keeps clusters together."""
    groups = [case.group for case in cases]
    order = sorted(range(len(groups)), key=groups.__getitem__)  # those of one cluster in the order of the eval set
    starts = [k for k, at in enumerate(order) if k == 0 or groups[at] != groups[order[k - 1]]]
    ends = dict(zip(starts, [*starts[1:], len(order)], strict=True)) if len(starts) < len(order) else None
    random.Random(seed).shuffle(starts)  # noqa: S311 - repeatable on purpose
    return taken(cases, [at for k in starts for at in order[k : k + 1 if ends is None else ends[k]]])
