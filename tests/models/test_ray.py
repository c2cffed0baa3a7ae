"""Calls in blocks by a crew of workers; the workers here are plain objects in this process that can be lost."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from promptci.errors import MeasureError
from promptci.models.base import Failure, ModelSpec, Reply, Request
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.models.ray import BLOCK, Calls, Crew, RayClient, connected
from tests.models.conftest import HASTY, Scripted, asks, spec_at

STUBBORN = replace(HASTY, attempts=9, unreached=9)  # one call may be lost with every worker that is
SPEC = spec_at("http://127.0.0.1:1/v1")


class LostError(Exception):
    """A worker that is gone."""


class Remote:
    """A method as a handle has it: `remote` gives what is to come, each part to be awaited."""

    def __init__(self, call: Callable[..., AsyncIterator[Any]]) -> None:
        self.remote = call


async def later(part: Any) -> Any:
    await asyncio.sleep(0)
    return part


class Handle:
    """A worker in this process; after `lives` blocks it is lost in the middle of one, before it says what it did.

    One that does not run yet takes a while to be ready, or is lost (`lives` below 0), and must not be given a call.
    """

    def __init__(self, model: Scripted, lives: float = float("inf"), *, runs: bool = True) -> None:
        self.blocks: list[int] = []
        self._calls, self._lives, self._runs = Calls(model), lives, runs
        self.answer = Remote(self._answer)
        self.ready = SimpleNamespace(remote=self._ready)

    async def _ready(self, spec: ModelSpec) -> bool:
        for _ in range(50):
            await asyncio.sleep(0)
        if self._lives < 0:
            raise LostError
        self._runs = await self._calls.ready(spec)
        return self._runs

    async def _answer(self, spec: ModelSpec, requests: Sequence[Request], mends: tuple[str, ...]) -> AsyncIterator[Any]:
        assert self._runs
        self.blocks.append(len(requests))
        dies = len(self.blocks) > self._lives
        async for part in self._calls.answer(spec, requests, mends):
            if dies:
                yield later(part[: len(part) // 2])
                raise LostError
            yield later(part)


def crew(model: Scripted, lives: Sequence[float]) -> tuple[Crew, list[Handle]]:
    hired: list[Handle] = []

    def hire() -> Handle:
        life = lives[len(hired)] if len(hired) < len(lives) else float("inf")
        hired.append(Handle(model, life, runs=len(hired) < 2))
        return hired[-1]

    return Crew(hire, 2, LostError), hired


def asked(crew_: Crew, questions: list[Request], limits: Limits | None = None) -> tuple[Door, list[Reply]]:
    with Door(
        budget=Budget(limits or Limits()), connect=lambda spec: RayClient(spec, crew_), concurrency=32, policy=STUBBORN
    ) as door:
        return door, door.ask_all(questions)


def test_all_is_answered_in_blocks_by_both_workers() -> None:
    model = Scripted()
    found, hired = crew(model, [])
    door, replies = asked(found, asks(SPEC, 200))
    assert [reply.text for reply in replies] == [f"re: question {n}" for n in range(200)]
    assert door.spent.calls == len(model.asked) == 200
    assert all(sum(handle.blocks) >= 50 for handle in hired)
    assert max(size for handle in hired for size in handle.blocks) <= BLOCK


@pytest.mark.parametrize(
    "lives", [[0], [1, 2], [0, 0, 0, 1], [0, 0, -1, -1]], ids=["at once", "both", "again and again", "as it starts"]
)
def test_a_lost_worker_costs_its_open_calls_and_nothing_else(lives: list[float]) -> None:
    model = Scripted()
    found, hired = crew(model, lives)
    door, replies = asked(found, asks(SPEC, 120))
    assert all(reply.failure is None for reply in replies)
    assert found.losses == len(lives) == len(hired) - 2
    again = len(model.asked) - 120
    assert 0 < again <= len(lives) * 32
    assert door.spent.calls == len(model.asked) == door.booked.calls


@pytest.mark.parametrize("cap", [1, 50, 119, 121])
def test_the_cap_holds_whatever_is_lost(cap: int) -> None:
    model = Scripted()
    found, _ = crew(model, [2, 1, 0])
    door, replies = asked(found, asks(SPEC, 120), Limits(max_calls=cap))
    assert len(model.asked) == door.booked.calls <= cap
    assert any(reply.failure is not None and reply.failure.kind == "budget" for reply in replies)


def test_where_no_worker_starts_any_more_the_run_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptci.models.ray._START_S", 0.0)
    model = Scripted()
    found, _ = crew(model, [0, 0])
    with pytest.raises(MeasureError, match="does not start"):
        asked(found, asks(SPEC, 120))
    assert len(model.asked) <= 32


class Faulty(Scripted):
    """Has a mistake of its own."""

    async def send(self, request: Request) -> Reply:
        raise ZeroDivisionError(request.role)


def test_a_mistake_in_a_worker_is_raised_where_it_was_asked() -> None:
    found, _ = crew(Faulty(), [])
    with pytest.raises(ZeroDivisionError):
        asked(found, asks(SPEC, 20))


class Learning(Scripted):
    """Refuses once, teaching what to leave out."""

    def __init__(self) -> None:
        super().__init__()
        self.recalled: set[str] = set()

    def recall(self, mends: Sequence[str]) -> None:
        self.recalled.update(mends)

    async def send(self, request: Request) -> Reply:
        if "refuses a seed" not in self.recalled:
            return Reply(failure=Failure("bad_request", "no seed", mend="refuses a seed"))
        return await super().send(request)


def test_what_one_worker_learns_all_of_them_know() -> None:
    model = Learning()
    found, _ = crew(model, [])
    door, replies = asked(found, asks(SPEC, 40))
    assert all(reply.failure is None for reply in replies)
    assert door.spent.calls < 40 + 33


def test_a_worker_is_ready_when_it_has_the_client() -> None:
    made: list[ModelSpec] = []

    def connect(spec: ModelSpec) -> Scripted:
        made.append(spec)
        return Scripted()

    async def story(calls: Calls) -> list[str | None]:
        assert await calls.ready(SPEC)
        assert made == [SPEC]
        return [reply.text async for part in calls.answer(SPEC, asks(SPEC, 1), ()) for _, reply in part]

    assert asyncio.run(story(Calls(connect))) == ["re: question 0"]
    assert made == [SPEC]


def test_a_closed_client_leaves_nothing_behind() -> None:
    async def story() -> bool:
        found, _ = crew(Scripted(), [])
        client = RayClient(SPEC, found)
        sent = asyncio.create_task(client.send(asks(SPEC, 1)[0]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await client.close()
        sent.cancel()
        await asyncio.gather(sent, return_exceptions=True)
        return not client._blocks or all(block.cancelled() or block.done() for block in client._blocks)

    assert asyncio.run(story())


class Cluster:
    """As much of the package ray as is used to hire: `get` waits for the workers, and tells what it waited for."""

    def __init__(self, model: Scripted, trouble: Exception | None = None) -> None:
        self.exceptions = SimpleNamespace(RayError=LostError, RayActorError=LostError)
        self.waited: list[list[str]] = []
        self._model, self._trouble = model, trouble

    def is_initialized(self) -> bool:
        return True

    def remote(self, **_: object) -> Callable[[type[Calls]], SimpleNamespace]:
        return lambda _calls: SimpleNamespace(remote=lambda _connect: self._hired())

    def get(self, coming: list[str], timeout: float) -> None:
        assert not self._model.asked
        assert timeout > 0
        self.waited.append(coming)
        if self._trouble is not None:
            raise self._trouble

    def _hired(self) -> Handle:
        handle = Handle(self._model)
        handle.ready = SimpleNamespace(remote=lambda spec: f"ready for {spec.model}")
        return handle


def test_nothing_is_sent_before_every_worker_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Scripted()
    cluster = Cluster(model)
    monkeypatch.setitem(sys.modules, "ray", cluster)
    other = spec_at("http://127.0.0.1:2/v1")
    with Door(budget=Budget(Limits()), connect=connected(3, model), policy=HASTY) as door:
        replies = door.ask_all([*asks(SPEC, 20), *asks(other, 20)])
    assert all(reply.failure is None for reply in replies)
    assert cluster.waited == [[f"ready for {SPEC.model}"] * 3]


def test_a_worker_that_does_not_start_ends_the_run_before_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Scripted()
    monkeypatch.setitem(sys.modules, "ray", Cluster(model, LostError()))
    with (
        Door(budget=Budget(Limits()), connect=connected(2, model), policy=HASTY) as door,
        pytest.raises(MeasureError, match="does not start"),
    ):
        door.ask_all(asks(SPEC, 20))
    assert (model.asked, door.spent.calls, door.booked.calls) == ([], 0, 0)
