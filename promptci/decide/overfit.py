"""Overfitting: a gain on the cases that proposers see, and not on those they never see."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

LIMIT = 3.0  # standard errors; at 1.645 a third of the genuine searches would be accused (decisions.md, section 5)


@dataclass(frozen=True, slots=True)
class Overfit:
    """`gap` is the gain on train minus the gain on validation, a share, and `se` its standard error."""

    gap: float
    se: float
    fires: bool
    reason: str


def overfit(train: Sequence[float], validation: Sequence[float], *, limit: float = LIMIT) -> Overfit:
    """Compare the paired gains of one candidate over the starting prompt on train and on validation.

    `train` and `validation` are differences new minus old, in [-1, 1], one per measured case (`paired.differences`). SE
    = sqrt(pi_train / n_train + pi_validation / n_validation), pi the mean square of the differences, which for 0/1
    outcomes is the share of changed cases. A label and a switch, not a stop: report it and go on from the best prompt
    on validation with fresh exemplars (decisions.md, section 5). With no measured case on one side it does not fire.
    """
    if not train or not validation:
        return Overfit(0.0, 0.0, False, "Train or validation has no measured case, so the gap between them is unknown.")
    gap = fmean(train) - fmean(validation)
    se = math.sqrt(sum(fmean(x * x for x in side) / len(side) for side in (train, validation)))
    fires = gap > limit * se  # without any changed case both are 0
    verb = "more than" if fires else "within"
    reason = (
        f"The gain on train minus the gain on validation is {100 * gap:+.1f} points, {verb} {limit:g} standard errors"
        f" ({100 * limit * se:.1f} points)."
    )
    return Overfit(gap, se, fires, reason)
