"""The nouns: equal things have equal digests on every machine, different things different ones."""

from __future__ import annotations

import dataclasses
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import (
    Case,
    Json,
    Message,
    Outcome,
    Part,
    Prompt,
    Reason,
    Score,
    ToolCall,
    case_digest,
    digest,
    is_inside,
)
from promptci.errors import (
    ConfigError,
    DataError,
    ForgeError,
    GitError,
    MeasureError,
    PromptciError,
    UsageError,
)  # fmt: skip

DIGEST = "5cffe7b2256261270211e66d136e0fc423a603024179f1fb99fe31e771368b2f"
CASES_DIGEST = "09fdf2a88b7ebf6142b0188aebedf844352757b3eb53f4a732f67956f466e1f7"
CASES = [Case(f"t{n}", {"ticket": f"text {n}"}, "billing", ("smoke",), None, 1.0) for n in range(5)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


def test_a_digest_is_what_it_was_in_the_first_release() -> None:
    # Ledgers, baselines and caches hold digests; another form of JSON would orphan them all.
    assert digest({"b": [1, 2.5, None, True], "a": "ü"}) == DIGEST
    assert case_digest(CASES) == CASES_DIGEST


@given(JSON)
def test_a_digest_does_not_depend_on_the_order_of_keys_nor_on_blanks(value: Json) -> None:
    assert digest(value) == digest(json.loads(json.dumps(value, indent=2)))
    if isinstance(value, dict):
        assert digest(dict(reversed(value.items()))) == digest(value)
    assert len(digest(value)) == 64


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(1, "1", id="number-and-text"),
        pytest.param(1, 1.0, id="int-and-float"),
        pytest.param(True, 1, id="bool-and-int"),
        pytest.param(None, "", id="none-and-empty"),
        pytest.param([], {}, id="list-and-object"),
        pytest.param(["a", "b"], ["ab"], id="joined"),
        pytest.param(["a", "b"], ["b", "a"], id="order-of-a-list"),
        pytest.param("é", "e\u0301", id="unicode-form"),
        pytest.param("a", "a ", id="blank"),
    ],
)
def test_different_values_have_different_digests(one: Json, other: Json) -> None:
    assert digest(one) != digest(other)


def test_a_lone_surrogate_has_a_digest() -> None:
    assert digest("\ud800") != digest("\ud801")


def test_a_set_of_cases_is_the_same_in_any_order() -> None:
    shuffled = random.Random(1).sample(CASES, len(CASES))
    assert shuffled != CASES
    assert case_digest(shuffled) == case_digest(CASES)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        pytest.param({"tags": ("angry",)}, True, id="tags-do-not-count"),
        pytest.param({"id": "x"}, False, id="id"),
        pytest.param({"vars": {"ticket": "other"}}, False, id="input"),
        pytest.param({"vars": {"text": "text 0"}}, False, id="name-of-the-input"),
        pytest.param({"expected": "other"}, False, id="answer"),
        pytest.param({"expected": ["billing"]}, False, id="answer-in-a-list"),
        pytest.param({"cluster": "c"}, False, id="cluster"),
        pytest.param({"weight": 2.0}, False, id="weight"),
    ],
)
def test_what_makes_a_set_another_set(changes: dict[str, Json], same: bool) -> None:
    changed = [dataclasses.replace(CASES[0], **changes), *CASES[1:]]
    assert (case_digest(changed) == case_digest(CASES)) is same
    assert case_digest(CASES[1:]) != case_digest(CASES)
    assert case_digest([*CASES, CASES[0]]) != case_digest(CASES)


@pytest.mark.parametrize("path", ["a.md", "a/b.md", "./a.md", ".github/a.md", "a/.gitignore", "..a/b", "café.md"])
def test_a_path_below_the_repository_is_inside(path: str) -> None:
    assert is_inside(path)


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "/a", "a/../../b", "C:a", "a\\b", ".git", ".GIT/x", "a/.git /x", "GIT~1/x", ".g\u200cit/x", "a\0"],
    ids=ascii,
)
def test_a_path_that_leads_elsewhere_or_into_git_is_not(path: str) -> None:
    assert not is_inside(path)


def test_a_case_is_drawn_by_its_cluster_or_itself() -> None:
    assert CASES[0].group == "t0"
    assert dataclasses.replace(CASES[0], cluster="mail-7").group == "mail-7"
    assert dataclasses.replace(CASES[0], cluster="").group == ""


def test_an_outcome_is_of_its_scores_case_and_unjudged_is_no_zero() -> None:
    outcome = Outcome(Score("t1", None, Reason("timeout", "timeout: 60 s")), sample=2)
    assert outcome.case_id == "t1"
    assert outcome.score.value is None
    assert outcome != Outcome(Score("t1", 0.0), sample=2)


@pytest.mark.parametrize(
    "noun",
    [CASES[0], Score("t", 1.0), Outcome(Score("t", 1.0)), Prompt("p", "p.md", (Part(None, "text"),))],
    ids=lambda noun: type(noun).__name__,
)
def test_nouns_are_frozen(noun: Case | Score | Outcome | Prompt) -> None:
    name = dataclasses.fields(noun)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(noun, name, "other")
    assert not hasattr(noun, "__dict__")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(ConfigError("it is wrong"), "it is wrong", id="problem"),
        pytest.param(ConfigError("it is wrong", place="a:1"), "a:1: it is wrong", id="place"),
        pytest.param(ConfigError("it is wrong", hint="mend it"), "it is wrong\n  hint: mend it", id="hint"),
        pytest.param(DataError("bad", place="a", hint="b"), "a: bad\n  hint: b", id="all"),
    ],
)
def test_errors_say_place_problem_and_mend(error: PromptciError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(
    ("kind", "code"),
    [(UsageError, 2), (ConfigError, 2), (DataError, 2), (GitError, 2), (MeasureError, 3), (ForgeError, 3)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_exit_codes_are_the_contracts(kind: type[PromptciError], code: int) -> None:
    assert kind("x").exit_code == code


def test_a_reason_reads_as_its_text() -> None:
    assert f"stopped: {Reason('budget', 'the budget is spent')}" == "stopped: the budget is spent"


def test_a_message_calls_no_tool_unless_told() -> None:
    assert Message("assistant", "hello").tool_calls == ()
    assert Message("tool", "42", tool_call_id="c1").tool_call_id == "c1"
    assert ToolCall("lookup", '{"order":7}').id == ""


@given(
    st.lists(st.sampled_from(["a", ".", "..", ".git", "git~1", "GIT", "~", "/", "-", "_", " ", "\\", "C:", "1", "\n"]))
)
def test_no_way_of_writing_a_path_leads_into_git_or_out(pieces: list[str]) -> None:
    path = "".join(pieces)
    windows = [part.rstrip(". ").casefold() for part in path.replace("\\", "/").split("/")]
    if is_inside(path):
        assert path == path.strip("\n")
        assert not path.startswith(("/", "C:"))
        assert not {".git", "git~1"} & set(windows)
        assert ".." not in path.split("/")
