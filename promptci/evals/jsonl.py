"""JSONL eval sets: one JSON object per line; blank lines are skipped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals.base import cases_of
from promptci.evals.strict import DECODER, refusal, refuse_halves

# What may hold half of a surrogate pair, or a number beyond a float.
_RISKY = re.compile(r"\\u[dD]|[0-9][eE]\+?[0-9]{2}|[0-9]{300}")


class Jsonl:
    """One case per line."""

    def read(self, text: str, place: str) -> Sequence[Case]:
        """Parse every line. Raises DataError with the line that is not an object, has a key twice or an id used before.

        A line ends at a newline only: the other line breaks of Unicode may stand inside a JSON text.
        """
        rows = enumerate(_lines(text.removeprefix("\ufeff")), 1)
        return cases_of((_row(line, f"{place}:{n}"), f"{place}:{n}") for n, line in rows if line.strip())


def _lines(text: str) -> Iterator[str]:
    """As `split` gives them, one at a time: a list of them all takes more memory than the text."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


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
