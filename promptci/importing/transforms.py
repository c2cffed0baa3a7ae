"""promptfoo's transforms: what JavaScript or Python makes of an answer before it is graded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promptci.core import Json
from promptci.importing.base import beside
from promptci.metrics.promptfoo import NotCarried, transformed

TRANSFORMS = ("transform", "postprocess")  # the second is the first's older name
_TRIMS = ("output.trim()", "output.trim();")  # blanks around answers never count
_OF_THE_CALL = ("latency", "cost", "finish_reason", "perplexity")  # no part of what was said


def transforms_of(common: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Return the transform of a test, or of all tests, where there is one that changes what is graded."""
    options = {**(common.get("options") or {}), **(given.get("options") or {})}
    found = [options[name] for name in TRANSFORMS if isinstance(options.get(name), str)][:1]
    return [one for one in found if one.strip() not in _TRIMS]


def within(metrics: Sequence[dict[str, Json]], transforms: Sequence[str], file: str) -> list[dict[str, Json]]:
    """Return metrics of what the transforms, in their order, make of the answer; `file` is where they are named."""
    found = [dict(one) for one in metrics]
    for said in reversed([one for one in transforms if one.strip() not in _TRIMS]):
        if said.startswith("file://"):
            said = f"file://{beside(file, said)}"
        found = [_of(one, said) for one in found]
    return found


def _of(metric: dict[str, Json], said: str) -> dict[str, Json]:
    if metric.get("name", metric.get("type")) in _OF_THE_CALL:
        return metric
    made = transformed(said, metric)
    return metric if isinstance(made, NotCarried) else made
