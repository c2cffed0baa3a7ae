"""How long one attempt may take at one model, and what is on its way to servers right now."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from promptci.models import keys
from promptci.models.base import Failure, Reply, Request

_START_S = 60.0
_PER_TOKEN_S = 0.25  # four tokens a second: what a small model gives on one busy processor
_MOST_FACTOR = 8.0


class Patience:
    """Decides when a call to one model has taken too long.

    A deadline in the settings bounds each attempt in whole. Without one the deadline grows with the tokens that may be
    asked for, and counts from the last answer that this server gave to anybody: servers answer one after the other, and
    the time in their queue is not held against an answer while answers come. When it passes nevertheless, the model is
    slower than thought, and later calls get twice as long.
    """

    def __init__(self) -> None:
        self._heard = -math.inf  # on the event loop's clock
        self._factor = 1.0
        self._in_a_row = 0

    def seconds(self, request: Request) -> float:
        """The deadline of one attempt."""
        if request.spec.deadline_s is not None:
            return request.spec.deadline_s
        return (_START_S + _PER_TOKEN_S * keys.max_tokens(request) * request.n) * self._factor

    def answered(self) -> None:
        """The server has answered a call."""
        self._heard = asyncio.get_running_loop().time()
        self._in_a_row = 0

    def timed_out(self) -> int:
        """Count one more timeout; return how many there were since the last answer."""
        self._in_a_row += 1
        return self._in_a_row

    async def attend(self, request: Request, left_s: float | None, sending: Coroutine[Any, Any, Reply]) -> Reply | None:
        """The reply, a Failure `timeout` when it took too long, or None when the run's own `left_s` are over before."""
        loop = asyncio.get_running_loop()
        start, factor, longest = loop.time(), self._factor, self.seconds(request)
        end = math.inf if left_s is None else start + left_s

        def due() -> float:
            since = start if request.spec.deadline_s is not None else max(start, self._heard)
            return min(end, since + longest)

        def look() -> None:
            if due() <= loop.time():
                limit.reschedule(loop.time())
            else:
                alarm.append(loop.call_at(due(), look))
                del alarm[0]

        try:
            async with asyncio.timeout(None) as limit:
                alarm = [loop.call_at(due(), look)]
                try:
                    return await sending
                finally:
                    alarm[0].cancel()
        except TimeoutError:
            if loop.time() >= end:
                return None
        if request.spec.deadline_s is None and factor == self._factor:  # once for all that were on their way together
            self._factor = min(_MOST_FACTOR, 2 * factor)
        return Reply(failure=Failure("timeout", f"no whole answer within {longest:g} s"))


@dataclass(frozen=True, slots=True)
class Flight:
    """What is on its way: calls, seconds since the oldest was sent, seconds without an answer, and what goes wrong.

    `trouble` has one line for each model that answers with errors now. It may quote servers: untrusted text.
    """

    calls: int = 0
    oldest_s: float = 0.0
    silent_s: float = 0.0
    trouble: tuple[str, ...] = ()

    def __str__(self) -> str:
        calls = f"{self.calls} call{'s' if self.calls != 1 else ''} in flight"
        waiting = f"waiting for the server, {calls}, oldest {self.oldest_s:.0f} s" if self.calls else ""
        return "; ".join(part for part in (waiting, *self.trouble) if part)
