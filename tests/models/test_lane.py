"""What a run says of one model's calls, and the time that its calls have waited."""

from __future__ import annotations

import asyncio

import pytest

from promptci.models.base import Failure
from promptci.models.lane import Lane
from promptci.models.rate import Pace
from promptci.models.waits import Waits

from .conftest import Scripted

BUSY = Failure("rate_limit", "busy")


@pytest.mark.parametrize(
    ("trouble", "troubles", "words"),
    [
        pytest.param(None, 0, None, id="none"),
        pytest.param(BUSY, 1, "m: rate_limit: busy", id="once"),
        pytest.param(BUSY, 3, "m: rate_limit: busy (3 times in a row)", id="again"),
    ],
)
def test_trouble_is_told_while_it_lasts(trouble: Failure | None, troubles: int, words: str | None) -> None:
    assert Lane("m", Scripted(), Pace(4), trouble=trouble, troubles=troubles).in_trouble == words


@pytest.mark.parametrize(
    ("unreached", "lowest", "paused_s", "notes"),
    [
        pytest.param(0, 8, 0.0, [], id="nothing"),
        pytest.param(0, 8, 0.09, [], id="too-short-to-tell"),
        pytest.param(2, 8, 0.0, ["m could not be reached; tries, none of them a call: 2"], id="unreached"),
        pytest.param(0, 3, 0.0, ["m was asked as few as 3 at a time, after status 429 or timeouts"], id="slower"),
        pytest.param(0, 8, 1.26, ["m was held back 1.3 s, as its limits or its server ask"], id="paused"),
    ],
)
def test_what_calls_had_to_wait_for_is_told(unreached: int, lowest: int, paused_s: float, notes: list[str]) -> None:
    lane = Lane("m", Scripted(), Pace(8), unreached=unreached)
    lane.pace.lowest, lane.pace.paused_s = lowest, paused_s
    assert lane.notes(8) == notes


class Clock:
    """Time that goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.gates: list[asyncio.Event] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        gate = asyncio.Event()
        self.gates.append(gate)
        await gate.wait()


def test_waits_at_the_same_time_are_one_time_and_each_is_its_own_sum() -> None:
    async def story() -> list[tuple[float, float]]:
        clock = Clock()
        waits, seen = Waits(clock, clock.sleep), []
        first = asyncio.create_task(waits.wait(5))
        await asyncio.sleep(0)
        clock.now += 2
        second = asyncio.create_task(waits.wait(4))
        await asyncio.sleep(0)
        seen.append((waits.sum_s, waits.total_s))
        clock.now += 3
        clock.gates[0].set()
        await first
        seen.append((waits.sum_s, waits.total_s))
        clock.now += 1
        second.cancel()  # a wait that is given up counts for as long as it lasted
        await asyncio.gather(second, return_exceptions=True)
        clock.now += 50
        seen.append((waits.sum_s, waits.total_s))
        return seen

    assert asyncio.run(story()) == [(9, 2.0), (9, 5.0), (9, 6.0)]
