"""Caps, minutes, waits and costs, whatever the order of events: held against what they mean, counted one by one."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from promptci.core import Json
from promptci.errors import MeasureError
from promptci.models import keys
from promptci.models.base import Failure, ModelSpec, Price, Request
from promptci.models.batch.lines import Line, digest_of, id_of, split
from promptci.models.batch.prices import CACHED_FROM, costs, shared_tokens
from promptci.models.batch.server import BatchServer, ServerError
from promptci.models.budget import Budget, Cost, Limits, Refusal
from promptci.models.learning import Learned
from promptci.models.rate import Pace, Window
from promptci.models.retry import RetryPolicy, Tries, retry_after_s
from promptci.models.secrets import Redactor, key_of

from .conftest import asks, spec_at

COSTS = st.builds(Cost, st.just(1), st.integers(0, 60), st.integers(0, 40).map(lambda cents: cents / 100))


class Spending(RuleBasedStateMachine):
    """Calls that are held, settled for less, and promised for later, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.caps = Limits(max_calls=12, max_tokens=300, max_usd=1.5)
        self.budget = Budget(self.caps)
        self.held: list[Cost] = []
        self.used = Cost()
        self.aside = 0
        self.refused = False

    @rule(most=COSTS)
    def reserve(self, most: Cost) -> None:
        before = self.budget.booked
        answer = self.budget.reserve(most)
        if answer is True:
            assert not self.refused, "after a refusal nothing is taken until there is room again"
            self.held.append(most)
        else:
            assert self.budget.booked == before
            assert self.held or answer is not False, "only a call on its way is worth waiting for"
        self.refused = self.refused or isinstance(answer, Refusal)

    @precondition(lambda self: self.held)
    @rule(part=st.floats(0, 1), data=st.data())
    def settle(self, part: float, data: st.DataObject) -> None:
        most = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        actual = Cost(1, int(part * most.tokens), round(part * most.usd, 6))
        self.budget.settle(most, actual)
        self.used += actual

    @precondition(lambda self: self.held)
    @rule()
    def never_sent(self) -> None:
        self.budget.settle(self.held.pop(), Cost())

    @rule(calls=st.integers(0, 4))
    def set_aside(self, calls: int) -> None:
        self.budget.set_aside(calls)
        self.aside += calls

    @rule()
    def release(self) -> None:
        self.budget.release()
        self.aside, self.refused = 0, False

    @invariant()
    def no_cap_is_exceeded(self) -> None:
        booked = sum(self.held, self.used)
        assert self.budget.booked == booked
        assert booked.calls <= 12
        assert booked.tokens <= 300
        assert booked.usd <= 1.5
        assert self.budget.remaining_calls == max(0, 12 - booked.calls - self.aside)


Spending.TestCase.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
TestSpending = Spending.TestCase


@settings(max_examples=40)
@given(st.lists(COSTS, max_size=8), st.randoms(use_true_random=False))
def test_costs_add_up_in_any_order_and_are_taken_away_again(given: list[Cost], rng: random.Random) -> None:
    shuffled = rng.sample(given, len(given))
    assert sum(given, Cost()) == sum(shuffled, Cost())
    left = sum(given, Cost())
    for cost in shuffled:
        left -= cost
    assert left == Cost()


AMOUNTS = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 40)), max_size=25)


@given(st.integers(1, 20), AMOUNTS)
def test_a_window_lets_through_as_soon_as_the_minute_before_has_room(most: int, steps: list[tuple[int, int]]) -> None:
    window, now, taken = Window(most), 0.0, deque[tuple[float, int]]()
    for amount, later in steps:
        now += later
        wait = window.delay_s(now, amount)

        def minute(at: float) -> int:
            return sum(counted for when, counted in taken if when > at - 60)

        ends = sorted({0.0, *(when + 60 - now for when, _ in taken if when + 60 > now)})
        first = next((end for end in ends if minute(now + end) + amount <= most), ends[-1])
        assert wait == pytest.approx(first)
        now += wait
        window.take(now, amount)
        taken.append((now, amount))


def test_who_is_cancelled_while_waiting_for_a_place_leaves_it_to_the_next() -> None:
    async def story() -> list[int]:
        pace = Pace(1, head_start_s=0)
        numbers: list[int] = []

        async def call(gate: asyncio.Event) -> None:
            async with pace.slot(0) as number:
                numbers.append(number)
                await gate.wait()

        gate = asyncio.Event()
        first, second, third = (asyncio.create_task(call(gate)) for _ in range(3))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, third)
        assert second.cancelled()
        return numbers

    assert asyncio.run(story()) == [1, 2]


def test_a_call_that_is_broken_off_gives_its_place_back() -> None:
    async def story() -> int:
        pace = Pace(2, head_start_s=0)
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                async with pace.slot(0):
                    raise ZeroDivisionError
        return pace._in_flight

    assert asyncio.run(story()) == 0


POLICIES = st.builds(
    RetryPolicy, attempts=st.integers(1, 8), timeouts=st.integers(1, 4), base_s=st.floats(0.01, 2),
    cap_s=st.floats(0.1, 30), retry_after_cap_s=st.floats(0.1, 90), request_wait_s=st.floats(0.5, 200),
)  # fmt: skip
FAILURES = st.builds(
    Failure, st.sampled_from(["rate_limit", "timeout", "connection", "server", "malformed", "quota"]), st.just("x"),
    st.none() | st.floats(-1e6, 1e9),
)  # fmt: skip


@settings(max_examples=60)
@given(POLICIES, st.lists(FAILURES, min_size=1, max_size=12), st.integers(0, 9))
def test_waits_are_within_every_bound_whatever_goes_wrong(
    policy: RetryPolicy, failures: list[Failure], seed: int
) -> None:
    tries, waits = Tries(policy, random.Random(seed)), list[float]()
    for failure in failures:
        wait = tries.after(failure)
        if wait is None:
            break
        assert failure.kind != "quota"
        asked = failure.retry_after_s
        cap = policy.cap_s if asked is None or asked < 0 else min(asked, policy.retry_after_cap_s) + policy.base_s
        assert 0 <= wait <= cap
        waits.append(wait)
    assert sum(waits) <= policy.request_wait_s
    assert len(waits) < policy.attempts
    assert sum(failure.kind == "timeout" for failure in failures[: len(waits)]) < policy.timeouts


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(" 7 ", 7.0), ("+7", 7.0), ("1e2", 100.0), ("-0", 0.0), ("", None), ("7 s", None), ("0x10", None), ("1e12", None),
     ("-1e12", None), ("inf", None), ("Thu, 01 Jan 1970 00:00:10 GMT", 10.0), ("Thu, 01 Jan 99999 00:00:00 GMT", None),
     ("1970-01-01T00:00:10Z", None), ("\x00", None)],
    ids=ascii,
)  # fmt: skip
def test_a_wait_in_a_header_is_seconds_or_a_date_and_nothing_else(value: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": value}, 0.0) == seconds


QUESTIONS = st.lists(
    st.text("ab", max_size=3).map(lambda tail: "word " * 1200 + tail) | st.text(max_size=8), max_size=8
)


@settings(max_examples=40)
@given(QUESTIONS, st.floats(0.01, 1), st.floats(0.01, 1), st.randoms(use_true_random=False))
def test_a_batch_costs_its_share_and_cached_input_only_saves(
    texts: list[str], discount: float, cached_input: float, rng: random.Random
) -> None:
    requests = asks(spec_at("http://far.example/v1", price=Price(2.0, 8.0)), texts)
    found = costs(requests, discount=discount, cached_input=cached_input)
    assert found.batch == found.live * discount
    assert 0 <= found.cached <= found.live + 1e-12
    again = costs(rng.sample(requests, len(requests)), discount=discount, cached_input=cached_input)
    assert again.live == pytest.approx(found.live)
    assert again.cached == pytest.approx(found.cached)
    assert found.batch_is_cheaper == (found.batch <= min(found.live, found.cached))


@settings(max_examples=40)
@given(QUESTIONS)
def test_what_is_shared_is_the_common_beginning_of_neighbours(texts: list[str]) -> None:
    sent = sorted(f"user\n{text}" for text in texts)
    alike = [
        sum(1 for _ in takewhile(lambda ab: ab[0] == ab[1], zip(*pair, strict=False))) // 4 for pair in pairwise(sent)
    ]
    assert shared_tokens(asks(spec_at("http://x/v1"), texts)) == sum(n for n in alike if n >= CACHED_FROM)


def lines(requests: Sequence[Request]) -> list[Line]:
    return [Line(id_of(keys.canonical(request)), request, Learned()) for request in requests]


@settings(max_examples=40)
@given(st.lists(st.text(max_size=40), max_size=9), st.integers(1, 4), st.integers(1, 1200))
def test_files_hold_every_line_once_in_order_within_their_limits(texts: list[str], most: int, most_bytes: int) -> None:
    made = lines(asks(spec_at("http://x/v1"), texts))
    parts = list(split(made, most=most, most_bytes=most_bytes))
    assert [line for part in parts for line in part] == made
    assert all(0 < len(part) <= most for part in parts)
    assert all(len(part) == 1 or sum(len(line.text) for line in part) <= most_bytes for part in parts)


@given(st.lists(st.text("ab\n,", max_size=4), max_size=5), st.randoms(use_true_random=False))
def test_a_batch_is_named_by_its_lines_in_any_order_and_by_its_server(ids: list[str], rng: random.Random) -> None:
    name = digest_of("s", ids)
    assert name == digest_of("s", rng.sample(ids, len(ids)))
    assert name != digest_of("t", ids)


class Told(BatchServer):
    """A server whose answers are written down beforehand, and that keeps what it was asked."""

    def __init__(self, *answers: Json) -> None:
        super().__init__(spec_at("http://127.0.0.1:9/v1"))
        self.answers, self.asked = [*answers], list[str]()

    async def _bytes(self, method: str, path: str, **more: Json) -> bytes:
        import json

        self.asked.append(path)
        answer = self.answers.pop(0)
        return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


@pytest.mark.parametrize("answer", [{}, {"id": None}, {"id": ""}, {"id": 5}, {"file": "f"}])
def test_a_file_without_a_name_is_not_handed_on_as_one(answer: Json) -> None:
    with pytest.raises(ServerError, match="the answer names no file") as caught:
        asyncio.run(Told(answer).upload("x.jsonl", b"{}"))
    assert (caught.value.certain, caught.value.wait) == (True, True)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"null", b'"id"', b"[" * 100_000, b"\xff"])
def test_an_answer_that_is_no_object_leaves_open_whether_a_batch_was_made(answer: bytes) -> None:
    with pytest.raises(ServerError, match="the answer is not a JSON object") as caught:
        asyncio.run(Told(answer).make("f", "/v1/chat/completions", "d"))
    assert (caught.value.certain, caught.value.wait) == (False, True)


def row(id_: Json, digest: Json) -> Json:
    return {"id": id_, "status": "completed", "metadata": {"promptci": digest}}


@pytest.mark.parametrize(
    ("pages", "found", "asked"),
    [
        ([{"data": [row("b2", "d"), row("b1", "x"), row("b0", "d")]}], ["b0", "b2"], 1),
        ([{"data": [row("b2", "d")], "has_more": True}, {"data": [row("b1", "d")]}], ["b1", "b2"], 2),
        ([{"data": [row("b1", "d")], "has_more": True}, {"data": [], "has_more": True}], ["b1"], 2),
        ([{"data": [row("", "d")], "has_more": True}], [""], 1),
        ([{"data": [5, None, row("b1", None), {"id": "b0", "metadata": 5}]}], [], 1),
        ([{"data": 5, "has_more": True}], [], 1),
        ([{}], [], 1),
    ],
    ids=["one", "two", "an-empty-end", "nothing-to-go-on-from", "odd-rows", "no-list", "nothing"],
)
def test_batches_are_found_again_by_their_mark_the_oldest_first(
    pages: list[Json], found: list[str], asked: int
) -> None:
    server = Told(*pages)
    assert [batch.id for batch in asyncio.run(server.made_of("d"))] == found
    assert len(server.asked) == asked
    assert all("after=" not in path for path in server.asked[:1])


@pytest.mark.parametrize(
    "key", ["a b-long-key", "a-long\nkey", "k\u00e9y-that-is-long", "a\x00long-key", "\ud800-long-key"]
)
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", {"MY_KEY": f"  {key}\n"})
    with pytest.raises(MeasureError) as caught:
        key_of(ModelSpec("m", api_key_env="MY_KEY"))
    assert caught.value.place == "MY_KEY"
    assert "long" not in caught.value.problem
    monkeypatch.setattr("os.environ", {"MY_KEY": "\n plain-key \n"})
    assert key_of(ModelSpec("m", api_key_env="MY_KEY")) == "plain-key"
    assert key_of(ModelSpec("m", api_key_env="OTHER")) is None


@settings(max_examples=40)
@given(st.text("abc\x00 ", max_size=30), st.text("abc", min_size=8, max_size=12))
def test_masking_twice_is_masking_once_and_leaves_no_secret(text: str, secret: str) -> None:
    mask = Redactor([secret])
    once = mask.strictly(f"{text}{secret}{text}")
    assert secret not in once
    assert mask.strictly(once) == once
    assert mask(text) == (text.replace(secret, "[key]") if secret in text else text)


@given(st.integers(0, 5), st.integers(0, 3))
def test_each_repeat_has_a_seed_and_a_key_of_its_own(sample: int, seed: int) -> None:
    (request,) = asks(replace(spec_at("http://x/v1"), seed=seed), ["q"], sample=sample)
    assert keys.seed(request) == seed + sample
    other = replace(request, sample=sample + 1)
    assert keys.key(keys.canonical(request)) != keys.key(keys.canonical(other))
