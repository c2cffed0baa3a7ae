"""A file of results, whoever wrote it: what it holds says what it is, not how it is called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from promptci.core import Json
from promptci.errors import DataError
from promptci.results import deepeval, inspect, junit, lmeval, promptfoo
from promptci.results.base import Suite

MAX_BYTES = 500_000_000
KNOWN = (
    "promptfoo (.json, .jsonl), inspect (.eval, .json), JUnit (.xml), DeepEval (.json), lm-eval samples (.jsonl),"
    " promptci (.json)"
)


def read(path: Path) -> tuple[Suite, ...] | None:
    """Return the suites in a file; None for a report of promptci's own.

    Raises DataError when there is no such file, it is damaged, or of no known kind.
    """
    place = str(path)
    content = _content(path)
    whole = _whole(content)
    if isinstance(whole, dict) and str(whole.get("schema", "")).startswith("promptci.report/"):
        return None
    try:
        found = _packed(content, place) or _of_json(whole, place) or _of_lines(content, place)
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError, RecursionError) as problem:
        raise DataError(f"damaged results: {problem!r}", place=place, hint="run the tool again") from None
    if found is None:
        cut = whole is None and content[:1] in (b"{", b"[")
        hint = "it is no whole JSON: was the run cut off?" if cut else f"known are {KNOWN}"
        raise DataError("not the results of a tool that promptci knows", place=place, hint=hint)
    return found


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"larger than {MAX_BYTES // 1_000_000} MB", place=str(path))
        return path.read_bytes()
    except OSError as problem:
        hint = f"give the file that the tool wrote: {KNOWN}"
        raise DataError(problem.strerror or "cannot be read", place=str(path), hint=hint) from None


def _whole(content: bytes) -> Json:
    """The file as one JSON value, None when it is not."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _packed(content: bytes, place: str) -> tuple[Suite, ...] | None:
    """The suites of what is no JSON: a zip, or XML."""
    if content.startswith(b"PK\x03\x04"):
        return inspect.suites(inspect.unzipped(content, place), place)
    return junit.suites(content, place) if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else None


def _of_json(found: Json, place: str) -> tuple[Suite, ...] | None:
    rows = promptfoo.rows_of(found)
    if rows is not None:
        return promptfoo.suites(rows, place)
    tests = deepeval.rows_of(found)
    if tests is not None:
        return deepeval.suites(tests, place)
    if lmeval.are_averages(found):
        hint = "run lm-eval with --log_samples, and give the samples_*.jsonl that it writes beside this file"
        raise DataError("lm-eval's averages, which do not tell which tests changed", place=place, hint=hint)
    return inspect.suites(found, place) if inspect.is_log(found) else None


def _of_lines(content: bytes, place: str) -> tuple[Suite, ...] | None:
    lines = [(number, line) for number, line in enumerate(content.split(b"\n"), 1) if line.strip()]
    first = _whole(lines[0][1]) if lines else None
    if promptfoo.is_row(first):
        return promptfoo.suites(list(_rows(lines, place)), place)
    return lmeval.suites(list(_rows(lines, place)), place) if lmeval.is_row(first) else None


def _rows(lines: list[tuple[int, bytes]], place: str) -> Iterator[Json]:
    for number, line in lines:
        try:
            yield json.loads(line)
        except (ValueError, RecursionError) as problem:
            raise DataError(f"no JSON: {problem}", place=f"{place}:{number}", hint="was the run cut off?") from None
