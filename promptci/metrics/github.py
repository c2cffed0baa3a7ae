"""Evaluators of `.prompt.yml` (GitHub Models) as metrics of ours.

Two of their rules let wrong answers pass, and are mended here unless `as_github` asks for them: a judge's choice
counted where it occurred anywhere in the reply ("10" was "1"), and a judge's grade passed when it was above zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from promptci.core import Json
from promptci.errors import DataError
from promptci.metrics.expected import as_text

PASS = 0.5
_ABOVE_ZERO = 1e-9
_PLUGINS = {
    "github/similarity": "equivalence",
    "github/coherence": "coherence",
    "github/fluency": "fluency",
    "github/relevance": "relevance",
    "github/groundedness": "faithfulness",
}
_STRINGS: dict[str, dict[str, Json]] = {
    "equals": {"name": "exact"},
    "contains": {"name": "contains", "words": False},
    "startsWith": {"name": "starts_with", "words": False},
    "endsWith": {"name": "ends_with", "words": False},
}
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][\w.-]*)\s*\}\}")


def metrics_of(
    evaluators: Sequence[Mapping[str, Json]], place: str, *, as_github: bool = False
) -> list[dict[str, Json]]:
    """Return each evaluator as a metric, as promptci.yaml would write it. Raises DataError for an unknown one.

    `models.judge` is asked whatever `modelId` says.
    """
    return [_metric(given, place, as_github) for given in evaluators]


def _metric(given: Mapping[str, Json], place: str, as_github: bool) -> dict[str, Json]:
    label = {"label": as_text(given["name"])} if given.get("name") else {}
    if isinstance(string := given.get("string"), Mapping):
        return {**_string(string, place), **label}
    mark = {"pass_mark": _ABOVE_ZERO if as_github else PASS}
    if isinstance(llm := given.get("llm"), Mapping):
        return {**_llm(llm, place, as_github), **mark, **label}
    uses = given.get("uses")
    if uses not in _PLUGINS:
        known = f"known: {', '.join(_PLUGINS)}"
        raise DataError(f"an evaluator uses '{uses}', which promptci does not know", place=place, hint=known)
    return {"name": _PLUGINS[uses], **({"contained": True} if as_github else {}), **mark, **label}


def _string(given: Mapping[str, Json], place: str) -> dict[str, Json]:
    # The first that is not empty counts, in this order.
    for kind, metric in _STRINGS.items():
        if given.get(kind) not in (None, ""):
            return {**metric, "value": as_text(given[kind])}
    hint = f"write one of: {', '.join(_STRINGS)}"
    raise DataError("a string evaluator has nothing to compare with", place=place, hint=hint)


def _llm(given: Mapping[str, Json], place: str, as_github: bool) -> dict[str, Json]:
    choices = given.get("choices")
    rows = choices if isinstance(choices, list) else []
    worth = {
        as_text(row["choice"]): row["score"]
        for row in rows
        if isinstance(row, Mapping) and {"choice", "score"} <= set(row)
    }
    if not worth or len(worth) != len(rows):
        raise DataError("an llm evaluator needs 'choices', each with 'choice' and 'score'", place=place)
    system = given.get("systemPrompt")
    return {
        "name": "judge",
        "template": as_template(as_text(given.get("prompt") or "")),
        "choices": worth,
        **({"system": as_text(system)} if system else {}),
        **({"contained": True} if as_github else {}),
    }


def as_template(text: str) -> str:
    """Return a judge prompt of theirs as one of ours: `{{completion}}` is the output, all other braces are text."""
    parts, at = [], 0
    for match in _PLACEHOLDER.finditer(text):
        parts += [_literal(text[at : match.start()]), f"{{{{ {'output' if match[1] == 'completion' else match[1]} }}}}"]
        at = match.end()
    return "".join([*parts, _literal(text[at:])])


def _literal(text: str) -> str:
    return f"{{% raw %}}{text}{{% endraw %}}" if re.search(r"\{[{%#]|[%#}]\}", text) else text
