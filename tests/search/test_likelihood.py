from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from promptci.core import Case, Reason
from promptci.errors import MeasureError
from promptci.models.base import Failure, ModelSpec, Reply, Request
from promptci.search.likelihood import likelihood

SPEC = ModelSpec("some-model")
CASE = Case("a", {"input": "hot"}, "very cold")


def echo(request: Request) -> Reply:
    """A server that echoes: words as tokens, each answer word at probability 1/2, the rest at 1/8."""
    tokens = request.messages[0].content.replace(" ", "\0 ").split("\0")
    likely = {" very", " cold"}
    return Reply(("",), logprobs=tuple((t, math.log(0.5 if t in likely else 0.125)) for t in tokens))


def score(reply: object, case: Case = CASE) -> tuple[float | None, Reason | None, list[Request]]:
    asked: list[Request] = []

    def ask(requests: Sequence[Request]) -> list[Reply]:
        asked.extend(requests)
        return [reply(r) if callable(reply) else reply for r in requests]  # type: ignore[misc]  # a reply or its maker

    evaluate = likelihood(ask, SPEC, lambda text, c: f"{text} Input: {c.vars['input']} Output:")
    outcome = evaluate([("Say the opposite.", case)])[0]
    return outcome.score.value, outcome.score.reason, asked


def test_it_is_the_mean_probability_of_the_answers_tokens_only() -> None:
    value, _, asked = score(echo)
    assert value == pytest.approx(0.5)
    assert asked[0].messages[0].content == "Say the opposite. Input: hot Output: very cold"
    assert (asked[0].kind, asked[0].logprobs, asked[0].max_tokens) == ("completion", True, 0)


def test_a_token_that_reaches_into_the_answer_counts() -> None:
    tokens = (("Say the opposite. Input: hot Output", -9.0), (": ve", -1.0), ("ry cold", -3.0))
    value, _, _ = score(Reply(("",), logprobs=tokens))
    assert value == pytest.approx(math.exp(-2.0))


@pytest.mark.parametrize("logprobs", [None, (), (("very cold", -1.0),)])
def test_a_server_without_echo_is_a_clear_error(logprobs: tuple[tuple[str, float], ...] | None) -> None:
    with pytest.raises(MeasureError, match=r"(?s)does not echo log probabilities.*execution accuracy"):
        score(Reply(("cold",), logprobs=logprobs))


def test_a_failed_call_is_unjudged_with_its_reason() -> None:
    value, reason, _ = score(Reply(failure=Failure("timeout", "60 s")))
    assert (value, reason) == (None, Reason("timeout", "timeout: 60 s"))


def test_a_case_without_an_answer_is_unjudged() -> None:
    assert score(echo, Case("b", {"input": "x"}, None))[0] is None
