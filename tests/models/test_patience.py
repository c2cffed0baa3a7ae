"""Slow servers: what is being answered is waited for, what is not is given up, and somebody is told meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from promptci.models import patience
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.patience import Flight, Patience

from .conftest import asks, door, said, spec_at
from .faultserver import FaultServer


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [({"max_tokens": 256}, 124.0), ({"max_tokens": 2048}, 572.0), ({"max_tokens": 2048, "deadline_s": 7.0}, 7.0)],
    ids=["short", "long", "set"],
)
def test_the_deadline_grows_with_the_tokens_unless_it_is_set(changes: dict[str, float], seconds: float) -> None:
    spec = ModelSpec("m", **changes)  # type: ignore[arg-type]  # parametrized
    assert Patience().seconds(asks(spec, 1)[0]) == seconds


class SlowModel:
    """Answers one call at a time, each in 0.05 s, whatever waits."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self.sent = 0

    def __call__(self, spec: ModelSpec) -> SlowModel:
        return self

    async def send(self, request: Request) -> Reply:
        self.sent += 1
        async with self._one:
            await asyncio.sleep(0.05)
        return said(request)

    async def close(self) -> None:
        """Nothing to release."""


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines of 0.3 s where 60 s are meant, and no time for tokens."""
    monkeypatch.setattr(patience, "_START_S", 0.3)
    monkeypatch.setattr(patience, "_PER_TOKEN_S", 0.0)


def test_time_in_the_server_s_queue_is_not_held_against_an_answer(short: None) -> None:
    model = SlowModel()
    with door(connect=model, concurrency=32) as asking:
        replies = asking.ask_all(asks(spec_at("http://unused/v1", deadline_s=None), 32))
    assert [reply.failure for reply in replies] == [None] * 32, "the last waits 1.6 s, five deadlines long"
    assert model.sent == 32, "nothing was cancelled and sent again"


def test_a_deadline_that_is_set_bounds_the_whole_answer(short: None) -> None:
    with door(connect=SlowModel(), concurrency=32) as asking:
        replies = asking.ask_all(asks(spec_at("http://unused/v1", deadline_s=0.3), 32))
    assert any(reply.failure is not None and reply.failure.kind == "timeout" for reply in replies)


def test_a_server_that_never_answers_is_given_up_and_each_try_had_longer(short: None) -> None:
    with FaultServer(lambda asked: "hang") as server, door(concurrency=4) as asking:
        replies = asking.ask_all(asks(spec_at(server.url, deadline_s=None), 4))
        assert all("no whole answer within 0.6 s" in str(reply.failure) for reply in replies)
        assert 6 <= server.calls <= 8
        assert asking.stopped is not None
        assert asking.ask_all(asks(spec_at(server.url), ["another"]))[0].attempts == 0
        assert any("as few as 2 at a time" in note or "as few as 1 at a time" in note for note in asking.notes)


def test_who_watches_is_told_of_what_is_on_its_way_and_of_errors_at_once() -> None:
    told: list[Flight] = []

    def plan(asked: object) -> str | None:
        return None if any(flight.trouble for flight in told) else "500"

    with FaultServer(plan, delay_s=0.1) as server, door(concurrency=4) as asking:
        asking.watch(told.append, every_s=0.02)
        asking.ask_all(asks(spec_at(server.url), 8))
    assert "server: status 503" in str(next(flight for flight in told if flight.trouble))
    busy = [flight for flight in told if flight.calls == 4]
    assert busy
    assert all(0 <= flight.oldest_s < 60 for flight in busy)
    assert told[-1].trouble == (), "an answer ends the trouble"


@pytest.mark.parametrize(
    ("flight", "words"),
    [
        (Flight(), ""),
        (Flight(1, 3.2), "waiting for the server, 1 call in flight, oldest 3 s"),
        (Flight(12, 34.4), "waiting for the server, 12 calls in flight, oldest 34 s"),
        (Flight(0, 0, 0, ("m: server: 500",)), "m: server: 500"),
    ],
    ids=["nothing", "one", "several", "trouble"],
)
def test_a_flight_in_words(flight: Flight, words: str) -> None:
    assert str(flight) == words
