"""How long calls wait to be sent again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


class Waits:
    """How long calls wait to be sent again: each for itself, and the time in which at least one does."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._waiting = 0
        self._since = 0.0
        self._total_s = 0.0
        self.sum_s = 0.0

    @property
    def total_s(self) -> float:
        """Seconds so far, those of a wait that goes on included."""
        return self._total_s + (self._clock() - self._since if self._waiting else 0.0)

    async def wait(self, seconds: float) -> None:
        """Sleep, and count it."""
        self.sum_s += seconds
        if not self._waiting:
            self._since = self._clock()
        self._waiting += 1
        try:
            await self._sleep(seconds)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._total_s += self._clock() - self._since
