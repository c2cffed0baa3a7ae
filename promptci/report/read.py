"""A report file read back, for `promptci compare` and `promptci report`."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from promptci.core import Json
from promptci.errors import DataError
from promptci.report.base import SCHEMA, Report, Search

if TYPE_CHECKING:
    from pydantic import ValidationError

MAX_BYTES = 200_000_000
_HINT = "give a file that promptci wrote with --json or -o x.json"
_RENAMED = {"offline": "offline_model", "unpriced": "unpriced_models"}


def read(path: Path) -> Report:
    """Read a report written by `report.json`. Raises DataError when there is no such file or it is no such report.

    Fields that this version does not know are left out: within one schema version fields are only added.
    """
    place = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"larger than {MAX_BYTES // 1_000_000} MB", place=place, hint=_HINT)
        content = path.read_bytes()
    except OSError as problem:
        raise DataError(problem.strerror or "cannot be read", place=place, hint=_HINT) from None
    try:
        found: Json = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:  # not JSON, or not UTF-8
        raise DataError(f"not a report: {problem}", place=place, hint=_HINT) from None
    return from_data(found, place)


def from_data(found: Json, place: str) -> Report:
    """Build a report from the plain data of `report.json.as_data`. Raises DataError at `place`."""
    from pydantic import TypeAdapter, ValidationError

    schema = found.get("schema") if isinstance(found, dict) else None
    if not isinstance(schema, str) or not schema.startswith("promptci.report/"):
        raise DataError("not a promptci report", place=place, hint=_HINT)
    if schema != SCHEMA:
        raise DataError(f"this version reads {SCHEMA}, the file is {schema[:60]!r}", place=place, hint=_HINT)
    try:
        shaped = json.dumps(_shaped(found))
        return TypeAdapter(Report).validate_json(shaped, strict=True)
    except ValidationError as problem:
        raise DataError(f"damaged report: {_first(problem)}", place=place, hint=_HINT) from None


def _shaped(found: dict[str, Any]) -> dict[str, Json]:
    """Return the data as the dataclasses nest it: the report's JSON is flatter."""
    tokens = found.get("tokens")
    if isinstance(tokens, dict):
        found = {**found, **{f"{kind}_tokens": count for kind, count in tokens.items()}}
    found = {**found, **{name: found[theirs] for name, theirs in _RENAMED.items() if theirs in found}}
    prompts = found.get("prompts")
    if isinstance(prompts, list):
        found["prompts"] = [_prompt(p) for p in prompts]
    return found


def _prompt(found: Json) -> Json:
    if not isinstance(found, dict) or "outcome" not in found:
        return found
    names = {f.name for f in fields(Search)}
    return {**found, "search": {name: value for name, value in found.items() if name in names}}


def _first(problem: ValidationError) -> str:
    error = problem.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
