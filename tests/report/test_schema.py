"""docs/report.schema.json says what reports look like: no more, no less."""

from __future__ import annotations

import copy
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from promptci.core import Reason
from promptci.report.base import CaseDetail, PromptReport, Share
from promptci.report.json import as_data, as_json
from promptci.report.searched import Edit, Headline, Phase, PullRequest, Refusal, Saving, Search, Step, Tried
from tests.report.samples import REPORTS
from tests.report.soiled import HOSTILE, soiled

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", REPORTS)
def test_reports_keep_the_schema(name: str) -> None:
    assert list(VALIDATOR.iter_errors(json.loads(as_json(REPORTS[name])))) == []


@settings(deadline=None, max_examples=30)
@given(HOSTILE)
def test_reports_with_any_text_keep_the_schema(text: str) -> None:
    assert VALIDATOR.is_valid(json.loads(as_json(soiled(text))))


NOUNS: dict[str, type[Any]] = {
    "step": Step, "pull_request": PullRequest, "reason": Reason, "share": Share, "case": CaseDetail,
    "headline": Headline, "phase": Phase, "refusal": Refusal, "edit": Edit, "tried": Tried, "saving": Saving,
}  # fmt: skip


def test_the_schema_knows_every_field() -> None:
    data = as_data(REPORTS["improved"])
    assert set(SCHEMA["properties"]) == set(data)
    assert set(SCHEMA["required"]) == set(data)
    known = SCHEMA["$defs"]
    own, searched = ({f.name for f in fields(kind)} for kind in (PromptReport, Search))
    assert set(data["prompts"][0]) == (own - {"search", "cases_detail"}) | searched
    assert set(known["prompt"]["properties"]) == set(data["prompts"][0]) | {"cases_detail"}
    assert set(known["prompt"]["required"]) == own - {"search", "cases_detail"}
    assert set(known["prompt"]["dependentRequired"]["outcome"]) == searched - {"outcome"}
    for name, kind in NOUNS.items():
        assert set(known[name]["properties"]) == {f.name for f in fields(kind)}, name


CONTRACT = {"schema", "command", "verdict", "prompts", "calls", "cache_hits", "tokens", "cost_usd", "wall_s"}
CONTRACT_PROMPT = {
    "id", "verdict", "reasons", "cases", "planned_cases", "unmeasured", "score", "baseline_score", "delta", "ci",
    "newly_failing", "newly_passing",
}  # fmt: skip
CONTRACT_SEARCH = {
    "outcome", "stop_reason", "strategy", "steps", "candidates", "overfit", "p_value", "level", "test", "diff",
    "pull_request",
}  # fmt: skip


def test_nothing_that_was_promised_is_missing() -> None:
    data = as_data(REPORTS["improved"])
    assert set(data) >= CONTRACT
    assert set(data["prompts"][0]) >= CONTRACT_PROMPT | CONTRACT_SEARCH
    assert isinstance(data["prompts"][0]["overfit"], bool)
    assert set(data["tokens"]) == {"input", "output"}
    assert set(data["prompts"][0]["test"]) == {"wins", "losses", "cases"}


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("schema",), "promptci.report/1"),
        (("verdict",), "green"),
        (("calls",), -1),
        (("tokens",), {"input": 1}),
        (("prompts", 0, "verdict"), "green"),
        (("prompts", 0, "score"), 71),
        (("prompts", 0, "ci"), [0.1, 0.2, 0.3]),
        (("prompts", 0, "outcome"), "won"),
        (("prompts", 0, "pull_request"), {"operation": "merged"}),
        (("prompts", 0, "overfit"), None),
        (("prompts", 0, "values"), {"c": 2}),
    ],
)
def test_the_schema_refuses_what_is_wrong(path: tuple[str | int, ...], wrong: Any) -> None:
    data: Any = copy.deepcopy(as_data(REPORTS["improved"]))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = wrong
    assert not VALIDATOR.is_valid(json.loads(json.dumps(data)))


def test_equal_reports_are_equal_bytes() -> None:
    report = REPORTS["pass"]
    assert as_json(report) == as_json(copy.deepcopy(report))
    assert as_json(report).isascii()
