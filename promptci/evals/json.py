"""JSON eval sets: a list of rows, or a mapping with `cases`, `tests` or `testData`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals.base import cases_of
from promptci.evals.strict import DECODER, refusal, refuse_halves

_BLANK = re.compile(r"[ \t\r\n]*")
LISTS = ("cases", "tests", "testData", "examples")


class JsonList:
    """One JSON document."""

    def read(self, text: str, place: str) -> Sequence[Case]:
        """Parse the list. Raises DataError with the line that a bad row starts on."""
        return cases_of(_rows(text, place))


def _rows(text: str, place: str) -> Iterator[tuple[Json, str]]:
    start = int(text.startswith("\ufeff"))
    at = _next(text, start)
    if text[at : at + 1] == "{":
        whole, end = _decoded(text, at, place, 1)
        if (rest := _next(text, end)) < len(text):
            line = text.count("\n", 0, rest) + 1
            hint = "one row a line is JSONL: name the file .jsonl"
            raise DataError("not valid JSON: something follows the object", place=f"{place}:{line}", hint=hint)
        yield from rows_of(whole, place, lambda _: 1)
        return
    if text[at : at + 1] != "[":
        raise DataError("not valid JSON: a list of rows is expected", place=f"{place}:1")
    at, line, seen = _next(text, at + 1), 1, 0
    while text[at : at + 1] != "]":
        line, seen = line + text.count("\n", seen, at), at
        row, at = _decoded(text, at, place, line)
        yield row, f"{place}:{line}"
        at = _next(text, at)
        if text[at : at + 1] == ",":
            at = _next(text, at + 1)
            if text[at : at + 1] == "]":
                here = line + text.count("\n", seen, at)
                raise DataError("not valid JSON: a row is expected behind the comma", place=f"{place}:{here}")
        elif text[at : at + 1] != "]":
            here = line + text.count("\n", seen, at)
            raise DataError("not valid JSON: ',' or ']' is expected between rows", place=f"{place}:{here}")
    if _next(text, at + 1) < len(text):
        raise DataError("not valid JSON: something follows the list", place=f"{place}:{line}")


def _next(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _decoded(text: str, at: int, place: str, line: int) -> tuple[Json, int]:
    try:
        row, end = DECODER.raw_decode(text, at)
    except json.JSONDecodeError as problem:
        raise DataError(f"not valid JSON: {problem.msg}", place=f"{place}:{problem.lineno}") from None
    except (ValueError, RecursionError) as problem:
        raise refusal(problem, f"{place}:{line}") from None
    refuse_halves(row, f"{place}:{line}")
    return row, end


def rows_of(value: Json, place: str, line: Callable[[int], int]) -> Iterator[tuple[Json, str]]:
    """Give the rows of a document, which is a list or a mapping that holds one. `line` gives a row's line."""
    if isinstance(value, dict):
        key = next((k for k in LISTS if isinstance(value.get(k), list)), None)
        if key is None:
            hint = f"write a list of rows, or put it under 'cases'; the keys are: {', '.join(value) or 'none'}"
            raise DataError("there are no rows", place=f"{place}:1", hint=hint)
        unknown = sorted(set(value) - {key, "name", "description", "version"})
        if unknown and key != "testData":
            raise DataError(f"unknown key '{unknown[0]}' beside '{key}'", place=f"{place}:1")
        value = value[key]
    if not isinstance(value, list):
        raise DataError("an eval set is a list of rows", place=f"{place}:1")
    for number, row in enumerate(value):
        yield row, f"{place}:{line(number)}"


FORMAT = JsonList()
