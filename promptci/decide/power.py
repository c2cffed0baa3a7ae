"""What a set of cases can show: cases needed, detectable drop, and their table.

`noise` is the share of cases that flip for no reason, half of them each way; a `drop` adds losses only. So a share
noise + drop of the cases changes, and a changed case is a loss with probability (noise / 2 + drop) / (noise + drop).
The fixed test is the exact one-sided McNemar test on all cases at once; its power is exact too (no normal
approximation: Fagerland et al. 2013).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from promptci.decide.paired import Change, mcnemar_p

GATE_FACTOR = 1.25  # planned cases, over one look, that up to 32 looks need at the same power (docs/benchmarks.md)
MOST_CASES = 10_000  # beyond this an answer is "more than you will write", and None
STEP = 0.005  # detectable drops are given in half points; finer would promise more than a noise estimate can keep


@lru_cache(maxsize=65536)
def critical_count(changed: int, alpha: float) -> int:
    """The fewest losses among `changed` cases with an exact p-value of at most `alpha`; changed + 1 if none."""
    z = NormalDist().inv_cdf(1 - alpha)
    count = min(changed + 1, math.ceil((changed + z * math.sqrt(changed)) / 2))  # near enough to walk from
    while count > 0 and _is_rare(count - 1, changed, alpha):
        count -= 1
    while count <= changed and not _is_rare(count, changed, alpha):
        count += 1
    return count


def _is_rare(losses: int, changed: int, alpha: float) -> bool:
    """Whether the exact p-value is at most `alpha`; in floats where those are far enough from it to tell."""
    near = _upper_tail(losses, changed, 0.5)  # good to about 1e-10; in whole numbers it takes milliseconds
    return near < alpha if abs(near - alpha) > 1e-6 * alpha else mcnemar_p(losses, changed - losses) <= alpha


@lru_cache(maxsize=65536)
def power(cases: int, noise: float, drop: float, alpha: float = 0.05) -> float:
    """Probability in [0, 1] that the fixed test sees a true `drop` with `cases` measured cases.

    `noise` and `drop` are shares; the same value holds for gains. Raises ValueError when noise or drop is negative or
    they add up to more than 1.
    """
    if min(noise, drop) < 0 or noise + drop > 1 or cases < 0:
        raise ValueError("noise and drop are shares of at most 1 together, and cases are not negative")
    rate = noise + drop
    if rate == 0 or cases == 0:
        return 0.0
    loss = (noise / 2 + drop) / rate
    spread = 8 * math.sqrt(cases * rate * (1 - rate)) + 8  # what lies outside adds less than 1e-12
    low, high = max(0, math.floor(cases * rate - spread)), min(cases, math.ceil(cases * rate + spread))
    shares = ((changed, math.exp(_log_pmf(changed, cases, rate))) for changed in range(low, high + 1))
    return sum(share * _upper_tail(critical_count(d, alpha), d, loss) for d, share in shares if share > 1e-15)


def _log_pmf(k: int, n: int, p: float) -> float:
    """Log of the binomial probability of k among n."""
    if p in (0.0, 1.0):
        return 0.0 if k == n * p else -math.inf
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(p) + (n - k) * math.log1p(-p)


def _upper_tail(least: int, n: int, p: float) -> float:
    """P(Binomial(n, p) >= least), summed from the side with fewer terms."""
    if least > n:
        return 0.0
    if p == 1.0:
        return 1.0
    if least > n * p:
        return _run(least, n, p)
    return 1.0 - (_run(n - least + 1, n, 1 - p) if least > 0 else 0.0)


def _run(least: int, n: int, p: float) -> float:
    """Sum of the binomial probabilities from `least` (at or above the mean) upwards, until terms no longer matter."""
    term = math.exp(_log_pmf(least, n, p))
    total, odds = 0.0, p / (1 - p)
    for k in range(least, n + 1):
        total += term
        term *= (n - k) / (k + 1) * odds
        if term < total * 1e-17:
            break
    return total


@lru_cache(maxsize=1024)
def cases_needed(
    drop: float, noise: float, *, alpha: float = 0.05, power_wanted: float = 0.9, gate: bool = False
) -> int | None:
    """Measured cases that see a true `drop` (or gain) with probability `power_wanted`; None above MOST_CASES.

    None, too, where `noise` leaves no room for the drop (both above 1 together): no number of cases shows it.

    For one look at all cases, the smallest number from which the exact power stays there over the next tenth (it is a
    saw); with `gate` for the sequential gate, GATE_FACTOR times as many. Shares for `drop` and `noise`. Raises
    ValueError when `drop` <= 0.
    """
    if drop <= 0 or not 0 < power_wanted < 1:
        raise ValueError("drop must be positive and the power wanted in (0, 1)")
    if noise + drop > 1:
        return None
    z = NormalDist().inv_cdf(1 - alpha) + NormalDist().inv_cdf(power_wanted)
    if z * z * (noise + drop - drop * drop) / drop**2 > 1.5 * MOST_CASES:
        return None  # far beyond it even by the normal approximation; the exact sum would take seconds to agree
    high = 8
    while power(high, noise, drop, alpha) < power_wanted:
        high *= 2
        if high > 2 * MOST_CASES:
            return None
    low = high // 2
    while low < high:  # power is nearly monotone; the walk below mends what the saw breaks
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle, noise, drop, alpha) >= power_wanted else (middle + 1, high)
    low = _after_the_saw(low, drop, noise, alpha, power_wanted)
    needed = math.ceil(GATE_FACTOR * low) if gate else low
    return needed if needed <= MOST_CASES else None


def _after_the_saw(cases: int, drop: float, noise: float, alpha: float, wanted: float) -> int:
    """The smallest number near `cases` from which the power stays at `wanted`."""
    reach = max(4, min(40, cases // 20))
    near = reversed(range(max(1, cases - reach), cases + reach))  # the last one below decides; the others cost time
    return next((n + 1 for n in near if power(n, noise, drop, alpha) < wanted), cases)


@lru_cache(maxsize=4096)
def detectable_drop(
    cases: int, noise: float, *, alpha: float = 0.05, power_wanted: float = 0.8, gate: bool = False
) -> float | None:
    """The smallest true drop (share, in half points rounded up) that `cases` measured cases see with `power_wanted`.

    None if not even the largest possible drop, 1 - noise, would be seen that often. With `gate` for the sequential
    gate, as if there were 1 / GATE_FACTOR as many cases. `noise` is a share; raises ValueError outside [0, 1).
    """
    if not 0 <= noise < 1 or cases < 0:
        raise ValueError("noise must be in [0, 1) and cases not negative")
    fixed = math.floor(cases / GATE_FACTOR) if gate else cases
    most, high = math.floor((1 - noise) / STEP), 1
    while high < most and power(fixed, noise, high * STEP, alpha) < power_wanted:
        high = min(2 * high, most)  # from below: power at large drops on large sets takes long and is not needed
    if most < 1 or power(fixed, noise, high * STEP, alpha) < power_wanted:
        return None
    low = high // 2 + 1
    while low < high:
        middle = (low + high) // 2
        enough = power(fixed, noise, middle * STEP, alpha) >= power_wanted
        low, high = (low, middle) if enough else (middle + 1, high)
    return round(low * STEP, 4)


def noise_seen(change: Change) -> float:
    """The share of cases that flips for no reason, estimated from one comparison: in [0, 1).

    Twice the rarer direction, as a real change moves cases one way only; half a case is added so that none seen is not
    none.
    """
    rarer = min(change.losses, change.wins)
    return min((2 * rarer + 0.5) / (change.measured + 0.5), 0.95) if change.measured else 0.05


@dataclass(frozen=True, slots=True)
class Sight:
    """One row of the table: a drop (share) and the cases that show it, in one look and through the gate."""

    drop: float
    fixed: int | None
    gate: int | None


DROPS = (0.02, 0.03, 0.05, 0.10, 0.20)


def table(
    noise: float, *, drops: Sequence[float] = DROPS, alpha: float = 0.05, power_wanted: float = 0.9
) -> list[Sight]:
    """Cases needed for each drop at this noise (decisions.md, section 6). Shares; None above MOST_CASES."""
    fixed = [cases_needed(d, noise, alpha=alpha, power_wanted=power_wanted) for d in drops]
    gated = [cases_needed(d, noise, alpha=alpha, power_wanted=power_wanted, gate=True) for d in drops]
    return [Sight(d, f, g) for d, f, g in zip(drops, fixed, gated, strict=True)]


def cases_to_halve(cases: int, noise: float, *, alpha: float = 0.05) -> int | None:
    """How many cases would halve the drop that `cases` can detect; None if it can detect none, or it takes too many."""
    now = detectable_drop(cases, noise, alpha=alpha)
    return None if now is None else cases_needed(now / 2, noise, alpha=alpha, power_wanted=0.8)
