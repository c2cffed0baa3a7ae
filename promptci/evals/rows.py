"""Columns of promptfoo's CSV files in words of ours (promptfoo.dev/docs/configuration/test-cases, "CSV").

Assertions stay as promptfoo writes them, a mapping with `type`: the metrics know which rule of ours each is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from promptci.core import Json
from promptci.errors import DataError

_CALL = re.compile(r"(?P<type>(?:not-)?[a-z][a-z-]*)(?:\((?P<threshold>[\d.]+)\))?:(?P<value>.*)", re.DOTALL)
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

    Raises DataError at `place` for a column that begins with `__` and is none of them.
    """
    values: dict[str, Json] = {}
    found: dict[str, Json] = {}
    asserts: dict[int, str] = {}
    options: dict[int, dict[str, Json]] = {}
    tags: list[str] = []
    around = {"prefix": "", "suffix": ""}
    threshold: Json = None
    for column, cell in row.items():
        mark = _COLUMN.fullmatch(column)
        if mark is None:
            if column.startswith("__"):
                known = "__expected, __metadata:name, __threshold, __metric, __prefix, __suffix, __description"
                raise DataError(f"unknown column '{column}'", place=place, hint=f"known: {known}")
            values[column] = cell
        elif cell == "":
            continue
        elif mark["name"] == "expected":
            asserts[int(mark["number"] or 1)] = cell
        elif mark["name"] == "config":
            number, option, value = _option(mark["rest"] or "", cell, place)
            options.setdefault(number, {})[option] = value
        elif mark["name"] == "metadata":
            tags += _tags(mark["rest"] or "", cell)
        elif mark["name"] in around:
            around[mark["name"]] = cell
        elif mark["name"] == "threshold":
            threshold = _number(cell, place)
        elif mark["name"] == "metric":
            options.setdefault(0, {})["metric"] = cell
        elif mark["name"] == "providerOutput":
            raise DataError("stored answers (__providerOutput) are not judged without a model", place=place)
    if any(around.values()):
        raise DataError(
            "__prefix and __suffix change the prompt", place=place, hint="put them into a column of the prompt"
        )
    found |= {"vars": values, **({"tags": tags} if tags else {})}
    listed = [shorthand(asserts[n], options.get(n, {}).get("threshold")) for n in sorted(asserts)]
    label = options.get(0, {}).get("metric")
    if threshold is not None and not 0 <= threshold <= 1 and len(listed) > 1:
        raise DataError("'__threshold' of several assertions must be a share from 0 to 1", place=place)
    if threshold == 0 and len(listed) > 1:
        raise DataError("with '__threshold' 0 every answer would pass", place=place, hint="leave the cell empty")
    if threshold is not None and len(listed) == 1:
        listed[0].setdefault("threshold", threshold)
    if threshold is not None and threshold < 1 and len(listed) > 1:
        listed = [{"type": "assert-set", "threshold": threshold, "assert": listed}]
    if listed:
        found["assert"] = [{**one, "metric": label} if label else one for one in listed]
    return found


def _option(rest: str, cell: str, place: str) -> tuple[int, str, Json]:
    target = _TARGET.fullmatch(rest)
    if target is None or target["option"] != "threshold":
        raise DataError(f"unknown column '__config:{rest}'", place=place, hint="known: __config:__expected1:threshold")
    return int(target["number"] or 1), "threshold", _number(cell, place)


def _tags(name: str, cell: str) -> list[str]:
    """A list column gives one tag each, another one `name:value`, so that gates can slice by both."""
    key = name.removesuffix("[]")
    if name.endswith("[]"):
        return [part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", cell) if part.strip()]
    return [f"{key}:{cell}"]


def _number(cell: str, place: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise DataError(f"'{cell}' is no number", place=place) from None


def parsed(cell: str) -> Json:
    """Return a cell that holds JSON (a list of answers, an object) as its value, any other as its text."""
    if cell[:1] in "[{":
        try:
            return json.loads(cell)
        except ValueError:
            return cell
    return cell
