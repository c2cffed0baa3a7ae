"""Who grades: promptfoo's graders and models of embeddings as `models.judge` and `models.embedder`."""

from __future__ import annotations

import json
import re
from typing import Any

from promptci.evals import read_cases
from promptci.importing.base import Draft, Read
from promptci.importing.providers import embedder_of, scorer_of
from promptci.models.base import PLACEHOLDER

_USUAL = {"model": "text-embedding-3-large", "api_key_env": "OPENAI_API_KEY"}  # promptfoo's, where it says none


def name_graders(draft: Draft, metrics: list[Any], cases: str, read: Read) -> None:
    """Name the first of each kind that can be reached, and list the others."""
    for place, given in draft.graders:
        kind = "embedder" if isinstance(embedder_of(given), dict) else "judge"
        found = embedder_of(given) if kind == "embedder" else scorer_of(given)
        if isinstance(found, str):
            draft.leave(place, f"{found} as a judge", "name it: models: {judge: {model: ..., base_url: ...}}")
        elif _models(draft).setdefault(kind, found) != found:
            hint = f"one {kind} is named; further judges go into models: {{judges: {{...}}}}"
            draft.leave(place, f"the further {kind} '{found['model']}'", hint)
    if "embedder" not in draft.settings.get("models", {}) and _embeds(draft, metrics, cases, read):
        _models(draft)["embedder"] = _USUAL


def _models(draft: Draft) -> dict[str, Any]:
    scorer = {"model": PLACEHOLDER, "api_key_env": "OPENAI_API_KEY"}
    models: dict[str, Any] = draft.settings.setdefault("models", {"scorer": scorer})
    return models


def _embeds(draft: Draft, metrics: list[Any], cases: str, read: Read) -> bool:
    """Whether a metric compares meanings: of the prompts, or of single rows."""
    content = draft.files[cases].encode() if cases in draft.files else read(cases) or b""
    asserts = [dict(one) for case in read_cases(cases, content) for one in case.asserts]
    return bool(re.search(r'"(?:name|type)": "(?:not-)?similar(?:ity)?"', json.dumps([*metrics, *asserts])))
