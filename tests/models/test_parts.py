"""Answers that a server gives in several replies, put together: all are there, all is paid, the first is the first."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest

from promptci.core import ToolCall
from promptci.models import keys
from promptci.models.base import Failure, ModelSpec, Reply, Usage
from promptci.models.parts import given_up, merged, rest

from .conftest import asks

CALL = (ToolCall("find", "{}", "c1"),)
ONE = Reply(texts=("a",), usage=Usage(5, 1), attempts=1, finish_reason="stop")
CALLING = Reply(
    texts=("",), usage=Usage(5, 2), attempts=1, finish_reason="tool_calls", tool_calls=CALL, logprobs=(("x", -1.0),)
)
CUT = Reply(texts=("half",), usage=Usage(5, 9), attempts=1, finish_reason="length", cut=True)
BUSY = Reply(failure=Failure("rate_limit", "busy"), attempts=1)
TAUGHT = Reply(failure=Failure("bad_request", "no seed", mend="refuses a seed"), attempts=1)
UNSENT = Reply(failure=Failure("connection", "nobody there", unsent=True))


@pytest.mark.parametrize("first", [ONE, CALLING, CUT], ids=["text", "tools", "cut"])
@pytest.mark.parametrize("second", [ONE, CALLING, CUT], ids=["text", "tools", "cut"])
def test_what_is_told_of_one_answer_is_the_first_one_s(first: Reply, second: Reply) -> None:
    found = merged(first, second)
    assert found.texts == first.texts + second.texts
    assert (found.tool_calls, found.cut, found.finish_reason) == (first.tool_calls, first.cut, first.finish_reason)
    assert found.logprobs == first.logprobs
    assert (found.usage, found.attempts) == (first.usage + second.usage, 2)


@pytest.mark.parametrize(
    ("replies", "texts", "after", "attempts"),
    [
        pytest.param([BUSY, ONE], ("a",), ("rate_limit",), 2, id="sent-again"),
        pytest.param([BUSY, BUSY, CALLING], ("",), ("rate_limit", "rate_limit"), 3, id="twice"),
        pytest.param([TAUGHT, ONE], ("a",), (), 2, id="a-lesson-is-no-trouble"),
        pytest.param([UNSENT, ONE], ("a",), (), 1, id="what-was-not-sent-is-none"),
        pytest.param([ONE, BUSY, CUT], ("a", "half"), ("rate_limit",), 3, id="in-between"),
    ],
)
def test_failures_before_an_answer_are_counted_and_named(
    replies: list[Reply], texts: tuple[str, ...], after: tuple[str, ...], attempts: int
) -> None:
    found = reduce(merged, replies)
    assert (found.failure, found.texts, found.after, found.attempts) == (None, texts, after, attempts)
    assert found.finish_reason == next(reply for reply in replies if reply.texts).finish_reason


def test_what_is_missing_is_asked_for_independently() -> None:
    (request,) = asks(ModelSpec("m", seed=5), ["q"], n=4)
    parts = [rest(request, have) for have in range(4)]
    assert parts[0] is request
    assert [part.n for part in parts] == [4, 3, 2, 1]
    assert len({keys.seed(part) for part in parts}) == 4
    assert all(replace(part, n=4, sample=request.sample) == request for part in parts)


@pytest.mark.parametrize(
    ("reply", "texts"),
    [
        pytest.param(merged(ONE, BUSY), ("a", "", ""), id="some"),
        pytest.param(replace(ONE, texts=("a", "b", "c")), ("a", "b", "c"), id="all"),
        pytest.param(BUSY, (), id="none"),
    ],
)
def test_some_answers_are_answers_and_none_is_a_failure(reply: Reply, texts: tuple[str, ...]) -> None:
    found = given_up(reply, 3)
    assert found.texts == texts
    assert (found.failure is None) == bool(texts)
