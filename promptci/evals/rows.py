"""Columns of promptfoo's CSV files in words of ours (promptfoo.dev/docs/configuration/test-cases, "CSV").

Assertions stay as promptfoo writes them, a mapping with `type`: the metrics know which rule of ours each is.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from promptci.core import Json
from promptci.errors import DataError
from promptci.evals.strict import decoded

_CALL = re.compile(
    r"(?P<type>(?:not-)?[a-z][a-z-]*)(?:\((?P<threshold>\d+(?:\.\d*)?|\.\d+)\))?:(?P<value>.*)", re.DOTALL
)
_ALONE = re.compile(
    r"(?:not-)?(?:is-json|contains-json|is-refusal|is-html|contains-html|is-xml|contains-xml|is-sql|contains-sql)"
)
_SHORT = {"fn": "javascript", "eval": "javascript", "grade": "llm-rubric"}
_TYPES = frozenset((
    "answer-relevance", "bleu", "classifier", "contains", "contains-all", "contains-any", "contains-json",
    "context-faithfulness", "context-recall", "context-relevance", "cost", "ends-with", "equals", "factuality",
    "g-eval", "gleu", "icontains", "icontains-all", "icontains-any", "is-json", "is-sql", "javascript", "latency",
    "levenshtein",
    "llm-rubric", "meteor", "model-graded-closedqa", "moderation", "perplexity", "python", "regex", "rouge-n", "ruby",
    "select-best", "similar", "starts-with", "webhook", "word-count",
))  # fmt: skip


def shorthand(said: str, threshold: Json = None) -> dict[str, Json]:
    """Return a cell such as `contains-any: a, b`, `similar(0.8): text`, `fn:...` or `is-json` as an assertion.

    Any other text is the answer itself: equality.
    """
    said = said.strip()
    call = _CALL.fullmatch(said)
    kind = _SHORT.get(call["type"], call["type"]) if call else ""
    if _ALONE.fullmatch(said):
        found: dict[str, Json] = {"type": said}
    elif said.startswith("file://"):
        found = {"type": "python" if ".py" in said else "javascript", "value": said}
    elif call and kind.removeprefix("not-") in _TYPES:
        found = {"type": kind, "value": call["value"].strip()}
        threshold = float(call["threshold"]) if call["threshold"] else threshold
    else:
        found = {"type": "equals", "value": said}
    return found if threshold is None else {**found, "threshold": threshold}


_COLUMN = re.compile(r"__(?P<name>expected|metadata|config|prefix|suffix|description|metric|threshold|providerOutput)"
                     r"(?P<number>\d*)(?::(?P<rest>.*))?")  # fmt: skip
_TARGET = re.compile(r"__expected(?P<number>\d*):(?P<option>\w+)")


def from_columns(row: Mapping[str, str], place: str) -> dict[str, Json]:
    """Turn promptfoo's columns (`__expected1`, `__metadata:tags[]` ...) of a CSV row into ours; the rest are vars.

    Raises DataError at `place` for a column that begins with `__` and is none of them, and for one without an effect.
    """
    values: dict[str, Json] = {}
    said = _Said(place)
    for column, cell in row.items():
        mark = _COLUMN.fullmatch(column)
        if mark is not None:
            if cell != "":
                said.take(mark["name"], int(mark["number"] or 1), mark["rest"] or "", cell)
        elif column.startswith("__"):
            known = "__expected, __metadata:name, __threshold, __metric, __prefix, __suffix, __description"
            raise DataError(f"unknown column '{column}'", place=place, hint=f"known: {known}")
        else:
            values[column] = cell
    found: dict[str, Json] = {"vars": values, **({"tags": said.tags} if said.tags else {})}
    if listed := said.assertions():
        found["assert"] = [{**one, "metric": said.label} if said.label else one for one in listed]
    return found


@dataclass(slots=True)
class _Said:
    """What the columns of one row say that are promptfoo's own, by the number of the assertion where they have one."""

    place: str
    asserts: dict[int, str] = field(default_factory=dict)
    marks: dict[int, float] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    threshold: float | None = None
    label: str = ""

    def take(self, name: str, number: int, rest: str, cell: str) -> None:
        """Take one cell that is not empty. Raises DataError for one that cannot be honoured."""
        if name == "expected":
            self.asserts[number] = cell
        elif name == "config":
            self.marks[_marked(rest, self.place)] = _number(cell, self.place)
        elif name == "metadata":
            self.tags += _tags(rest, cell)
        elif name == "threshold":
            self.threshold = _number(cell, self.place)
        elif name == "metric":
            self.label = cell
        elif name in ("prefix", "suffix"):
            hint = "put them into a column of the prompt"
            raise DataError("__prefix and __suffix change the prompt", place=self.place, hint=hint)
        elif name == "providerOutput":
            raise DataError("stored answers (__providerOutput) are not judged without a model", place=self.place)

    def assertions(self) -> list[dict[str, Json]]:
        """Return the assertions, those of which only a share must hold as one. Raises DataError for a bad threshold."""
        listed = [shorthand(self.asserts[n], self.marks.get(n)) for n in sorted(self.asserts)]
        idle = sorted(self.marks.keys() - self.asserts.keys())
        if idle or (self.threshold is not None and not listed):
            column = f"__config:__expected{idle[0]}:threshold" if idle else "__threshold"
            hint = "write the assertion into __expected, or leave the cell empty"
            raise DataError(f"'{column}' has no effect without an assertion", place=self.place, hint=hint)
        if self.threshold is None:
            return listed
        if len(listed) == 1:
            return [{"threshold": self.threshold, **listed[0]}]
        if not 0 <= self.threshold <= 1:
            raise DataError("'__threshold' of several assertions must be a share from 0 to 1", place=self.place)
        if self.threshold == 0:
            hint = "leave the cell empty"
            raise DataError("with '__threshold' 0 every answer would pass", place=self.place, hint=hint)
        return (
            listed if self.threshold == 1 else [{"type": "assert-set", "threshold": self.threshold, "assert": listed}]
        )


def _marked(rest: str, place: str) -> int:
    """The number of the assertion whose threshold a `__config` column holds."""
    target = _TARGET.fullmatch(rest)
    if target is None or target["option"] != "threshold":
        raise DataError(f"unknown column '__config:{rest}'", place=place, hint="known: __config:__expected1:threshold")
    return int(target["number"] or 1)


def _tags(name: str, cell: str) -> list[str]:
    """A list column gives one tag each, another one `name:value`, so that gates can slice by both."""
    key = name.removesuffix("[]")
    if name.endswith("[]"):
        return [part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", cell) if part.strip()]
    return [f"{key}:{cell}"]


def _number(cell: str, place: str) -> float:
    try:
        found = float(cell)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise DataError(f"'{cell}' is no number", place=place)
    return found


def parsed(cell: str, place: str) -> Json:
    """Return a cell that holds JSON (a list of answers, an object) as its value, any other as its text.

    Raises DataError at `place` for JSON that could mean two things, or that no request can hold.
    """
    if cell[:1] in "[{":
        try:
            return decoded(cell, place)
        except json.JSONDecodeError:
            return cell  # a text that begins with a bracket
    return cell
