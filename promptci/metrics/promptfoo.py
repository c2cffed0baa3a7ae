"""Assertions of promptfoo as metrics of ours; what has no counterpart is said, never dropped.

Types: promptfoo's documentation, "Assertions and metrics" (0.12x). Where the two tools differ on an answer, the
difference is listed in docs/benchmarks.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from promptci import yamlfile
from promptci.core import Json
from promptci.errors import DataError
from promptci.extraction import refuse_pattern
from promptci.metrics.expected import as_text
from promptci.metrics.uncarried import WHY

Options = dict[str, Json]


@dataclass(frozen=True, slots=True)
class NotCarried:
    """An assertion that has no counterpart: its type, and what to do instead."""

    type: str
    why: str


def metric_of(assertion: Mapping[str, Json]) -> Options | NotCarried:
    """Return one assertion as a metric, as promptci.yaml would write it."""
    given = as_text(assertion.get("type", ""))
    kind = given.removeprefix("not-")
    if kind == "assert-set" and isinstance(inner := assertion.get("assert"), list) and inner:
        threshold = assertion.get("threshold", 1)
        if (odd := next((key for key in assertion if key not in _SET_KEYS), None)) is not None:
            return NotCarried(given, f"its '{odd}' has no counterpart")
        if is_threshold(threshold):
            label: Options = {"label": as_text(assertion["metric"])} if assertion.get("metric") else {}
            weight: Options = {"weight": assertion["weight"]} if "weight" in assertion else {}
            return {"name": "group", "at_least": threshold, "metrics": inner, "not": kind != given, **weight, **label}
    if isinstance(code := assertion.get("transform"), str):
        return transformed(code, metric_of({k: v for k, v in assertion.items() if k != "transform"}))
    make = _TYPES.get(kind)
    if make is None:
        return NotCarried(given, WHY.get(kind.split(":")[0], "promptci has no such metric"))
    code = kind in ("javascript", "python")
    for key in assertion:
        if key not in _KEYS and not (key == "config" and kind == "javascript"):
            return NotCarried(given, f"its '{key}' has no counterpart")
    if _logic(assertion.get("value")) and not code:
        return NotCarried(given, "its value uses template logic; only {{ name }} is filled")
    found = make(assertion.get("value"), assertion.get("threshold"))
    if isinstance(found, str):
        return NotCarried(given, found)
    common: Options = {"not": True} if kind != given else {}
    if assertion.get("config"):
        common["config"] = assertion["config"]
    if "weight" in assertion:
        common["weight"] = assertion["weight"]
    if assertion.get("metric"):
        common["label"] = as_text(assertion["metric"])
    return {**found, **common}


def transformed(code: str, metric: Mapping[str, Json] | NotCarried) -> Options | NotCarried:
    """Return a metric of what a transform makes of the answer: JavaScript in place, or `file://...`."""
    if isinstance(metric, NotCarried):
        return metric
    path, _, function = code.removeprefix("file://").partition(":")
    where: Options = {"code": code}
    if code.startswith("file://"):
        where = {"file": path, **({"function": function} if function else {})}
    lifted = {key: metric[key] for key in ("weight", "label") if key in metric}
    inner = {key: value for key, value in metric.items() if key not in lifted}
    return {"name": "transformed", **where, "metrics": [inner], **lifted}


def is_threshold(given: Json) -> bool:
    """Whether a threshold of several assertions can be honoured: one of 0 would let every answer pass."""
    return isinstance(given, int | float) and not isinstance(given, bool) and 0 < given <= 1


_SET_KEYS = ("type", "assert", "threshold", "weight", "metric", "description")
_KEYS = ("type", "value", "threshold", "weight", "metric", "description")
Made = Options | str
Make = Callable[[Json, Json], Made]


def _logic(value: Json) -> bool:
    return isinstance(value, str) and bool(re.search(r"\{%|\{\{[^}]*[|(\[][^}]*\}\}", value))


def _texts(value: Json) -> list[str]:
    if isinstance(value, list):
        return [as_text(v) for v in value]
    return [part.strip() for part in as_text(value).split(",")]


def _holding(name: str, ignore_case: bool, several: bool = False) -> Make:
    def make(value: Json, threshold: Json) -> Made:
        del threshold
        if value is None or value == "":
            return "it has no value"
        if not several and isinstance(value, list | Mapping):
            return "its value is no text; contains-any and contains-all take a list"
        wanted = _texts(value) if several else as_text(value)
        return {"name": name, "value": wanted, "words": False, "ignore_case": ignore_case}

    return make


def _equals(value: Json, threshold: Json) -> Made:
    del threshold
    if isinstance(value, Mapping | list):
        return {"name": "json_path", "path": "$", "value": value}
    return {"name": "exact", "value": "" if value is None else as_text(value)}


def _regex(value: Json, threshold: Json) -> Made:
    del threshold
    try:
        refuse_pattern(as_text(value))
    except re.error as problem:
        return f"its pattern is none in Python: {problem}"
    return {"name": "regex", "value": as_text(value)}


def _json(inside: bool) -> Make:
    def make(value: Json, threshold: Json) -> Made:
        del threshold
        options: Options = {"inside": True} if inside else {}
        if value in (None, ""):
            return {"name": "json", **options}
        if isinstance(value, str) and not value.startswith("file://"):
            value = _schema(value)
            if isinstance(value, str):
                return "its schema is a text; write it as a mapping, or as file://..."
        if not isinstance(value, Mapping | str):
            return "its schema is no mapping"
        schema = value.removeprefix("file://") if isinstance(value, str) else value
        return {"name": "json_schema", "schema": schema, **options}

    return make


def _schema(text: str) -> Json:
    """A schema as a text of JSON or YAML; None when it is none."""
    try:
        return yamlfile.read(text, "schema", error=DataError).value
    except DataError:
        return None  # the caller says that it is no mapping


def _words(value: Json, threshold: Json) -> Made:
    del threshold
    if isinstance(value, Mapping):
        bounds = {ours: value[theirs] for theirs, ours in (("min", "at_least"), ("max", "at_most")) if theirs in value}
        return {"name": "length", "unit": "words", **bounds} if bounds else "it has neither 'min' nor 'max'"
    if not str(value).isdecimal():
        return "its value is no number"
    return {"name": "length", "unit": "words", "at_least": int(value), "at_most": int(value)}


def _marked(name: str, mark: float, *, valued: bool = True, **more: Json) -> Make:
    def make(value: Json, threshold: Json) -> Made:
        wanted = {"value": value if isinstance(value, list) else as_text(value)} if valued and value is not None else {}
        return {"name": name, **wanted, "pass_mark": mark if threshold is None else threshold, **more}

    return make


def _levenshtein(value: Json, threshold: Json) -> Made:
    return {"name": "levenshtein", "value": as_text(value), "at_most": 5 if threshold is None else int(threshold)}


def _latency(value: Json, threshold: Json) -> Made:
    del value
    return "it has no threshold" if not threshold else {"name": "latency", "at_most_s": threshold / 1000}


def _cost(value: Json, threshold: Json) -> Made:
    del value
    return "it has no threshold" if not threshold else {"name": "cost", "at_most_usd": threshold}


def _rubric(value: Json, threshold: Json) -> Made:
    """Several criteria (`g-eval`) are one rubric: each counts alike."""
    listed = value if isinstance(value, list) else [value]
    if not value or not all(isinstance(one, str | Mapping) for one in listed):
        return "its rubric is no text"
    said = [as_text(one) for one in listed]
    rubric = said[0] if len(said) == 1 else "\n".join(("Each of these counts alike.", *(f"- {one}" for one in said)))
    return {"name": "judge", "rubric": rubric, "pass_mark": 0.5 if threshold is None else threshold}


_ABOVE_ZERO = 1e-9  # a number without a threshold is right from there on


def _code(name: str, function: str) -> Make:
    def make(value: Json, threshold: Json) -> Made:
        if not isinstance(value, str) or not value.strip():
            return "it has no code"
        if threshold is not None and not (isinstance(threshold, int | float) and 0 <= threshold <= 1):
            return "its threshold is not from 0 to 1"
        mark: Options = {"pass_mark": max(threshold or 0, _ABOVE_ZERO)}
        if not value.startswith("file://"):
            return {"name": name, "code": value, **mark}
        path, _, named = value.removeprefix("file://").partition(":")
        return {"name": name, "file": path, **({"function": named or function} if named or function else {}), **mark}

    return make


def _plain(name: str) -> Make:
    def make(value: Json, threshold: Json) -> Made:
        del value, threshold
        return {"name": name}

    return make


def _markup(name: str, inside: bool) -> Make:
    def make(value: Json, threshold: Json) -> Made:
        del threshold
        options: Options = {"inside": True} if inside else {}
        if name == "html" or value is None:
            return {"name": name, **options}
        wanted = value.get("requiredElements") if isinstance(value, Mapping) else value
        wanted = [part.strip() for part in wanted.split(",")] if isinstance(wanted, str) else wanted
        if not isinstance(wanted, list) or not all(isinstance(one, str) and one for one in wanted):
            return "its required elements are no list of names"
        return {"name": name, "elements": wanted, **options}

    return make


def _finish(value: Json, threshold: Json) -> Made:
    del threshold
    return {"name": "finish_reason", "value": value} if isinstance(value, str) and value else "it names no reason"


def _factual(value: Json, threshold: Json) -> Made:
    del threshold
    return {"name": "factuality", **({} if value is None else {"value": as_text(value)})}


_TYPES: dict[str, Make] = {
    "equals": _equals,
    "contains": _holding("contains", ignore_case=False),
    "icontains": _holding("contains", ignore_case=True),
    "contains-any": _holding("contains", ignore_case=False, several=True),
    "icontains-any": _holding("contains", ignore_case=True, several=True),
    "contains-all": _holding("contains_all", ignore_case=False, several=True),
    "icontains-all": _holding("contains_all", ignore_case=True, several=True),
    "starts-with": _holding("starts_with", ignore_case=False),
    "ends-with": _holding("ends_with", ignore_case=False),
    "regex": _regex,
    "is-json": _json(inside=False),
    "contains-json": _json(inside=True),
    "word-count": _words,
    "rouge-n": _marked("rouge", 0.75, kind="1"),
    "bleu": _marked("bleu", 0.5),
    "gleu": _marked("gleu", 0.5),
    "is-xml": _markup("xml", inside=False),
    "contains-xml": _markup("xml", inside=True),
    "is-html": _markup("html", inside=False),
    "contains-html": _markup("html", inside=True),
    "finish-reason": _finish,
    **dict.fromkeys(
        ("is-valid-openai-tools-call", "is-valid-openai-function-call", "is-valid-function-call"), _plain("tool_schema")
    ),
    "levenshtein": _levenshtein,
    "latency": _latency,
    "cost": _cost,
    "is-refusal": _plain("refusal"),
    "tool-call-f1": _marked("tool_f1", 1.0),
    **dict.fromkeys(("similar", "similar:cosine"), _marked("similarity", 0.75)),
    "llm-rubric": _rubric,
    "model-graded-closedqa": _rubric,
    "g-eval": _rubric,
    **dict.fromkeys(("factuality", "model-graded-factuality"), _factual),
    "javascript": _code("javascript", ""),
    "python": _code("python", "get_assert"),
    "answer-relevance": _marked("relevance", 0.5, valued=False),
    "context-faithfulness": _marked("faithfulness", 0.5, valued=False),
}
