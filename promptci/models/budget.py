"""Caps on calls, tokens, US dollars and wall time: reserved in full before a call, settled after it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from promptci.core import Message
from promptci.errors import ConfigError
from promptci.models import keys
from promptci.models.base import Failure, ModelSpec, Price, Request, Usage

MOST_PICTURE = 50_000  # tokens that one picture is counted as at most (OpenAI, "Images and vision": some models 2,833
# and 5,667 for each of up to eight tiles)
_USUAL_PICTURE = 6_000  # characters, four to a token
_PER_MESSAGE = 8  # tokens that a chat template puts round one message; the known ones need 3 to 7
_PER_REQUEST = 16
MOST_BYTES = 8_000_000  # of one question; a window of a million tokens holds half of it
_DIGITS = 12  # of a dollar: finer than any price per token, coarse enough that sums do not depend on their order


@dataclass(frozen=True, slots=True)
class Limits:
    """The caps of one run; None is no cap. `max_calls == 0` sends nothing: only cached answers are used."""

    max_calls: int | None = None
    max_tokens: int | None = None
    max_usd: float | None = None
    max_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What calls cost, or may cost at most: calls sent, tokens (input and output together), US dollars."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, self.tokens + other.tokens, round(self.usd + other.usd, _DIGITS))

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.calls - other.calls, self.tokens - other.tokens, round(self.usd - other.usd, _DIGITS))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which cap leaves no room; `detail` is words for the report."""

    detail: str


def price(spec: ModelSpec) -> Price | None:
    """The spec's price. Unless told otherwise the embedded model and a server on this machine cost nothing.

    None when nobody said what the model costs.
    """
    free = spec.price is None and (keys.server(spec) == "offline" or keys.local(spec))
    return Price(0.0, 0.0) if free else spec.price


def require_prices(specs: Iterable[ModelSpec], limits: Limits) -> None:
    """Raise ConfigError when a dollar cap meets a model without a price: it could not be kept.

    A server on this machine must be priced too: it may be a proxy that passes calls on to one that is paid.
    """
    for spec in specs:
        if limits.max_usd is not None and spec.price is None and keys.server(spec) != "offline":
            raise ConfigError(
                f"max_usd is set, but the model '{spec.model}' has no price",
                hint="add `price: {input: ..., output: ...}` (US dollars per million tokens, 0 when it is free), "
                "or use max_calls",
            )


def cost_usd(usage: Usage, spec: ModelSpec) -> float:
    """US dollars for `usage`; 0.0 for a model without a price."""
    return dollars(usage, price(spec) or Price(0.0, 0.0))


def dollars(usage: Usage, per_million: Price) -> float:
    """US dollars for `usage` at a price; what the answer itself says that it cost comes first."""
    if usage.usd is not None:
        return usage.usd
    return round((usage.input_tokens * per_million.input + usage.output_tokens * per_million.output) / 1e6, _DIGITS)


def guess(request: Request, texts: Iterable[str] = ()) -> Usage:
    """Usage when the server does not say: characters / 4, rounded up."""
    asked = sum(len(message.content) + _USUAL_PICTURE * len(message.pictures) for message in request.messages)
    return Usage(-(-asked // 4), sum(-(-len(text) // 4) for text in texts), estimated=True)


def largest_input(request: Request) -> int:
    """Tokens that the input cannot exceed: a token of a byte-level vocabulary is at least one byte of UTF-8."""
    size = sum(_bytes(message) + _PER_MESSAGE for message in request.messages)
    beside = [request.response_format, request.spec.extra, request.spec.parameters]  # schemas and tools are read too
    return size + sum(len(json.dumps(dict(part))) for part in beside if part) + _PER_REQUEST


def _bytes(message: Message) -> int:
    calls = sum(len(call.name) + len(call.arguments.encode("utf-8", "surrogatepass")) for call in message.tool_calls)
    said = message.content + (message.name or "")
    return len(said.encode("utf-8", "surrogatepass")) + calls + MOST_PICTURE * len(message.pictures)


def too_large(request: Request) -> Failure | None:
    """Refuse a question beyond what any model reads, before it is sent: a row that swallowed a file, most likely."""
    size = largest_input(request)
    if size <= MOST_BYTES:
        return None
    told = f"the question has {size / 1e6:.1f} MB, and at most {MOST_BYTES / 1e6:.0f} MB are sent"
    return Failure("bad_request", told, unsent=True)


def largest(request: Request) -> Usage:
    """The most tokens that one call can use: the input's bytes, and `max_tokens` for each of the `n` answers."""
    output = 0 if request.kind == "embedding" else keys.max_tokens(request) * request.n
    return Usage(largest_input(request), output, estimated=True)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run may cost: calls without retries, tokens as characters / 4 in and `max_tokens` out.

    `usd` counts models with a price; `unpriced` are the calls to others.
    """

    calls: int = 0
    cached: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(
            self.calls + other.calls,
            self.cached + other.cached,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.usd + other.usd,
            self.unpriced + other.unpriced,
        )


def estimate(request: Request) -> Estimate:
    """What sending `request` once may cost."""
    usage = Usage(guess(request).input_tokens, largest(request).output_tokens)
    unpriced = price(request.spec) is None
    return Estimate(1, 0, usage.input_tokens, usage.output_tokens, cost_usd(usage, request.spec), int(unpriced))


class Budget:
    """Keeps the caps for every role of a run. Safe to share between threads.

    A call's largest cost is held before it is sent and what it did cost is booked after, so that no order of events at
    any concurrency goes over a cap. Once a cap has refused a question it refuses every later one, small ones too:
    measuring only what is cheap would measure another thing than was asked. `release` starts afresh.
    """

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or Limits()
        self._clock = clock
        self._start = clock()
        self._lock = threading.Lock()
        self._used = Cost()
        self._held = Cost()
        self._aside = Cost()
        self._ahead = Cost()
        self._spent_out: Refusal | None = None

    def reserve(self, most: Cost) -> Refusal | bool:
        """Hold `most` and return True; False when there may be room once a held call settles; else why there is none.

        After True, `settle` must be called with the same `most`, exactly once.
        """
        with self._lock:
            if self._spent_out is None:
                self._spent_out = self._out_of_time()
            if self._spent_out is not None:
                return self._spent_out
            refusal = self._no_room(most, self._held)
            if refusal is None:
                self._held += most
                return True
            if self._held.calls and self._no_room(most, Cost()) is None:
                return False
            self._spent_out = refusal
            return refusal

    def settle(self, most: Cost, actual: Cost) -> None:
        """Give back what was held for one call and book what it cost; `Cost()` when it was not sent after all."""
        with self._lock:
            self._held -= most
            self._used += actual

    def set_aside(self, calls: int, *, tokens: int = 0, usd: float = 0.0) -> None:
        """Keep this much for later: no call may use it until `release`. Adds to what is set aside already."""
        with self._lock:
            self._aside += Cost(calls, tokens, usd)

    def release(self) -> None:
        """Free what was set aside; a cap that had refused may have room again."""
        with self._lock:
            self._aside = Cost()
            self._spent_out = None

    def resume(self, lost: Cost, ahead: Cost) -> None:
        """Go on after an interruption: `lost` was sent and has no answer, `ahead` was paid and will be asked for again.

        What is ahead binds the caps, but shows in `remaining_calls` only from `replayed` on: whoever plans by it must
        plan as the unbroken run did.
        """
        with self._lock:
            self._used += lost
            self._ahead += ahead

    def reclaim(self, most: Cost) -> None:
        """Hold `most` again, which `resume` took for lost: the call is open yet, and will be settled."""
        with self._lock:
            self._used -= most
            self._held += most

    def replayed(self, cost: Cost) -> None:
        """A question has been asked whose answer the interrupted run had paid for."""
        with self._lock:
            self._ahead -= cost
            self._used += cost

    @property
    def booked(self) -> Cost:
        """What is used, before an interruption too, and the most that calls in flight may use."""
        with self._lock:
            return self._used + self._held + self._ahead

    @property
    def ahead(self) -> Cost:
        """What was paid for and has not been asked for again so far; see `resume`."""
        with self._lock:
            return self._ahead

    @property
    def remaining_calls(self) -> int | None:
        """Calls that may still be sent, without those set aside; None when there is no cap."""
        if self.limits.max_calls is None:
            return None
        with self._lock:
            return max(0, self.limits.max_calls - (self._used + self._held + self._aside).calls)

    @property
    def remaining_s(self) -> float | None:
        """Seconds of wall time left, at least 0.0; None when there is no cap."""
        if self.limits.max_minutes is None:
            return None
        return max(0.0, self._start + 60 * self.limits.max_minutes - self._clock())

    @property
    def time_up(self) -> str:
        """Say that the run has used up its time."""
        return f"max_minutes ({self.limits.max_minutes or 0:g}) has passed"

    def _out_of_time(self) -> Refusal | None:
        left = self.remaining_s
        return Refusal(self.time_up) if left is not None and left <= 0 else None

    def _no_room(self, most: Cost, held: Cost) -> Refusal | None:
        """Neither what is really spent nor what is spent and promised may go over a cap."""
        using = self._used + held + most
        return self._over(using + self._aside) or self._over(using + self._ahead)

    def _over(self, total: Cost) -> Refusal | None:
        caps = self.limits
        if caps.max_calls is not None and total.calls > caps.max_calls:
            return Refusal(f"max_calls ({caps.max_calls}) leaves no room{self._kept()}")
        if caps.max_tokens is not None and total.tokens > caps.max_tokens:
            return Refusal(f"max_tokens ({caps.max_tokens}) leaves no room for the largest answer{self._kept()}")
        if caps.max_usd is not None and total.usd > caps.max_usd:
            return Refusal(f"max_usd ({caps.max_usd:g}) leaves no room for the largest answer{self._kept()}")
        return None

    def _kept(self) -> str:
        return f" ({self._aside.calls} calls are set aside for later)" if self._aside.calls else ""
