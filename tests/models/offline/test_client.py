"""The stand-in as a client: what each kind of request gets, and that it fails as a server would, never by an error."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from promptci.core import Message
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.offline.client import OfflineClient
from promptci.models.offline.embedder import embed

ASKED = "Write the sum of the numbers. Answer with only the result.\n\nInput: 3 4\nOutput:"


def sent(text: str = ASKED, *, spec: dict[str, Any] | None = None, **changes: Any) -> Reply:
    model = ModelSpec("offline", **{"max_tokens": 50, "temperature": 0.0, **(spec or {})})
    return asyncio.run(OfflineClient().send(Request(model, "scorer", (Message("user", text),), **changes)))


@pytest.mark.parametrize(
    ("form", "as_object"),
    [
        pytest.param({"type": "json_object"}, True, id="object"),
        pytest.param({"type": "json_schema", "json_schema": {}}, True, id="schema"),
        pytest.param({"type": "text"}, False, id="text"),
        pytest.param({}, False, id="empty"),
        pytest.param("json_object", False, id="no-object-at-all"),
        pytest.param(None, False, id="null"),
    ],
)
def test_a_prompt_s_response_format_is_kept_and_nonsense_is_no_crash(form: Any, as_object: bool) -> None:
    reply = sent(spec={"parameters": {"response_format": form}})
    assert reply.failure is None
    assert (reply.text or "").startswith("{") is as_object
    if as_object:
        assert "answer" in json.loads(reply.text or "")


@pytest.mark.parametrize(
    ("most", "n", "texts", "cut", "kind"),
    [
        pytest.param(1, 1, 1, True, None, id="cut-alone"),
        pytest.param(1, 2, 0, False, "truncated", id="cut-among-several"),
        pytest.param(0, 1, 0, False, "truncated", id="nothing"),
        pytest.param(50, 2, 2, False, None, id="whole"),
    ],
)
def test_a_cut_answer_counts_as_a_server_s_does(most: int, n: int, texts: int, cut: bool, kind: str | None) -> None:
    reply = sent(spec={"max_tokens": most}, response_format={"type": "json_object"}, n=n)
    assert (len(reply.texts), reply.cut, reply.failure and reply.failure.kind) == (texts, cut, kind)
    assert reply.attempts == 1


def test_vectors_are_those_of_the_embedder_one_for_each_message() -> None:
    turns = (Message("user", "late parcel"), Message("user", ""))
    reply = asyncio.run(OfflineClient().send(Request(ModelSpec("offline"), "embedder", turns, kind="embedding")))
    assert reply.vectors == (embed("late parcel"), embed(""))
    assert (reply.texts, reply.usage.input_tokens, reply.usage.output_tokens) == ((), 3, 0)


def test_the_echo_of_a_completion_is_its_own_prompt_token_by_token() -> None:
    reply = sent(kind="completion", logprobs=True, max_tokens=0)
    assert (reply.text, reply.finish_reason) == (ASKED, "length")
    assert "".join(token for token, _ in reply.logprobs or ()) == ASKED
