"""Edits that help on the cases that their authors saw and not on others: found before they can lead."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from statistics import fmean, variance

from promptci.search.screening.fit import Answer, Estimate, Fit, fit

_SUSPECT = 2.0  # standard errors from which the choice is made on validation alone
_LABEL = 2.5  # and from which it is called overfitting: one look in 160 would say so for nothing
_LEANS = 1.0  # standard errors by which one edit may do more on train, once there is suspicion
_CLEAR = 2.0  # standard errors on validation from which an edit leads whatever it does on train
_WIDE = 0.3  # prior of effects on one side: next to none
_NONE = Estimate(0.0, 0.0)


@dataclass(slots=True)
class Traps:
    """Compares what the edits gain on train with what they gain on validation, from the screening's own answers.

    Two gaps are looked at. `gap`: the edits' effects on train minus those on validation, averaged in proportion to what
    they seem to gain (a single edit's is known too badly, and the largest of forty would often look like a trap).
    `shift`: what texts with edits do beyond the text without, on train minus on validation. Several traps together do
    hardly more than one, so that no effect of a single one shows, but then the texts as a whole do. `leaning` are the
    edits that do more on train by over one standard error, once there is suspicion: nobody of them may lead that is not
    plainly good on validation.
    """

    train: Set[str]
    validation: Set[str]
    gap: Estimate = _NONE
    shift: Estimate = _NONE
    suspected: bool = False
    worst: int = 0
    leaning: list[int] = field(default_factory=list)

    @property
    def fires(self) -> bool:
        """Whether the gap is so wide that it is called overfitting."""
        return self._over(_LABEL)

    @property
    def plainest(self) -> Estimate:
        """The wider of the two gaps, in standard errors: what the label shows."""
        return max(self.gap, self.shift, key=_ratio)

    def _over(self, limit: float) -> bool:
        """Either the edits' gap, or both together: they err almost independently of each other."""
        return _ratio(self.gap) > limit or (_ratio(self.gap) + _ratio(self.shift)) / math.sqrt(2) > limit

    def watched(self, answers: Sequence[Answer], edits: int) -> Fit:
        """The fit to choose by: of all answers, or of those on validation once the gap is wide. Once wide, it stays."""
        seen = fit(answers, edits)
        sides = [[a for a in answers if a.case_id in ids] for ids in (self.train, self.validation)]
        if not all(sides):
            return seen
        if not self.fires:
            self.shift = _shift(*sides)
            self._look(seen, *(fit(side, edits, prior=_WIDE, learn=False) for side in sides))
        return fit(sides[1], edits) if self.suspected else seen

    def _look(self, seen: Fit, train: Fit, validation: Fit) -> None:
        weights = [max(0.0, e) for e in seen.effects]
        total = sum(weights)
        if not total:
            return
        gaps = [a - b for a, b in zip(train.effects, validation.effects, strict=True)]
        spread = 0.0
        lucky = [_luck(i, train, validation) for i in range(len(gaps))]
        for i, w in enumerate(weights):
            spread += w * w * lucky[i]
            for k, u in enumerate(weights):
                spread += w * u * (train.covariance[i][k] + validation.covariance[i][k])
        self.gap = Estimate(sum(w * g for w, g in zip(weights, gaps, strict=True)) / total, math.sqrt(spread) / total)
        self.suspected = self.suspected or self._over(_SUSPECT)
        self.worst = max(range(len(gaps)), key=lambda i: weights[i] * gaps[i])
        if self.suspected:
            errors = [math.hypot(train.one(i).se, validation.one(i).se, lucky[i] ** 0.5) for i in range(len(gaps))]
            clear = [_ratio(validation.one(i)) > _CLEAR for i in range(len(gaps))]
            self.leaning = [i for i, g in enumerate(gaps) if g > _LEANS * errors[i] and not clear[i]]


def _luck(i: int, train: Fit, validation: Fit) -> float:
    """The variance of an edit's gap by the luck of the cases beyond what the fits allow for all edits alike.

    An edit that puts a tenth of all cases right does not put three of thirty right on each side.
    """
    share = min(1.0, abs(train.effects[i] + validation.effects[i]) / 2)
    return sum(max(0.0, share * (1 - share) - side.spread) / max(1, side.cases) for side in (train, validation))


def _ratio(gap: Estimate) -> float:
    return gap.value / gap.se if gap.se else 0.0


def _shift(train: Sequence[Answer], validation: Sequence[Answer]) -> Estimate:
    """How much more texts with edits differ from the text without any on train than on validation, case by case."""
    first, second = _differences(train), _differences(validation)
    if min(len(first), len(second)) < 2:
        return _NONE
    error = variance(first) / len(first) + variance(second) / len(second)
    return Estimate(fmean(first) - fmean(second), math.sqrt(error))


def _differences(answers: Sequence[Answer]) -> list[float]:
    cases: dict[str, tuple[list[float], list[float]]] = {}
    for answer in answers:
        cases.setdefault(answer.case_id, ([], []))[bool(answer.edits)].append(answer.value)
    return [fmean(edited) - fmean(bare) for bare, edited in cases.values() if bare and edited]
