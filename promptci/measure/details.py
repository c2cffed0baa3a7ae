"""What a report says of every case: a tuple, or, of many, made case by case when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import overload

from promptci import shelf
from promptci.core import Case
from promptci.evals.kept import taken
from promptci.report.base import CaseDetail
from promptci.run.values import Values


class Details(Sequence[CaseDetail]):
    """Cases with what is known of them, made one by one by `make` and not held."""

    def __init__(self, cases: Sequence[Case], make: Callable[[Case], CaseDetail]) -> None:
        self._cases, self._make = cases, make

    def __len__(self) -> int:
        return len(self._cases)

    @overload
    def __getitem__(self, index: int) -> CaseDetail: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[CaseDetail]: ...
    def __getitem__(self, index: int | slice) -> CaseDetail | Sequence[CaseDetail]:
        """Return one case's detail, or several."""
        if isinstance(index, slice):
            return Details(self._cases[index], self._make)
        return self._make(self._cases[index])

    def __iter__(self) -> Iterator[CaseDetail]:
        return map(self._make, self._cases)


class CaseValues(Mapping[str, float | None]):
    """The values of these cases by their ids, in their order; None where there is none."""

    def __init__(self, cases: Sequence[Case], values: Values) -> None:
        self._cases, self._values = cases, values

    def __len__(self) -> int:
        return len(self._cases)

    def __iter__(self) -> Iterator[str]:
        return (case.id for case in self._cases)

    def __getitem__(self, case_id: str) -> float | None:
        return self._values.by_case.get(case_id)


def those_of(cases: Sequence[Case], ran: Sequence[Case]) -> Sequence[Case]:
    """Return those of the eval set's `cases` that `ran`, in the order of the eval set."""
    if len(ran) == len(cases):
        return cases
    ids = {case.id for case in ran}
    return taken(cases, [at for at, case in enumerate(cases) if case.id in ids])


def details(cases: Sequence[Case], make: Callable[[Case], CaseDetail]) -> Sequence[CaseDetail]:
    """Return what `make` says of each case."""
    return Details(cases, make) if len(cases) > shelf.MANY else tuple(map(make, cases))


def values_of(cases: Sequence[Case], values: Values) -> Mapping[str, float | None]:
    """Return the value of each case by its id."""
    return CaseValues(cases, values) if len(cases) > shelf.MANY else {c.id: values.by_case.get(c.id) for c in cases}
