"""Evidence by betting: that a drop is small, that it is larger than tolerated, that a score is below its target."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from promptci.decide.interval import gain_interval
from promptci.decide.paired import Change
from promptci.decide.units import Unit

# Bets as shares of the largest that can never lose all; chosen by simulation for fewest mean cases.
BETS = (0.2, 0.4, 0.6, 0.8)
BOLD = (0.2, 0.4, 0.6, 0.8, 0.95)  # clusters: few units, so that more must be staked on each
FINE = (0.2, 0.45, 0.7)  # graded values: steady small differences as well as rare big ones


def above_evidence(seen: Iterable[Unit], mean: float, *, largest: int = 1, bets: Sequence[float] = FINE) -> float:
    """Evidence that the true mean per case is above `mean`, in (-1, 1): an e-value, at least 0, and 1 without data.

    The mean over `bets` b of prod(1 + b * (x - mean * n) / (1 + mean) / largest), x the sum of a unit's n values in
    [-1, 1], `largest` the size of the largest unit of the whole plan, known before the first case (Waudby-Smith &
    Ramdas 2021). If the true mean is `mean` or less, it ever reaches x with probability at most 1 / x, however often
    one looks, and whatever the values' distribution.
    """
    widest = (1 + mean) * largest
    tallied = Counter((unit.total, unit.cases) for unit in seen)
    gains = [((total - mean * cases) / widest, times) for (total, cases), times in tallied.items()]
    return _mean_exp([sum(times * math.log1p(bet * gain) for gain, times in gains) for bet in bets])


def worse_evidence(seen: Iterable[Unit], max_drop: float, largest: int = 1) -> float:
    """Evidence, as there, that the true drop is above `max_drop` (a share in [0, 1))."""
    return above_evidence([Unit(-unit.total, unit.cases) for unit in seen], max_drop, largest=largest)


def score_evidence(values: Sequence[float], target: float) -> float:
    """Evidence, the same kind of e-value, that the mean of `values` in [0, 1] is truly below `target` in (0, 1]."""
    bets = [share / max(1 - target, 0.01) for share in BETS]
    return _mean_exp([sum(math.log1p(bet * (target - x)) for x in values) for bet in bets])


def _mean_exp(logs: Sequence[float]) -> float:
    """Mean of the exponentials; beyond e**700 more evidence is the same evidence."""
    return sum(math.exp(min(log, 700.0)) for log in logs) / len(logs)


def drop_ruled_out(change: Change, max_drop: float, alpha: float = 0.05) -> bool:
    """Whether a true drop of `max_drop` (a share) is ruled out at level `alpha`, at the last look.

    The one-sided bound (`interval.gain_interval`) must stay above -max_drop, and there must be enough cases that not
    one loss among them would be rare: ln(alpha) / ln(1 - max_drop), about 3 / max_drop, since a score bound is too bold
    when nothing changed. With the early pass, a drop of exactly `max_drop` passes in at most 8 % of runs (measured).
    """
    if change.measured < math.log(alpha) / math.log1p(-max_drop):
        return False
    interval = gain_interval(change, confidence=1 - 2 * alpha)
    return interval is not None and interval[0] > -max_drop
