"""JSON that means one thing: no key twice, no NaN, nothing that a request cannot hold."""

from __future__ import annotations

import json

from promptci.core import Json
from promptci.errors import DataError


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


def decoded(text: str, place: str) -> Json:
    """Return the value of a JSON text. Raises json.JSONDecodeError for what is no JSON, DataError for what is odd."""
    try:
        value = DECODER.decode(text)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as problem:
        raise refusal(problem, place) from None
    refuse_halves(value, place)
    return value
