"""Answers that were cut at the cap on tokens: their text counts, they are marked, and the cap is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from promptci.models import cut, keys
from promptci.models.base import Reply
from promptci.models.budget import largest
from promptci.models.cache import Cache

from .conftest import asks, door, said, spec_at
from .faultserver import Asked, FaultServer, chat, refuses


def half(asked: Asked) -> dict[str, Any]:
    return chat(asked, asked.text, finish_reason="length")


def test_a_cut_answer_counts_as_it_reads_and_is_marked_when_stored_too(tmp_path: Path) -> None:
    with FaultServer(answer=half) as server:
        for _ in range(2):
            with door(cache=Cache(tmp_path / "c")) as asking:
                reply = asking.ask_all(asks(spec_at(server.url), ["half of a"]))[0]
                assert (reply.text, reply.cut, reply.finish_reason, reply.failure) == (
                    "half of a",
                    True,
                    "length",
                    None,
                )
        assert server.calls == 1


@pytest.mark.parametrize("text", ["", " \n"], ids=["nothing", "blank"])
def test_a_cut_answer_without_a_text_names_the_cap_and_its_setting(text: str) -> None:
    with FaultServer(answer=lambda asked: chat(asked, text, finish_reason="length")) as server, door() as asking:
        failure = asking.ask_all(asks(spec_at(server.url, max_tokens=256), 1))[0].failure
    assert str(failure) == "truncated: the answer was cut at max_tokens (256); raise models.scorer.max_tokens"


@pytest.mark.parametrize(
    ("role", "extra", "expected"),
    [
        ("optimizer", {}, "max_tokens (16); raise models.optimizer.max_tokens"),
        ("judge", {}, "max_tokens (16); raise models.judge.max_tokens"),
        (
            "scorer",
            {"max_completion_tokens": 9},
            "max_completion_tokens (9); raise models.scorer.extra.max_completion_tokens",
        ),
    ],
    ids=["optimizer", "judge", "own cap"],
)
def test_a_reader_that_needs_the_whole_text_gets_a_failure_with_the_cap(
    role: Any, extra: dict[str, Any], expected: str
) -> None:
    request = asks(spec_at("http://unused/v1", extra=extra), 1)[0]
    request = type(request)(request.spec, role, request.messages)
    found = cut.whole(request, Reply(("half",), cut=True, attempts=1))
    assert found.text is None
    assert expected in str(found.failure)
    assert cut.whole(request, said(request)) == said(request)


def test_one_cut_answer_among_several_is_empty_for_its_text_could_not_be_marked() -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        body = chat(asked, "fine")
        body["choices"][1]["finish_reason"] = "length"
        return body

    with FaultServer(answer=answer) as server, door() as asking:
        reply = asking.ask_all(asks(spec_at(server.url), 1, n=3))[0]
    assert (reply.texts, reply.cut) == (("fine", "", "fine"), False)


def caps(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name.startswith("max_")}


@pytest.mark.parametrize("name", ["max_completion_tokens", "max_tokens"])
def test_the_user_s_own_cap_is_sent_alone_and_held_by_the_budget(name: str) -> None:
    spec = spec_at("http://unused/v1", extra={name: 900}, max_tokens=256)
    request = asks(spec, 1)[0]
    assert keys.max_tokens(request) == largest(request).output_tokens == 900
    with FaultServer(keeps=True) as server, door() as asking:
        asking.ask_all(asks(spec_at(server.url, extra={name: 900}), 1))
        assert [caps(asked.body) for asked in server.asked] == [{name: 900}]


@pytest.mark.parametrize(
    ("name", "other"),
    [("max_completion_tokens", "max_tokens"), ("max_tokens", "max_completion_tokens")],
)
def test_the_user_s_own_cap_keeps_its_value_under_the_name_that_the_server_takes(name: str, other: str) -> None:
    with FaultServer(lambda asked: refuses(name) if name in asked.body else None, keeps=True) as server:
        with door() as asking:
            reply = asking.ask_all(asks(spec_at(server.url, extra={name: 900}, max_tokens=256), 1))[0]
        assert reply.failure is None
        assert [caps(asked.body) for asked in server.asked] == [{name: 900}, {other: 900}]


def test_a_question_s_own_cap_never_exceeds_the_user_s() -> None:
    spec = spec_at("http://unused/v1", extra={"max_completion_tokens": 900})
    assert [keys.max_tokens(asks(spec, 1, max_tokens=most)[0]) for most in (2048, 10)] == [900, 10]
