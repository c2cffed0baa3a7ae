"""A client's request as ours, and our reply as a client reads it: all of it carried, or refused with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promptci.core import Message, ToolCall
from promptci.gateway.stream import events
from promptci.gateway.wire import RefusedError, body_of, request_of
from promptci.models.base import Failure, FailureKind, ModelSpec, Reply, Usage
from promptci.models.budget import largest_input
from promptci.models.keys import canonical
from promptci.models.wire import body_of as sent_as

SPECS = (ModelSpec("small", "http://127.0.0.1:9/v1"), ModelSpec("large", "http://127.0.0.1:9/v1", seed=3))
HELLO = {"role": "user", "content": "Hello."}
CALL = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"b": 2, "a": 1}'}}


def asked(**body: Any) -> dict[str, Any]:
    return {"model": "small", "messages": [HELLO], **body}


def test_a_conversation_with_tools_is_carried_turn_by_turn() -> None:
    turns = [
        {"role": "developer", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "text": "Find"}, {"type": "text", "text": "a."}], "name": "Ann"},
        {"role": "assistant", "content": None, "tool_calls": [CALL], "refusal": None, "annotations": []},
        {"role": "tool", "content": "nothing", "tool_call_id": "c1"},
    ]
    request = request_of(asked(model="large", messages=turns), SPECS)
    assert request.messages == (
        Message("system", "Be short."),
        Message("user", "Find\na.", name="Ann"),
        Message("assistant", "", (ToolCall("find", '{"a":1,"b":2}', "c1"),)),
        Message("tool", "nothing", (), "c1"),
    )
    assert (request.spec.model, request.role, request.n) == ("large", "scorer", 1)


def test_parameters_are_the_program_s_own_and_not_those_of_the_settings() -> None:
    settings = (ModelSpec("small", seed=3, parameters={"top_p": 0.1}),)
    given = {"temperature": 0.5, "max_completion_tokens": 40, "stop": ["."], "seed": 9, "n": 1, "stream": True}
    spec = request_of(asked(**given, logit_bias=None), settings).spec
    assert (spec.temperature, spec.max_tokens, spec.seed, dict(spec.parameters)) == (0.5, 40, 9, {"stop": ["."]})


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param({"user": "u1"}, id="user"),
        pytest.param({"store": True, "metadata": {"run": "7"}}, id="stored"),
        pytest.param({"store": False}, id="not-stored"),
    ],
)
def test_what_a_program_tells_its_provider_is_sent_and_makes_another_question(beside: dict[str, Any]) -> None:
    request, plain = request_of(asked(**beside), SPECS), request_of(asked(), SPECS)
    sent = sent_as(request)
    assert {name: sent[name] for name in beside} == beside
    assert canonical(request) != canonical(plain)


def test_a_speaker_s_name_is_sent_counted_and_part_of_the_question() -> None:
    named, plain = (request_of(asked(messages=[turn]), SPECS) for turn in ({**HELLO, "name": "Zoë"}, HELLO))
    assert sent_as(named)["messages"] == [{"role": "user", "content": "Hello.", "name": "Zoë"}]
    assert sent_as(plain)["messages"] == [HELLO]
    assert canonical(named) != canonical(plain)
    assert largest_input(named) - largest_input(plain) == 4


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        pytest.param([], 400, "must be JSON", id="no-object"),
        pytest.param({"model": "small"}, 400, "'messages'", id="no-messages"),
        pytest.param(asked(messages=[]), 400, "'messages'", id="empty-messages"),
        pytest.param(asked(messages="Hello."), 400, "'messages'", id="a-text"),
        pytest.param(asked(model="other"), 404, "'other'; it names: small, large", id="another-model"),
        pytest.param(asked(model=None), 404, "'None'", id="no-model"),
        pytest.param(asked(stream=True, stream_options="usage"), 400, "'stream_options'", id="options-as-a-text"),
        pytest.param(asked(n=2), 400, "leave out 'n'", id="two-answers"),
        pytest.param(asked(temperature=9), 400, "from 0 to 2", id="too-hot"),
        pytest.param(asked(max_tokens=5, max_completion_tokens=5), 400, "one cap", id="two-caps"),
        pytest.param(asked(echo=True), 400, "'echo'", id="ours"),
        pytest.param(asked(messages=["Hello."]), 400, "needs a role", id="a-bare-message"),
        pytest.param(asked(messages=[{"role": "function", "content": "x"}]), 400, "needs a role", id="an-old-role"),
        pytest.param(asked(messages=[{"role": "user", "content": 5}]), 400, "must be a text", id="a-number"),
        pytest.param(asked(messages=[{"role": "user", "content": [
            {"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": "data:,"}}]}]),
            400, "only texts", id="a-picture"),
        pytest.param(asked(messages=[{"role": "user", "content": [{"type": "text"}]}]),
            400, "only texts", id="no-text"),
        pytest.param(asked(messages=[{**HELLO, "name": 5}]), 400, "'name' of a message", id="a-name-of-5"),
        pytest.param(asked(messages=[{"role": "tool", "content": "x", "tool_call_id": 5}]),
            400, "'tool_call_id' of a message", id="a-call-of-5"),
        pytest.param(asked(messages=[{"role": "assistant", "audio": {"id": "a"}}]), 400, "'audio'", id="a-sound"),
        pytest.param(asked(messages=[{"role": "assistant", "tool_calls": [CALL, {"type": "custom", "id": "c"}]}]),
            400, "only calls of functions", id="another-call"),
        pytest.param(asked(messages=[{"role": "assistant", "tool_calls": "find"}]),
            400, "only calls of functions", id="calls-as-a-text"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_refused_and_never_left_out(body: Any, status: int, said: str) -> None:
    with pytest.raises(RefusedError) as caught:
        request_of(body, SPECS)
    assert caught.value.status == status
    assert said in caught.value.said


def test_a_model_s_name_in_a_refusal_is_cut() -> None:
    with pytest.raises(RefusedError) as caught:
        request_of(asked(model="x" * 5000), SPECS)
    assert len(caught.value.said) < 200


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("budget", 403), ("replay", 403), ("quota", 403), ("credentials", 401), ("bad_request", 400),
        ("rate_limit", 424), ("timeout", 424), ("connection", 424), ("server", 424), ("malformed", 424),
    ],
)  # fmt: skip
def test_no_failure_has_a_status_that_clients_send_again(kind: FailureKind, status: int) -> None:
    found, body = body_of(Reply(failure=Failure(kind, "why")), "small")
    assert found == status
    assert body["error"] == {"message": f"{kind}: why", "type": "promptci", "code": kind, "param": None}


@pytest.mark.parametrize(
    ("kind", "reason"), [("empty", "stop"), ("truncated", "length"), ("refused", "content_filter")]
)
def test_what_the_model_answered_without_a_text_is_an_answer(kind: FailureKind, reason: str) -> None:
    status, body = body_of(Reply(failure=Failure(kind, "why"), usage=Usage(7, 2)), "small")
    assert (status, body["choices"][0]["message"]["content"]) == (200, "")
    assert (body["choices"][0]["finish_reason"], body["model"]) == (reason, "small")
    assert body["usage"] == {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}


def test_an_answer_names_the_model_that_gave_it() -> None:
    status, body = body_of(Reply(texts=("Hi.",), model="small-2", finish_reason="length"), "small")
    assert (status, body["model"], body["choices"][0]["finish_reason"]) == (200, "small-2", "length")
    assert body["choices"][0]["message"] == {"role": "assistant", "content": "Hi."}


def test_tool_calls_have_ids_and_no_content() -> None:
    calls = (ToolCall("find", '{"a":1}', "c1"), ToolCall("stop", "{}"))
    choice = body_of(Reply(texts=("",), tool_calls=calls), "small")[1]["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    assert [call["id"] for call in choice["message"]["tool_calls"]] == ["c1", "call_1"]
    back = request_of(asked(messages=[HELLO, choice["message"]]), SPECS).messages[1]
    assert [(call.name, call.arguments) for call in back.tool_calls] == [("find", '{"a":1}'), ("stop", "{}")]


def parsed(chunks: list[bytes]) -> list[Any]:
    assert chunks[-1] == b"data: [DONE]\n\n"
    assert all(chunk.startswith(b"data: ") and chunk.endswith(b"\n\n") for chunk in chunks)
    return [json.loads(chunk[6:]) for chunk in chunks[:-1]]


@pytest.mark.parametrize("with_usage", [False, True])
def test_a_stream_says_all_of_an_answer_and_ends(with_usage: bool) -> None:
    reply = Reply(texts=("One\n\ntwo",), tool_calls=(ToolCall("find", "{}", "c1"),), usage=Usage(3, 4))
    said, ended, *usage = parsed(list(events(body_of(reply, "small")[1], with_usage=with_usage)))
    delta = said["choices"][0]["delta"]
    assert (delta["role"], delta["content"], said["choices"][0]["finish_reason"]) == ("assistant", "One\n\ntwo", None)
    assert [(call["index"], call["id"]) for call in delta["tool_calls"]] == [(0, "c1")]
    assert (ended["choices"][0]["delta"], ended["choices"][0]["finish_reason"]) == ({}, "tool_calls")
    assert [chunk["usage"]["total_tokens"] for chunk in usage] == [7] * with_usage
