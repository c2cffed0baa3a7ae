"""Reads the fields of a record, each with its type and range: a damaged one is named and never half believed."""

from __future__ import annotations

import json
import math

from promptci.core import Json


class DamagedError(ValueError):
    """A record is not what it should be; the message names the field."""


def parse(text: str | bytes) -> Json:
    """Read JSON. Raises ValueError, also for a name given twice (a merge gone wrong) and for NaN and the like."""
    return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise DamagedError(f"{next(n for n in names if names.count(n) > 1)!r} is given twice")
    return found


def _refuse(constant: str) -> Json:
    raise DamagedError(f"{constant} is not a number")


def section(row: Json, name: str) -> dict[str, Json]:
    """Return the object under `name`. Raises DamagedError when it is missing or something else."""
    found = field(row, name)
    if not isinstance(found, dict):
        raise DamagedError(f"{name!r} must be an object")
    return found


def text(row: Json, name: str) -> str:
    """Return the text under `name`. Raises DamagedError when it is missing or something else."""
    found = field(row, name)
    if not isinstance(found, str):
        raise DamagedError(f"{name!r} must be a text")
    return found


def texts(row: Json, name: str) -> tuple[str, ...]:
    """Return the list of texts under `name`. Raises DamagedError when it is missing or something else."""
    found = field(row, name)
    if not isinstance(found, list) or not all(isinstance(part, str) for part in found):
        raise DamagedError(f"{name!r} must be a list of texts")
    return tuple(found)


def number(row: Json, name: str, *, least: float = 0.0, most: float = math.inf) -> float:
    """Return the finite number under `name`. Raises DamagedError when it is missing, something else or out of range."""
    found = field(row, name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most or found == math.inf:
        raise DamagedError(f"{name!r} must be a number from {least:g} to {most:g}")
    return float(found)


def whole(row: Json, name: str, *, least: int = 0) -> int:
    """Return the whole number under `name`. Raises DamagedError when it is missing, something else or too small."""
    found = field(row, name)
    if isinstance(found, bool) or not isinstance(found, int) or found < least:
        raise DamagedError(f"{name!r} must be a whole number from {least}")
    return found


def field(row: Json, name: str) -> Json:
    """Return what is under `name`. Raises DamagedError when it is missing, or when `row` is not an object."""
    if not isinstance(row, dict):
        raise DamagedError("not an object")
    if name not in row:
        raise DamagedError(f"{name!r} is missing")
    return row[name]
