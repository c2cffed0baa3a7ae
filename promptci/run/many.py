"""What is known of many cases, in little memory: mappings and sets by id over rows that lie on a shelf."""

from __future__ import annotations

import math
from array import array
from collections.abc import ItemsView, Iterator, MutableMapping, MutableSet, Sequence, ValuesView
from typing import Any, TypeVar

from promptci.shelf import Index, Shelf

V = TypeVar("V")


class Rows:
    """One row a case: a value for each of `names`, None where there is none; all columns and marks share its ids."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.filled = [0] * len(self.names)
        self.shelf = Shelf()
        self.index: Index[str] = Index(self.id)

    def id(self, number: int) -> str:
        """The id of a row's case."""
        return str(self.shelf[number][0])

    def put(self, case_id: str, values: Sequence[Any]) -> int:
        """Add a row, or to a row: where a value is None, what was known stays. Return its number."""
        number = self.index.add(case_id)
        new = number == len(self.shelf)
        before = (None,) * len(self.names) if new else self.shelf[number][1:]
        row = (case_id, *(was if value is None else value for was, value in zip(before, values, strict=True)))
        for k, (was, now) in enumerate(zip(before, row[1:], strict=True)):
            self.filled[k] += was is None and now is not None
        if new:
            self.shelf.put(row)
        else:
            self.shelf.replace(number, row)
        return number

    def number(self, case_id: str) -> int:
        """The number of a case's row, an empty one where there was none."""
        found = self.index.find(case_id)
        return self.put(case_id, (None,) * len(self.names)) if found is None else found


class Column(MutableMapping[str, V]):
    """One of the rows' values by the cases' ids, in the order in which they came; nothing is taken out again."""

    def __init__(self, rows: Rows, name: str) -> None:
        self._rows, self._at = rows, rows.names.index(name)

    def __len__(self) -> int:
        return self._rows.filled[self._at]

    def __iter__(self) -> Iterator[str]:
        return (row[0] for row in self._rows.shelf.between(0, len(self._rows.shelf)) if row[self._at + 1] is not None)

    def items(self) -> ItemsView[str, V]:
        """What each case has, quicker than case by case."""
        return _Items(self)

    def values(self) -> ValuesView[V]:
        """What the cases have, in the order of the cases."""
        return _Values(self)

    def rows(self) -> Iterator[tuple[str, V]]:
        """Yield each case that has a value, with it."""
        at = self._at + 1
        return ((row[0], row[at]) for row in self._rows.shelf.between(0, len(self._rows.shelf)) if row[at] is not None)

    def __getitem__(self, case_id: str) -> V:
        value: V | None = self._of(case_id)
        if value is None:
            raise KeyError(case_id)
        return value

    def get(self, case_id: str, default: Any = None) -> Any:
        """What a case has; most have no reason and no trace, and an exception for each takes its time."""
        value = self._of(case_id)
        return default if value is None else value

    def __contains__(self, case_id: object) -> bool:
        return isinstance(case_id, str) and self._of(case_id) is not None

    def _of(self, case_id: str) -> Any:
        number = self._rows.index.find(case_id)
        return None if number is None else self._rows.shelf[number][self._at + 1]

    def __setitem__(self, case_id: str, value: V) -> None:
        row: list[Any] = [None] * len(self._rows.names)
        row[self._at] = value
        self._rows.put(case_id, row)

    def __delitem__(self, case_id: str) -> None:
        raise TypeError("what is known of a case stays known")


class _Items(ItemsView[str, V]):
    _mapping: Column[V]

    def __iter__(self) -> Iterator[tuple[str, V]]:
        return self._mapping.rows()


class _Values(ValuesView[V]):
    _mapping: Column[V]

    def __iter__(self) -> Iterator[V]:
        return (value for _, value in self._mapping.rows())


class Numbers(MutableMapping[str, float | None]):
    """A number, or None, for each case that has either; in memory, for what is asked for again and again."""

    def __init__(self, rows: Rows) -> None:
        self._rows, self._values, self._known, self._count = rows, array("d"), bytearray(), 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return (self._rows.id(number) for number, known in enumerate(self._known) if known)

    def __getitem__(self, case_id: str) -> float | None:
        if case_id not in self:
            raise KeyError(case_id)
        value: float | None = self.get(case_id)
        return value

    def __contains__(self, case_id: object) -> bool:
        number = self._rows.index.find(case_id) if isinstance(case_id, str) else None
        return number is not None and number < len(self._known) and self._known[number] == 1

    def get(self, case_id: str, default: Any = None) -> Any:
        """The number of a case; asked for most of all."""
        number = self._rows.index.find(case_id)
        if number is None or number >= len(self._known) or not self._known[number]:
            return default
        value = self._values[number]
        return None if value != value else value  # only NaN, which stands for None, is not itself

    def __setitem__(self, case_id: str, value: float | None) -> None:
        number = self._rows.number(case_id)
        while len(self._known) <= number:
            self._values.append(math.nan)
            self._known.append(False)
        self._count += not self._known[number]
        self._known[number] = True
        self._values[number] = math.nan if value is None else value

    def __delitem__(self, case_id: str) -> None:
        raise TypeError("what is known of a case stays known")


class Marks(MutableSet[str]):
    """A set of cases: a byte for each row."""

    def __init__(self, rows: Rows) -> None:
        self._rows, self._marked = rows, bytearray()

    def __len__(self) -> int:
        return self._marked.count(1)

    def __bool__(self) -> bool:
        return 1 in self._marked

    def __iter__(self) -> Iterator[str]:
        return (self._rows.id(number) for number, marked in enumerate(self._marked) if marked)

    def __contains__(self, case_id: object) -> bool:
        number = self._rows.index.find(case_id) if isinstance(case_id, str) else None
        return number is not None and number < len(self._marked) and self._marked[number] == 1

    def add(self, case_id: str) -> None:
        """Mark a case."""
        number = self._rows.number(case_id)
        if number >= len(self._marked):
            self._marked.extend(bytes(number + 1 - len(self._marked)))
        self._marked[number] = 1

    def discard(self, case_id: str) -> None:
        """Take a case's mark away."""
        if case_id in self:
            self._marked[self._rows.number(case_id)] = 0
