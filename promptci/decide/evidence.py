"""Evidence that a drop is small, and whether a block stands after a rerun."""

from __future__ import annotations

import math
from collections.abc import Sequence

from promptci.decide.interval import gain_interval
from promptci.decide.paired import Change, mcnemar_p

BETS = tuple(k / 10 for k in range(1, 7))  # shares of the largest bet; fewer mean cases at power .9 than finer grids


def betting_evidence(change: Change, max_drop: float) -> float:
    """Evidence that the true drop is below `max_drop` (a share): an e-value, at least 0, and 1 without data.

    The mean over bets b of prod(1 + b * (g + max_drop)), g = +1 for a win, -1 for a loss, 0 for a tie, b up to
    0.6 / (1 - max_drop) (Waudby-Smith & Ramdas 2021). If the drop is `max_drop` or more, it ever reaches x with
    probability at most 1 / x, however often one looks. Unmeasured cases are left out.
    """
    logs = []
    for share in BETS:
        bet = share / (1 - max_drop)
        log = change.losses * math.log1p(bet * (max_drop - 1)) + change.wins * math.log1p(bet * (max_drop + 1))
        logs.append(log + change.ties * math.log1p(bet * max_drop))
    return _mean_exp(logs)


def betting_evidence_units(totals: Sequence[float], sizes: Sequence[int], max_drop: float, largest: int) -> float:
    """The same for graded differences or clusters: `totals[j]` is the sum of `sizes[j]` differences in [-1, 1].

    `largest` is the size of the largest cluster of the whole plan, known before the first case; bets are divided by it.
    """
    logs = []
    for share in BETS:
        bet = share / (1 - max_drop) / largest
        logs.append(sum(math.log1p(bet * (x + max_drop * n)) for x, n in zip(totals, sizes, strict=True)))
    return _mean_exp(logs)


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


def losses_stand(standing: int, wins: int, alpha: float = 0.05) -> bool:
    """Whether a block stands after the old prompt's newly failing cases were run again.

    `standing` losses are those that the old prompt passed again; `wins` are all of them. They stand if the exact
    McNemar test still has p <= alpha. It is asked only of a change that crossed the boundary, so it can only lower
    false alarms: against a stored baseline that was the luckiest of 40 runs from 25 % to 3 %, at the cost of some power
    against a fair one (docs/benchmarks.md).
    """
    return mcnemar_p(standing, wins) <= alpha
