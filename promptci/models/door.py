"""The one way to a model, for every role: cache, budget, rate, retry, client. Synchronous outside."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from promptci.models import keys
from promptci.models.account import Account, Mode, Spent
from promptci.models.base import Client, Failure, ModelSpec, Reply, Request
from promptci.models.budget import Budget, Cost, Estimate, estimate, require_prices
from promptci.models.cache import Cache
from promptci.models.connect import connect as connect_client
from promptci.models.shared import Shared

if TYPE_CHECKING:  # a run whose answers are all stored never needs an event loop, nor the time to import one
    import asyncio

    from promptci.models.executor import Executor, Make
    from promptci.models.patience import Flight
    from promptci.models.retry import RetryPolicy

Each = Callable[[int, Reply], None]
Numbered = Iterator[tuple[int, Request | None]]


def _numbered(requests: Iterable[Request | None]) -> Numbered:
    """Number the requests, those that are not there yet apart."""
    index = 0
    for request in requests:
        yield index, request
        index += request is not None


class Door:
    """Asks models on behalf of one run. Not safe to share between threads; owns `cache` and closes it.

    `run_id` names the run: a door opened again with the id of an interrupted run, and asked the same questions, gives
    the same answers and counts without sending again what was answered. `mode` `no_cache` reads nothing that other
    runs paid for (new answers are kept all the same), `replay` sends nothing. `specs` are the models that will be
    asked, checked here already. `shared` is the address of a store that several machines share.
    `executor` makes what answers where nothing is stored; None is this process. A call that is refused (budget, replay,
    credentials) is a Reply with a Failure.

    Raises ConfigError when the budget has a dollar cap and a model no price.
    """

    def __init__(
        self,
        *,
        budget: Budget,
        cache: Cache | None = None,
        concurrency: int = 8,
        connect: Callable[[ModelSpec], Client] = connect_client,
        run_id: str | None = None,
        mode: Mode = "cache",
        specs: Sequence[ModelSpec] = (),
        policy: RetryPolicy | None = None,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
        executor: Make | None = None,
        shared: str | None = None,
    ) -> None:
        self._told: list[str] = []
        try:
            require_prices(specs, budget.limits)
            self._account = Account(budget, cache, run_id, mode, None if shared is None else Shared(shared, self.note))
        except BaseException:  # nobody holds the door then, and nobody else closes what it was to own
            if cache is not None:
                cache.close()
            raise
        self._concurrency = max(1, concurrency)
        self._connect = connect
        self._policy = policy
        self._rng = random.Random(seed)  # noqa: S311  # jitter, not a secret
        self._clock = clock
        self._make = executor or self._here
        self._runner: asyncio.Runner | None = None
        self._pipeline: Executor | None = None
        self._busy = False
        self._tell: tuple[Callable[[Flight], None] | None, float] = (None, 1.0)

    def ask(self, requests: Iterable[Request | None], each: Callable[[int, Reply], None]) -> None:
        """Answer `requests`, pulled as places become free, and call `each(index, reply)` as answers come, in any order.

        Where there is nothing to ask before another answer came in, `requests` yields None, which has no index, and is
        pulled again after the next answer; one must be on its way then. `each` runs in the caller's thread, after its
        answer is committed; it must not ask in turn. What it raises, or what pulling raises, ends the asking; calls in
        flight are broken off.
        """
        if self._busy:
            raise RuntimeError("a door cannot be asked from within its own callback")
        self._busy = True
        try:
            self._ask(_numbered(requests), each)
        finally:
            self._busy = False

    def ask_all(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer `requests`; the replies are in their order."""
        replies: dict[int, Reply] = {}
        self.ask(requests, replies.__setitem__)
        return [replies[index] for index in range(len(requests))]

    def forget(self, request: Request) -> None:
        """Say that the answer to `request` was of no use, such as a judge's without a grade: later runs ask anew.

        What it cost stays booked, and this run keeps the answer. May be called from within a callback.
        """
        self._account.forget(keys.canonical(request))

    def withhold(self, requests: Iterable[Request], why: Failure) -> None:
        """Never send these questions, which are another's to answer: without a stored answer they fail with `why`."""
        self._account.absent.update((keys.key(keys.canonical(request)), why) for request in requests)

    def remember(self) -> None:
        """From now on, keep in mind which answers the run uses, for `hand_over`."""
        if self._account.cache is not None:
            self._account.cache.used = set()

    def hand_over(self, path: Path) -> int:
        """Write the answers that were used since `remember` into one portable file; return how many."""
        cache = self._account.cache
        return 0 if cache is None else cache.export(path, only=cache.used)

    @property
    def run_id(self) -> str:
        """The run's name, for resuming it."""
        return self._account.run_id

    def watch(self, tell: Callable[[Flight], None], every_s: float = 1.0) -> None:
        """Call `tell` every `every_s` seconds while calls are on their way, and at once when errors begin.

        It is called in the caller's thread, between answers, and must not ask in turn.
        """
        self._tell = tell, every_s

    @property
    def spent(self) -> Spent:
        """What the run has used so far."""
        waited_s = 0.0 if self._pipeline is None else self._pipeline.waited_s
        account = self._account
        took = account.calls, account.lost.calls, account.cache_hits, account.usage, account.cost_usd
        return Spent(*took, waited_s, account.taken_over)

    @property
    def booked(self) -> Cost:
        """What the caps count: all that is used, before an interruption too, and the most that calls in flight may."""
        return self._account.budget.booked

    @property
    def ahead(self) -> Cost:
        """What was paid for in this run's name, by an interrupted run or by shards, and was not asked for so far."""
        return self._account.budget.ahead

    @property
    def stopped(self) -> Failure | None:
        """Why no further call will be made (credentials, quota, a model that answers nothing), or None."""
        return self._account.stopped

    @property
    def notes(self) -> list[str]:
        """What was learned of servers, what was waited for, what was damaged. May quote servers: untrusted text."""
        cache, pipeline = self._account.cache, self._pipeline
        return [
            *self._told,
            *self._account.notes(),
            *(pipeline.notes() if pipeline is not None else ()),
            *(cache.notes if cache is not None else ()),
        ]

    def note(self, text: str) -> None:
        """Add to `notes` what a caller found of a model's replies; the same text once. It may be untrusted."""
        if text not in self._told:
            self._told.append(text)

    def estimate(self, requests: Iterable[Request]) -> Estimate:
        """What asking `requests` may cost, before any is sent: stored answers cost nothing, the others their most."""
        seen: set[bytes] = set()
        total = Estimate()
        for request in requests:
            text = keys.canonical(request)
            known = self._account.known(text) or (text in seen and self._account.cache is not None)
            seen.add(text)
            total += Estimate(cached=1) if known else estimate(request)
        return total

    def close(self) -> None:
        """Release sockets, the event loop and the cache; safe to call twice."""
        try:
            if self._runner is not None:
                with self._runner as runner:
                    self._runner = None
                    if self._pipeline is not None:
                        runner.run(self._pipeline.close())
        finally:
            if self._account.cache is not None:
                self._account.cache.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, numbered: Numbered, each: Each) -> None:
        for index, request in numbered:
            if request is None:  # every earlier one is answered
                raise RuntimeError("nothing is to be asked before an answer that is not on its way")
            reply = self._without_sending(request)
            if reply is None:
                first: list[tuple[int, Request | None]] = [(index, request)]
                self._send(chain(first, numbered), each)
                return
            each(index, reply)

    def _without_sending(self, request: Request) -> Reply | None:
        text = keys.canonical(request)
        found = self._account.find(request, text)
        refusal = self._account.refused(text) if found is None else None
        return found if refusal is None else Reply(failure=refusal)

    def _send(self, numbered: Numbered, each: Each) -> None:
        import asyncio

        if self._runner is None:
            self._runner = asyncio.Runner()
        if self._pipeline is None:
            self._pipeline = self._make(self._account)
        self._pipeline.tell, self._pipeline.tell_every_s = self._tell
        self._runner.run(self._pipeline.run(numbered, each))

    def _here(self, account: Account) -> Executor:
        """Calls are made in this process, as they are asked for."""
        from promptci.models.pipeline import Pipeline
        from promptci.models.retry import RetryPolicy

        return Pipeline(
            account,
            self._connect,
            concurrency=self._concurrency,
            policy=self._policy or RetryPolicy(),
            rng=self._rng,
            clock=self._clock,
        )
