"""The exact chance of looking no worse than a drop allows: paired pass rates, unconditional (Lloyd & Moldovan 2008).

Nothing is conditioned on how many cases changed: their true share is unknown, and the worst one counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from promptci.decide.interval import tango
from promptci.decide.paired import Change

LARGEST = 2_000  # cases up to which the sums are short (a second); beyond them betting loses little
_SHARES = 60  # true shares of changed cases that are tried
_NEGLIGIBLE = 1e-9  # probability that is left out at either end of a sum, and counted as if it were all looking well


def drop_p(change: Change, margin: float) -> float:
    """P-value of "the true drop is `margin` or more", a share in (0, 1), from the measured cases of `change`.

    The largest probability, over every true share of changed cases, of a table that speaks as strongly against such a
    drop (Tango's score statistic) as this one or more. 1.0 without a measured case. Raises ValueError on a margin out
    of range, and on more than `LARGEST` cases.
    """
    n = change.measured
    if not 0 < margin < 1 or n > LARGEST:
        raise ValueError(f"the margin must be in (0, 1), and cases {LARGEST} at most")
    if n == 0:
        return 1.0
    seen = tango(change.wins, change.losses, n, -margin)
    fewest = [_fewest_wins(changed, n, margin, seen) for changed in range(n + 1)]
    shares = (margin + (1 - margin) * (k / _SHARES) ** 2 for k in range(_SHARES + 1))
    return min(1.0, max(_as_strong(share, margin, n, fewest) for share in shares))


def _fewest_wins(changed: int, n: int, margin: float, seen: float) -> int:
    """How many of `changed` cases must be wins for a table to speak as strongly; one more than there are for none."""
    low, high = 0, changed + 1
    while low < high:
        wins = (low + high) // 2
        if tango(wins, changed - wins, n, -margin) >= seen - 1e-9:
            high = wins
        else:
            low = wins + 1
    return low


def _as_strong(share: float, margin: float, n: int, fewest: list[int]) -> float:
    """The probability of such tables where this share of cases changes, wins and losses `margin` apart."""
    better = max(0.0, (share - margin) / (2 * share))
    return sum(p * _at_least(fewest[changed], changed, better) for changed, p in _likely(n, share)) + 2 * _NEGLIGIBLE


def _likely(n: int, share: float) -> Iterator[tuple[int, float]]:
    """Counts of a binomial law with their probabilities, but for what is negligible at the ends."""
    middle, spread = n * share, 7 * math.sqrt(n * share * (1 - share)) + 8
    for count in range(max(0, math.floor(middle - spread)), min(n, math.ceil(middle + spread)) + 1):
        yield count, _binomial(count, n, share)


def _at_least(least: int, n: int, share: float) -> float:
    """P(a binomial count is `least` or more)."""
    if least <= 0:
        return 1.0
    if least > n or share <= 0:
        return 0.0
    term, total = _binomial(least, n, share), 0.0
    odds = share / (1 - share) if share < 1 else math.inf
    for count in range(least, n + 1):
        total += term
        term *= (n - count) / (count + 1) * odds
        if term < 1e-15 and count > n * share:
            break
    return min(1.0, total)


def _binomial(count: int, n: int, share: float) -> float:
    if share <= 0 or share >= 1:
        return float(count == (n if share >= 1 else 0))
    ways = math.lgamma(n + 1) - math.lgamma(count + 1) - math.lgamma(n - count + 1)
    return math.exp(ways + count * math.log(share) + (n - count) * math.log1p(-share))
