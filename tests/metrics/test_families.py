"""The families case by case: what each option widens, what stays wrong, what is refused before a call is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import Case, Json, ToolCall
from promptci.errors import DataError, PromptciError
from promptci.metrics.base import Answer, Grade
from promptci.metrics.build import build


def no_file(path: str) -> str:
    raise AssertionError(f"{path} was read")


def graded(metric: Json, expected: Json, text: str, *calls: ToolCall, **more: Any) -> Grade:
    part = build([metric], no_file).parts[0]
    found = part.direct(Case("c", {"input": "x"}, expected), Answer(text, text, calls, **more))
    assert found is not None
    return found


def value(metric: Json, expected: Json, text: str, *calls: ToolCall) -> float | None:
    return graded(metric, expected, text, *calls).value


NUMBERS = [
    pytest.param({}, 42, "6 times 7 is 42.", 1.0, id="the-last"),
    pytest.param({}, 42, "42, which is 6 times 7", 0.0, id="not-the-first"),
    pytest.param({"which": "first"}, 42, "42, which is 6 times 7", 1.0, id="the-first-when-told"),
    pytest.param({"which": "any"}, 6, "42, which is 6 times 7", 1.0, id="any-when-told"),
    pytest.param({"which": "only"}, 42, "42, which is 6 times 7", 0.0, id="only-when-told"),
    pytest.param({"which": "only"}, 42, "42 = 42", 1.0, id="the-same-twice-is-one"),
    pytest.param({}, "1234.5", "It costs 1,234.50", 1.0, id="thousands"),
    pytest.param({"decimal": ","}, "1234,5", "Es kostet 1.234,50", 1.0, id="decimal-comma"),
    pytest.param({}, "50%", "0.5", 1.0, id="percent-as-a-share"),
    pytest.param({}, "50%", "50", 1.0, id="percent-without-its-sign"),
    pytest.param({}, "0.75", "3/4", 1.0, id="a-fraction"),
    pytest.param({}, "-3", "It is -3 degrees", 1.0, id="below-zero"),
    pytest.param({}, "3.14", "3.1416", 0.0, id="exactly"),
    pytest.param({"tolerance": 0.01}, "3.14", "3.1416", 1.0, id="within-a-tolerance"),
    pytest.param({"relative": 0.1}, "200", "181", 1.0, id="within-a-share"),
    pytest.param({"relative": 0.1}, "200", "179", 0.0, id="beyond-a-share"),
    pytest.param({}, ["7", "seven 8"], "8", 1.0, id="any-of-several"),
    pytest.param({}, "7", "none that I know", 0.0, id="no-number"),
]


@pytest.mark.parametrize(("options", "expected", "text", "wanted"), NUMBERS)
def test_numbers(options: dict[str, Json], expected: Json, text: str, wanted: float) -> None:
    assert value({"name": "number", **options}, expected, text) == wanted


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_a_number_equals_itself_and_no_other(one: int, other: int) -> None:
    assert value("number", one, f"The result is {one}.") == 1.0
    assert value("number", one, f"The result is {other}.") == float(one == other)


MEMBERS = [
    pytest.param("set", ["a", "b"], "b, a", 1.0, id="any-order"),
    pytest.param("set", ["a", "b"], "a, b, a", 1.0, id="repeats-count-once"),
    pytest.param("set", ["a", "b"], "a, b, c", 0.0, id="one-too-many"),
    pytest.param("set", ["New York"], "new  york", 1.0, id="case-and-blanks"),
    pytest.param({"name": "set", "partial": True}, ["a", "b"], "a, c", 0.5, id="partial"),
    pytest.param({"name": "set", "partial": True}, ["a", "b"], "c", 0.0, id="nothing-in-common"),
    pytest.param({"name": "set", "ignore_case": False}, ["a"], "A", 0.0, id="case-counts-when-told"),
    pytest.param("list", ["a", "b"], "a, b", 1.0, id="in-order"),
    pytest.param("list", ["a", "b"], "b, a", 0.0, id="order-counts"),
    pytest.param("list", ["a", "b"], "- a\n- b", 1.0, id="bullets"),
    pytest.param("list", ["a", "b"], '["a", "b"]', 1.0, id="json"),
    pytest.param("list", "a, b", "1. a\n2. b", 1.0, id="numbered-against-text"),
]


@pytest.mark.parametrize(("metric", "expected", "text", "wanted"), MEMBERS)
def test_sets_and_lists(metric: Json, expected: Json, text: str, wanted: float) -> None:
    assert value(metric, expected, text) == wanted


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6))
def test_a_list_in_any_order_is_the_same_set(letters: list[str]) -> None:
    said = ", ".join(reversed(letters))
    assert value("set", list(letters), said) == 1.0
    assert value("list", list(letters), said) == float(letters == letters[::-1])


CHOICE = {"name": "choice", "choices": ["bug", "billing", "question"]}
CHOICES = [
    pytest.param("bug", "Bug", 1.0, id="case"),
    pytest.param("bug", "The label is **bug**.", 1.0, id="in-a-sentence"),
    pytest.param("bug", "billing", 0.0, id="another"),
    pytest.param("bug", "It is not billing or a question, it is a", 0.0, id="two-others"),
    pytest.param("bug", "debugging", 0.0, id="inside-a-word"),
    pytest.param("bug", "", 0.0, id="empty"),
    pytest.param(["bug", "question"], "question", 1.0, id="either"),
]


@pytest.mark.parametrize(("expected", "text", "wanted"), CHOICES)
def test_choices(expected: Json, text: str, wanted: float) -> None:
    assert value(CHOICE, expected, text) == wanted


@pytest.mark.parametrize(
    ("expected", "text", "wanted"),
    [
        pytest.param(True, "Yes.", 1.0, id="yes"),
        pytest.param("no", "False", 1.0, id="another-word-for-no"),
        pytest.param(True, "incorrect", 0.0, id="no-inside-yes"),
        pytest.param(False, "yes and no", 0.0, id="both"),
        pytest.param(False, "perhaps", 0.0, id="neither"),
    ],
)
def test_yes_and_no(expected: Json, text: str, wanted: float) -> None:
    assert value("boolean", expected, text) == wanted


LENGTHS = [
    pytest.param({"unit": "words", "at_most": 3}, "one two three", 1.0, id="words-at-the-bound"),
    pytest.param({"unit": "words", "at_most": 3}, "one two three four", 0.0, id="words-above"),
    pytest.param({"unit": "words", "at_least": 2}, "one", 0.0, id="words-below"),
    pytest.param({"unit": "characters", "at_most": 4}, "  four  ", 1.0, id="blanks-around-do-not-count"),
    pytest.param({"unit": "lines", "at_most": 2}, "a\n\nb\n", 1.0, id="blank-lines-do-not-count"),
    pytest.param({"unit": "sentences", "at_most": 2}, "Dr. Ada came. She left!", 1.0, id="an-abbreviation"),
    pytest.param({"unit": "sentences", "at_most": 2}, "One. Two. Three.", 0.0, id="sentences-above"),
    pytest.param({"unit": "sentences", "at_least": 1}, "...", 0.0, id="dots-are-no-sentence"),
]


@pytest.mark.parametrize(("options", "text", "wanted"), LENGTHS)
def test_lengths(options: dict[str, Json], text: str, wanted: float) -> None:
    assert value({"name": "length", **options}, None, text) == wanted


JSON = [
    pytest.param("json", None, '{"a": 1}', 1.0, id="json"),
    pytest.param("json", None, '```json\n{"a": 1}\n```', 0.0, id="a-fence-is-not"),
    pytest.param({"name": "json", "fence": True}, None, '```json\n{"a": 1}\n```', 1.0, id="a-fence-when-allowed"),
    pytest.param({"name": "json", "inside": True}, None, 'Here: {"a": 1}. Bye', 1.0, id="inside-when-allowed"),
    pytest.param("json", None, "{'a': 1}", 0.0, id="python-is-not"),
    pytest.param("json_fields", {"a": 1, "b": "x"}, '{"a": 1, "b": "x", "c": 2}', 1.0, id="more-fields-may-be-there"),
    pytest.param("json_fields", {"a": 1, "b": "x"}, '{"a": 1, "b": "y"}', 0.5, id="half-of-the-fields"),
    pytest.param("json_fields", {"a": {"b": 1}}, '{"a": {"b": 2}}', 0.0, id="nested"),
    pytest.param({"name": "json_fields", "fields": ["a"]}, {"a": 1, "b": 2}, '{"a": 1, "b": 9}', 1.0, id="chosen"),
    pytest.param({"name": "json_fields", "ignore_case": True}, {"a": "X"}, '{"a": "x "}', 1.0, id="case"),
    pytest.param("json_fields", {"a": 1}, "no json", 0.0, id="no-object"),
    pytest.param({"name": "json_path", "path": "a[0].b"}, "x", '{"a": [{"b": "x"}]}', 1.0, id="path"),
    pytest.param({"name": "json_path", "path": "a[1].b"}, "x", '{"a": [{"b": "x"}]}', 0.0, id="path-that-ends"),
    pytest.param({"name": "json_path", "path": "$"}, {"a": 1}, '{"a": 1.0}', 1.0, id="the-whole"),
]


@pytest.mark.parametrize(("metric", "expected", "text", "wanted"), JSON)
def test_json(metric: Json, expected: Json, text: str, wanted: float) -> None:
    assert value(metric, expected, text) == pytest.approx(wanted)


FIND, SEND = ToolCall("find", '{"id": 7, "fast": true}'), ToolCall("send", "{}")
SEVEN: Json = {"name": "find", "arguments": {"id": 7}}
TOOLS = [
    pytest.param("tool_call", "find", (FIND,), 1.0, id="by-name"),
    pytest.param("tool_call", ["send", "find"], (FIND, SEND), 1.0, id="any-order"),
    pytest.param({"name": "tool_call", "ordered": True}, ["send", "find"], (FIND, SEND), 0.0, id="in-order"),
    pytest.param("tool_call", "find", (FIND, SEND), 0.0, id="one-too-many"),
    pytest.param("tool_call", "find", (), 0.0, id="none"),
    pytest.param("tool_call", [], (), 1.0, id="none-expected"),
    pytest.param("tool_call", SEVEN, (FIND,), 0.0, id="all-arguments-count"),
    pytest.param({"name": "tool_call", "subset": True}, SEVEN, (FIND,), 1.0, id="some-arguments"),
    pytest.param({"name": "tool_call", "subset": True}, SEVEN, (ToolCall("find", "{"),), 0.0, id="broken-arguments"),
    pytest.param({"name": "tool_call", "at_most": 3}, "find", (SEND, FIND, SEND), 1.0, id="within-three"),
    pytest.param({"name": "tool_call", "at_most": 2}, "find", (SEND, FIND, SEND), 0.0, id="three-are-too-many"),
    pytest.param({"name": "tool_call", "at_most": 2}, "find", (SEND, SEND), 0.0, id="others-are-not-it"),
    pytest.param({"name": "tool_call", "at_most": 0}, [], (), 1.0, id="no-call-at-all"),
    pytest.param({"name": "tool_call", "at_most": 4, "ordered": True}, ["find", "send"], (SEND, FIND, FIND, SEND), 1.0,
                 id="in-order-with-others-between"),
    pytest.param({"name": "tool_call", "at_most": 4, "ordered": True}, ["find", "send"], (SEND, FIND), 0.0,
                 id="not-in-order-with-others"),
    pytest.param("tool_f1", ["find", "send"], (FIND,), 2 / 3, id="share"),
    pytest.param("tool_f1", ["find"], (SEND,), 0.0, id="nothing-in-common"),
    pytest.param("tool_f1", ["find", "find"], (FIND,), 2 / 3, id="repeats-count"),
]  # fmt: skip


@pytest.mark.parametrize(("metric", "expected", "calls", "wanted"), TOOLS)
def test_tool_calls(metric: Json, expected: Json, calls: tuple[ToolCall, ...], wanted: float) -> None:
    assert value(metric, expected, "", *calls) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("metric", "expected", "said"),
    [
        pytest.param("number", "many", "is not one number", id="number"),
        pytest.param(CHOICE, "sales", "none of the choices", id="choice"),
        pytest.param("boolean", "perhaps", "neither true nor false", id="boolean"),
        pytest.param("json_fields", "text", "no JSON object", id="json_fields"),
        pytest.param("tool_call", 7, "no tool call", id="tool_call"),
    ],
)
def test_an_expected_answer_that_cannot_be_right_is_refused_with_its_case(
    metric: Json, expected: Json, said: str
) -> None:
    with pytest.raises(DataError, match=f"'c'.*{said}|{said}.*'c'"):
        build([metric], no_file).refuse([Case("c", {"input": "x"}, expected)], "evals/a.jsonl")


@pytest.mark.parametrize(
    "metric",
    [
        pytest.param({"name": "choice", "choices": ["one", "ONE"]}, id="one-choice"),
        pytest.param({"name": "length"}, id="no-bound"),
        pytest.param({"name": "length", "at_least": 5, "at_most": 2}, id="bounds-that-cross"),
        pytest.param({"name": "json_path"}, id="no-path"),
        pytest.param({"name": "number", "which": "second"}, id="no-such-value"),
        pytest.param({"name": "number", "tolerance": -1}, id="out-of-range"),
    ],
)
def test_options_without_a_meaning_are_refused(metric: Json) -> None:
    with pytest.raises((PromptciError, ValueError)):
        build([metric], no_file)


@pytest.mark.parametrize(
    ("metric", "expected", "text", "said"),
    [
        pytest.param("number", 7, "no idea", "no number", id="number"),
        pytest.param(CHOICE, "bug", "bug or billing", "names bug and billing", id="choice"),
        pytest.param("json", None, '```\n{"a": 1}\n```', "set `fence: true`", id="fence"),
        pytest.param("json_fields", {"a": 1}, '{"a": 2}', "a is 2", id="field"),
        pytest.param({"name": "length", "at_most": 1}, None, "two words", "2 words, and 1 are the most", id="length"),
        pytest.param("tool_call", "find", "I would call find", "it calls no tool", id="tool"),
    ],
)
def test_a_wrong_answer_says_what_is_off(metric: Json, expected: Json, text: str, said: str) -> None:
    found = graded(metric, expected, text)
    assert found.value == 0.0
    assert found.reason is not None
    assert said in found.reason.text
