"""A prompt's own parameters and tools: sent as they are, part of the question, and refused where they cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from promptci.core import Message, ToolCall
from promptci.errors import DataError
from promptci.models import keys
from promptci.models.base import Reply, Request
from promptci.models.budget import largest_input
from promptci.models.parameters import asked_with

from .conftest import asks, door, spec_at
from .faultserver import Asked, Fault, FaultServer, chat, says

TOOLS = [{"type": "function", "function": {"name": "route", "parameters": {"type": "object"}}}]


def test_parameters_are_sent_as_they_are_and_win_over_the_settings() -> None:
    given = {"top_p": 0.5, "stop": ["\n"], "tools": TOOLS, "tool_choice": "auto", "temperature": 0.3, "max_tokens": 40}
    with FaultServer(keeps=True) as server, door() as asking:
        spec = asked_with(spec_at(server.url, extra={"top_p": 1, "max_completion_tokens": 9}), {**given, "seed": 4})
        asking.ask_all(asks(spec, 1, sample=2))
        body = server.asked[0].body
    assert {name: body[name] for name in given} == given
    assert body["seed"] == 6, "each sample has its own"
    assert "max_completion_tokens" not in body


def test_a_temperature_of_null_sends_none() -> None:
    with FaultServer(keeps=True) as server, door() as asking:
        spec = asked_with(spec_at(server.url), {"temperature": None})
        asking.ask_all(asks(spec, 1) + asks(spec, 1, temperature=1.0))
        assert ["temperature" in asked.body for asked in server.asked] == [False, False]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"n": 3}, "'n' is not for a prompt to set"),
        ({"stream": True}, "'stream' is not for a prompt"),
        ({"model": "x"}, "'model' is not for a prompt"),
        ({"max_tokens": 0}, "above 0"),
        ({"max_tokens": True}, "above 0"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "one cap"),
        ({"temperature": 3}, "from 0 to 2"),
        ({"temperature": "low"}, "from 0 to 2"),
        ({"seed": 1.5}, "whole number"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_a_prompt_cannot_set_is_refused_with_its_place(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(DataError, match=problem) as caught:
        asked_with(spec_at("http://unused/v1"), given, "prompts/p.md:3")
    assert caught.value.place == "prompts/p.md:3"


def test_a_prompt_s_parameter_that_the_server_refuses_is_an_error_and_not_dropped() -> None:
    def plan(asked: Asked) -> Fault | None:
        return says(400, "'response_format' is not supported") if "response_format" in asked.body else None

    with FaultServer(plan) as server, door() as asking:
        spec = asked_with(spec_at(server.url), {"response_format": {"type": "json_object"}})
        failure = asking.ask_all(asks(spec, 1))[0].failure
        assert server.calls == 1
    assert failure is not None
    assert failure.kind == "bad_request"


def calls(*made: dict[str, Any], content: str | None = None) -> Any:
    message = {"role": "assistant", "content": content, "tool_calls": list(made)}
    return lambda asked: chat(asked, message=message, finish_reason="tool_calls")


def call(arguments: Any, name: Any = "route") -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}


def tooled(answer: Any, **changes: Any) -> Reply:
    with FaultServer(answer=answer) as server, door() as asking:
        return asking.ask_all(asks(spec_at(server.url, parameters={"tools": TOOLS}, **changes), 1))[0]


@pytest.mark.parametrize(
    ("arguments", "canonical"),
    [
        ('{"team": "é", "a": 1}', '{"a":1,"team":"é"}'),
        ({"team": "b"}, '{"team":"b"}'),
        ("", "{}"),
        (None, "{}"),
        ('{"team": ', '{"team": '),
    ],
    ids=["text", "object", "empty", "null", "broken"],
)
def test_tool_calls_come_back_with_canonical_arguments(arguments: Any, canonical: str) -> None:
    reply = tooled(calls(call(arguments), call("{}", name=7)))
    assert reply.failure is None
    assert reply.text == ""
    assert reply.tool_calls == (ToolCall("route", canonical, "c1"),)


def test_a_call_of_the_older_form_is_a_call_too() -> None:
    message = {"role": "assistant", "content": "", "function_call": {"name": "route", "arguments": "{}"}}
    assert tooled(lambda asked: chat(asked, message=message)).tool_calls == (ToolCall("route", "{}"),)


def test_a_text_beside_a_tool_call_is_kept() -> None:
    reply = tooled(calls(call("{}"), content="One moment."))
    assert (reply.text, len(reply.tool_calls)) == ("One moment.", 1)


def test_a_tool_that_was_not_offered_is_no_answer_and_is_named() -> None:
    with FaultServer(answer=calls(call("{}"))) as server, door() as asking:
        failure = asking.ask_all(asks(spec_at(server.url), 1))[0].failure
    assert str(failure) == "empty: the model called the tool 'route', which it was not offered, and said nothing"


def test_a_chat_with_tools_in_it_is_sent_as_servers_take_it_and_is_its_own_question() -> None:
    asked = Message("assistant", "", tool_calls=(ToolCall("route", '{"a":1}', "c1"),))
    turns = (Message("user", "Route it."), asked, Message("tool", "done", tool_call_id="c1"))
    with FaultServer(keeps=True) as server, door() as asking:
        request = Request(spec_at(server.url), "scorer", turns)
        assert asking.ask_all([request])[0].failure is None
        body = server.asked[0].body
    call_sent = {"id": "c1", "type": "function", "function": {"name": "route", "arguments": '{"a":1}'}}
    assert body["messages"][1] == {"role": "assistant", "content": None, "tool_calls": [call_sent]}
    assert body["messages"][2] == {"role": "tool", "content": "done", "tool_call_id": "c1"}
    plain = Request(request.spec, "scorer", (turns[0], Message("assistant", ""), Message("tool", "done")))
    assert keys.canonical(plain) != keys.canonical(request)
    assert largest_input(plain) < largest_input(request), "the budget holds what tools add"
