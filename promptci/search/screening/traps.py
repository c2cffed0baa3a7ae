"""Edits that help on the cases that their authors saw and not on others: one test for all, before they can lead."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass

from promptci.search.screening.fit import Answer, Estimate, Fit, fit

_SUSPECT = 2.0  # standard errors from which the choice is made on validation alone
_LABEL = 3.0  # and from which it is called overfitting; three looks are taken
_WIDE = 0.3  # prior of effects on one side: next to none


@dataclass(slots=True)
class Traps:
    """Compares what the edits gain on train with what they gain on validation, from the screening's own answers.

    `gap` is the difference, averaged over the edits in proportion to what they seem to gain: a single edit's is known
    too badly, and the one with the largest of forty would often look like a trap.
    """

    train: Set[str]
    validation: Set[str]
    gap: Estimate = Estimate(0.0, 0.0)  # noqa: RUF009 - frozen
    suspected: bool = False
    worst: int = 0

    @property
    def fires(self) -> bool:
        """Whether the gap is so wide that it is called overfitting."""
        return self.gap.value > _LABEL * self.gap.se > 0

    def watched(self, answers: Sequence[Answer], edits: int) -> Fit:
        """The fit to choose by: of all answers, or of those on validation once the gap is wide. Once wide, it stays."""
        seen = fit(answers, edits)
        sides = [[a for a in answers if a.case_id in ids] for ids in (self.train, self.validation)]
        if not all(sides):
            return seen
        if not self.fires:
            self._look(seen, *(fit(side, edits, prior=_WIDE, learn=False) for side in sides))
        return fit(sides[1], edits) if self.suspected else seen

    def _look(self, seen: Fit, train: Fit, validation: Fit) -> None:
        weights = [max(0.0, e) for e in seen.effects]
        total = sum(weights)
        if not total:
            return
        gaps = [a - b for a, b in zip(train.effects, validation.effects, strict=True)]
        variance = 0.0
        for i, w in enumerate(weights):
            for k, u in enumerate(weights):
                variance += w * u * (train.covariance[i][k] + validation.covariance[i][k])
        self.gap = Estimate(sum(w * g for w, g in zip(weights, gaps, strict=True)) / total, math.sqrt(variance) / total)
        self.suspected = self.suspected or self.gap.value > _SUSPECT * self.gap.se
        self.worst = max(range(len(gaps)), key=lambda i: weights[i] * gaps[i])
