"""Inputs out of traces: OpenTelemetry's GenAI spans and log records, logs of chats, tables of tickets."""

from __future__ import annotations

import csv
import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptci.core import Json
from promptci.errors import DataError
from promptci.evals.table import cells_of
from promptci.traces.chats import many_in, messages_of
from promptci.traces.spans import call_of, records_in, spans_in, turns_of_record, turns_of_span
from promptci.traces.turns import Turn, dicts, turns_of

MAX_BYTES = 500_000_000
_SOMETHING = re.compile(r"[^ \t\r\n]")
_KNOWN = "OpenTelemetry spans (.json, .jsonl), chat logs (.jsonl) or a table (.csv, .tsv)"
_WITHOUT_CONTENT = (  # the default of OpenTelemetry's own instrumentations
    "calls of models are in it without what they were asked: record it with"
    " OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY (`true` before it had that value)"
)


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that was asked: the turns of a chat without system messages, or the columns of a row."""

    place: str
    turns: tuple[Turn, ...] = ()
    columns: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Traces:
    """What a file holds, and how many of its entries hold no input (tool calls, other spans, empty rows)."""

    found: tuple[Trace, ...]
    without_input: int


def read(path: Path) -> Traces:
    """Read a file of traces. Raises DataError with its line for one that is damaged, or of another kind."""
    text = _text(path)
    if path.suffix in (".csv", ".tsv"):
        entries = [_row(row, f"{path}:{line}") for line, row in _table(text, path)]
    else:
        entries = list(_traces(_values(text, str(path))))
    found = tuple(entry for entry in entries if entry is not None)
    if not found:
        hint = _WITHOUT_CONTENT if "gen_ai.operation.name" in text else f"known are {_KNOWN}"
        raise DataError("no input of a model is in it", place=str(path), hint=hint)
    return Traces(found, len(entries) - len(found))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"larger than {MAX_BYTES // 1_000_000} MB", place=str(path), hint="split it")
        content = path.read_bytes()
        wide = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))  # as PowerShell and Excel write it
        return content.decode("utf-16" if wide else "utf-8-sig")
    except OSError as problem:
        raise DataError(problem.strerror or "cannot be read", place=str(path), hint=f"give {_KNOWN}") from None
    except UnicodeDecodeError:
        raise DataError("not UTF-8 text", place=str(path), hint="save the file as UTF-8") from None


def _table(text: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row by the names of its columns, with its line; of two columns with one name the first that says something.

    Exports of trackers repeat a column for each comment, and leave cells out at the end of a row.
    """
    reader = cells_of(text, "\t" if path.suffix == ".tsv" else "")
    try:
        names = [name.strip() for name in next(filter(any, reader), [])]
        begun = reader.line_num + 1
        for cells in reader:
            row = dict.fromkeys(names, "")
            for name, cell in zip(names, cells, strict=False):
                row[name] = row[name] or cell
            yield begun, row
            begun = reader.line_num + 1
    except csv.Error as problem:
        place = f"{path}:{reader.line_num}"
        raise DataError(f"not valid CSV: {problem}", place=place, hint="is a quote left open?") from None


def _row(row: Mapping[str, str], place: str) -> Trace | None:
    return Trace(place, columns=row) if any(value.strip() for value in row.values()) else None


def _values(text: str, place: str) -> Iterator[tuple[str, Json]]:
    """The file as one JSON value, or as one after the other: a line each, or more lines, as consoles show spans."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        yield from _stream(text, place)
        return
    many = isinstance(whole, list) and not _is_chat(whole)
    yield from ((place, one) for one in (whole if many else [whole]))


def _stream(text: str, place: str) -> Iterator[tuple[str, Json]]:
    decode, at, line, counted = json.JSONDecoder().raw_decode, 0, 1, 0
    while (found := _SOMETHING.search(text, at)) is not None:
        at = found.start()
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, at = decode(text, at)
        except (ValueError, RecursionError) as problem:
            said = problem.msg if isinstance(problem, json.JSONDecodeError) else problem
            raise DataError(f"no JSON: {said}", place=f"{place}:{line}", hint=f"known are {_KNOWN}") from None
        yield f"{place}:{line}", value


def of_json(value: Json, place: str) -> Iterator[Trace | None]:
    """What one JSON value of a log holds: an entry for each request in it, None for one without an input."""
    return _traces([(place, value)])


def _traces(values: Iterable[tuple[str, Json]]) -> Iterator[Trace | None]:
    """Entries in their order; those whose turns come in a log record each are put together at the end."""
    logged: dict[Json, tuple[str, list[Turn]]] = {}
    for place, value in values:
        records = records_in(value) if isinstance(value, dict) else None
        if records is None:
            yield from _entries(value, place)
        for record in records or ():
            call = call_of(record) or len(logged)
            logged.setdefault(call, (place, []))[1].extend(turns_of_record(record))
    yield from (_chat(turns, place) for place, turns in logged.values())


def _entries(value: Json, place: str) -> Iterator[Trace | None]:
    if not isinstance(value, dict):
        yield _chat(turns_of(value), place)
        return
    spans, messages = spans_in(value), messages_of(value)
    if spans is not None:
        yield from (_chat(turns_of_span(span), place) for span in spans)
    elif not messages and dicts(many := many_in(value)):
        for one in dicts(many):
            yield from _entries(one, place)
    else:
        yield _chat(turns_of(messages), place)


def _is_chat(value: Sequence[Json]) -> bool:
    return bool(value) and all(isinstance(one, dict) and "role" in one for one in value)


def _chat(turns: Sequence[Turn], place: str) -> Trace | None:
    """The chat up to the last thing that the user said."""
    last = max((n for n, (role, _) in enumerate(turns) if role == "user"), default=None)
    return None if last is None else Trace(place, tuple(turns[: last + 1]))
