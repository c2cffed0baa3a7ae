"""How large a difference may be: intervals whose two ends are one-sided bounds at half the error each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from statistics import NormalDist, fmean, stdev

from promptci.decide.paired import Change

CONFIDENCE = 0.90  # each end is then a one-sided 95 % bound, as every decision here is one-sided at .05


def gain_interval(change: Change, *, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Interval of the gain (new minus old pass rate, in [-1, 1]) from counts; None if nothing was measured.

    Tango's score interval (Stat. Med. 17, 1998; recommended by Fagerland et al. 2014): invert the score test with the
    nuisance parameter at its restricted maximum. Raises ValueError when `confidence` is not in (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError("confidence must be in (0, 1)")
    n = change.measured
    if n == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    estimate = (change.wins - change.losses) / n
    low = _root(lambda d: tango(change.wins, change.losses, n, d) - z, -1.0, estimate)
    high = _root(lambda d: tango(change.wins, change.losses, n, d) + z, estimate, 1.0)
    return low, high


def tango(wins: int, losses: int, n: int, gain: float) -> float:
    """Tango's score statistic of these counts for a true gain of `gain` on `n` cases; falls as `gain` rises."""
    top = wins - losses - n * gain
    b = -wins - losses + (2 * n - wins + losses) * gain
    c = -losses * gain * (1 - gain)
    loss_rate = (math.sqrt(max(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
    variance = n * (2 * loss_rate + gain * (1 - gain))
    if variance <= 1e-15:  # nothing can vary: no evidence if the estimate fits, else certain
        return 0.0 if abs(top) < 1e-12 else math.copysign(math.inf, top)
    return top / math.sqrt(variance)


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function crosses zero between `low` and `high`, to 1e-9; the nearer end if it does not."""
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2


def mean_interval(values: Sequence[float], *, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Student's t interval of the mean of independent `values` (graded differences, or cluster sums); None below two.

    Same unit as `values`. With rare big changes and few values it is too short (decisions.md, section 2, pitfalls):
    a pass mark per case is better. Raises ValueError when `confidence` is not in (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError("confidence must be in (0, 1)")
    if len(values) < 2:
        return None
    half = t_quantile(0.5 + confidence / 2, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return fmean(values) - half, fmean(values) + half


@lru_cache(maxsize=1024)
def t_quantile(probability: float, freedom: int) -> float:
    """Student's t quantile for a probability in [0.5, 1) and `freedom` >= 1 degrees, by bisection of the exact law."""
    if not 0.5 <= probability < 1 or freedom < 1:
        raise ValueError("probability must be in [0.5, 1) and freedom at least 1")
    angle = _root(lambda theta: 2 * probability - 1 - _central(theta, freedom), 0.0, math.pi / 2)
    return math.sqrt(freedom) * math.tan(angle)


def _central(theta: float, freedom: int) -> float:
    """P(|T| <= sqrt(freedom) * tan(theta)): Abramowitz & Stegun 26.7.3 and 26.7.4, for whole degrees of freedom."""
    sine, square = math.sin(theta), math.cos(theta) ** 2
    odd = freedom % 2
    term, total = (math.cos(theta), 0.0) if odd else (1.0, 0.0)
    for k in range(1 + odd, freedom, 2):
        total += term
        term *= square * k / (k + 1)
    return 2 / math.pi * (theta + sine * total) if odd else sine * total
