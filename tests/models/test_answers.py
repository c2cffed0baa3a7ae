"""The body of an answer as a reply, without a server: every field is read or refused, and no secret comes through."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promptci.core import Message, ToolCall
from promptci.models.answers import MalformedError, error_of, reply_of
from promptci.models.base import Reply, Request, Usage
from promptci.models.secrets import Redactor

from .conftest import asks, spec_at

SPEC = spec_at("http://unused/v1", parameters={"tools": [{"type": "function", "function": {"name": "find"}}]})
KEY = "sk-canary-0123456789"


def read(body: Any, **changes: Any) -> Reply:
    (request,) = asks(spec_at("http://unused/v1", **changes.pop("spec", {})), ["question 0"], **changes)
    return reply_of(json.dumps(body).encode(), request, Redactor([KEY]))


def said(content: Any = "ok", finish: Any = "stop", **message: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}


def call(name: str, arguments: str = "{}") -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}


TOOLS = {"spec": {"parameters": SPEC.parameters}}


@pytest.mark.parametrize(
    ("choice", "changes"),
    [
        pytest.param(said(f"it is {KEY}"), {}, id="text"),
        pytest.param(said(None, refusal=f"not with {KEY}"), {}, id="refusal"),
        pytest.param(said(None, refusal="x" * 285 + KEY), {}, id="refusal-cut-inside"),
        pytest.param(said(None, finish=f"why {KEY}"), {}, id="why-it-is-empty"),
        pytest.param(said("ok", finish=KEY), {}, id="finish-reason"),
        pytest.param(said(None, tool_calls=[call(KEY)]), {}, id="a-tool-not-offered"),
        pytest.param(said(None, tool_calls=[call(KEY, json.dumps({"a": KEY}))]), TOOLS, id="a-tool"),
    ],
)
def test_a_key_that_a_server_says_back_is_in_no_part_of_a_reply(choice: Any, changes: dict[str, Any]) -> None:
    reply = read({"choices": [choice], "model": KEY, "system_fingerprint": KEY}, **changes)
    assert "sk-canary" not in repr(reply)
    assert (reply.model, reply.fingerprint) == ("[key]", "[key]")


@pytest.mark.parametrize(
    ("choices", "n", "texts", "kind"),
    [
        pytest.param([said("a"), said("b")], 2, ("a", "b"), None, id="both"),
        pytest.param([said("a"), said("b"), said("c")], 2, ("a", "b"), None, id="more-than-asked"),
        pytest.param([said("a")], 3, ("a",), None, id="fewer"),
        pytest.param([said(""), said("b")], 2, ("", "b"), None, id="one-empty"),
        pytest.param([said("half", "length"), said("b")], 2, ("", "b"), None, id="one-cut-of-two"),
        pytest.param([said("half", "length")], 1, ("half",), None, id="one-cut-alone"),
        pytest.param([said(" ", "length")], 1, (), "truncated", id="cut-before-a-word"),
        pytest.param([said("", refusal="no"), said("")], 2, (), "refused", id="none-of-use"),
        pytest.param([said("half", "content_filter")], 1, (), "refused", id="filtered"),
        pytest.param([said("", refusal="")], 1, (), "empty", id="an-empty-refusal-is-none"),
        pytest.param([said("ok", refusal="")], 1, ("ok",), None, id="an-empty-refusal-beside-a-text"),
    ],
)
def test_choices_are_texts_in_their_order_or_one_failure(
    choices: list[Any], n: int, texts: tuple[str, ...], kind: str | None
) -> None:
    reply = read({"choices": choices}, n=n)
    assert reply.texts == texts
    assert (reply.failure and reply.failure.kind) == kind
    assert reply.cut == (kind is None and choices[0]["finish_reason"] == "length")


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        pytest.param({"prompt_tokens": 7, "completion_tokens": 2}, Usage(7, 2), id="both"),
        pytest.param({"prompt_tokens": 0, "completion_tokens": 0}, Usage(0, 0), id="nothing"),
        pytest.param({"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 99}, Usage(7, 2), id="a-wrong-sum"),
        pytest.param({"prompt_tokens": 7}, None, id="half"),
        pytest.param({"prompt_tokens": 7.0, "completion_tokens": 2}, None, id="no-whole-number"),
        pytest.param({"prompt_tokens": 10**9, "completion_tokens": 2}, None, id="damage"),
        pytest.param([], None, id="a-list"),
    ],
)
def test_tokens_count_as_the_server_counted_them_or_as_an_estimate(usage: Any, expected: Usage | None) -> None:
    found = read({"choices": [said("four")], "usage": usage}).usage
    assert found == expected if expected else (found.estimated and found.output_tokens >= 1)


def vectors(*rows: tuple[Any, Any], inputs: int = 2) -> Reply:
    turns = tuple(Message("user", str(n)) for n in range(inputs))
    body = {"data": [{"index": index, "embedding": vector} for index, vector in rows], "usage": {"prompt_tokens": 3}}
    return reply_of(json.dumps(body).encode(), Request(SPEC, "embedder", turns, kind="embedding"), str)


def test_vectors_come_in_the_order_of_their_inputs() -> None:
    reply = vectors((1, [0.5, 1]), (0, [2, 0]))
    assert reply.vectors == ((2.0, 0.0), (0.5, 1.0))
    assert reply.usage == Usage(3, 0)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param([(0, [1])], "1 vectors for 2 inputs", id="too-few"),
        pytest.param([(0, [1]), (0, [2])], "which input", id="twice-the-same-input"),
        pytest.param([(0, [1]), (2, [2])], "which input", id="an-input-that-was-not-sent"),
        pytest.param([(0, [1]), (1, [1, 2])], "one length", id="two-lengths"),
        pytest.param([(0, []), (1, [])], "one length", id="no-length"),
        pytest.param([(0, [1]), (1, ["x"])], "lists of numbers", id="words"),
        pytest.param([(0, [1]), ("b", [1])], "lists of numbers", id="a-word-for-a-place"),
    ],
)
def test_vectors_that_cannot_be_told_apart_or_compared_are_malformed(rows: list[Any], said: str) -> None:
    with pytest.raises(MalformedError, match=said):
        vectors(*rows)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"content": [{"token": "a", "logprob": -0.5}]}, (("a", -0.5),), id="chat"),
        pytest.param({"content": []}, (), id="of-nothing"),
        pytest.param({"content": None}, None, id="null"),
        pytest.param({"content": [{"token": "a"}]}, None, id="without-a-number"),
        pytest.param({"content": [{"token": "a", "logprob": float("-inf")}]}, None, id="infinite"),
        pytest.param("a", None, id="a-text"),
    ],
)
def test_log_probabilities_are_whole_or_none(given: Any, expected: Any) -> None:
    assert read({"choices": [{**said("a"), "logprobs": given}]}, logprobs=True).logprobs == expected
    assert read({"choices": [{**said("a"), "logprobs": given}]}).logprobs is None


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        pytest.param({"error": {"message": "no", "param": "n"}}, "no", "n", id="openai"),
        pytest.param({"error": "no"}, "no", None, id="a-text"),
        pytest.param({"errors": [{"message": "no"}]}, "no", None, id="a-list"),
        pytest.param({"detail": "no"}, "no", None, id="fastapi-text"),
        pytest.param({"message": "no", "param": "n"}, "no", "n", id="flat"),
        pytest.param(["no"], '["no"]', None, id="no-object"),
        pytest.param("no", '"no"', None, id="a-word"),
    ],
)
def test_a_refusal_is_found_in_every_server_s_form(body: Any, message: str, param: str | None) -> None:
    found = error_of(json.dumps(body).encode())
    assert (found["message"], found.get("param")) == (message, param)


def test_a_field_that_fastapi_names_is_the_parameter() -> None:
    found = error_of(json.dumps({"detail": [{"loc": ["body", "seed"], "msg": "extra fields"}]}).encode())
    assert (found["param"], found["msg"]) == ("seed", "extra fields")


@pytest.mark.parametrize("data", [b"\xff" * 9000, b"<html>" * 2000, b"[" * 100_000], ids=["bytes", "html", "deep"])
def test_what_is_no_json_is_its_own_message_and_cut(data: bytes) -> None:
    assert 0 < len(str(error_of(data)["message"])) <= 2000


def test_tool_calls_of_the_first_choice_are_the_reply_s() -> None:
    choices = [said(None, tool_calls=[call("find", '{"b":1,"a":2}')]), said("b", tool_calls=[call("other")])]
    reply = read({"choices": choices}, n=2, **TOOLS)
    assert (reply.texts, reply.tool_calls) == (("", "b"), (ToolCall("find", '{"a":2,"b":1}', "c1"),))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"<!DOCTYPE html><p>Sign in", "a web page, not an API's; look at base_url", id="a-login"),
        pytest.param(b"\n <html><body>Bad gateway", "a web page, not an API's; look at base_url", id="a-gateway"),
        pytest.param(b'data: {"choices": []}\n\n', "a stream of events", id="a-stream"),
        pytest.param('{"a": "caf\xe9"}'.encode("latin-1"), "not UTF-8", id="latin-1"),
        pytest.param(b"[" * 100_000, "not JSON", id="deep"),
        pytest.param(b"", "not JSON", id="nothing"),
    ],
)
def test_a_body_that_is_no_json_is_called_what_it_is(body: bytes, said: str) -> None:
    (request,) = asks(SPEC, ["question 0"])
    with pytest.raises(MalformedError, match=f"^the answer is {said}.*; it starts: ") as caught:
        reply_of(body, request, str)
    assert "Error" not in str(caught.value)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thinking_beside_an_empty_answer_is_no_answer_and_said(field: str) -> None:
    failure = read({"choices": [said(None, **{field: "So it is billing"})]}).failure
    assert failure is not None
    assert failure.kind == "empty"
    assert failure.detail == "the answer is empty, all that came is its thinking (finish_reason: stop)"
    assert read({"choices": [said("billing", **{field: "hm"})]}).texts == ("billing",)
