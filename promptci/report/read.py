"""A report file read back, for `promptci compare`, `promptci report` and `promptci show`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, overload

from promptci.core import Json
from promptci.errors import DataError
from promptci.records import traces
from promptci.report.apart import Rows, cut
from promptci.report.base import SCHEMA, TRACES, CaseDetail, Part, Report
from promptci.report.searched import Search

if TYPE_CHECKING:
    from pydantic import ValidationError

Traces = Callable[[], Mapping[str, traces.Trace]]  # read when the first of them is asked for

_MOST_DIGITS = 300  # of a whole number: more are no float, and would be read as infinity
MAX_BYTES = 200_000_000
MOST_BYTES = 600_000_000  # with its cases, which are read one by one: some two million
LARGE = 20_000_000  # bytes from which cases are left as text
_HINT = "give a file that promptci wrote with --json or -o x.json"
_TOO_LARGE = "look at single cases with `promptci check --case ID`: what was paid for is taken from the cache"
_OLDER = "run it again with this version: what was paid for is taken from the cache"
_DETAIL = frozenset(f.name for f in fields(CaseDetail))
_RENAMED = {"offline": "offline_model", "unpriced": "unpriced_models"}


def read(path: Path) -> Report:
    """Read a report written by `report.json`. Raises DataError when there is no such file or it is no such report.

    Fields that this version does not know are left out: within one schema version fields are only added.
    """
    place = str(path)
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            raise DataError(f"larger than {MOST_BYTES // 1_000_000} MB", place=place, hint=_TOO_LARGE)
        content = path.read_bytes()
    except OSError as problem:
        raise DataError(problem.strerror or "cannot be read", place=place, hint=_HINT) from None
    apart: Sequence[Rows] = ()
    try:
        if size > LARGE:
            text, apart = cut(content.decode(), json.JSONDecoder(parse_constant=_refuse, parse_int=_whole))
            content = text.encode()
            if len(content) > MAX_BYTES:
                raise DataError(f"larger than {MAX_BYTES // 1_000_000} MB without its cases", place=place, hint=_HINT)
        found: Json = json.loads(content, parse_constant=_refuse, parse_int=_whole)
    except (ValueError, RecursionError) as problem:  # not JSON, or not UTF-8
        raise DataError(f"not a report: {problem}", place=place, hint=_HINT) from None
    return from_data(found, place, cache(lambda: traces.read(path.parent)), apart)


def from_data(found: Json, place: str, kept: Traces = dict, apart: Sequence[Rows] = ()) -> Report:
    """Build a report from the plain data of `report.json.as_data`; `kept` gives the lists of calls by their names.

    Of a large one, numbers name the lists of cases in `apart`. Raises DataError at `place`.
    """
    from pydantic import TypeAdapter, ValidationError

    schema = found.get("schema") if isinstance(found, dict) else None
    if not isinstance(schema, str) or not schema.startswith("promptci.report/"):
        raise DataError("not a promptci report", place=place, hint=_HINT)
    if schema == "promptci.report/1":
        raise DataError("made by an older version", place=place, hint=_OLDER)
    if schema != SCHEMA:
        raise DataError(f"this version reads {SCHEMA}, the file is {schema[:60]!r}", place=place, hint=_HINT)
    try:
        adapter = TypeAdapter(Report)
        adapter.rebuild(_types_namespace={"Search": Search})  # which the report's module names and does not import
        report = adapter.validate_json(json.dumps(_shaped(found), allow_nan=False), strict=True)
    except ValidationError as problem:
        raise DataError(f"damaged report: {_first(problem)}", place=place, hint=_HINT) from None
    except ValueError:  # of `dumps`: 1e999 is JSON, and read as infinity
        raise DataError("damaged report: a number is larger than any", place=place, hint=_HINT) from None
    both = zip(report.prompts, found["prompts"], strict=True)
    prompts = (replace(p, cases_detail=Details(_rows(raw, apart), place, kept)) for p, raw in both)
    return replace(report, prompts=tuple(prompts))


def _rows(raw: Mapping[str, Any], apart: Sequence[Rows]) -> Sequence[Json]:
    rows: Any = raw.get("cases_detail")
    if type(rows) is int and 0 <= rows < len(apart):
        return apart[rows]
    return rows or ()


class Details(Sequence[CaseDetail]):
    """Cases as they were read, each made into a noun when it is asked for: most readers want a few of thousands.

    Raises DataError at `place`, when asked, for one that is damaged.
    """

    def __init__(self, raw: Sequence[Json], place: str, kept: Traces = dict) -> None:
        if not isinstance(raw, list | tuple | Rows):
            raise DataError("damaged report: cases_detail is no list", place=place, hint=_HINT)
        self._raw, self._place, self._kept = raw, place, kept

    def __len__(self) -> int:
        return len(self._raw)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    @overload
    def __getitem__(self, index: int) -> CaseDetail: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[CaseDetail, ...]: ...
    def __getitem__(self, index: int | slice) -> CaseDetail | tuple[CaseDetail, ...]:
        """Return one case, or several."""
        if isinstance(index, slice):
            return tuple(self._made(raw) for raw in self._raw[index])
        return self._made(self._raw[index])

    def _made(self, raw: Json) -> CaseDetail:
        try:
            known = {name: value for name, value in raw.items() if name in _DETAIL}
            known["parts"] = tuple(Part(p["metric"], p["old"], p["new"]) for p in known.get("parts", ()))
            known["tags"] = tuple(known.get("tags", ()))
            known |= {name: self._kept().get(known[name], traces.LOST) for name in TRACES & known.keys()}
            return _meant(CaseDetail(**known))
        except (AttributeError, KeyError, TypeError, OverflowError) as problem:
            raise DataError(f"damaged report: cases_detail: {problem}", place=self._place, hint=_HINT) from None


def _meant(detail: CaseDetail) -> CaseDetail:
    """Return the case; raise TypeError or OverflowError for a field of another type than the noun's."""
    maybe = (detail.expected, detail.old, detail.new, detail.reason, detail.gate)
    texts = (detail.id, detail.input, detail.digest, *detail.tags, *(text for text in maybe if text is not None))
    if not all(isinstance(text, str) for text in (*texts, *(part.metric for part in detail.parts))):
        raise TypeError("a text is something else")
    passes = (detail.old_passes, detail.new_passes, detail.cached)
    if not all(passed is None or isinstance(passed, bool) for passed in passes):
        raise TypeError("neither true nor false")
    values = (detail.old_value, detail.new_value, *(value for part in detail.parts for value in (part.old, part.new)))
    if not all(value is None or (type(value) in (int, float) and math.isfinite(value)) for value in values):
        raise TypeError("a value is no finite number")
    return detail


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
    if not isinstance(found, dict):
        return found
    found = {name: value for name, value in found.items() if name != "cases_detail"}
    if "outcome" not in found:
        return found
    names = {f.name for f in fields(Search)}
    return {**found, "search": {name: value for name, value in found.items() if name in names}}


def _first(problem: ValidationError) -> str:
    error = problem.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits")
    return int(digits)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
