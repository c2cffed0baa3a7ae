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

EVAL_FORMATS: Table[EvalFormat] = Table(
    "eval_formats",
    {
        ".jsonl": Jsonl(),
        ".ndjson": Jsonl(),
        ".csv": "promptci.evals.table:CSV",
        ".tsv": "promptci.evals.table:TSV",
        ".json": "promptci.evals.json:FORMAT",
        ".yaml": "promptci.evals.yaml:FORMAT",
        ".yml": "promptci.evals.yaml:FORMAT",
        ".prompt.yml": "promptci.evals.yaml:TEST_DATA",
        ".prompt.yaml": "promptci.evals.yaml:TEST_DATA",
    },
)


def read_cases(path: str, content: bytes) -> list[Case]:
    """Read an eval set's bytes; raise DataError for an unknown ending, no cases, a bad row or an id used twice."""
    return list(_read(path, content))


@lru_cache(maxsize=2)  # most changes leave the eval set as it is: old and new side read the same bytes
def _read(path: str, content: bytes) -> tuple[Case, ...]:
    found = _format(path)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise DataError("not UTF-8 text", place=f"{path}:{line}", hint="save the file as UTF-8") from None
    refuse_conflict(text, path, DataError)
    cases = found.read(text, path)
    if not cases:
        raise DataError("the eval set is empty", place=path, hint='add rows like {"input": "...", "expected": "..."}')
    return tuple(cases)


def _format(path: str) -> EvalFormat:
    suffixes = PurePosixPath(path).suffixes
    for ending in ("".join(suffixes[n:]) for n in range(len(suffixes))):
        if ending in EVAL_FORMATS:
            return EVAL_FORMATS[ending]
    ending = PurePosixPath(path).suffix
    hint = f"known: {', '.join(sorted(EVAL_FORMATS))}"
    raise DataError(f"no eval-set format for the ending '{ending}'", place=path, hint=hint)
