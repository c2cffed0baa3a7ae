"""JSONL eval sets: one JSON object per line; blank lines are skipped."""

from __future__ import annotations

import json

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals.base import case_of


class Jsonl:
    """One case per line."""

    def read(self, text: str, place: str) -> list[Case]:
        """Parse every line. Raises DataError with the line that is not an object or has a key twice."""
        rows = enumerate(text.removeprefix("\ufeff").split("\n"), 1)
        return [case_of(_object(line, f"{place}:{n}"), f"{place}:{n}") for n, line in rows if line.strip()]


def _object(line: str, place: str) -> Json:
    def once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise DataError(f"duplicate key '{twice}'", place=place, hint="remove one of them")
        return found

    try:
        return json.loads(line, object_pairs_hook=once)
    except json.JSONDecodeError as problem:
        raise DataError(f"not valid JSON: {problem.msg} (column {problem.colno})", place=place) from None
    except RecursionError:
        raise DataError("nested too deeply", place=place) from None
