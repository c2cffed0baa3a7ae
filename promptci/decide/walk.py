"""A walk of two-way steps whose whole distribution is known: how far is too far at each look.

Given what changed, a harmless change moves every case (or cluster) one way or the other with known odds. The walk's
distribution is kept in whole numbers, so nothing is rounded; each look may spend a little more of the level (Lan &
DeMets 1983), and what has crossed before is cut off.
"""

from __future__ import annotations

import math


class Walk:
    """The law of a sum of independent steps under "harmless", without the outcomes that crossed at an earlier look.

    `ways[i]` of `whole` equally likely outcomes have the sum `lowest + i` and never crossed; `spent` have crossed.
    Sums are whole numbers of some small unit; losses count upwards.
    """

    def __init__(self) -> None:
        self.ways = [1]
        self.lowest = 0
        self.whole = 1
        self.spent = 0

    def add(self, low: int, high: int, odds: tuple[int, int] = (1, 1)) -> None:
        """One more step: `low` with weight odds[0], `high` (above it) with weight odds[1]. All whole numbers."""
        wide, (down, up) = high - low, odds
        here, there = [down * n for n in self.ways] + [0] * wide, [0] * wide + [up * n for n in self.ways]
        self.ways = [a + b for a, b in zip(here, there, strict=True)]
        self.lowest += low
        self.whole *= down + up
        self.spent *= down + up

    def cut(self, level: float) -> int:
        """End a look: the smallest sum above zero whose tail fits what is left of `level`; all from it on is cut off.

        It is one above every possible sum if nothing fits.
        """
        top, bottom = level.as_integer_ratio()
        room = top * self.whole // bottom - self.spent
        keep = len(self.ways)
        while keep > max(0, 1 - self.lowest) and self.ways[keep - 1] <= room:
            keep -= 1
            room -= self.ways[keep]
            self.spent += self.ways[keep]
        while keep < len(self.ways) and not self.ways[keep]:
            keep += 1  # sums that cannot come about are no boundary
        self.ways = self.ways[:keep] or [0]
        return self.lowest + keep

    def tail(self, observed: int, *, below: bool = False) -> float:
        """Probability of a sum of at least `observed` (at most, if `below`) among the outcomes that never crossed."""
        at = observed - self.lowest
        ways = self.ways[: max(0, at + 1)] if below else self.ways[max(0, at) :]
        return sum(ways) / self.whole

    @property
    def level_spent(self) -> float:
        """Probability that a harmless change has crossed by now."""
        return self.spent / self.whole


def lattice(counts: list[int]) -> int:
    """The unit's denominator for means of these numbers of answers: their least common multiple, 60 at most.

    Values beside the lattice are rounded to it, the same way up as down, which leaves a walk of signs exact.
    """
    least = math.lcm(*counts) if counts else 1
    return least if least <= 60 else 60
