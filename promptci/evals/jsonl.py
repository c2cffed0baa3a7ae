"""JSONL eval sets: one JSON object per line; blank lines are skipped."""

from __future__ import annotations

import json
import re

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals.base import cases_of


class Jsonl:
    """One case per line."""

    def read(self, text: str, place: str) -> list[Case]:
        """Parse every line. Raises DataError with the line that is not an object, has a key twice or an id used before.

        A line ends at a newline only: the other line breaks of Unicode may stand inside a JSON text.
        """
        rows = enumerate(text.removeprefix("\ufeff").split("\n"), 1)
        return cases_of((_row(line, f"{place}:{n}"), f"{place}:{n}") for n, line in rows if line.strip())


def _row(line: str, place: str) -> Json:
    try:
        row = DECODER.decode(line)
    except json.JSONDecodeError as problem:
        whole = line.strip() in ("[", "{")  # the first line of a JSON document that was laid out for people
        hint = "each line is one row; a file that is one JSON list ends in .json" if whole else None
        raise DataError(f"not valid JSON: {problem.msg} (column {problem.colno})", place=place, hint=hint) from None
    except (ValueError, RecursionError) as problem:
        raise refusal(problem, place) from None
    if _RISKY.search(line):
        refuse_halves(row, place)
    return row


class UnreadableError(ValueError):
    """JSON that Python would read and nobody means: a key twice, NaN."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.hint = hint


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableError(f"duplicate key '{twice}'", "remove one of them")
    return found


def _constant(name: str) -> Json:
    raise UnreadableError(f"{name} is not JSON", "write null, or a text in quotes")


DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_constant)
# What may hold half of a surrogate pair, or a number beyond a float.
_RISKY = re.compile(r"\\u[dD]|[0-9][eE]\+?[0-9]{2}|[0-9]{300}")


def refusal(problem: ValueError | RecursionError, place: str) -> DataError:
    """Return what a user is told when a row cannot be decoded."""
    if isinstance(problem, UnreadableError):
        return DataError(str(problem), place=place, hint=problem.hint)
    if isinstance(problem, RecursionError):
        return DataError("nested too deeply", place=place)
    return DataError(f"a number cannot be read: {problem}", place=place)  # one of thousands of digits


def refuse_halves(row: Json, place: str) -> None:
    """Raise DataError for what no request can hold: half of a surrogate pair, a number beyond a float."""
    try:
        json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise DataError("an escape such as \\ud83d names half of a character", place=place) from None
    except (ValueError, RecursionError) as problem:
        raise refusal(problem, place) from None
