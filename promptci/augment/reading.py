"""Prompts out of files, row by row: JSON lines, tables, chat logs and spans; what holds none is told with its place."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from promptci.augment.base import Dropped, Typed
from promptci.core import Json, Reason
from promptci.errors import DataError
from promptci.traces.reading import Trace, of_json

_TEXT = ("prompt", "instruction", "question", "query", "text", "input")
_CONTEXT = ("context", "input", "passage")
_GOOD = ("good", "good_res", "chosen", "response_good", "preferred")
_BAD = ("bad", "bad_res", "rejected", "response_bad")
_KNOWN = f"rows with one of {', '.join(_TEXT)}; chat logs; OpenTelemetry spans; .jsonl, .json, .csv or .tsv"


def read(path: Path) -> Iterator[Typed | Dropped]:
    """Every row of a file in its order, one at a time. Raises DataError for a file that cannot be read as text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix in (".csv", ".tsv"):
                delimiter = "\t" if path.suffix == ".tsv" else ","
                for number, row in enumerate(csv.DictReader(file, delimiter=delimiter), 2):
                    yield _row({k: v for k, v in row.items() if isinstance(k, str)}, str(number))
            elif path.suffix == ".json":
                yield from _whole(file.read())
            else:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield from _line(line, str(number))
    except OSError as problem:
        raise DataError(problem.strerror or "cannot be read", place=str(path), hint=f"give {_KNOWN}") from None
    except (UnicodeDecodeError, csv.Error) as problem:
        raise DataError(f"not a text file that can be read: {problem}", place=str(path), hint=_KNOWN) from None


def _whole(text: str) -> Iterator[Typed | Dropped]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        yield _dropped("1", "no_json", "the file is no JSON")
        return
    for number, one in enumerate(value if isinstance(value, list) else [value], 1):
        yield from _value(one, str(number))


def _line(line: str, place: str) -> Iterator[Typed | Dropped]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        yield _dropped(place, "no_json", "the line is no JSON")
        return
    yield from _value(value, place)


def _value(value: Json, place: str) -> Iterator[Typed | Dropped]:
    if not isinstance(value, dict):
        yield _dropped(place, "no_prompt", "the row is no mapping")
    elif any(isinstance(value.get(key), str) for key in _TEXT):
        yield _row(value, place)
    else:
        found = [_of_chat(trace, f"{place}.{n}" if n else place) for n, trace in enumerate(of_json(value, place))]
        yield from found or [_dropped(place, "no_prompt", "nothing in it is an input of a model")]


def _row(row: Mapping[str, Json], place: str) -> Typed | Dropped:
    text, named = _first(row, _TEXT)
    if not named:
        return _dropped(place, "no_prompt", f"none of the columns {', '.join(_TEXT)} is in it")
    context, _ = _first({k: v for k, v in row.items() if k != named}, _CONTEXT)
    name = row.get("id")
    given = str(name) if isinstance(name, str | int) and str(name).strip() else place
    return Typed(given, text, context, _answer(row, _GOOD), _answer(row, _BAD))


def _first(row: Mapping[str, Json], names: tuple[str, ...]) -> tuple[str, str]:
    return next(((row[name], name) for name in names if isinstance(row.get(name), str)), ("", ""))


def _answer(row: Mapping[str, Json], names: tuple[str, ...]) -> str:
    """An answer: a text, or a chat whose last turn it is, as sets of preferences have them."""
    value = next((row[name] for name in names if row.get(name)), "")
    if isinstance(value, list) and value and isinstance(value[-1], dict):
        value = value[-1].get("content")
    return value if isinstance(value, str) else ""


def _of_chat(trace: Trace | None, place: str) -> Typed | Dropped:
    """The first thing that the user said: a later turn means nothing without those before it."""
    turns = trace.turns if trace is not None else ()
    text = next((content for role, content in turns if role == "user"), None)
    return _dropped(place, "no_prompt", "nothing that a user said") if text is None else Typed(place, text)


def _dropped(place: str, kind: str, said: str) -> Dropped:
    return Dropped(place, "read", Reason(kind, said))
