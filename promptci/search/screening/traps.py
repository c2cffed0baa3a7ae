"""Edits that help on the cases that their author saw and not on others: found edit by edit, before they can lead."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from promptci.search.screening.fit import Answer, Estimate, Fit, fit

_BAR = 2.5  # standard errors of the gap from which an edit is not tried further
_LABEL = 3.5  # and from which it is called overfitting: about a hundred gaps are looked at in a search
_WIDE = 0.15  # prior of effects on one side: a trap's is no small effect


@dataclass(slots=True)
class Traps:
    """Compares each edit's effect on train with that on validation, from the answers of the screening itself."""

    train: Set[str]
    validation: Set[str]
    gaps: dict[int, Estimate] = field(default_factory=dict)

    def found(self, answers: Sequence[Answer], seen: Fit) -> list[int]:
        """The edits that gain on train alone; the gaps of all are kept. None without a validation case."""
        n = len(seen.effects)
        sides = [[a for a in answers if a.case_id in ids] for ids in (self.train, self.validation)]
        if not all(sides):
            return []
        first, second = (fit(side, n, prior=_WIDE) for side in sides)
        for i in range(n):
            one, two = first.one(i), second.one(i)
            gap = Estimate(one.value - two.value, math.hypot(one.se, two.se))
            if i not in self.gaps or gap.value * self.gaps[i].se > self.gaps[i].value * gap.se or self._alive(i, seen):
                self.gaps[i] = gap
        return [i for i, gap in self.gaps.items() if gap.value > _BAR * gap.se and first.one(i).value > 0]

    def _alive(self, i: int, seen: Fit) -> bool:
        return seen.effects[i] > 0

    @property
    def worst(self) -> tuple[int, Estimate] | None:
        """The edit with the plainest gap, when it is overfitting; else None."""
        plain = [(i, gap) for i, gap in self.gaps.items() if gap.value > _LABEL * gap.se > 0]
        return max(plain, key=lambda pair: pair[1].value / pair[1].se, default=None)
