"""No cap is ever exceeded, whatever comes back and in whatever order."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.errors import ConfigError
from promptci.models.base import Failure, FailureKind, ModelSpec, Price, Reply, Request, Usage
from promptci.models.budget import MOST_BYTES, Budget, Cost, Limits, Refusal, largest, price, require_prices
from promptci.models.cache import Cache

from .conftest import PRICE, Scripted, asks, door, spec_at
from .faultserver import FAULTS, Asked, FaultServer

SPEC = spec_at("http://unused/v1")


def test_a_call_is_held_at_its_most_and_booked_at_its_cost() -> None:
    budget = Budget(Limits(max_tokens=100))
    assert budget.reserve(Cost(1, 60)) is True
    assert budget.reserve(Cost(1, 60)) is False, "the first may turn out cheaper: wait"
    budget.settle(Cost(1, 60), Cost(1, 10))
    assert budget.reserve(Cost(1, 60)) is True
    assert budget.booked == Cost(2, 70)


def test_what_can_never_fit_is_refused_at_once_with_the_cap_that_refuses() -> None:
    budget = Budget(Limits(max_calls=5, max_usd=0.01))
    refusal = budget.reserve(Cost(1, 10, 0.02))
    assert isinstance(refusal, Refusal)
    assert "max_usd (0.01)" in refusal.detail


def test_after_a_refusal_smaller_questions_are_refused_too() -> None:
    budget = Budget(Limits(max_tokens=100))
    assert isinstance(budget.reserve(Cost(1, 101)), Refusal)
    assert isinstance(budget.reserve(Cost(1, 1)), Refusal)


def test_what_is_set_aside_can_be_used_only_after_release() -> None:
    budget = Budget(Limits(max_calls=3))
    budget.set_aside(2)
    assert budget.remaining_calls == 1
    assert budget.reserve(Cost(1)) is True
    budget.settle(Cost(1), Cost(1))
    refusal = budget.reserve(Cost(1))
    assert isinstance(refusal, Refusal)
    assert "2 calls are set aside" in refusal.detail
    budget.release()
    assert budget.remaining_calls == 2
    assert budget.reserve(Cost(1)) is True


def test_wall_time_is_a_cap() -> None:
    now = [0.0]
    budget = Budget(Limits(max_minutes=2), clock=lambda: now[0])
    assert budget.reserve(Cost(1)) is True
    now[0] = 119.0
    assert budget.remaining_s == 1.0
    now[0] = 120.0
    refusal = budget.reserve(Cost(1))
    assert isinstance(refusal, Refusal)
    assert "max_minutes (2)" in refusal.detail


def test_without_caps_everything_fits() -> None:
    budget = Budget()
    assert all(budget.reserve(Cost(1, 10**9, 1e9)) is True for _ in range(3))
    assert budget.remaining_calls is None
    assert budget.remaining_s is None


def test_a_dollar_cap_needs_a_price() -> None:
    unpriced = replace(SPEC, price=None)
    with pytest.raises(ConfigError, match="has no price"):
        door(Limits(max_usd=1), specs=[unpriced])
    with door(Limits(max_usd=1), connect=Scripted()) as asking, pytest.raises(ConfigError, match="has no price"):
        asking.ask_all(asks(unpriced, 1))


def test_the_embedded_model_needs_no_price() -> None:
    spec = replace(SPEC, model="offline", base_url=None, price=None)
    with door(Limits(max_usd=1), specs=[spec]) as asking:
        assert asking.spent.cost_usd == 0


@pytest.mark.parametrize(
    ("url", "free"),
    [
        ("http://localhost:8080/v1", True),
        ("http://127.0.0.1/v1", True),
        ("http://127.8.0.1:1", True),
        ("http://[::1]:1/v1", True),
        ("http://gpu.localhost/v1", True),
        ("http://127.0.0.1.example.com/v1", False),
        ("http://localhost.example.com/v1", False),
        ("http://10.0.0.1/v1", False),
        (None, False),
    ],
)
def test_a_server_on_this_machine_costs_nothing_unless_it_is_priced(url: str | None, free: bool) -> None:
    spec = ModelSpec("m", url)
    assert price(spec) == (Price(0, 0) if free else None)
    assert price(ModelSpec("m", url, price=PRICE)) == PRICE
    with pytest.raises(ConfigError, match="has no price"):  # it may pass calls on to a server that is paid
        require_prices([spec], Limits(max_usd=1))


def test_a_call_that_the_clock_broke_off_is_told_so_and_never_sent_again() -> None:
    budget = Budget(Limits(max_minutes=0.01), clock=lambda: 0.0)  # always as much is left as at the start
    with FaultServer(lambda asked: "hang") as server, door(budget=budget) as asking:
        replies = asking.ask_all(asks(spec_at(server.url), 2))
        assert server.calls == asking.spent.calls == 2
        assert [str(reply.failure) for reply in replies] == [
            "budget: max_minutes (0.01) has passed, and a call was broken off"
        ] * 2
        assert not any("sent again" in note for note in asking.notes)
        assert asking.notes == ["calls without an answer, which the budget counts at their largest cost: 2"]


def test_a_question_beyond_what_any_model_reads_is_refused_before_it_is_sent() -> None:
    model = Scripted()
    with door(connect=model) as asking:
        large, small = asking.ask_all(asks(SPEC, ["é" * (MOST_BYTES // 2), "small"]))
        assert str(large.failure) == "bad_request: the question has 8.0 MB, and at most 8 MB are sent"
        assert (len(model.asked), asking.spent.calls, large.attempts, small.failure) == (1, 1, 0, None)


def test_no_call_is_sent_when_none_is_allowed() -> None:
    model = Scripted()
    with door(Limits(max_calls=0), connect=model) as asking:
        replies = asking.ask_all(asks(SPEC, 3))
    assert [reply.failure.kind for reply in replies if reply.failure] == ["budget"] * 3
    assert not model.asked


@pytest.mark.parametrize("concurrency", [1, 7, 64])
def test_calls_end_exactly_at_the_cap_and_in_the_order_of_the_questions(concurrency: int) -> None:
    with FaultServer() as server, door(Limits(max_calls=20), concurrency=concurrency) as asking:
        replies = asking.ask_all(asks(spec_at(server.url), 50))
        assert server.calls == asking.spent.calls == 20
    assert [reply.failure is None for reply in replies] == [True] * 20 + [False] * 30


def test_a_token_cap_ends_at_the_same_question_whatever_the_concurrency() -> None:
    class Overlapping(Scripted):
        async def send(self, request: Request) -> Reply:
            for _ in range(len(self.asked) % 5):
                await asyncio.sleep(0)
            return await super().send(request)

    ends = set()
    for concurrency in (1, 3, 16):
        with door(Limits(max_tokens=700), concurrency=concurrency, connect=Overlapping()) as asking:
            replies = asking.ask_all(asks(SPEC, 100))
            ends.add(sum(reply.failure is None for reply in replies))
    assert len(ends) == 1
    assert 0 < ends.pop() < 100


class Costly(Scripted):
    """Costs at random up to the most that a call can, fails at random, often after the work, and counts for itself."""

    KINDS: tuple[FailureKind, ...] = ("rate_limit", "server", "timeout", "connection", "malformed")

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.rng, self.calls, self.usage = rng, 0, Usage()

    async def send(self, request: Request) -> Reply:
        self.calls += 1
        for _ in range(self.rng.randrange(4)):
            await asyncio.sleep(0)
        fault = self.rng.random()
        kind = self.rng.choice(self.KINDS)
        if fault < 0.2 and kind in ("rate_limit", "server"):
            return Reply(failure=Failure(kind, "not billed"))
        most = largest(request)
        used = Usage(self.rng.randint(1, most.input_tokens), self.rng.randint(1, most.output_tokens))
        self.usage += used
        if fault < 0.2:
            return Reply(failure=Failure(kind, "billed, but nobody is told"))
        if fault < 0.3:
            return Reply(texts=("x" * used.output_tokens,), usage=Usage(1, 1, estimated=True))
        return Reply(texts=("x",), usage=used)


def _stream(seed: int) -> bool:
    """Whether some cap was met in one random run; fails when one was exceeded."""
    rng = random.Random(seed)
    limits = Limits(
        max_calls=rng.choice([None, rng.randrange(40)]),
        max_tokens=rng.choice([None, rng.randrange(4000)]),
        max_usd=rng.choice([None, rng.random() * 0.003]),
    )
    model = Costly(rng)
    questions = [Request(SPEC, "scorer", r.messages, max_tokens=rng.randint(1, 64)) for r in asks(SPEC, 25)]
    with door(limits, concurrency=8, connect=model) as asking:
        replies = asking.ask_all(questions)
        assert asking.spent.calls == model.calls
    usd = (model.usage.input_tokens * PRICE.input + model.usage.output_tokens * PRICE.output) / 1e6
    assert limits.max_calls is None or model.calls <= limits.max_calls
    assert limits.max_tokens is None or model.usage.input_tokens + model.usage.output_tokens <= limits.max_tokens
    assert limits.max_usd is None or usd <= limits.max_usd + 1e-12
    return any(reply.failure is not None and reply.failure.kind == "budget" for reply in replies)


@pytest.mark.parametrize("streams", [200, pytest.param(1000, marks=pytest.mark.fault)])
def test_random_cost_streams_with_eight_workers_stay_within_every_cap(streams: int) -> None:
    met = sum(_stream(seed) for seed in range(streams))
    assert met > 0.4 * streams, "the caps must bind, or the test shows nothing"


def test_caps_hold_against_the_count_of_a_real_server_that_fails_half_the_time() -> None:
    quick = [name for name in FAULTS if name not in ("hang", "drip", "slow headers", "10 MB")]

    def plan(asked: Asked) -> str | None:
        draw = random.Random(f"{asked.text} {asked.times}")
        return draw.choice(quick) if draw.random() < 0.5 else None

    with FaultServer(plan) as server:
        for max_calls in (1, 40, 160):
            server.calls = 0
            with door(Limits(max_calls=max_calls), concurrency=8) as asking:
                asking.ask_all(asks(spec_at(server.url), 60))
                assert server.calls == asking.spent.calls <= max_calls


def test_a_resumed_run_plans_by_what_the_unbroken_one_saw_and_is_bound_by_what_was_really_sent(tmp_path: Path) -> None:
    model = Scripted()
    planned: list[list[int | None]] = []
    for _ in range(2):
        budget = Budget(Limits(max_calls=5))
        with door(budget=budget, cache=Cache(tmp_path / "c"), connect=model, run_id="r") as asking:
            seen = [budget.remaining_calls]
            for part in (asks(SPEC, 3), asks(SPEC, 5)):
                assert all(reply.failure is None for reply in asking.ask_all(part))
                seen.append(budget.remaining_calls)
            planned.append(seen)
    assert planned == [[5, 2, 0]] * 2
    assert len(model.asked) == 5
    with door(Limits(max_calls=5), cache=Cache(tmp_path / "c"), connect=model, run_id="r") as asking:
        failure = asking.ask_all(asks(SPEC, ["a new one"]))[0].failure
        assert failure is not None
        assert failure.kind == "budget"
        assert all(reply.failure is None for reply in asking.ask_all(asks(SPEC, 5)))


def test_what_is_set_aside_is_a_promise_that_an_interruption_does_not_count_twice() -> None:
    budget = Budget(Limits(max_calls=10))
    budget.resume(lost=Cost(1), ahead=Cost(7))
    budget.set_aside(4)
    assert budget.remaining_calls == 5
    assert budget.reserve(Cost(1)) is True, "of ten, eight are spent, and three of those are what was set aside"
    budget.settle(Cost(1), Cost(1))
    for _ in range(3):
        budget.replayed(Cost(1))
    assert budget.booked == Cost(9)
    assert budget.reserve(Cost(1)) is True
    assert budget.reserve(Cost(1)) is False, "ten are spent or in flight"


def test_the_sum_of_costs_does_not_depend_on_their_order() -> None:
    costs = [Cost(1, 1, usd) for usd in (0.1, 0.2, 0.3, 1e-7, 0.7)]
    assert sum(costs, Cost()) == sum(reversed(costs), Cost()) == Cost(5, 5, 1.3000001)
