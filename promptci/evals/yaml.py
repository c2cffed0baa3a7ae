"""YAML eval sets: a list of rows, a mapping with `cases`, a document a row; and the `testData` of a `.prompt.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from promptci import yamlfile
from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals.base import cases_of
from promptci.evals.json import LISTS, rows_of


@dataclass(frozen=True, slots=True)
class Yaml:
    """A YAML file. With `key`, the rows stand under that key and the rest is not looked at."""

    key: str = ""

    def read(self, text: str, place: str) -> Sequence[Case]:
        """Parse the document. Raises DataError with the line of what is wrong."""
        body = text.removeprefix("\ufeff")
        if not self.key and body.startswith("- ") and not _SHARED.search(body):
            return cases_of(_in_pieces(body, place))
        if not self.key and len(pieces := list(_documents(body))) > 1:
            return cases_of(row for line, piece in pieces for row in _rows_in(piece, place, line))
        document = yamlfile.read(body, place, error=DataError, aliases=True)
        value = document.value
        path: tuple[str, ...] = ()
        if self.key:
            rows = value.get(self.key) if isinstance(value, dict) else None
            if not isinstance(rows, list):
                hint = "add rows under 'testData', or name another file as 'cases'"
                raise DataError(f"the prompt brings no '{self.key}'", place=place, hint=hint)
            value, path = rows, (self.key,)
        elif isinstance(value, dict):
            path = tuple(k for k in LISTS if isinstance(value.get(k), list))[:1]
        return cases_of(rows_of(value, place, lambda number: document.line((*path, number))))


# What makes a value depend on another place: such a file is read as a whole.
_SHARED = re.compile(r"(?:^|[\s\[{,:-])[&*][^\s*&,\]}]|^(?:---|\.\.\.|%)", re.MULTILINE)
_ROW = re.compile(r"^- ", re.MULTILINE)
PIECE = 500  # rows


def _in_pieces(text: str, place: str) -> Iterator[tuple[Json, str]]:
    """Read a list of rows some hundred at a time, so that memory does not grow with the file's events."""
    starts = [m.start() for m in _ROW.finditer(text)][::PIECE]
    line = 1
    for begin, end in pairwise((*starts, len(text))):
        piece = text[begin:end]
        document = yamlfile.read(piece, place, error=DataError, first_line=line)
        if not isinstance(document.value, list):
            raise DataError("an eval set is a list of rows", place=f"{place}:{line}")
        yield from ((row, f"{place}:{document.line((n,))}") for n, row in enumerate(document.value))
        line += piece.count("\n")


# No other line of YAML, not of a text either, may begin so (YAML 1.2, section 9.1.2).
_MARK = re.compile(r"^---(?=\s|$)[^\S\n]*", re.MULTILINE)
_ENDED = re.compile(r"^\.\.\.\s*\Z", re.MULTILINE)


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """The documents that hold anything, each with the line that it starts on."""
    ends = [(0, 0), *(m.span() for m in _MARK.finditer(text)), (len(text), len(text))]
    line = 1
    for (_, begin), (end, _) in pairwise(ends):
        piece = _ENDED.sub("", text[begin:end])
        if any(said.strip() and not said.lstrip().startswith(("#", "%")) for said in piece.splitlines()):
            yield line, piece
        line += text.count("\n", begin, end)


def _rows_in(piece: str, place: str, line: int) -> Iterator[tuple[Json, str]]:
    """The rows of one document of several: a list of them, or one."""
    document = yamlfile.read(piece, place, error=DataError, first_line=line, aliases=True)
    if not isinstance(document.value, list):
        yield document.value, f"{place}:{document.line(())}"
        return
    for number, row in enumerate(document.value):
        yield row, f"{place}:{document.line((number,))}"


FORMAT, TEST_DATA = Yaml(), Yaml("testData")
