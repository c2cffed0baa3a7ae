"""Many cases kept in a file without a name: a sequence like a tuple, which makes a case when it is asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import overload

from promptci.core import Case
from promptci.shelf import Index, Shelf

_parts = attrgetter("id", "vars", "expected", "tags", "cluster", "weight", "messages", "asserts", "human")


class KeptCases(Sequence[Case]):
    """Cases on a shelf, in an order; a slice is the same shelf in another order.

    Each time a case is asked for it is made anew, so it is known by what it says, not by its identity.
    """

    def __init__(self, shelf: Shelf, order: Sequence[int]) -> None:
        self._shelf, self._order = shelf, order

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, index: int) -> Case: ...
    @overload
    def __getitem__(self, index: slice) -> KeptCases: ...
    def __getitem__(self, index: int | slice) -> Case | KeptCases:
        """Return one case, or several as such a sequence."""
        if isinstance(index, slice):
            return KeptCases(self._shelf, self._order[index])
        return Case(*self._shelf[self._order[index]][1])

    def __iter__(self) -> Iterator[Case]:
        if isinstance(self._order, range) and self._order.step == 1:
            return (Case(*parts) for _, parts in self._shelf.between(self._order.start, self._order.stop))
        return (Case(*self._shelf[number][1]) for number in self._order)

    def __eq__(self, other: object) -> bool:  # and so without a hash: that of an equal tuple takes all of the cases
        if isinstance(other, KeptCases) and self._shelf is other._shelf and self._order == other._order:
            return True
        if not isinstance(other, KeptCases | tuple) or len(self) != len(other):
            return False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def taken(self, positions: Sequence[int]) -> KeptCases:
        """Return the cases at these positions, in their order."""
        return KeptCases(self._shelf, array("I", [self._order[at] for at in positions]))


class Keeping:
    """Cases as they are read, each with the place that it stands at."""

    def __init__(self) -> None:
        self._shelf = Shelf()
        self._ids: Index[str] = Index(lambda number: str(self._shelf[number][1][0]))

    def add(self, case: Case, place: str) -> str | None:
        """Keep a case; where its id is known already, keep nothing and return the place of the first one."""
        number = self._ids.add(case.id)
        if number < len(self._shelf):
            return str(self._shelf[number][0])
        self._shelf.put((place, _parts(case)))
        return None

    @property
    def cases(self) -> KeptCases:
        """All of them, in order."""
        return KeptCases(self._shelf, range(len(self._shelf)))


def taken(cases: Sequence[Case], positions: Sequence[int]) -> Sequence[Case]:
    """Return the cases at these positions, in their order: kept ones stay where they are, others are a tuple."""
    return cases.taken(positions) if isinstance(cases, KeptCases) else tuple(cases[at] for at in positions)
