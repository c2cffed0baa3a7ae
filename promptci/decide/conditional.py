"""How large a confirmed gain is, given that it was confirmed.

What is told only when it is large looks larger than it is. Given how many cases changed at each look, the wins of a
confirmed candidate are a binomial without the outcomes that would have stopped earlier or not confirmed; inverting that
law gives a bound that is right among confirmed candidates (decisions.md, section 13).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Look = tuple[int, int, int]  # changed cases in its batch; wins that confirm; fewest wins in all that go on (futility)
ENDS = 0.05  # the error of each end


@dataclass(frozen=True, slots=True)
class Size:
    """The gain (share, new minus old) of a confirmed candidate: conditional 95 % bounds, median-unbiased estimate.

    `estimate` is never below zero: what is confirmed is better. `known` says whether the lower end is above zero; if it
    is not, the headline is "confirmed better", and the interval stands in the table.
    """

    low: float
    estimate: float
    high: float

    @property
    def known(self) -> bool:
        """Whether a least gain can be promised."""
        return self.low > 0


def size_of(looks: Sequence[Look], wins: int, cases: int) -> Size:
    """The size of a gain confirmed at the last of `looks`, with `wins` wins in all of `cases` measured cases.

    Conditional on the changed cases at each look. Raises ValueError when `wins` does not confirm or no case changed.
    """
    ways, critical = _ways(looks), looks[-1][1]
    changed = sum(batch for batch, _, _ in looks)
    if not critical <= wins <= changed or cases < changed or not ways[wins]:
        raise ValueError("these wins do not confirm at the last look")
    logs = {w: math.log(ways[w]) for w in range(critical, changed + 1) if ways[w]}

    def tail(log_odds: float, least: int) -> float:
        """P(wins >= least | confirmed here)."""
        terms = {w: log + w * log_odds for w, log in logs.items()}
        top = max(terms.values())
        whole = sum(math.exp(t - top) for t in terms.values())
        return sum(math.exp(t - top) for w, t in terms.items() if w >= least) / whole

    def gain(target: float, weight: float) -> float:
        """Solve (1 - weight) * P(W >= wins) + weight * P(W > wins) = target for the gain."""
        low, high = -20.0, 20.0
        for _ in range(60):
            middle = (low + high) / 2
            seen = (1 - weight) * tail(middle, wins) + weight * tail(middle, wins + 1)
            low, high = (middle, high) if seen < target else (low, middle)
        return math.tanh(low / 2) * changed / cases  # 2 * theta - 1 for log odds

    return Size(gain(ENDS, 0.0), max(0.0, gain(0.5, 0.5)), gain(1 - ENDS, 1.0))


def _ways(looks: Sequence[Look]) -> list[int]:
    """Number of ways to each count of wins at the last look, those that stopped before left out."""
    ways = [1]
    for i, (batch, _, _) in enumerate(looks):
        row = [math.comb(batch, k) for k in range(batch + 1)]
        grown = [0] * (len(ways) + batch)
        for wins, n in enumerate(ways):
            for k, m in enumerate(row):
                grown[wins + k] += n * m
        if i < len(looks) - 1:
            _, critical, least = looks[i]
            grown = [n if least <= wins < critical else 0 for wins, n in enumerate(grown)]
        ways = grown
    return ways
