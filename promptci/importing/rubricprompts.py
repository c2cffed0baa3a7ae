"""promptfoo's `rubricPrompt`: the words in which a grader is asked, as a judge's own template."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from promptci.core import Json
from promptci.metrics.promptfoo import NotCarried, metric_of
from promptci.prompts.chat import ROLES

Row = dict[str, Json]
OPTION = "rubricPrompt"
ANY_RUBRIC: Row = {"type": "llm-rubric", "value": "any"}
_RUBRICS = ("llm-rubric", "model-graded-closedqa", "g-eval")
_RUBRIC = re.compile(r"\{\{-?\s*rubric\b")


def asked(given: Any) -> Mapping[str, str] | None:
    """Return `template` and `system` of a judge, None for what is no text and no list of messages."""
    if isinstance(given, str) and given.lstrip().startswith(("[", "{")):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return None  # its tags stand between the values: the caller lists it
    if isinstance(given, str):
        return {"template": given} if given.strip() else None
    listed = given if isinstance(given, list) else [given]
    said: dict[str, list[str]] = {"system": [], "user": []}
    for one in listed:
        role = ROLES.get(str(one.get("role"))) if isinstance(one, Mapping) else None
        if role not in said or not isinstance(one.get("content"), str):
            return None
        said[str(role)].append(one["content"])
    system, user = ("\n\n".join(said[role]) for role in ("system", "user"))
    if not user:
        return None
    if "{{" in system:  # a judge's system message is sent as it stands
        return {"template": f"{system}\n\n{user}"}
    return {"template": user, **({"system": system} if system else {})}


def in_words(metrics: Sequence[Row], words: Mapping[str, str] | None) -> list[Row]:
    """Return metrics whose rubrics are asked about in these words, those inside others too."""
    return [_asked(one, words) for one in metrics] if words else list(metrics)


def _asked(metric: Row, words: Mapping[str, str]) -> Row:
    if isinstance(inner := metric.get("metrics"), list):
        return {**metric, "metrics": [_asked(one, words) for one in inner]}
    if metric.get("type") in _RUBRICS and not isinstance(carried := metric_of(metric), NotCarried):
        metric = carried
    if metric.get("name") != "judge" or "rubric" not in metric:
        return metric
    unused = () if _RUBRIC.search(words["template"]) else ("rubric",)
    return {key: value for key, value in metric.items() if key not in unused} | dict(words)
