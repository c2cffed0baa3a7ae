"""JSONL eval sets: one JSON object per line; blank lines are skipped."""

from __future__ import annotations

import json

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
    def once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise DataError(f"duplicate key '{twice}'", place=place, hint="remove one of them")
        return found

    def refuse(constant: str) -> Json:
        raise DataError(f"{constant} is not JSON", place=place, hint="write null, or a text in quotes")

    try:
        row = json.loads(line, object_pairs_hook=once, parse_constant=refuse)
        # An escape may name half of a surrogate pair, which is no character and cannot be sent to any model.
        json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
    except json.JSONDecodeError as problem:
        raise DataError(f"not valid JSON: {problem.msg} (column {problem.colno})", place=place) from None
    except UnicodeEncodeError:
        raise DataError("an escape such as \\ud83d names half of a character", place=place) from None
    except ValueError as problem:  # a number of thousands of digits, or beyond what a float can hold
        raise DataError(f"a number cannot be read: {problem}", place=place) from None
    except RecursionError:
        raise DataError("nested too deeply", place=place) from None
    return row
