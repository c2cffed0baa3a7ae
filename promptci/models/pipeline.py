"""Budget, rate, retry, client: the way of a question that no stored answer answers. Asynchronous inside."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace

from promptci.models import keys, parts
from promptci.models.account import Account
from promptci.models.base import Carried, Client, Failure, Learner, ModelSpec, Reply, Request
from promptci.models.budget import Cost, Refusal, guess, largest, too_large
from promptci.models.entry import answered
from promptci.models.executor import Each
from promptci.models.lane import Lane
from promptci.models.patience import Flight
from promptci.models.rate import Pace
from promptci.models.retry import RetryPolicy, Tries
from promptci.models.waits import Waits

_ENDS_THE_RUN = frozenset({"credentials", "quota"})
_HOPELESS = 20  # questions in a row without any answer, before a first one: the address or the model is wrong
_SILENT = 16  # timeouts in a row, at least, before a server that did answer is taken to have died
_WORTH_TELLING_S = 0.1
_BREATH = 64  # stored answers between two looks at the network


@dataclass(slots=True)
class Spending:
    """What one question has cost so far, and what the refusals that it met have taught."""

    cost: Cost = field(default_factory=Cost)
    taught: list[str] = field(default_factory=list)


class Pipeline:
    """Everything asynchronous of one run. Lives in one event loop."""

    def __init__(
        self,
        account: Account,
        connect: Callable[[ModelSpec], Client],
        *,
        concurrency: int,
        policy: RetryPolicy,
        rng: random.Random,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._account = account
        self._connect = connect
        self._concurrency = concurrency
        self._policy = policy
        self._rng = rng
        self.waits = Waits(clock, sleep)
        self.lanes: dict[tuple[str, str, str], Lane] = {}
        self._flying: dict[bytes, asyncio.Event] = {}
        self._till = asyncio.Lock()
        self._settled = asyncio.Event()
        self._came = asyncio.Event()
        self._asking = 0
        self._clock = clock
        self._heard = clock()
        self._out: dict[object, float] = {}
        self.tell: Callable[[Flight], None] | None = None
        self.tell_every_s = 1.0

    @property
    def waited_s(self) -> float:
        """Seconds in which calls waited to be sent again, and those that the configured rates have cost."""
        return round(self.waits.total_s + sum(lane.pace.paused_s for lane in self.lanes.values()), 3)

    def notes(self) -> list[str]:
        """What was waited for, in words."""
        notes = []
        if self.waits.total_s >= _WORTH_TELLING_S:
            notes.append(f"calls waited {self.waits.total_s:.1f} s to be sent again")
        for lane in self.lanes.values():
            notes += lane.notes(self._concurrency)
        return notes

    async def run(self, numbered: Iterator[tuple[int, Request | None]], each: Each) -> None:
        """Answer everything; at most `concurrency` requests are pulled and not yet answered at any moment.

        None says that nothing is to be asked before the next answer. RuntimeError when no answer is on its way.
        """
        self._asking, self._came = 0, asyncio.Event()
        tasks = [asyncio.create_task(self._work(numbered, each)) for _ in range(self._concurrency)]
        teller = asyncio.create_task(self._telling())
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in (*tasks, teller):
                task.cancel()
            await asyncio.gather(*tasks, teller, return_exceptions=True)
        for task in done:
            task.result()

    async def close(self) -> None:
        """End what is left over and release every client's sockets.

        An exit that a signal's handler raises leaves the event loop at once, its tasks where they stood; without this
        they would go on asking as soon as the loop runs again.
        """
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for lane in self.lanes.values():
            await lane.client.close()

    async def answer(self, request: Request) -> Reply:
        """Answer one question that comes by itself, whatever else is on its way."""
        return await self._answer(request)

    async def _work(self, numbered: Iterator[tuple[int, Request | None]], each: Each) -> None:
        since_breath = 0
        for index, request in numbered:
            if request is None:
                if not self._asking:
                    raise RuntimeError("nothing is to be asked before an answer that is not on its way")
                await self._came.wait()
                continue
            self._asking += 1
            reply = await self._answer(request)
            self._asking -= 1
            each(index, reply)
            self._came.set()
            self._came = asyncio.Event()
            since_breath += 1
            if since_breath >= _BREATH:
                since_breath = 0
                await asyncio.sleep(0)

    async def _answer(self, request: Request) -> Reply:
        text = keys.canonical(request)
        while (found := self._account.find(request, text)) is None:
            flying = self._flying.get(text)
            if flying is None or self._account.cache is None:
                break
            await flying.wait()  # the same question is being looked for or answered: it will be found, or it failed
        if found is not None:
            return found
        self._flying[text] = landed = asyncio.Event()
        try:
            if await self._account.fetched(text) and (found := self._account.find(request, text)) is not None:
                return found
            refusal = self._account.refused(text)
            return await self._asked(request, text) if refusal is None else Reply(failure=refusal)
        finally:
            self._flying.pop(text, None)
            landed.set()

    async def _asked(self, request: Request, text: bytes) -> Reply:
        lane, spent = self._lane(request.spec), Spending()
        reply = await self._retried(lane, request, spent)
        if answered(reply) and ("" not in reply.texts or reply.tool_calls):
            self._account.keep(text, reply, spent.cost, (lane.name, spent.taught))
            await self._account.share(text, reply, spent.cost)
        self._account.tell(reply)
        self._notice(lane, request, reply)
        return reply

    async def _retried(self, lane: Lane, request: Request, spent: Spending) -> Reply:
        """Send until all `n` answers are there, however many the server gives at a time, or there is no hope."""
        tries, so_far = Tries(self._policy, self._rng), Reply()
        while True:
            so_far = parts.merged(so_far, await self._sent(lane, parts.rest(request, len(so_far.texts)), spent))
            if so_far.failure is None and (len(so_far.texts) >= request.n or request.kind == "embedding"):
                return so_far
            if so_far.failure is None:
                continue
            wait = (
                None
                if self._account.stopped
                else tries.after(so_far.failure, reached=lane.ever_answered, patient=request.spec.deadline_s is None)
            )
            if wait is None or self.waits.sum_s + wait > self._policy.run_wait_s * self._concurrency:
                return parts.given_up(so_far, request.n)
            if wait:
                await self.waits.wait(wait)

    async def _sent(self, lane: Lane, request: Request, spent: Spending) -> Reply:
        account, most = self._account, self._account.most(request)
        async with lane.pace.slot(guess(request).input_tokens + largest(request).output_tokens) as number:
            await lane.started(account.budget.remaining_s)
            refusal = account.refused() or too_large(request) or await self._no_room(request, most)
            if refusal is not None:
                return Reply(failure=refusal)
            account.intend()
            reply: Reply | None = None
            try:
                reply = await self._within_deadline(lane, request)
            finally:
                told, booked = account.settle(request, most, reply)
                self._settled.set()
        spent.cost += booked
        unsent = reply.failure is not None and reply.failure.unsent
        lane.unreached += unsent and reply.failure is not None and reply.failure.kind == "connection"
        if reply.failure is not None and reply.failure.mend is not None:
            spent.taught.append(reply.failure.mend)
        self._learn(lane, number, reply)
        return replace(reply, attempts=int(not unsent), usage=told)

    async def _no_room(self, request: Request, most: Cost) -> Failure | None:
        """Hold the call's largest cost; who comes first is served first, and waits for calls that may cost less."""
        async with self._till:
            while (room := self._account.reserve(request, most)) is False:
                self._settled.clear()
                await self._settled.wait()
        return Failure("budget", room.detail) if isinstance(room, Refusal) else None

    async def _within_deadline(self, lane: Lane, request: Request) -> Reply:
        """One attempt. The client's own timeout is per read, and a dripping body outlasts it: this one is in total."""
        budget, token = self._account.budget, object()
        begun = self._out[token] = self._clock()
        try:
            reply = await lane.patience.attend(request, budget.remaining_s, lane.client.send(request))
        finally:
            del self._out[token]
        if reply is None:
            return Reply(failure=Failure("budget", f"{budget.time_up}, and a call was broken off"))
        return replace(reply, latency_s=self._clock() - begun)

    def _learn(self, lane: Lane, number: int, reply: Reply) -> None:
        failure = reply.failure
        self._watch_over(lane, reply)
        if failure is None:
            lane.pace.answered()
        elif failure.kind == "timeout":
            self._slow_down(lane, number, failure)
        elif failure.mend is not None:
            self._account.learned[lane.name, failure.mend] = None
        elif failure.kind == "rate_limit":
            asked = failure.retry_after_s or 0.0
            lane.pace.refused(number, max(0.0, min(asked, self._policy.retry_after_cap_s)))
        elif failure.kind in _ENDS_THE_RUN:
            self._account.stopped = self._account.stopped or failure

    def _slow_down(self, lane: Lane, number: int, failure: Failure) -> None:
        """Timeouts without an answer between: ask less at a time; where there is no end of them, end the run."""
        in_a_row = lane.patience.timed_out()
        if in_a_row > 1:
            lane.pace.refused(number, 0.0)
        if in_a_row >= max(_SILENT, 3 * self._concurrency) and self._account.stopped is None:
            detail = f"{lane.name} has stopped answering: {in_a_row} calls in a row took too long"
            self._account.stopped = Failure(failure.kind, detail)

    def _watch_over(self, lane: Lane, reply: Reply) -> None:
        """Keep what `flight` tells; the first error after an answer is told at once."""
        if answered(reply):
            lane.patience.answered()
            self._heard = self._clock()
            lane.trouble, lane.troubles = None, 0
        elif reply.failure is not None and reply.failure.mend is None:
            lane.trouble = reply.failure
            lane.troubles += 1
            if lane.troubles == 1 and self.tell is not None:
                self.tell(self.flight())

    def flight(self) -> Flight:
        """What is on its way now, and what goes wrong."""
        now = self._clock()
        oldest = min(self._out.values(), default=now)
        troubled = tuple(words for lane in self.lanes.values() if (words := lane.in_trouble) is not None)
        return Flight(len(self._out), now - oldest, now - max(oldest, self._heard), troubled)

    async def _telling(self) -> None:
        while self.tell is not None:
            await asyncio.sleep(self.tell_every_s)
            self.tell(self.flight())

    def _notice(self, lane: Lane, request: Request, reply: Reply) -> None:
        """End the run when a model has answered nothing at all so far."""
        if answered(reply):
            lane.ever_answered = True
        elif reply.failure is not None and (reply.attempts or reply.failure.unsent):
            lane.unanswered += 1
            unheard = reply.failure.kind == "timeout" and request.spec.deadline_s is None
            most = 1 if unheard else _HOPELESS
            if not lane.ever_answered and lane.unanswered >= most and self._account.stopped is None:
                mend = "check its name, its address and its key in the settings"
                detail = f"{lane.name} has answered nothing so far ({mend}); the last: {reply.failure}"
                self._account.stopped = Failure(reply.failure.kind, detail)

    def _lane(self, spec: ModelSpec) -> Lane:
        address = spec.lane if isinstance(spec, Carried) else keys.server(spec)
        name = (address, spec.model, spec.api_key_env)
        lane = self.lanes.get(name)
        if lane is None:
            lane = Lane(
                f"{spec.model} at {name[0]}", self._connect(spec), Pace(self._concurrency, rpm=spec.rpm, tpm=spec.tpm)
            )
            if isinstance(lane.client, Learner):
                lane.client.recall(mend for owner, mend in self._account.learned if owner == lane.name)
            self.lanes[name] = lane
        return lane
