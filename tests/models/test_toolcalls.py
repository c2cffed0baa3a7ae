"""Tool calls on the wire and back: canonical arguments, odd entries left out, nothing invented."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Message, ToolCall
from promptci.models.toolcalls import from_wire, to_wire

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=8), JSON, st.text(max_size=6)), max_size=3), st.text(max_size=9))
def test_calls_come_back_as_they_were_sent(calls: list[tuple[str, Any, str]], said: str) -> None:
    made = tuple(
        ToolCall(name, json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False), id_)
        for name, value, id_ in calls
    )
    wire = to_wire(Message("assistant", said, made))
    assert from_wire(json.loads(json.dumps(wire))) == made
    assert wire["content"] == (said or None if made else said)


def test_an_answer_to_a_call_names_it() -> None:
    assert to_wire(Message("tool", "4", (), "c1")) == {"role": "tool", "content": "4", "tool_call_id": "c1"}


def call(arguments: Any, **more: Any) -> dict[str, Any]:
    return {"tool_calls": [{"function": {"name": "f", "arguments": arguments}, **more}]}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param('{ "b": 1, "a": [2] }', '{"a":[2],"b":1}', id="in-any-order"),
        pytest.param({"b": 1, "a": 2}, '{"a":2,"b":1}', id="an-object"),
        pytest.param('{"name": "Žofie"}', '{"name":"Žofie"}', id="letters-as-they-are"),
        pytest.param("", "{}", id="empty"),
        pytest.param(None, "{}", id="null"),
        pytest.param("{not json", "{not json", id="no-json"),
        pytest.param("[" * 100_000, "[" * 100_000, id="too-deep"),
        pytest.param("7", "7", id="a-number"),
    ],
)
def test_arguments_are_canonical_or_stay_for_whoever_judges_them(given: Any, kept: str) -> None:
    assert from_wire(call(given)) == (ToolCall("f", kept, ""),)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({}, id="none"),
        pytest.param({"tool_calls": None}, id="null"),
        pytest.param({"tool_calls": "f"}, id="a-text"),
        pytest.param({"tool_calls": [None, "f", 3]}, id="no-objects"),
        pytest.param({"tool_calls": [{"function": None}, {"type": "custom"}]}, id="no-functions"),
        pytest.param({"tool_calls": [{"function": {"name": 5}}]}, id="no-name"),
        pytest.param({"function_call": "f"}, id="an-old-text"),
    ],
)
def test_what_is_no_call_is_left_out(message: dict[str, Any]) -> None:
    assert from_wire(message) == ()


def test_the_older_form_is_read_where_there_is_no_newer_one() -> None:
    old = {"function_call": {"name": "old", "arguments": "{}"}}
    assert from_wire(old) == (ToolCall("old", "{}", ""),)
    assert from_wire(call("{}", id="c9") | old) == (ToolCall("f", "{}", "c9"),)


def test_an_id_that_is_no_text_is_none() -> None:
    assert from_wire(call("{}", id=5)) == (ToolCall("f", "{}", ""),)
