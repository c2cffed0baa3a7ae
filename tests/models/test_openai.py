"""What is sent to servers that speak OpenAI's protocol, what is understood of their answers, and what is learned."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promptci.core import Message
from promptci.models.account import Spent
from promptci.models.base import ModelSpec, Reply, Request, Usage
from promptci.models.budget import Limits
from promptci.models.cache import Cache

from .conftest import asks, door, spec_at
from .faultserver import Asked, Fault, FaultServer, chat, http, refuses, says

KEY = "sk-canary-0123456789abcdefghij"


def one(server: FaultServer, spec: ModelSpec | None = None, **changes: Any) -> Reply:
    with door() as asking:
        return asking.ask_all(asks(spec or spec_at(server.url), ["Is it so?"], **changes))[0]


def test_a_chat_is_sent_as_the_specification_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    spec_changes = {"api_key_env": "MY_KEY", "seed": 5, "extra": {"top_p": 0.5, "stream": True}}
    with FaultServer(keeps=True) as server:
        form = {"type": "json_object"}
        one(server, spec_at(server.url, **spec_changes), n=2, sample=3, logprobs=True, response_format=form)
        asked = server.asked[0]
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body == {
        "model": "m",
        "messages": [{"role": "user", "content": "Is it so?"}],
        "temperature": 0.0,
        "max_tokens": 16,
        "seed": 8,
        "n": 2,
        "logprobs": True,
        "response_format": form,
        "top_p": 0.5,
    }


def test_without_a_key_no_authorization_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ADMIN_KEY", KEY)
    with FaultServer(keeps=True) as server:
        assert one(server).failure is None
        assert "authorization" not in server.asked[0].headers


def test_openai_itself_is_not_asked_without_a_key() -> None:
    with door() as asking:
        failure = asking.ask_all(asks(ModelSpec("gpt-4.1-mini"), 1))[0].failure
        assert (asking.spent.calls, asking.spent.usage) == (0, Usage()), "what is not sent is no call"
        assert asking.stopped == failure
    assert failure is not None
    assert failure.kind == "credentials"
    assert "OPENAI_API_KEY is not set" in failure.detail


def test_azure_takes_its_key_and_its_version_where_azure_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FaultServer(keeps=True) as server:
        base = server.url.replace("/v1", "/openai/deployments/mini") + "?api-version=2024-10-21"
        assert one(server, spec_at(base)).failure is None
        asked = server.asked[0]
    assert asked.path == "/openai/deployments/mini/chat/completions?api-version=2024-10-21"
    assert asked.headers["api-key"] == KEY
    assert "authorization" not in asked.headers


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_refused_and_no_key_goes_there(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FaultServer() as other, FaultServer(lambda asked: says(code, "", f"location: {other.url}/x")) as server:
        failure = one(server).failure
        assert failure is not None
        assert "which is not followed" in failure.detail
        assert (server.calls, other.calls) == (1, 0)


def test_a_server_that_is_not_there_is_a_failed_connection() -> None:
    with door(Limits(max_calls=1)) as asking:
        failure = asking.ask_all(asks(spec_at("http://127.0.0.1:9/v1"), 1))[0].failure
        assert asking.spent == replace(Spent(), waited_s=asking.spent.waited_s), "no connection, no call"
        assert any("could not be reached; tries, none of them a call: 3" in note for note in asking.notes)
    assert failure is not None
    assert str(failure).startswith("connection: nothing listens at 127.0.0.1:9 (connection refused); start the server")


def completion(asked: Asked) -> dict[str, Any]:
    """A server that echoes the prompt with log probabilities, and one token more where it cannot give none."""
    tokens = ["The", " sky", " is", " blue"] + ([" today"] if asked.body["max_tokens"] else [])
    probabilities = [None, -1.0, -0.5, -0.25, -9.0][: len(tokens)]
    logprobs = {"tokens": tokens, "token_logprobs": probabilities}
    choice = {"index": 0, "text": "".join(tokens), "finish_reason": "length", "logprobs": logprobs}
    return {"model": "base", "choices": [choice], "usage": {"prompt_tokens": 4, "completion_tokens": 0}}


def test_a_prompt_can_be_scored_by_its_own_probabilities() -> None:
    with FaultServer(answer=completion, keeps=True) as server:
        request = Request(
            spec_at(server.url),
            "scorer",
            (Message("user", "The sky is blue"),),
            kind="completion",
            logprobs=True,
            max_tokens=0,
        )
        with door() as asking:
            reply = asking.ask_all([request])[0]
        asked = server.asked[0]
    assert (asked.path, asked.body["echo"], asked.body["max_tokens"]) == ("/v1/completions", True, 0)
    assert asked.body["prompt"] == "The sky is blue"
    assert reply.logprobs == (("The", 0.0), (" sky", -1.0), (" is", -0.5), (" blue", -0.25))


def test_chat_probabilities_come_back_as_they_are() -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        return chat(asked, "yes", logprobs={"content": [{"token": "yes", "logprob": -0.125}]})

    with FaultServer(answer=answer) as server:
        assert one(server, logprobs=True).logprobs == (("yes", -0.125),)
        assert one(server).logprobs is None


def embedding(asked: Asked) -> dict[str, Any]:
    rows = [{"index": i, "embedding": [float(len(text)), 0.5]} for i, text in enumerate(asked.body["input"])]
    return {"model": "e", "data": rows[::-1], "usage": {"prompt_tokens": 7, "total_tokens": 7}}


def test_embeddings_come_back_in_the_order_of_the_inputs(tmp_path: Path) -> None:
    with FaultServer(answer=embedding, keeps=True) as server:
        messages = (Message("user", "a"), Message("user", "bcd"))
        request = Request(spec_at(server.url), "embedder", messages, kind="embedding")
        for _ in range(2):
            with door(cache=Cache(tmp_path / "c")) as asking:
                reply = asking.ask_all([request])[0]
                assert reply.vectors == ((1.0, 0.5), (3.0, 0.5))
                assert reply.failure is None
        assert server.calls == 1
        assert "max_tokens" not in server.asked[0].body


def _embedded(vector: object, index: object = 0) -> dict[str, Any]:
    return {"data": [{"index": index, "embedding": vector}]}


@pytest.mark.parametrize(
    "body", [{"data": []}, {"data": None}, _embedded([math.nan]), _embedded("x"), _embedded([1], None)]
)
def test_damaged_embeddings_are_malformed(body: dict[str, Any]) -> None:
    with FaultServer(answer=lambda asked: body) as server:
        failure = one(server, kind="embedding").failure
    assert failure is not None
    assert failure.kind == "malformed"


ODD: list[tuple[dict[str, Any], str]] = [
    ({"choices": []}, "malformed"),
    ({"choices": [None]}, "malformed"),
    ({"choices": [{"message": None}]}, "malformed"),
    ({"choices": [{"message": {"content": ["x"]}}]}, "malformed"),
    ({"choices": {"0": {}}}, "malformed"),
    ({"error": {"message": "overloaded", "code": 529}}, "malformed"),
    ({"choices": [{"message": {"content": None}, "finish_reason": "tool_calls"}]}, "empty"),
    ({"choices": [{"message": {"content": " \n"}}]}, "empty"),
    ({"choices": [{"message": {"content": "half"}, "finish_reason": "content_filter"}]}, "refused"),
    ({"choices": [{"message": {"content": "ok"}, "finish_reason": 7}], "model": 3, "usage": "much"}, "ok"),
    ({"choices": [{"message": {"content": [{"type": "text", "text": "ok"}, {"type": "image"}]}}]}, "ok"),
    ({"choices": [{"message": {"content": "ok"}}], "usage": {"prompt_tokens": -1, "completion_tokens": True}}, "ok"),
    ({"choices": [{"message": {"content": "ok"}}], "usage": {"prompt_tokens": 1e99, "completion_tokens": 1}}, "ok"),
]


@pytest.mark.parametrize(("body", "expected"), ODD)
def test_odd_answers_are_a_reason_or_their_text(body: dict[str, Any], expected: str) -> None:
    with FaultServer(answer=lambda asked: body) as server:
        reply = one(server)
    assert (reply.failure.kind if reply.failure else reply.text) == expected
    assert reply.usage.estimated or reply.failure is not None


class Picky:
    """Refuses some parameters in some server's words, and answers everything else."""

    def __init__(self, name: str, fault: Fault) -> None:
        self.name, self.fault = name, fault

    def __call__(self, asked: Asked) -> Fault | None:
        return self.fault if self.name in asked.body else None


REFUSALS: list[tuple[str, Fault, str]] = [
    ("max_tokens", refuses("max_tokens"), "takes max_completion_tokens"),
    (
        "temperature",
        says(
            400,
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) is supported.",
        ),
        "refuses the temperature",
    ),
    ("n", says(400, "Only one completion choice is allowed"), "one answer at a time"),
    ("n", says(400, "'n' : number must be at most 1 with this model"), "one answer at a time"),
    ("seed", says(400, "Unrecognized request argument supplied: seed"), "refuses a seed"),
    ("logprobs", says(403, "You are not allowed to request logprobs from this model"), "no log probabilities"),
    ("logprobs", says(400, "logprobs is not supported"), "no log probabilities"),
    (
        "response_format",
        says(400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
        "refuses response_format",
    ),
]


@pytest.mark.parametrize(("name", "fault", "note"), REFUSALS)
def test_what_a_server_refuses_is_learned_once_and_told(name: str, fault: Fault, note: str) -> None:
    with FaultServer(Picky(name, fault)) as server, door(concurrency=8) as asking:
        spec = spec_at(server.url, seed=1)
        changes: dict[str, Any] = {"n": 2, "logprobs": True, "response_format": {"type": "json_schema"}}
        assert asking.ask_all(asks(spec, ["first"], **changes))[0].failure is None
        before = server.calls
        replies = asking.ask_all(asks(spec, 20, **changes))
        assert [reply.failure for reply in replies] == [None] * 20
        assert all(len(reply.texts) == 2 for reply in replies)
        assert server.calls - before == (40 if name == "n" else 20), "no refusal after the first"
        assert [told for told in asking.notes if note in told]


def test_several_refusals_are_learned_one_after_the_other() -> None:
    def plan(asked: Asked) -> Fault | None:
        known = [name for name in ("max_tokens", "temperature", "seed") if name in asked.body]
        return refuses(*known) if known else None

    with FaultServer(plan) as server, door() as asking:
        replies = asking.ask_all(asks(spec_at(server.url, seed=1), 30))
        assert [reply.failure for reply in replies] == [None] * 30
        assert server.calls == asking.spent.calls < 50
        assert len(asking.notes) == 3


@pytest.mark.parametrize(
    "fault",
    [
        says(
            400, "max_tokens is too large: 5000. This model supports at most 4096 completion tokens", param="max_tokens"
        ),
        says(400, "This model's maximum context length is 8192 tokens", code="context_length_exceeded"),
        says(404, "The model `m` does not exist or you do not have access to it."),
        says(400, "Unsupported parameter: 'top_p' is not supported with this model.", param="top_p"),
        says(413, "too large"),
    ],
)
def test_a_refusal_that_teaches_nothing_is_final(fault: Fault) -> None:
    with FaultServer(lambda asked: fault) as server:
        failure = one(server, spec_at(server.url, extra={"top_p": 1})).failure
        assert failure is not None
        assert failure.kind == "bad_request"
        assert server.calls == 1


def test_a_server_that_takes_no_cap_on_tokens_is_not_asked_without_one() -> None:
    with FaultServer(lambda asked: refuses("max_tokens", "max_completion_tokens")) as server:
        failure = one(server).failure
        assert failure is not None
        assert failure.kind == "bad_request"
        assert server.calls == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (says(401, "Incorrect API key provided"), "credentials"),
        (says(403, "Project has no access"), "credentials"),
        (says(429, "You exceeded your current quota", code="insufficient_quota"), "quota"),
        (says(402, "Insufficient balance"), "quota"),
    ],
)
def test_what_no_retry_mends_ends_the_run(fault: Fault, kind: str) -> None:
    with FaultServer(lambda asked: fault) as server, door(concurrency=1) as asking:
        replies = asking.ask_all(asks(spec_at(server.url), 10))
        assert server.calls == 1
        assert asking.stopped is not None
        assert asking.stopped.kind == kind
    assert {reply.failure.kind for reply in replies if reply.failure} == {kind}


@pytest.mark.parametrize("name", ["o3-mini", "gpt-5-mini", "openai/gpt-5"])
def test_reasoning_models_are_asked_with_the_parameter_that_they_take(name: str) -> None:
    with FaultServer(keeps=True) as server:
        one(server, spec_at(server.url, model=name))
        assert "max_completion_tokens" in server.asked[0].body


def test_the_wall_clock_ends_a_call_in_flight() -> None:
    with FaultServer(lambda asked: "hang") as server, door(Limits(max_minutes=0.3 / 60)) as asking:
        replies = asking.ask_all(asks(spec_at(server.url, deadline_s=600), 3))
    assert {reply.failure.kind for reply in replies if reply.failure} == {"budget"}
    assert all(reply.failure and "max_minutes" in reply.failure.detail for reply in replies)


def test_one_client_serves_a_whole_run() -> None:
    with FaultServer() as server, door(concurrency=4) as asking:
        for _ in range(3):
            asking.ask_all(asks(spec_at(server.url), 40, sample=1))
        assert server.connections <= 4


@pytest.mark.parametrize("shape", ["detail", "list", "text"])
def test_errors_of_other_makes_are_understood(shape: str) -> None:
    message = "Extra inputs are not permitted"
    bodies: dict[str, Callable[[], Any]] = {
        "detail": lambda: {"detail": [{"loc": ["body", "seed"], "msg": message}]},
        "list": lambda: {"errors": [{"message": f"seed: {message}"}]},
        "text": lambda: f"seed: {message}",
    }

    async def fault(asked: Asked, writer: Any) -> None:
        writer.write(http(422, json.dumps(bodies[shape]()).encode()))

    with FaultServer(Picky("seed", fault)) as server:
        assert one(server, spec_at(server.url, seed=1)).failure is None
