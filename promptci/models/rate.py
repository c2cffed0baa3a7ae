"""How fast one model may be asked: calls at a time, backing off under 429 and coming back; calls and tokens a minute.

Additive increase, multiplicative decrease: Chiu and Jain, "Analysis of the Increase and Decrease Algorithms for
Congestion Avoidance in Computer Networks", 1989.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

_MINUTE_S = 60.0
_BACK_PER_ANSWER = 0.25  # at a server that takes 32 at a time, 1 call in 70 then meets a 429


class Window:
    """At most `most` in any minute. One amount over `most` passes alone: it would never pass otherwise."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: deque[tuple[float, int]] = deque()
        self._sum = 0

    def delay_s(self, now: float, amount: int) -> float:
        """Seconds until `amount` fits; 0.0 when it does."""
        self._forget(now)
        surplus = self._sum + amount - self._most
        wait = 0.0
        for when, taken in self._taken:
            if surplus <= 0:
                break
            surplus -= taken
            wait = when + _MINUTE_S - now
        return wait

    def take(self, now: float, amount: int) -> None:
        """Count `amount` as of `now`."""
        self._taken.append((now, amount))
        self._sum += amount

    def _forget(self, now: float) -> None:
        while self._taken and self._taken[0][0] <= now - _MINUTE_S:
            self._sum -= self._taken.popleft()[1]


class Pace:
    """Lets calls to one model through in the order in which they come.

    The first call goes ahead by up to `head_start_s`: what a server refuses is learned from one refusal, not from as
    many as there are calls in flight, and a refusal comes quickly. After a 429 half as many may be in flight, once for
    all that were in flight then; each answer brings a part of one back. `paused_s` tells what rpm and tpm have cost.
    """

    def __init__(
        self,
        most: int,
        *,
        rpm: int | None = None,
        tpm: int | None = None,
        head_start_s: float = 0.02,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._limit = float(most)
        self._calls = None if rpm is None else Window(rpm)
        self._tokens = None if tpm is None else Window(tpm)
        self._head_start_s = head_start_s
        self._clock = clock
        self._turnstile = asyncio.Lock()
        self._changed = asyncio.Event()
        self._in_flight = 0
        self._sent = 0
        self._slow_until = 0  # calls numbered up to here were sent before the last decrease
        self._not_before = 0.0
        self.lowest = most
        self.paused_s = 0.0

    @asynccontextmanager
    async def slot(self, tokens: int) -> AsyncIterator[int]:
        """Wait for a place among the calls in flight, and hold it. Gives the call's number."""
        async with self._turnstile:
            await self._go_ahead()
            while self._in_flight >= int(self._limit):
                self._changed.clear()
                await self._changed.wait()
            await self._pause(tokens)
            self._in_flight += 1
            self._sent += 1
            number = self._sent
        try:
            yield number
        finally:
            self._in_flight -= 1
            self._changed.set()

    def refused(self, number: int, wait_s: float) -> None:
        """Call `number` met a 429: fewer at a time, and none for the next `wait_s` seconds."""
        self._not_before = max(self._not_before, self._clock() + wait_s)
        if number > self._slow_until:
            self._limit = max(1.0, self._limit / 2)
            self._slow_until = self._sent
            self.lowest = min(self.lowest, int(self._limit))

    def answered(self) -> None:
        """A call was answered: a little more at a time."""
        if self._limit < self._most:
            self._limit = min(float(self._most), self._limit + _BACK_PER_ANSWER)
            self._changed.set()

    async def _go_ahead(self) -> None:
        if self._sent == 1 and self._in_flight and self._head_start_s:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._head_start_s):
                    await self._changed.wait()

    async def _pause(self, tokens: int) -> None:
        while (wait := self._delay_s(tokens)) > 0:
            self.paused_s += wait
            await asyncio.sleep(wait)
        for window, amount in ((self._calls, 1), (self._tokens, tokens)):
            if window is not None:
                window.take(self._clock(), amount)

    def _delay_s(self, tokens: int) -> float:
        now = self._clock()
        waits = [self._not_before - now]
        if self._calls is not None:
            waits.append(self._calls.delay_s(now, 1))
        if self._tokens is not None:
            waits.append(self._tokens.delay_s(now, tokens))
        return max(waits)
