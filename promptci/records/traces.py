"""Which tools the answers of a run called: each list once, in a file beside the report, found by what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from promptci.core import Json, ToolCall, digest
from promptci.records.files import write_atomically

Trace = tuple[ToolCall, ...]

FILE = "traces.jsonl"
MOST_CALLS = 100  # of one answer that are kept
LONGEST = 2_000  # characters of a call's arguments, and of its result
MOST_BYTES = 50_000_000  # of a run's file
_CUT = " [cut]"
LOST: Trace = (ToolCall("(not kept)", "{}"),)  # stands where the file does not have what a report names


def bounded(calls: Sequence[ToolCall]) -> Trace:
    """Return what of an answer's calls a run keeps; what is cut is marked, as a last call where calls are left out."""
    kept = [ToolCall(cut(c.name), cut(c.arguments), "", cut(c.result)) for c in calls[:MOST_CALLS]]
    left = len(calls) - len(kept)
    return (*kept, ToolCall(f"({left:,} more)", "{}")) if left else tuple(kept)


def reference(trace: Trace) -> str:
    """Return what names a list of calls: the beginning of its digest, 24 hex digits."""
    return digest(_rows(trace))[:24]


def write(place: Path, traces: Iterable[Trace]) -> None:
    """Write the lists into a run's directory, each once, the first of them where there is no room for all.

    Nothing is written where there is none. Raises OSError.
    """
    lines: dict[str, bytes] = {}
    size = 0
    for trace in traces:
        name = reference(trace)
        if not trace or name in lines:
            continue
        line = json.dumps({"trace": name, "calls": _rows(trace)}).encode() + b"\n"
        size += len(line)
        if size > MOST_BYTES:
            break
        lines[name] = line
    if lines:
        write_atomically(place / FILE, b"".join(lines.values()))


def read(place: Path) -> Mapping[str, Trace]:
    """Return the lists in a run's directory by their names; a line that does not hold what it names is left out."""
    try:
        if (place / FILE).stat().st_size > MOST_BYTES:
            return {}
        lines = (place / FILE).read_bytes().splitlines()
    except OSError:
        return {}
    return dict(found for line in lines if (found := _of(line)) is not None)


def _of(line: bytes) -> tuple[str, Trace] | None:
    try:
        row = json.loads(line)
        trace = tuple(ToolCall(name, arguments, "", result) for name, arguments, result in row["calls"])
        whole = reference(trace) == row["trace"] and all(
            isinstance(part, str) for call in row["calls"] for part in call
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (row["trace"], trace) if whole else None


def _rows(trace: Trace) -> list[Json]:
    return [[call.name, call.arguments, call.result] for call in trace]


def cut(text: str) -> str:
    """Return at most `LONGEST` characters, marked where some are left out; what was cut before stays as it is."""
    return text if len(text.removesuffix(_CUT)) <= LONGEST else text[:LONGEST] + _CUT
