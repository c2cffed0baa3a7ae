"""Few at a time where a server says that it is too many, and all again when it is not."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest

from promptci.models.rate import Pace, Window

from .conftest import Scripted, asks, door, spec_at
from .faultserver import Asked, FaultServer


@pytest.mark.parametrize(
    ("most", "amounts"), [(1, [1, 1, 1]), (5, [1] * 23), (100, [40, 40, 40, 100, 1, 99, 30]), (10, [50, 1, 50])]
)
def test_no_minute_has_more_than_is_allowed(most: int, amounts: list[int]) -> None:
    window, now, taken = Window(most), 0.0, deque[tuple[float, int]]()
    for amount in amounts:
        wait = window.delay_s(now, amount)
        assert wait >= 0
        now += wait
        assert window.delay_s(now, amount) == 0
        window.take(now, amount)
        taken.append((now, amount))
        minute = sum(amount for when, amount in taken if when > now - 60)
        assert minute <= most or minute == amount, "too much for any minute passes alone"
        now += 1.0
    assert now < 60 * len(amounts) + len(amounts), "nothing waits longer than it must"


def test_concurrency_halves_once_for_all_that_were_refused_together_and_comes_back() -> None:
    async def story() -> list[int]:
        pace = Pace(16, head_start_s=0)
        for number in range(1, 17):
            async with pace.slot(0) as given:
                assert given == number
        limits = []
        for number in range(16, 0, -1):
            pace.refused(number, 0.0)
        limits.append(int(pace._limit))
        for _ in range(32):
            pace.answered()
        limits.append(int(pace._limit))
        for _ in range(100):
            pace.answered()
        limits.append(int(pace._limit))
        return [*limits, pace.lowest]

    assert asyncio.run(story()) == [8, 16, 16, 8]


def test_a_server_with_room_for_four_is_not_overrun() -> None:
    refused = 0

    def plan(asked: Asked) -> str | None:
        nonlocal refused
        if server.in_flight > 4:
            refused += 1
            return "429"
        return None

    with FaultServer(plan, delay_s=0.004) as server, door(concurrency=32) as asking:
        replies = asking.ask_all(asks(spec_at(server.url), 150))
        answered = sum(reply.failure is None for reply in replies)
        told = any("at a time, after status 429" in note for note in asking.notes)
    assert told or refused == 0, "on a machine that is busy enough nothing is ever refused"
    assert answered > 120
    assert refused < 120, "without backing off 28 of 32 would be refused, again and again"


def test_the_configured_rate_is_kept_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptci.models.rate._MINUTE_S", 0.2)
    model = Scripted()
    with door(connect=model, concurrency=8) as asking:
        asking.ask_all(asks(spec_at("http://unused/v1", rpm=10), 25))
        assert asking.spent.waited_s >= 0.35
        assert any("held back" in note and "as its limits" in note for note in asking.notes)
    assert len(model.asked) == 25


def test_a_pause_that_a_server_asks_for_holds_for_everyone() -> None:
    async def story() -> float:
        clock = asyncio.get_running_loop().time
        pace = Pace(4, head_start_s=0, clock=clock)
        pace.refused(1, 0.05)
        before = clock()
        async with pace.slot(0):
            return clock() - before

    assert asyncio.run(story()) >= 0.045
