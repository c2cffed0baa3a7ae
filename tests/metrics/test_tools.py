"""Calls of tools: which ones, with what, in which order, and what is said of a wrong one."""

from __future__ import annotations

import json

import pytest

from promptci.core import Case, Json, ToolCall
from promptci.errors import DataError
from promptci.metrics.base import Answer, Grade
from promptci.metrics.build import build
from promptci.metrics.code import grade_of
from promptci.metrics.reading import read_grade
from promptci.metrics.sandbox import Ran
from promptci.metrics.tools import ToolCalls, ToolF1


def no_file(path: str) -> str:
    raise AssertionError(path)


def called(*calls: tuple[str, Json]) -> Answer:
    found = (ToolCall(name, args if isinstance(args, str) else json.dumps(args)) for name, args in calls)
    return Answer("", tool_calls=tuple(found))


FIND: tuple[str, Json] = ("find", {"id": 7, "fast": True})
SEND: tuple[str, Json] = ("send", {})
CALLS: dict[str, tuple[Json, dict[str, Json], Answer, float]] = {
    "a-name": ("find", {}, called(FIND), 1.0),
    "another-name": ("find", {}, called(SEND), 0.0),
    "no-call": ("find", {}, called(), 0.0),
    "one-too-many": ("find", {}, called(FIND, SEND), 0.0),
    "the-same-twice": ("find", {}, called(FIND, FIND), 0.0),
    "two-in-any-order": (["find", "send"], {}, called(SEND, FIND), 1.0),
    "two-in-this-order": (["find", "send"], {"ordered": True}, called(FIND, SEND), 1.0),
    "two-in-another-order": (["find", "send"], {"ordered": True}, called(SEND, FIND), 0.0),
    "one-of-two": (["find", "send"], {}, called(FIND), 0.0),
    "more-than-functions-may-nest": (["find"] * 1_500, {}, called(*[FIND] * 1_500), 1.0),
    "more-and-one-less": (["find"] * 1_500, {}, called(*[FIND] * 1_499, SEND), 0.0),
    "none-is-right": ([], {}, called(), 1.0),
    "none-would-be-right": ([], {}, called(FIND), 0.0),
    "arguments": ({"name": "find", "arguments": {"id": 7, "fast": True}}, {}, called(FIND), 1.0),
    "arguments-in-another-order": ({"name": "find", "arguments": {"fast": True, "id": 7}}, {}, called(FIND), 1.0),
    "a-number-is-a-number": ({"name": "find", "arguments": {"id": 7.0, "fast": True}}, {}, called(FIND), 1.0),
    "a-text-is-no-number": ({"name": "find", "arguments": {"id": "7", "fast": True}}, {}, called(FIND), 0.0),
    "true-is-no-one": ({"name": "find", "arguments": {"id": 7, "fast": 1}}, {}, called(FIND), 0.0),
    "an-argument-too-few": ({"name": "find", "arguments": {"id": 7}}, {}, called(FIND), 0.0),
    "some-arguments": ({"name": "find", "arguments": {"id": 7}}, {"subset": True}, called(FIND), 1.0),
    "some-that-differ": ({"name": "find", "arguments": {"id": 8}}, {"subset": True}, called(FIND), 0.0),
    "some-that-lack": ({"name": "find", "arguments": {"where": 1}}, {"subset": True}, called(FIND), 0.0),
    "arguments-as-text": ({"name": "find", "arguments": '{"id": 7, "fast": true}'}, {}, called(FIND), 1.0),
    "as-the-api-writes-it": (
        {"function": {"name": "find", "arguments": '{"id": 7}'}},
        {"subset": True},
        called(FIND),
        1.0,
    ),
    "as-text": ('{"name": "find"}', {}, called(FIND), 1.0),
    "a-list-as-text": ('["find", "send"]', {}, called(FIND, SEND), 1.0),
    "arguments-that-are-no-json": ({"name": "find", "arguments": {"id": 7}}, {}, called(("find", "{id")), 0.0),
    "arguments-that-are-a-list": (
        {"name": "find", "arguments": {"id": 7}},
        {"subset": True},
        called(("find", "[7]")),
        0.0,
    ),
    "no-arguments": ({"name": "send", "arguments": {}}, {}, called(("send", "")), 1.0),
}


def told(expected: Json, options: dict[str, Json], answer: Answer) -> Grade:
    metric = build([{"name": "tool_call", **options}], no_file).parts[0].metric
    assert isinstance(metric, ToolCalls)
    case = Case("c", {"q": "x"}, expected)
    metric.refuse([case], "e.jsonl")
    return metric.grade(case, answer)


@pytest.mark.parametrize("name", CALLS)
def test_calls_are_the_expected_ones_or_not(name: str) -> None:
    expected, options, answer, value = CALLS[name]
    grade = told(expected, options, answer)
    assert grade.value == value
    assert grade.value == 1.0 or grade.reason is not None


@pytest.mark.parametrize(
    ("expected", "options", "answer", "said"),
    [
        pytest.param("find", {}, called(), "it calls no tool", id="none"),
        pytest.param("find", {}, called(SEND), "it does not call find, but send", id="another"),
        pytest.param("find", {}, called(FIND, SEND), "it also calls send", id="one-more"),
        pytest.param({"name": "find", "arguments": {}}, {}, called(FIND), "it calls find with {", id="arguments"),
        pytest.param(["send", "find"], {"ordered": True}, called(FIND, SEND), "call 1 is not send", id="order"),
    ],
)
def test_what_is_off_is_said(expected: Json, options: dict[str, Json], answer: Answer, said: str) -> None:
    assert said in str(told(expected, options, answer).reason)


@pytest.mark.parametrize("arguments", ['{"id": 7', "[7]", [7], 7, "none"], ids=str)
def test_arguments_that_are_none_are_refused_and_not_taken_for_any(arguments: Json) -> None:
    with pytest.raises(DataError, match="no tool call"):
        told({"name": "find", "arguments": arguments}, {}, called(FIND))


@pytest.mark.parametrize("expected", [7, {"id": 1}, "", {"name": ""}, "{", [3], {"function": {}}], ids=str)
def test_what_names_no_tool_is_refused(expected: Json) -> None:
    with pytest.raises(DataError, match="no tool call"):
        told(expected, {}, called())


@pytest.mark.parametrize(
    ("expected", "answer", "value"),
    [
        pytest.param(["a", "b"], called(("a", {}), ("b", {})), 1.0, id="all"),
        pytest.param(["a", "b"], called(("a", {})), 2 / 3, id="one-of-two"),
        pytest.param(["a"], called(("a", {}), ("b", {})), 2 / 3, id="one-too-many"),
        pytest.param(["a"], called(("b", {})), 0.0, id="another"),
        pytest.param(["a", "a"], called(("a", {})), 2 / 3, id="repeats-count"),
        pytest.param([], called(), 1.0, id="none-of-none"),
        pytest.param([], called(("a", {})), 0.0, id="one-of-none"),
        pytest.param(["a"], called(), 0.0, id="none-of-one"),
        pytest.param([{"name": "a", "arguments": {"x": 1}}], called(("a", {})), 1.0, id="names-alone-count"),
    ],
)
def test_the_share_of_names(expected: Json, answer: Answer, value: float) -> None:
    assert ToolF1().grade(Case("c", {"q": "x"}, expected), answer).value == pytest.approx(value)


RAN: dict[str, tuple[Ran, float | None, str]] = {
    "a-number": (Ran(0.5), 0.5, ""),
    "true": (Ran(True), 1.0, ""),
    "false": (Ran(False), 0.0, ""),
    "a-score": (Ran({"score": 0.25}), 0.25, ""),
    "a-score-and-a-reason": (Ran({"score": 1, "reason": "ok"}), 1.0, "ok"),
    "a-verdict": (Ran({"pass": False, "score": 0.9}), 0.0, ""),
    "a-verdict-and-a-reason": (Ran({"pass": True, "reason": "ok"}), 1.0, "ok"),
    "cannot-tell": (Ran(None), None, "cannot tell"),
    "cannot-tell-and-why": (Ran({"score": None, "reason": "too long"}), None, "too long"),
    "an-object-of-nothing": (Ran({}), None, "cannot tell"),
    "too-much": (Ran(1.5), None, "returned 1.5, not 0 to 1"),
    "too-little": (Ran(-1), None, "returned -1, not 0 to 1"),
    "a-text": (Ran("yes"), None, "returned 'yes'"),
    "a-list": (Ran([1]), None, "returned [1]"),
    "it-failed": (Ran({"failed": "Error: x"}), None, "Error: x"),
    "it-never-ran": (Ran(problem="it took over 5 s"), None, "it took over 5 s"),
    "many-lines": (Ran({"score": 1, "reason": "a\nb"}), 1.0, "a"),
}


@pytest.mark.parametrize("name", RAN)
def test_what_grading_code_says_is_a_grade_or_unmeasured(name: str) -> None:
    ran, value, said = RAN[name]
    grade = grade_of(ran)
    assert grade.value == value
    assert said in str(grade.reason or "")
    assert value is not None or grade.reason is not None


STATED: list[tuple[str, float | None]] = [
    ("1", 1.0),
    ("1.0", 1.0),
    ("0", 0.0),
    (".5", 0.5),
    (".1", 0.1),
    ("Score: .1", 0.1),
    ("**.25**", 0.25),
    ("… 1", None),
    (". 1", 1.0),
    ("0.75", 0.75),
    ("yes", 1.0),
    ("YES!", 1.0),
    ("No.", 0.0),
    ("true", 1.0),
    ("false", 0.0),
    ("pass", 1.0),
    ("Failed", 0.0),
    ("> 1", 1.0),
    ("'0.5'", 0.5),
    ("Score: 0.5", 0.5),
    ("score = 1", 1.0),
    ("The final grade is 0.25", 0.25),
    ("My verdict: pass", 1.0),
    ("Answer: yes", 1.0),
    ('{"score": 0.5}', 0.5),
    ('{"Score": 1}', 1.0),
    ('{"score": "yes"}', 1.0),
    ('{"score": "no"}', 0.0),
    ('{"pass": true}', 1.0),
    ('{"passed": false}', 0.0),
    ('{"pass": true, "score": 0.5}', 0.5),
    ('{"score": 1, "reason": "{\\"score\\": 0}"}', 1.0),
    ('{"reason": "x"} {"score": 1}', 1.0),
    ('{"score": 1} {"score": 1}', 1.0),
    ('{"score": 1} {"score": 0}', None),
    ('{"score": 2}', None),
    ('{"score": -1}', None),
    ('{"score": null}', None),
    ('{"score": [1]}', None),
    ('{"score": {}}', None),
    ('{"score": "good"}', None),
    ('{"mark": 1}', None),
    ('{"score": 1', None),
    ("2", None),
    ("10", None),
    ("1.5", None),
    ("-1", None),
    ("100 %", None),
    ("4/5", None),
    ("yes and no", None),
    ("maybe", None),
    ("It is right.", None),
    ("0.5 or 0.6", None),
    ("...", None),
    ("\n\n", None),
]


@pytest.mark.parametrize(("reply", "value"), STATED, ids=[f"{n}-{r[:20]!r}" for n, (r, _) in enumerate(STATED)])
def test_a_judge_s_reply_states_a_grade_or_none(reply: str, value: float | None) -> None:
    assert read_grade(reply) == value
