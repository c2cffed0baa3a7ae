"""The expected answer's probability under the scorer, from log probabilities that a server echoes."""

from __future__ import annotations

import math

import pytest

from promptci.core import Case, Json, Message
from promptci.metrics.base import Answer
from promptci.metrics.likely import LogProbability
from promptci.models.base import Failure, Reply

ASKED = Answer("cold", asked=(Message("user", "Say the opposite. Input: hot Output:"),))
METRIC = LogProbability()


def case(expected: Json = "very cold") -> Case:
    return Case("a", {"input": "hot"}, expected)


def echo(text: str) -> Reply:
    """A server that echoes: words as tokens, each answer word at probability 1/2, the rest at 1/8."""
    tokens = text.replace(" ", "\0 ").split("\0")
    return Reply(("",), logprobs=tuple((t, math.log(0.5 if t in (" very", " cold") else 0.125)) for t in tokens))


def test_it_is_the_mean_probability_of_the_answers_tokens_only() -> None:
    (question,) = METRIC.questions(case(), ASKED)
    assert question.messages[0].content == "Say the opposite. Input: hot Output: very cold"
    assert (question.role, question.kind) == ("scorer", "completion")
    assert METRIC.read(case(), ASKED, [echo(question.messages[0].content)]).value == pytest.approx(0.5)


def test_of_several_answers_the_likeliest_counts() -> None:
    either = case(["icy", "very cold"])
    replies = [echo(q.messages[0].content) for q in METRIC.questions(either, ASKED)]
    assert METRIC.read(either, ASKED, replies).value == pytest.approx(0.5)


def test_a_token_that_reaches_into_the_answer_counts() -> None:
    tokens = (("Say the opposite. Input: hot Output", -9.0), (": ve", -1.0), ("ry cold", -3.0))
    assert METRIC.read(case(), ASKED, [Reply(("",), logprobs=tokens)]).value == pytest.approx(math.exp(-2.0))


@pytest.mark.parametrize("logprobs", [None, (), (("very cold", -1.0),)], ids=["none", "empty", "another-text"])
def test_a_server_without_echo_is_said(logprobs: tuple[tuple[str, float], ...] | None) -> None:
    grade = METRIC.read(case(), ASKED, [Reply(("cold",), logprobs=logprobs)])
    assert (grade.value, grade.reason and grade.reason.kind) == (None, "no_logprobs")


def test_a_failed_call_is_unmeasured_with_its_reason() -> None:
    grade = METRIC.read(case(), ASKED, [Reply(failure=Failure("timeout", "60 s"))])
    assert (grade.value, grade.reason and grade.reason.kind) == (None, "timeout")


def test_a_case_without_an_answer_asks_nothing_and_is_unmeasured() -> None:
    assert METRIC.questions(case(None), ASKED) == ()
    assert METRIC.read(case(None), ASKED, []).value is None
    assert METRIC(case(), "cold") is None
