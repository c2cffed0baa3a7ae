"""The report as JSON, and back: the contract that other programs read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from promptci.core import Json
from promptci.report.base import SCHEMA, PromptReport, Report, Search, rounded


def as_json(report: Report) -> str:
    """Return the report as JSON text that ends in a newline; untrusted text is escaped to ASCII."""
    return json.dumps(_whole(as_data(report)), indent=2, ensure_ascii=True) + "\n"


def _whole(value: Json) -> Json:
    """Replace halves of surrogate pairs, which a model's reply or a file name may hold and many readers refuse."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(item) for name, item in value.items()}
    return value


def as_data(report: Report) -> dict[str, Json]:
    """Return the report as plain data in the contract's shape."""
    return {
        "schema": SCHEMA,
        "command": report.command,
        "verdict": report.verdict,
        "prompts": [_prompt(p) for p in report.prompts],
        "calls": report.calls,
        "cache_hits": report.cache_hits,
        "tokens": {"input": report.input_tokens, "output": report.output_tokens},
        "cost_usd": rounded(report.cost_usd),
        "wall_s": rounded(report.wall_s, 3),
        "run": report.run,
        "commit": report.commit,
        "base": report.base,
        "seed": report.seed,
        "models": list(report.models),
        "unpriced_models": list(report.unpriced),
        "offline_model": report.offline,
        "notes": list(report.notes),
    }


def _prompt(prompt: PromptReport) -> dict[str, Json]:
    found: dict[str, Json] = asdict(prompt)
    search = found.pop("search")
    for name in ("score", "baseline_score", "delta", "detectable_drop"):
        found[name] = rounded(found[name])
    found["values"] = {case: rounded(prompt.values[case]) for case in sorted(prompt.values)}
    found["ci"] = None if prompt.ci is None else [rounded(x) for x in prompt.ci]
    for name in ("reasons", "newly_failing", "newly_passing", "why", "flaky"):
        found[name] = list(found[name])
    return found if prompt.search is None else {**found, **_search(prompt.search, search)}


def _search(search: Search, found: dict[str, Any]) -> dict[str, Json]:
    found["overfit_gap"] = rounded(search.overfit_gap)
    found["overfit_se"] = rounded(search.overfit_se)
    found["steps"] = [{name: rounded(value) for name, value in step.items()} for step in found["steps"]]
    found["p_value"] = rounded(search.p_value, 9)
    found["level"] = rounded(search.level, 9)
    return found
