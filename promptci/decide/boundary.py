"""How many losses are too many at each look: exact group-sequential boundaries.

If a change is harmless, every changed case is a loss with probability one half at most, whatever the case. Given how
many cases changed in each batch, the losses are then a walk whose whole distribution is known; each look may spend a
little more of the level (Lan & DeMets 1983), and what has crossed before is cut off. All in whole numbers, so nothing
is rounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

Path = tuple[tuple[int, float], ...]  # per look: cases that can count in its batch, level that may be spent by then


@dataclass(frozen=True, slots=True)
class Crossing:
    """The state after a look: block at `critical` or more; `spent / whole` is the level used so far.

    `survivors[k]` of `whole` equally likely outcomes have k losses and never crossed.
    """

    critical: int
    survivors: tuple[int, ...]
    spent: int
    whole: int

    @property
    def level_spent(self) -> float:
        """Probability that a harmless change has crossed by now."""
        return self.spent / self.whole


def level_at(done: int, planned: int, alpha: float) -> float:
    """What may be spent once `done` of `planned` cases are run: in proportion (Lan & DeMets 1983).

    The share squared, as before, kept more for the end; in proportion a real drop is seen 20 cases sooner, for a few
    more planned (docs/benchmarks.md).
    """
    return alpha * min(done, planned) / planned


@lru_cache(maxsize=16384)
def crossing(path: Path, odds: tuple[int, int] = (1, 2)) -> Crossing:
    """The boundary at the last look of `path`.

    `path` has, per look, the number of cases in the batch that can count (changed cases for a comparison, measured
    cases for a score) and the level in [0, 1] that may be spent by then. `odds` (a, q) means that each counts with
    probability a / q if all is well: 1 / 2 for losses among changed cases. `critical` is the smallest count whose
    probability, without the outcomes that crossed before, fits what is left of the level; it is above every possible
    count if none fits.
    """
    if not path:
        return Crossing(1, (1,), 0, 1)
    before, (size, level) = crossing(path[:-1], odds), path[-1]
    ways = _convolve(before.survivors, _row(size, odds))
    whole = before.whole * odds[1] ** size
    top, bottom = level.as_integer_ratio()
    spent = before.spent * odds[1] ** size
    critical, room = len(ways), top * whole // bottom - spent
    while critical > 0 and ways[critical - 1] <= room:
        critical -= 1
        room -= ways[critical]
        spent += ways[critical]
    return Crossing(critical, tuple(ways[:critical]), spent, whole)


@lru_cache(maxsize=4096)
def _row(size: int, odds: tuple[int, int]) -> tuple[int, ...]:
    """Outcomes of one batch by count: the binomial distribution times q**size."""
    hit, miss = odds[0], odds[1] - odds[0]
    return tuple(math.comb(size, k) * hit**k * miss ** (size - k) for k in range(size + 1))


def _convolve(survivors: tuple[int, ...], row: tuple[int, ...]) -> list[int]:
    """Every way to add a batch to a walk that has not crossed. Counts beyond `survivors` have no ways left."""
    ways = [0] * (len(survivors) + len(row) - 1)
    for i, n in enumerate(survivors):
        for j, m in enumerate(row, start=i):
            ways[j] += n * m
    return ways


def can_cross(losses: int, changed: int, path: Path, later: Path) -> bool:
    """Whether the walk could still cross if every case of the `later` batches were a loss.

    `losses` and `changed` are the counts so far and `path` their looks; each look of `later` has its number of cases.
    """
    if not later:
        return False
    total, rest = changed, 0
    for size, _ in later:
        rest += size
    total += rest
    room = later[-1][1] - (later[-2][1] if len(later) > 1 else path[-1][1] if path else 0.0)
    if 2 * (losses + rest) <= total:
        return False  # not even a majority of the changed cases
    if math.exp(-2 * (losses + rest - total / 2) ** 2 / total) <= room:
        return True  # Hoeffding's bound on the tail fits the last look's share of the level, whatever was cut before
    for size, level in later:
        path, losses = (*path, (size, level)), losses + size
        if losses >= crossing(path).critical:
            return True
    return False
