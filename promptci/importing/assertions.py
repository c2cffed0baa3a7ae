"""promptfoo's assertions as metrics of ours: templates, sets, thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from promptci import yamlfile
from promptci.core import Json
from promptci.importing.base import SCRIPTS, Draft, beside
from promptci.importing.instead import INSTEAD
from promptci.metrics.promptfoo import NotCarried, is_threshold, metric_of

Row = dict[str, Json]
Where = Callable[..., str]
Load = Callable[[str, str], Any]  # a path as the configuration writes it, and the place that names it; to the content


def metrics_of(
    given: Any, at: yamlfile.Path, where: Where, templates: Mapping[str, Any], draft: Draft, load: Load
) -> list[Row]:
    """Return assertions as metrics, as promptci.yaml would write them; `draft` gets those that are none, by place.

    `templates` are those that `$ref: '#/assertionTemplates/name'` names; `where` gives place:line of a path.
    """
    found: list[Row] = []
    for number, each in enumerate(given if isinstance(given, list) else [given]):
        one, place = _referred(each, templates), (*at, number)
        if isinstance(one, dict) and one.get("type") == "assert-set":
            inner = metrics_of(one.get("assert") or [], (*place, "assert"), where, templates, draft, load)
            found += _set(one, inner, where(*place), draft)
            continue
        one = one if isinstance(one, dict) else {"type": str(one)}
        grader = one.get("provider")
        one = {key: value for key, value in one.items() if key != "provider"}
        said = one.get("value")
        if isinstance(said, str) and said.startswith("file://") and not _names_code(one, said):
            unread = len(draft.left)
            one["value"] = load(said, where(*place))
            if len(draft.left) > unread:
                continue  # any answer would hold the empty text that stands for a file that is not there
        metric = metric_of(one)
        if grader and not isinstance(metric, NotCarried):
            draft.graders.append((where(*place), grader))
        if isinstance(metric, NotCarried):
            draft.leave(where(*place), f"the assertion '{metric.type}'", metric.why)
        else:
            found.append({**metric, **_paths(metric, where().rpartition(":")[0])})
    return found


def _names_code(assertion: Mapping[str, Any], said: str) -> bool:
    """Whether a file is a check or a schema, which metrics read themselves."""
    kind = str(assertion.get("type", "")).removeprefix("not-")
    return kind in ("javascript", "python", "is-json", "contains-json") or said.partition(":")[2].endswith(SCRIPTS)


def _paths(metric: Row, file: str) -> Row:
    """The files that a metric names, as the configuration names them, from the repository's root on."""
    found: Row = {key: beside(file, metric[key]) for key in ("file", "schema") if isinstance(metric.get(key), str)}
    inner = metric.get("metrics")
    return {**found, "metrics": [{**one, **_paths(one, file)} for one in inner]} if isinstance(inner, list) else found


def grouped(metrics: Sequence[Row], threshold: Any) -> list[Row]:
    """Return metrics of which only so much must hold, where there is a threshold that can be honoured."""
    if not metrics or not is_threshold(threshold):
        return list(metrics)
    return [{"name": "group", "at_least": threshold, "metrics": list(metrics)}]


def _set(given: Mapping[str, Any], inner: list[Row], place: str, draft: Draft) -> list[Row]:
    """Without threshold and weight the assertions of a set stand as if there were none."""
    threshold = given.get("threshold")
    if threshold is not None and not is_threshold(threshold):
        draft.leave(place, f"the threshold {threshold}", INSTEAD["threshold"])
        threshold = None
    if not inner or (threshold is None and "weight" not in given):
        return inner
    group = grouped(inner, 1 if threshold is None else threshold)[0]
    weight = {"weight": given["weight"]} if "weight" in given else {}
    return [{**group, **weight, **({"label": given["metric"]} if given.get("metric") else {})}]


def _referred(given: Any, templates: Mapping[str, Any]) -> Any:
    said = given.get("$ref") if isinstance(given, dict) else None
    found = templates.get(str(said or "").removeprefix("#/assertionTemplates/"))
    return {**found, **{k: v for k, v in given.items() if k != "$ref"}} if isinstance(found, dict) else given
