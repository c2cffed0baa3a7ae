"""What questions are estimated to cost, live and in a batch, and what may be asked under which cap: pure sums."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptci.core import Message, ToolCall
from promptci.models.base import ModelSpec, Price, Request, Usage
from promptci.models.batch.prices import CACHED_FROM, LIKELY_OUTPUT, Costs, costs, shared_tokens
from promptci.models.budget import MOST_PICTURE, Cost, Estimate, dollars, estimate, guess, largest, largest_input

from .conftest import asks

DEAR = ModelSpec("dear", "http://far/v1", max_tokens=100, price=Price(10.0, 40.0))
CHEAP = replace(DEAR, model="cheap", price=Price(1.0, 4.0))


def test_models_are_reckoned_each_at_its_own_price() -> None:
    dear, cheap = (costs(asks(spec, ["x" * 400] * 2), discount=0.5, cached_input=0.1) for spec in (DEAR, CHEAP))
    both = costs([*asks(DEAR, ["x" * 400] * 2), *asks(CHEAP, ["x" * 400] * 2)], discount=0.5, cached_input=0.1)
    assert dear.live == pytest.approx((200 * 10 + LIKELY_OUTPUT * 200 * 40) / 1e6)
    assert cheap.live == pytest.approx(dear.live / 10)
    assert both.live == pytest.approx(dear.live + cheap.live)
    assert both.batch == pytest.approx(both.live / 2)


def test_only_what_one_model_was_sent_before_is_cached_for_it() -> None:
    text = "x" * 4 * CACHED_FROM
    one = costs(asks(DEAR, [text, text]), discount=0.5, cached_input=0.0)
    assert one.live - one.cached == pytest.approx(shared_tokens(asks(DEAR, [text, text])) * 10 / 1e6)
    apart = costs([*asks(DEAR, [text]), *asks(CHEAP, [text])], discount=0.5, cached_input=0.0)
    assert apart.cached == pytest.approx(apart.live)


@pytest.mark.parametrize(
    ("shared", "cached"), [(4 * CACHED_FROM - 9, False), (4 * CACHED_FROM, True), (8 * CACHED_FROM, True)]
)
def test_a_beginning_is_cached_from_a_length_on(shared: int, cached: bool) -> None:
    found = shared_tokens(asks(DEAR, ["x" * shared + end for end in "abc"]))
    assert found == (2 * ((shared + len("user\n")) // 4) if cached else 0)


@pytest.mark.parametrize(
    ("found", "cheaper", "words"),
    [
        (Costs(2.0, 2.0, 1.0), True, "2.0000 USD live, 1.0000 in a batch"),
        (Costs(2.0, 0.5, 1.0), False, "2.0000 USD live, 0.5000 with cached input, 1.0000 in a batch"),
        (Costs(0.0, 0.0, 0.0), True, "0.0000 USD live, 0.0000 in a batch"),
    ],
    ids=["batch", "cached", "free"],
)
def test_costs_in_words(found: Costs, cheaper: bool, words: str) -> None:
    assert (found.batch_is_cheaper, str(found)) == (cheaper, words)


@pytest.mark.parametrize(
    ("change", "more"),
    [
        pytest.param({"content": "Hellö."}, 1, id="bytes-not-letters"),
        pytest.param({"content": "\ud800ello."}, 2, id="half-a-pair"),
        pytest.param({"tool_calls": (ToolCall("find", '{"a":"é"}', "c1"),)}, 4 + 10, id="a-call"),
        pytest.param({"pictures": ("https://h/p.png", "data:,")}, 2 * MOST_PICTURE, id="pictures"),
        pytest.param({"name": "Ann"}, 3, id="a-name"),
    ],
)
def test_the_budget_holds_whatever_a_message_brings(change: dict[str, Any], more: int) -> None:
    plain = Message("user", "Hello.")
    turns = (replace(plain, **change),)
    assert largest_input(Request(DEAR, "scorer", turns)) - largest_input(Request(DEAR, "scorer", (plain,))) == more


def test_an_estimate_is_the_usual_input_and_the_most_output() -> None:
    (request,) = asks(DEAR, ["x" * 401], n=3)
    assert guess(request, ["four", "fives"]) == Usage(101, 3, estimated=True)
    assert largest(request).output_tokens == 300
    assert estimate(request) == Estimate(1, 0, 101, 300, 0.01301, 0)
    unpriced = replace(request, spec=replace(DEAR, price=None), kind="embedding")
    assert estimate(unpriced) == Estimate(1, 0, 101, 0, 0.0, 1)
    assert estimate(request) + estimate(unpriced) == Estimate(2, 0, 202, 300, estimate(request).usd, 1)


@pytest.mark.parametrize(
    ("usage", "usd"),
    [(Usage(10**6, 0), 10.0), (Usage(0, 10**6), 40.0), (Usage(5, 5, usd=0.0), 0.0), (Usage(0, 0, usd=0.3), 0.3)],
    ids=["in", "out", "said-to-be-free", "said"],
)
def test_what_an_answer_says_it_cost_comes_before_the_price(usage: Usage, usd: float) -> None:
    assert dollars(usage, Price(10.0, 40.0)) == usd


def test_costs_add_up_and_come_apart_again() -> None:
    parts = [Cost(1, 10, 0.1), Cost(2, 20, 0.2), Cost(3, 30, 0.3)]
    total = sum(parts, Cost())
    assert total == Cost(6, 60, 0.6)
    assert total - parts[2] - parts[0] == parts[1]
