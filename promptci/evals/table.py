"""CSV and TSV eval sets: the first row names the columns; promptfoo's `__expected` and its like are read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals.base import cases_of
from promptci.evals.rows import from_columns, parsed

if TYPE_CHECKING:
    from _csv import Reader

_OWN = ("id", "expected", "tags", "cluster", "weight", "messages", "assert", "human")
_JSON = ("expected", "messages", "assert")
MAX_CELL = 10_000_000  # characters


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells. Without a `delimiter` it is a comma, a semicolon or a tab: what the header has most of."""

    delimiter: str = ""

    def read(self, text: str, place: str) -> Sequence[Case]:
        """Parse the rows. Raises DataError with the line a row starts on.

        An empty cell under `expected` is no answer; the empty answer is written in quotes: `""`. A line `sep=;` above
        the header (Excel) names the delimiter. A column without a name may be empty, or count the rows in front.
        """
        body, delimiter = _begun(text, self.delimiter)
        return cases_of(_rows(body, delimiter, place))


_TOLD = re.compile(r'"?sep=(?P<sign>[,;\t|])"?\r?\n')


def cells_of(text: str, delimiter: str = "") -> Reader:
    """Return a reader of a table's cells, the header first, delimited as `Table` says; quotes may stand anywhere."""
    body, sign = _begun(text, delimiter)
    csv.field_size_limit(MAX_CELL)
    return csv.reader(io.StringIO(body, newline=""), delimiter=sign)


def _begun(text: str, delimiter: str) -> tuple[str, str]:
    """The table without what Excel writes in front, a blank line in its place, and its delimiter."""
    body = text.removeprefix("\ufeff")
    if (told := _TOLD.match(body)) is not None:
        return "\n" + body[told.end() :], told["sign"]
    return body, delimiter or _guess(body)


def _guess(text: str) -> str:
    first = text.lstrip("\r\n").partition("\n")[0]  # a tab in front of it is a column without a name
    header = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=header.count)


def _rows(text: str, delimiter: str, place: str) -> Iterator[tuple[Json, str]]:
    csv.field_size_limit(MAX_CELL)
    source = _Lines(text)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    header: Sequence[str] | None = None
    number = 0
    while True:
        start = source.number + 1
        where = f"{place}:{start}"
        source.taken.clear()
        try:
            cells = next(reader, None)
        except csv.Error as mistake:
            raise DataError(f"not valid CSV: {mistake}", place=where, hint="is a quote left open?") from None
        if cells is None:
            return
        if not any(cells) and '""' not in source.taken[0]:
            continue
        if header is None:
            header = _header(cells, where)
            continue
        if len(cells) != len(header):
            problem = f"the row has {len(cells)} cell{'' if len(cells) == 1 else 's'}, the header {len(header)}"
            raise DataError(problem, place=where, hint="a cell with the delimiter or a line break goes in quotes")
        _refuse_nameless(header, cells, number, where)
        number += 1
        row = {name: cell for name, cell in zip(header, cells, strict=True) if name}
        empty = row.get("expected") == "" and header.index("expected") in _quoted_empty(source.taken, delimiter)
        yield _row(row, where, empty), where


class _Lines:
    """Gives lines to the reader, and keeps those of the row at hand."""

    def __init__(self, text: str) -> None:
        self.lines = io.StringIO(text, newline="")
        self.number = 0
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.lines.readline()
        if not line:
            raise StopIteration
        self.number += line.count("\n") or 1
        self.taken.append(line)
        return line


def _header(cells: Sequence[str], where: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if name and names.count(name) > 1:
            raise DataError(f"two columns are named '{name}'", place=where, hint="rename one of them")
    return names


def _refuse_nameless(header: Sequence[str], cells: Sequence[str], number: int, where: str) -> None:
    """A spreadsheet leaves empty columns behind, and pandas numbers the rows from 0 in a first one."""
    for at, (name, cell) in enumerate(zip(header, cells, strict=True)):
        if not name and cell.strip() and not (at == 0 and cell == str(number)):
            problem = f"the cell '{cell.strip()[:40]}' stands in a column that has no name"
            raise DataError(problem, place=where, hint="name every column in the first row")


def _row(row: Mapping[str, str], where: str, empty: bool) -> Json:
    """A row in the words of the other formats; `empty` says that the empty answer is expected."""
    if any(name.startswith("__") for name in row):
        given = from_columns({k: v for k, v in row.items() if k not in _OWN}, where)
    else:
        given = {"vars": {k: v for k, v in row.items() if k not in _OWN}}
    for name in _OWN:
        if row.get(name):
            given[name] = parsed(row[name], where) if name in _JSON else row[name]
    if empty:
        given["expected"] = ""
    return given


def _quoted_empty(lines: Sequence[str], delimiter: str) -> list[int]:
    """Return the numbers of the cells of a row that are written as `""`."""
    raw = "".join(lines).rstrip("\r\n")
    cell = re.compile(rf'("(?:[^"]|"")*"|[^{re.escape(delimiter)}]*)(?:{re.escape(delimiter)}|\Z)')
    return [n for n, found in enumerate(cell.finditer(raw)) if found[1] == '""']


CSV, TSV = Table(), Table("\t")
