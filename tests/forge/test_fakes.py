"""The fakes are honest: they answer anything that the description allows as it says, and refuse the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from . import fake_github, fake_gitlab
from .description import described

PEOPLE = ["ada", "bob", "nobody"]
WORDS = st.one_of(st.sampled_from(["x", "main", "promptci/main/triage", "promptci, a", "/merge", *PEOPLE]), st.text())


def from_schema(rules: Any, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that mostly fit a schema: each part of the right type, required ones sometimes left out."""
    schema = rules._one(schema, {})
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("type") == "object" or "properties" in schema:
        parts = {key: from_schema(rules, each) for key, each in schema.get("properties", {}).items()}
        needed = {key: parts[key] for key in schema.get("required", []) if key in parts}
        return st.fixed_dictionaries(needed, optional={k: v for k, v in parts.items() if k not in needed})
    if schema.get("type") == "array":
        return st.lists(from_schema(rules, schema.get("items", {"type": "string"})), max_size=3)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "integer": st.integers(1, 5), "number": st.floats(0, 1), "boolean": st.booleans(), "string": WORDS,
    }  # fmt: skip
    kind = schema.get("type", "string")
    return kinds.get(kind if isinstance(kind, str) else kind[0], WORDS)


@st.composite
def requests(draw: Any, name: str, prefix: str, places: dict[str, Callable[[], st.SearchStrategy[str]]]) -> Any:
    rules = described(name)
    template = draw(st.sampled_from(sorted(rules.document["paths"])))
    method = draw(st.sampled_from(sorted(rules.document["paths"][template])))
    operation = rules.document["paths"][template][method]
    path = template
    for key, make in places.items():
        path = path.replace("{" + key + "}", draw(make()))
    query = {p["name"]: from_schema(rules, p["schema"]) for p in map(rules._followed, operation["parameters"])
             if p["in"] == "query" and "schema" in p}  # fmt: skip
    asked = draw(st.fixed_dictionaries({}, optional=query))
    body = operation.get("requestBody")
    content = None
    if body:
        fitting = from_schema(rules, rules._followed(body)["content"]["application/json"]["schema"])
        content = draw(st.one_of(fitting, st.dictionaries(st.text(), st.integers(), max_size=2)))
    return method.upper(), prefix + path + ("?" + urlencode(asked) if asked else ""), content


NUMBERS = {key: lambda: st.sampled_from(["1", "2", "100", "1000"]) for key in (
    "pull_number", "issue_number", "comment_id", "check_run_id", "merge_request_iid", "note_id", "issue_iid", "user_id",
)}  # fmt: skip
GITHUB = {"owner": lambda: st.just("octo"), "repo": lambda: st.just("prompts"), "ref": lambda: st.just("c" * 40),
          "username": lambda: st.sampled_from(PEOPLE), **NUMBERS}  # fmt: skip
GITLAB = {"id": lambda: st.just("7"), "sha": lambda: st.just("c" * 40), **NUMBERS}


def full_github() -> fake_github.FakeGitHub:
    fake = fake_github.FakeGitHub(commits={"c" * 40: ("ada", True)})
    fake.add_pull()
    fake.add_pull("feature")
    fake.add_comment(1, "text")
    fake.issues.append({"number": 1000, "state": "open", "user": fake.me, "title": "t", "body": "b", "labels": []})
    return fake


def full_gitlab() -> fake_gitlab.FakeGitLab:
    fake = fake_gitlab.FakeGitLab()
    fake.add_pull()
    fake.add_pull("feature")
    fake.add_note(1, "text")
    return fake


FAKES: dict[str, tuple[Callable[[], Any], str, dict[str, Any], dict[str, str]]] = {
    "github": (full_github, "", GITHUB, {"User-Agent": "promptci/0", "Authorization": f"Bearer {fake_github.TOKEN}"}),
    "gitlab": (full_gitlab, "/api/v4", GITLAB, {"Authorization": f"Bearer {fake_gitlab.TOKEN}"}),
}


@pytest.mark.parametrize("name", FAKES)
@settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)
@given(data=st.data())
def test_whatever_is_asked_is_answered_by_the_book_or_refused(name: str, data: Any) -> None:
    make, prefix, places, headers = FAKES[name]
    fake = make()
    for _ in range(3):
        method, path, content = data.draw(requests(name, prefix, places))
        status, said = fake.respond(method, path, content, headers)
        assert 200 <= status < 500
        json.dumps(said)
    assert [complaint for complaint in fake.wrong if not complaint.startswith("refused: ")] == []


@pytest.mark.parametrize("name", FAKES)
def test_without_the_token_nothing_is_answered(name: str) -> None:
    make, prefix, _, headers = FAKES[name]
    for wrong in ({}, {**headers, "Authorization": "Bearer x"}):
        assert make().respond("GET", f"{prefix}/user", None, wrong)[0] in (401, 403)


def test_where_the_descriptions_come_from_is_written_in_them() -> None:
    kept = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "openapi").glob("*.json")}
    assert set(kept) == set(FAKES)
    assert kept["github"]["x-source"]["package"] == "@octokit/openapi"
    assert len(kept["github"]["x-source"]["sha256"]) == 64
    assert "by hand" in kept["gitlab"]["x-source"]["how"]


@pytest.mark.parametrize(
    ("method", "path", "content", "problem"),
    [
        ("POST", "/repos/o/r/pulls", {"title": "t", "head": "h"}, "'base' is a required property"),
        ("POST", "/repos/o/r/pulls", {"title": "t", "head": "h", "base": "b", "draft": "yes"}, "not of type 'boolean'"),
        ("GET", "/repos/o/r/pulls?state=opened", None, "is none of"),
        ("GET", "/repos/o/r/pulls?stat=open", None, "has no parameter 'stat'"),
        ("GET", "/repos/o/r/pull", None, "no such operation"),
        ("POST", "/repos/o/r/issues/1/comments", {}, "'body' is a required property"),
    ],
)
def test_a_wrong_request_is_named(method: str, path: str, content: Any, problem: str) -> None:
    with pytest.raises(AssertionError, match=problem):
        described("github").check_request(method, path, content)
