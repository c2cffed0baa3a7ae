"""Eval sets by their ending: add a file beside this one and a line to the table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import PurePosixPath

from promptci.conflicts import refuse_conflict
from promptci.core import Case
from promptci.errors import DataError
from promptci.evals.base import EvalFormat
from promptci.evals.jsonl import Jsonl
from promptci.evals.kept import KeptCases
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


def read_cases(path: str, content: bytes) -> Sequence[Case]:
    """Read an eval set's bytes: a tuple, or `KeptCases` of many.

    Raises DataError for an unknown ending, no cases, a bad row or an id used twice.
    """
    return _read(path, _Content(content))


class _Content:
    """A file's bytes, known by their digest, so that what remembers the cases need not hold the bytes as well."""

    def __init__(self, content: bytes) -> None:
        self.content, self._digest = content, sha256(content).digest()

    def __hash__(self) -> int:
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content) and self._digest == other._digest


@lru_cache(maxsize=2)  # most changes leave the eval set as it is: old and new side read the same bytes
def _read(path: str, given: _Content) -> Sequence[Case]:
    found, content = _format(path), given.content
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise DataError("not UTF-8 text", place=f"{path}:{line}", hint="save the file as UTF-8") from None
    given.content = content = b""
    refuse_conflict(text, path, DataError)
    cases = found.read(text, path)
    if not cases:
        raise DataError("the eval set is empty", place=path, hint='add rows like {"input": "...", "expected": "..."}')
    return cases if isinstance(cases, KeptCases) else tuple(cases)


def _format(path: str) -> EvalFormat:
    suffixes = PurePosixPath(path).suffixes
    for ending in ("".join(suffixes[n:]) for n in range(len(suffixes))):
        if ending in EVAL_FORMATS:
            return EVAL_FORMATS[ending]
    ending = PurePosixPath(path).suffix
    hint = f"known: {', '.join(sorted(EVAL_FORMATS))}"
    raise DataError(f"no eval-set format for the ending '{ending}'", place=path, hint=hint)
