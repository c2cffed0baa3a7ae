"""Eval sets by their ending: add a file beside this one and a line to the table."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath

from promptci.conflicts import refuse_conflict
from promptci.core import Case
from promptci.errors import DataError
from promptci.evals.base import EvalFormat
from promptci.evals.jsonl import Jsonl
from promptci.plugins import Table

EVAL_FORMATS: Table[EvalFormat] = Table("eval_formats", {".jsonl": Jsonl()})


def read_cases(path: str, content: bytes) -> list[Case]:
    """Read an eval set's bytes; raise DataError for an unknown ending, no cases, a bad row or an id used twice."""
    return list(_read(path, content))


@lru_cache(maxsize=2)  # most changes leave the eval set as it is: old and new side read the same bytes
def _read(path: str, content: bytes) -> tuple[Case, ...]:
    ending = PurePosixPath(path).suffix
    if ending not in EVAL_FORMATS:
        known = ", ".join(sorted(EVAL_FORMATS))
        raise DataError(f"no eval-set format for the ending '{ending}'", place=path, hint=f"known: {known}")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise DataError("not UTF-8 text", place=f"{path}:{line}", hint="save the file as UTF-8") from None
    refuse_conflict(text, path, DataError)
    cases = EVAL_FORMATS[ending].read(text, path)
    if not cases:
        raise DataError("the eval set is empty", place=path, hint='add rows like {"input": "...", "expected": "..."}')
    return tuple(cases)
