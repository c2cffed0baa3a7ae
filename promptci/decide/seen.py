"""What a gate has seen: the differences so far, counted and summed in the ways that the tests need."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property

from promptci.decide.paired import Change
from promptci.decide.units import Unit, units


@dataclass(frozen=True)
class Seen:
    """New minus old in [-1, 1] of each case in running order, None where it was not measured.

    `holes` are positions of unmeasured cases that would be a loss at worst (they passed before); `clusters` names the
    cluster of each planned case, () where none has one.
    """

    values: tuple[float | None, ...] = ()
    holes: frozenset[int] = frozenset()
    clusters: tuple[Hashable, ...] = ()

    def __post_init__(self) -> None:
        if any(not 0 <= i < len(self.values) or self.values[i] is not None for i in self.holes):
            raise ValueError("holes are among the unmeasured cases")
        if any(v is not None and not -1 <= v <= 1 for v in self.values):
            raise ValueError("differences are in [-1, 1]")

    @property
    def done(self) -> int:
        """Cases run, measured or not."""
        return len(self.values)

    @cached_property
    def unmeasured(self) -> int:
        """Cases without a difference."""
        return self.values.count(None)

    @cached_property
    def measured(self) -> tuple[float, ...]:
        """The differences that there are."""
        return tuple(v for v in self.values if v is not None)

    @cached_property
    def change(self) -> Change | None:
        """Counts of losses, wins and ties; None when a difference is a fraction."""
        losses, wins, ties = (self.values.count(x) for x in (-1.0, 1.0, 0.0))
        if losses + wins + ties + self.unmeasured < self.done:
            return None
        return Change(losses, wins, ties, self.unmeasured)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Sums by cluster, or single cases, in running order."""
        return units(self.values, [*self.clusters[: self.done]] or [None] * self.done)

    @property
    def worst(self) -> Seen:
        """The same if every hole were a loss: a prompt that is refused where it was answered may be a worse one."""
        if not self.holes:
            return self
        return replace(
            self, values=tuple(-1.0 if i in self.holes else v for i, v in enumerate(self.values)), holes=frozenset()
        )
