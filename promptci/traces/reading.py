"""Inputs out of traces: OpenTelemetry's GenAI spans, OpenAI chat logs as JSON lines, tables of tickets.

Attribute and event names: OpenTelemetry's semantic conventions for generative AI (gen_ai.input.messages, and the older
gen_ai.user.message events and gen_ai.prompt.N attributes that instrumentations still write).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptci.core import Json
from promptci.errors import DataError

MAX_BYTES = 500_000_000
_KNOWN = "OpenTelemetry spans (.json, .jsonl), chat logs (.jsonl) or a table (.csv, .tsv)"


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that was asked: the turns of a chat without system messages, or the columns of a row."""

    place: str
    turns: tuple[tuple[str, str], ...] = ()
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
        entries = [_row(row, f"{path}:{n}") for n, row in enumerate(_table(text, path), 2)]
    else:
        entries = [trace for place, value in _values(text, str(path)) for trace in of_json(value, place)]
    found = tuple(entry for entry in entries if entry is not None)
    if not found:
        raise DataError("no input of a model is in it", place=str(path), hint=f"known are {_KNOWN}")
    return Traces(found, len(entries) - len(found))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"larger than {MAX_BYTES // 1_000_000} MB", place=str(path), hint="split it")
        return path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise DataError(problem.strerror or "cannot be read", place=str(path), hint=f"give {_KNOWN}") from None
    except UnicodeDecodeError:
        raise DataError("not UTF-8 text", place=str(path), hint="save the file as UTF-8") from None


def _table(text: str, path: Path) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if path.suffix == ".tsv" else ",")
    for row in reader:
        yield {name: value for name, value in row.items() if isinstance(name, str) and isinstance(value, str)}


def _row(row: Mapping[str, str], place: str) -> Trace | None:
    return Trace(place, columns=row) if any(value.strip() for value in row.values()) else None


def _values(text: str, place: str) -> Iterator[tuple[str, Json]]:
    """The file as one JSON value, or each line as one, up to a newline: Unicode's other breaks may stand in a text."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if whole is not None:
        yield from ((place, one) for one in (whole if isinstance(whole, list) else [whole]))
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield f"{place}:{number}", json.loads(line)
            except (ValueError, RecursionError) as problem:
                hint = f"known are {_KNOWN}"
                raise DataError(f"no JSON: {problem}", place=f"{place}:{number}", hint=hint) from None


def of_json(value: Json, place: str) -> Iterator[Trace | None]:
    """What one JSON value of a log holds: an entry for each request in it, None for one without an input."""
    if not isinstance(value, dict):
        yield None
    elif "resourceSpans" in value:
        for span in _spans(value):
            yield _chat(_span_turns(span), place)
    elif "attributes" in value:
        yield _chat(_span_turns(value), place)
    else:
        yield _chat(_turns(_messages(value)), place)


def _messages(value: Mapping[str, Json]) -> Json:
    """The messages of a logged request, wherever the log keeps them."""
    for key in ("messages", "input"):
        if isinstance(value.get(key), list):
            return value[key]
    for key in ("body", "request", "kwargs", "params"):
        inner = value.get(key)
        if isinstance(inner, dict) and (found := _messages(inner)):
            return found
    return []


def _spans(value: Json) -> Iterator[Mapping[str, Json]]:
    for resource in _dicts(value.get("resourceSpans")):
        for scope in _dicts(resource.get("scopeSpans")):
            yield from _dicts(scope.get("spans"))


def _span_turns(span: Mapping[str, Json]) -> list[tuple[str, str]]:
    held = _attributes(span.get("attributes"))
    given = held.get("gen_ai.input.messages", held.get("gen_ai.prompt"))
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            return [("user", given)] if given.strip() else []
    if given:
        return _turns(given)
    numbered = [(held.get(f"gen_ai.prompt.{n}.role"), held.get(f"gen_ai.prompt.{n}.content")) for n in range(1000)
                if f"gen_ai.prompt.{n}.role" in held]  # fmt: skip
    events = [(str(e.get("name", "")), _attributes(e.get("attributes"))) for e in _dicts(span.get("events"))]
    logged = [(name.split(".")[1], a.get("content")) for name, a in events
              if name.startswith("gen_ai.") and name.endswith(".message")]  # fmt: skip
    return _turns([{"role": role, "content": content} for role, content in (numbered or logged)])


def _attributes(given: Json) -> dict[str, Json]:
    """A span's attributes as a mapping; OTLP's JSON lists them with the type of each value."""
    if isinstance(given, dict):
        return given
    found: dict[str, Json] = {}
    for one in _dicts(given):
        value = one.get("value")
        found[str(one.get("key"))] = next(iter(value.values()), None) if isinstance(value, dict) else value
    return found


def _turns(messages: Json) -> list[tuple[str, str]]:
    found = []
    for message in _dicts(messages):
        text = _words(message.get("content", message.get("parts")))
        if text.strip() and message.get("role") not in ("system", "developer", "tool"):
            found.append((str(message.get("role")), text))
    return found


def _words(content: Json) -> str:
    if isinstance(content, str):
        return content
    parts = [part.get("text", part.get("content")) for part in _dicts(content)]
    return "\n".join(part for part in parts if isinstance(part, str))


def _dicts(value: Json) -> Sequence[Mapping[str, Json]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _chat(turns: Sequence[tuple[str, str]], place: str) -> Trace | None:
    """The chat up to the last thing that the user said."""
    last = max((n for n, (role, _) in enumerate(turns) if role == "user"), default=None)
    return None if last is None else Trace(place, tuple(turns[: last + 1]))
