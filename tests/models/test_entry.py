"""A reply as it is stored, and back; and one request's cap and seed under a prompt's own parameters."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import ToolCall
from promptci.models import keys
from promptci.models.base import Failure, ModelSpec, Reply, Usage
from promptci.models.budget import Cost
from promptci.models.entry import answered, check, from_bytes, to_bytes
from promptci.models.parameters import asked_with, cap, own_name

from .conftest import asks

FULL = Reply(
    texts=("one", "zwei \U0001f600", ""),
    usage=Usage(7, 2, estimated=True, usd=0.25),
    model="m-1",
    fingerprint="fp",
    finish_reason="stop",
    attempts=3,
    logprobs=(("a", -0.5), ("", 0.0)),
    vectors=((0.1, 1e-300), (2.0, -3.5)),
    after=("rate_limit", "timeout"),
    cut=True,
    tool_calls=(ToolCall("find", '{"a":1}', "c1"),),
)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(FULL, id="all-of-it"),
        pytest.param(Reply(texts=("",)), id="next-to-nothing"),
        pytest.param(Reply(failure=Failure("refused", "no"), usage=Usage(1, 0), attempts=1), id="a-failure"),
        pytest.param(replace(FULL, usage=Usage(7, 2, usd=0.0)), id="said-to-cost-nothing"),
        pytest.param(replace(FULL, logprobs=()), id="no-tokens"),
    ],
)
def test_a_stored_reply_comes_back_whole_with_its_cost(reply: Reply) -> None:
    assert from_bytes(to_bytes(reply, Cost(3, 9, 0.125))) == (reply, Cost(3, 9, 0.125))


def test_whether_it_was_found_and_how_long_it_took_are_not_stored() -> None:
    stored = to_bytes(replace(FULL, cached=True, latency_s=2.5), Cost())
    assert stored == to_bytes(FULL, Cost())
    assert stored.isascii()
    assert from_bytes(stored)[0].latency_s is None


def test_an_answer_of_an_older_release_is_read() -> None:
    row = json.loads(to_bytes(FULL, Cost()))
    del row["cut"], row["tool_calls"]
    row["usage"] = row["usage"][:3]
    old = from_bytes(json.dumps(row).encode())[0]
    assert old == replace(FULL, cut=False, tool_calls=(), usage=Usage(7, 2, estimated=True))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"texts": None}, id="no-texts"),
        pytest.param({"usage": 5}, id="no-usage"),
        pytest.param({"failure": ["a", "b", 1, "c", True, "much"]}, id="too-long-a-failure"),
        pytest.param({"logprobs": [["a"]]}, id="half-a-pair"),
        pytest.param({"vectors": [1]}, id="no-vectors"),
        pytest.param({"tool_calls": [[]]}, id="an-empty-call"),
        pytest.param({"cost": [1, 2, 3, 4]}, id="too-long-a-cost"),
        pytest.param({"cost": [1, 2]}, id="too-short-a-cost"),
        pytest.param({"cost": [1, 2, float("nan")]}, id="a-cost-that-no-cap-meets"),
        pytest.param({"cost": [1, 2, float("inf")]}, id="a-cost-without-end"),
        pytest.param({"cost": [1, 2, -0.5]}, id="a-cost-that-gives-money-back"),
        pytest.param({"cost": [-1, 2, 0]}, id="calls-given-back"),
        pytest.param({"cost": [1.5, 2, 0]}, id="half-a-call"),
        pytest.param({"cost": [True, 2, 0]}, id="a-call-that-is-true"),
        pytest.param({"texts": "abc"}, id="one-text-for-three"),
        pytest.param({"texts": ["a", 1]}, id="a-number-for-a-text"),
        pytest.param({"usage": ["7", 2, False]}, id="tokens-in-a-text"),
        pytest.param({"usage": [-7, 2, False]}, id="tokens-below-nothing"),
        pytest.param({"usage": [7, 2, 0]}, id="an-estimate-in-numbers"),
        pytest.param({"usage": [7, 2]}, id="half-a-usage"),
        pytest.param({"usage": [7, 2, False, float("nan")]}, id="a-price-that-is-no-number"),
        pytest.param({"usage": [7, 2, False, -1.0]}, id="a-price-below-nothing"),
        pytest.param({"attempts": "3"}, id="attempts-in-a-text"),
        pytest.param({"attempts": -1}, id="attempts-below-nothing"),
        pytest.param({"model": None}, id="no-model"),
        pytest.param({"fingerprint": 5}, id="a-number-for-a-mark"),
        pytest.param({"finish_reason": ["stop"]}, id="a-list-for-why"),
        pytest.param({"failure": ["empty"]}, id="a-failure-without-words"),
        pytest.param({"failure": ["empty", 5]}, id="a-failure-in-numbers"),
        pytest.param({"failure": ["empty", "x", 1.0]}, id="a-failure-with-a-wait"),
        pytest.param({"failure": []}, id="a-failure-of-nothing"),
        pytest.param({"vectors": {}}, id="vectors-by-name"),
        pytest.param({"failure": "empty"}, id="a-failure-in-letters"),
        pytest.param({"logprobs": [["a", "b"]]}, id="a-word-for-a-probability"),
        pytest.param({"logprobs": [["a", float("-inf")]]}, id="a-probability-of-nothing"),
        pytest.param({"logprobs": [[1, -0.5]]}, id="a-number-for-a-token"),
        pytest.param({"logprobs": {}}, id="probabilities-by-name"),
        pytest.param({"vectors": [["a"]]}, id="a-vector-of-words"),
        pytest.param({"vectors": [[float("nan")]]}, id="a-vector-that-points-nowhere"),
        pytest.param({"vectors": [[10**400]]}, id="a-vector-longer-than-a-float"),
        pytest.param({"cost": [1, 1, 10**400]}, id="more-money-than-a-float-holds"),
        pytest.param({"vectors": [[True]]}, id="a-vector-that-is-true"),
        pytest.param({"after": "ab"}, id="kinds-in-letters"),
        pytest.param({"cut": "no"}, id="a-word-that-is-true"),
        pytest.param({"tool_calls": [["f", {}, "c"]]}, id="arguments-that-are-no-text"),
    ],
)
def test_what_is_no_entry_is_an_error_that_readers_expect(change: dict[str, Any]) -> None:
    row = json.loads(to_bytes(FULL, Cost())) | change
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_bytes(json.dumps(row).encode())


@pytest.mark.parametrize("name", ["texts", "failure", "usage", "model", "attempts", "after", "cost"])
def test_a_field_that_lacks_is_not_made_up(name: str) -> None:
    row = json.loads(to_bytes(FULL, Cost()))
    del row[name]
    with pytest.raises(KeyError, match=name):
        from_bytes(json.dumps(row).encode())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_two_lists_of_parts_have_one_digest_only_when_they_are_the_same(a: list[bytes], b: list[bytes]) -> None:
    assert (check(*a) == check(*b)) == (a == b)


def test_a_number_is_a_part_by_its_digits() -> None:
    assert check(12, b"x") == check(b"12", b"x") != check(1, b"2x")


@pytest.mark.parametrize(
    ("kind", "paid"),
    [("refused", True), ("empty", True), ("truncated", True), ("timeout", False), ("server", False), ("budget", False)],
)
def test_only_what_the_model_said_is_an_answer(kind: Any, paid: bool) -> None:
    assert answered(Reply(failure=Failure(kind, "why"))) is paid
    assert answered(Reply(texts=("",)))


@pytest.mark.parametrize(
    ("extra", "name", "most"),
    [
        pytest.param({}, None, 16, id="ours"),
        pytest.param({"max_completion_tokens": 9}, "max_completion_tokens", 9, id="theirs"),
        pytest.param({"max_tokens": 9, "max_completion_tokens": 8}, "max_completion_tokens", 8, id="both"),
        pytest.param({"max_tokens": 0}, None, 16, id="nothing"),
        pytest.param({"max_tokens": True}, None, 16, id="true"),
        pytest.param({"max_tokens": "9"}, None, 16, id="a-text"),
    ],
)
def test_the_cap_in_extra_is_the_user_s_own_word(extra: dict[str, Any], name: str | None, most: int) -> None:
    spec = ModelSpec("m", max_tokens=16, extra=extra)
    assert (own_name(spec), cap(spec)) == (name, most)
    request = asks(spec, ["q"], max_tokens=12)[0]
    assert keys.max_tokens(request) == (12 if name is None else min(12, most))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, (0.5, 16, 3, {"max_tokens": 9, "x": 1}, {"top_p": 1}), id="nothing"),
        pytest.param({"max_tokens": 7}, (0.5, 7, 3, {"x": 1}, {"top_p": 1}), id="a-cap-of-its-own"),
        pytest.param({"max_completion_tokens": 7}, (0.5, 7, 3, {"x": 1}, {"top_p": 1}), id="the-other-name"),
        pytest.param({"top_p": 0.2, "stop": "."}, (0.5, 16, 3, {"max_tokens": 9, "x": 1}, {"top_p": 0.2, "stop": "."}),
            id="over-the-settings"),
        pytest.param({"temperature": 2, "seed": None}, (2, 16, None, {"max_tokens": 9, "x": 1}, {"top_p": 1}),
            id="fields"),
        pytest.param({"temperature": 0}, (0, 16, 3, {"max_tokens": 9, "x": 1}, {"top_p": 1}), id="the-lowest"),
    ],
)  # fmt: skip
def test_a_prompt_s_parameters_land_where_they_belong(given: dict[str, Any], expected: tuple[Any, ...]) -> None:
    settings_ = ModelSpec(
        "m", temperature=0.5, max_tokens=16, seed=3, extra={"max_tokens": 9, "x": 1}, parameters={"top_p": 1}
    )
    spec = asked_with(settings_, given)
    assert (spec.temperature, spec.max_tokens, spec.seed, dict(spec.extra), dict(spec.parameters)) == expected


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"role": "judge"}, True),
        ({"sample": 1}, False),
        ({"temperature": 0.5}, False),
        ({"max_tokens": 3}, False),
        ({"n": 2}, False),
        ({"logprobs": True}, False),
        ({"kind": "completion"}, False),
        ({"response_format": {"type": "json_object"}}, False),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_changes_an_answer_makes_another_question(change: dict[str, Any], same: bool) -> None:
    (request,) = asks(ModelSpec("m", "http://h/v1", seed=1), ["q"])
    assert (keys.canonical(replace(request, **change)) == keys.canonical(request)) is same


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"base_url": "http://user:pass@h/v1/"}, True),
        ({"base_url": "http://other/v1"}, False),
        ({"deadline_s": 9.0}, True),
        ({"seed": None}, False),
        ({"parameters": {"tools": []}}, False),
    ],
    ids=["address-s-dress", "address", "deadline", "seed", "tools"],
)
def test_of_the_settings_only_what_the_server_is_asked_counts(change: dict[str, Any], same: bool) -> None:
    spec = ModelSpec("m", "http://h/v1", seed=1)
    one, other = asks(spec, ["q"])[0], asks(replace(spec, **change), ["q"])[0]
    assert (keys.canonical(one) == keys.canonical(other)) is same


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(st.characters(), max_size=6)
REPLIES = st.builds(
    Reply,
    texts=st.lists(WORDS, max_size=3).map(tuple),
    failure=st.none() | st.builds(Failure, st.sampled_from(["refused", "empty", "truncated"]), WORDS),
    usage=st.builds(Usage, st.integers(0, 10**9), st.integers(0, 10**9), st.booleans(), st.none() | st.floats(0, 1e9)),
    model=WORDS,
    fingerprint=st.none() | WORDS,
    finish_reason=st.none() | WORDS,
    attempts=st.integers(0, 99),
    logprobs=st.none() | st.lists(st.tuples(WORDS, NUMBERS), max_size=3).map(tuple),
    vectors=st.lists(st.lists(NUMBERS, max_size=3).map(tuple), max_size=2).map(tuple),
    cut=st.booleans(),
    tool_calls=st.lists(st.builds(ToolCall, WORDS, WORDS, WORDS), max_size=2).map(tuple),
)


@settings(max_examples=60)
@given(REPLIES, st.builds(Cost, st.integers(0, 9), st.integers(0, 10**9), st.floats(0, 1e6)))
def test_whatever_a_client_makes_of_an_answer_is_believed_when_it_comes_back(reply: Reply, cost: Cost) -> None:
    assert from_bytes(to_bytes(reply, cost)) == (reply, cost)


@settings(max_examples=60)
@given(st.sampled_from(sorted(json.loads(to_bytes(FULL, Cost())))), st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | WORDS, lambda inner: st.lists(inner, max_size=4)
))  # fmt: skip
def test_any_other_value_of_any_field_is_an_entry_or_an_error_that_readers_expect(name: str, value: Any) -> None:
    row = json.loads(to_bytes(FULL, Cost())) | {name: value}
    try:
        reply, cost = from_bytes(json.dumps(row).encode())
    except (ValueError, KeyError, TypeError):
        return
    assert from_bytes(to_bytes(reply, cost)) == (reply, cost)
    assert cost.usd >= 0
    assert all(type(text) is str for text in reply.texts)


def test_a_stored_reply_is_the_same_but_for_what_was_sent() -> None:
    whole = replace(FULL, latency_s=0.5)
    silent = {f.name for f in fields(Reply) if getattr(whole, f.name) == f.default}
    assert silent == {"failure", "cached"}  # so that a field that is forgotten shows
    for one in (whole, replace(whole, texts=(), failure=Failure("refused", "no"))):
        assert one.stored() == replace(one, cached=True, attempts=0)
        assert one.stored().latency_s == one.latency_s
