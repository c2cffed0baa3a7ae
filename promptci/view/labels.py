"""A person's grades written into an eval set: every other byte of the file stays as it is."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from promptci.core import Json
from promptci.errors import DataError
from promptci.report.base import DETAIL_LIMIT


@dataclass(frozen=True, slots=True)
class Grade:
    """A person's grade of one answer: `human` as the row will have it, `output` the answer that was graded."""

    human: Json
    output: str


def labelled(content: bytes, place: str, grades: Mapping[str, Grade]) -> bytes:
    """Return a JSONL eval set with `human` and `output` in the rows of these cases.

    Raises DataError for another format, a case without a row of its id, and an answer that the run kept in part only.
    """
    if not place.endswith(".jsonl"):
        raise DataError("only .jsonl eval sets are written", place=place, hint="add `human` and `output` by hand")
    lines, left = content.decode("utf-8").split("\n"), dict(grades)
    for at, line in enumerate(lines):
        row = json.loads(line) if line.strip() else {}
        grade = left.pop(str(row.get("id", "")), None)
        if grade is not None:
            lines[at] = _with(line, row, grade, f"{place}:{at + 1}")
    if left:
        raise DataError(f"no row has the id '{next(iter(left))}'", place=place, hint="give the rows ids")
    return "\n".join(lines).encode()


def _with(line: str, row: dict[str, Json], grade: Grade, place: str) -> str:
    if len(grade.output) > DETAIL_LIMIT:
        raise DataError("the run kept only the beginning of this answer", place=place, hint="grade a shorter one")
    new: dict[str, Json] = {"human": grade.human, "output": grade.output}
    if row.keys() & new.keys():
        return json.dumps({**row, **new}, ensure_ascii=False) + ("\r" if line.endswith("\r") else "")
    body, end = line.rstrip()[:-1].rstrip(), line[len(line.rstrip()) :]
    return f"{body}, {json.dumps(new, ensure_ascii=False)[1:]}{end}"


def difference(before: bytes, after: bytes, place: str) -> str:
    """Return what would be written, as a unified diff."""
    old, new = (content.decode("utf-8").splitlines() for content in (before, after))
    return "\n".join(difflib.unified_diff(old, new, place, place, lineterm="", n=1))
