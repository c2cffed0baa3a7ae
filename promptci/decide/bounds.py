"""The boundaries of the gate: when is a change shown to be worse? One Protocol, a class for each kind of value.

- pass or fail, one answer a side: losses among the changed cases are coin tosses (McNemar's test, sequentially)
- clusters, or means of as many answers on both sides: the signs of the sums are coin tosses (Fisher's randomisation)
- one answer against several stored ones: signs, and which of a case's answers is the new one; both must cross
- graded without a pass mark, or a tolerated drop above 0: betting on the mean (Waudby-Smith & Ramdas 2021)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from promptci.decide.boundary import Path, can_cross, crossing
from promptci.decide.evidence import worse_evidence
from promptci.decide.units import Unit
from promptci.decide.walk import Walk, lattice


@dataclass(frozen=True, slots=True)
class Batch:
    """What one look adds: differences new minus old of its measured cases, the same by unit, the stored answers behind.

    `level` may be spent by the end of it. `values` and `stored` go together.
    """

    values: tuple[float, ...]
    units: tuple[Unit, ...]
    stored: tuple[int, ...]
    level: float


@dataclass(frozen=True, slots=True)
class Edge:
    """Whether the losses reach the boundary, where that is (losses, or their sum in cases), and the level used."""

    crossed: bool
    critical: float
    level_spent: float


class Boundary(Protocol):
    """Takes the batches of one run in turn. A harmless change crosses with at most the level of the last batch."""

    def look(self, batch: Batch) -> Edge:
        """Take one more batch."""

    def hopeless(self, later: Path) -> bool:
        """Whether nothing that may still come in the `later` batches (cases, level) could cross."""


class Pairs:
    """Losses among changed cases: a fair coin each. Values are -1, 0 or 1."""

    def __init__(self) -> None:
        self._path: Path = ()
        self._losses = self._changed = 0

    def look(self, batch: Batch) -> Edge:
        """Count losses and wins."""
        losses, wins = batch.values.count(-1.0), batch.values.count(1.0)
        self._losses, self._changed = self._losses + losses, self._changed + losses + wins
        self._path = (*self._path, (losses + wins, batch.level))
        edge = crossing(self._path)
        return Edge(self._losses >= edge.critical, edge.critical, edge.level_spent)

    def hopeless(self, later: Path) -> bool:
        """Whether losses alone from here on would not cross."""
        return not can_cross(self._losses, self._changed, self._path, later)


class Signs:
    """The sign of each unit's sum is a fair coin: exact if a harmless change is as likely to move it up as down."""

    def __init__(self, unit: int) -> None:
        self._walk, self._unit, self._sum = Walk(), unit, 0

    def look(self, batch: Batch) -> Edge:
        """Add the units' sums."""
        for each in batch.units:
            size = round(each.total * self._unit)
            self._sum -= size
            if size:
                self._walk.add(-abs(size), abs(size))
        critical = self._walk.cut(batch.level)
        return Edge(self._sum >= critical, critical / self._unit, self._walk.level_spent)

    def hopeless(self, later: Path) -> bool:
        """Nothing left to run; sums of what may still come have no bound worth having."""
        return not later


class Exchange:
    """Which of a case's answers is the new one: exact if both prompts answer each case alike.

    Of k stored answers and the new one S pass; each of the k + 1 is as likely to be the new one as any other.
    """

    def __init__(self, unit: int) -> None:
        self._walk, self._unit, self._sum = Walk(), unit, 0

    def look(self, batch: Batch) -> Edge:
        """Add the cases whose answers are not all alike."""
        for value, k in zip(batch.values, batch.stored, strict=True):
            passes = round((1 - value) * k) + 1 if value > 0 else round(-value * k)
            if not value or not 0 < passes <= k:
                continue
            self._sum -= round(value * self._unit)
            better, worse = round((passes - 1 - k) / k * self._unit), round(passes / k * self._unit)
            self._walk.add(better, worse, (passes, k + 1 - passes))
        critical = self._walk.cut(batch.level)
        return Edge(self._sum >= critical, critical / self._unit, self._walk.level_spent)

    def hopeless(self, later: Path) -> bool:
        """Nothing left to run."""
        return not later


class Both:
    """Crosses when each of two boundaries has crossed, at this look or before: no more often than either alone.

    Signs alone are too bold where most cases fail (many small gains are likely, few large losses: 16 % of harmless
    changes at a score of .1), and exchange alone where a harmless edit moves cases for good, as often up as down (11 to
    13 % at 7 % of the cases). Each is exact in the other's weak place (docs/benchmarks.md).
    """

    def __init__(self, first: Boundary, second: Boundary) -> None:
        self._parts = (first, second)
        self._crossed = [False, False]

    def look(self, batch: Batch) -> Edge:
        """Show the batch to both."""
        edges = [part.look(batch) for part in self._parts]
        self._crossed = [before or edge.crossed for before, edge in zip(self._crossed, edges, strict=True)]
        spent = min(edge.level_spent for edge in edges)
        return Edge(all(self._crossed), max(edge.critical for edge in edges), spent)

    def hopeless(self, later: Path) -> bool:
        """Whether one of them cannot cross any more."""
        return any(not done and part.hopeless(later) for done, part in zip(self._crossed, self._parts, strict=True))


class Betting:
    """Evidence that the mean falls by more than `max_drop`; valid for any bounded values and at any look.

    Crosses at 1 / alpha. The level is not spent by looks: `level_spent` counts half of it as used by any look, which is
    what a run that is given up for other reasons than its values leaves to the next one.
    """

    def __init__(self, alpha: float, max_drop: float, largest: int) -> None:
        self._alpha, self._max_drop, self._largest = alpha, max_drop, largest
        self._units: list[Unit] = []

    def look(self, batch: Batch) -> Edge:
        """Bet on the new units."""
        self._units += batch.units
        evidence = worse_evidence(self._units, self._max_drop, self._largest)
        return Edge(evidence >= 1 / self._alpha, 1 / self._alpha, self._alpha / 2)

    def hopeless(self, later: Path) -> bool:
        """Nothing left to run."""
        return not later


def boundary_for(
    *, graded: bool, clustered: bool, stored: Sequence[int], answers: int, alpha: float, max_drop: float, largest: int
) -> Boundary:
    """The boundary for values of this kind; see the module's list. `answers` are those of the new side, per case."""
    if graded or max_drop > 0:
        return Betting(alpha, max_drop, largest)
    unit = lattice([*{k for k in stored if k > 0}, answers])
    if clustered:
        return Signs(unit)
    if answers == 1 and any(k > 1 for k in stored):
        return Both(Signs(unit), Exchange(unit))
    return Pairs() if answers == 1 else Signs(unit)
