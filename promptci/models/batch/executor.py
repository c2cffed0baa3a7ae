"""Questions answered through a batch API: handed over once, whatever happens; collected by this job or a later one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from promptci.errors import MeasureError
from promptci.models import keys
from promptci.models.account import Account
from promptci.models.base import Failure, ModelSpec, Price, Reply, Request
from promptci.models.batch.collecting import at_once, contents, reply_to
from promptci.models.batch.journal import Journal, Posted
from promptci.models.batch.lines import Line, Said, digest_of, fits, id_of, split
from promptci.models.batch.server import BatchServer, ServerError
from promptci.models.budget import Cost, Refusal
from promptci.models.entry import answered
from promptci.models.executor import Each
from promptci.models.learning import Learned
from promptci.models.openai import REASONERS
from promptci.models.patience import Flight
from promptci.models.secrets import Redactor, secrets_of

T = TypeVar("T")
_Kept = tuple[bytes, Reply, Cost]
_UNBATCHED = Failure("absent", "not for a batch; asked later, one by one", unsent=True)
_SAID = {
    "answered": "answered in batches",
    "failed": "lines of batches without an answer, asked one by one",
    "twice": "batches that the server made twice",
}


class BatchPendingError(MeasureError):
    """The batch is not done, and this job has waited as long as it may: a later one collects it."""


@dataclass(slots=True)
class _Asked:
    """One question on its way, with the places that wait for its answer."""

    line: Line
    text: bytes
    places: list[int]
    most: Cost = field(default_factory=Cost)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a batch is used: its price as a share of the list price, how long this job waits, and between two looks."""

    discount: float = 0.5
    wait_s: float = 3600.0
    pause_s: float = 15.0


class Batches:
    """An executor that hands everything over in files.

    Whatever it cannot answer (no room in the caps, failed lines, what no batch takes) fails with a reason, and is asked
    one by one by whoever needs it. Raises BatchPendingError when time is up before all is settled.
    """

    def __init__(
        self,
        account: Account,
        journal: Journal,
        terms: Terms,
        *,
        connect: Callable[[ModelSpec], BatchServer] = BatchServer,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tell: Callable[[Flight], None] | None = None
        self.tell_every_s = 1.0
        self.waited_s = 0.0
        self._account, self._journal, self._terms = account, journal, terms
        self._connect, self._sleep, self._clock = connect, sleep, clock
        self._until = 0.0
        self._servers: dict[tuple[str, str], tuple[ModelSpec, BatchServer]] = {}
        self._asked: dict[str, _Asked] = {}
        self._listed: set[str] = set()
        self._told: list[str] = []
        self._counts = dict.fromkeys(_SAID, 0)

    def notes(self) -> list[str]:
        """See `Executor`."""
        return [*self._told, *(f"{_SAID[what]}: {count}" for what, count in self._counts.items() if count)]

    async def run(self, numbered: Iterator[tuple[int, Request | None]], each: Each) -> None:
        """See `Executor`."""
        self._until = self._clock() + self._terms.wait_s
        self._asked = {}
        for index, request in numbered:
            if request is None:
                raise RuntimeError("a batch asks everything at once, and waits for no answer in between")
            self._take(index, request, each)
        known = [posted for posted in self._journal.all() if posted.state != "refused"]
        for posted in known:
            self._reclaim(posted) if posted.is_open else self._leave(posted, each)
        had = {line_id for posted in known for line_id in posted.ids}
        fresh = [one for line_id, one in self._asked.items() if line_id not in had]
        lots: dict[tuple[str, str, str], list[_Asked]] = {}
        await at_once([self._account.fetched(one.text) for one in fresh])
        for one in fresh:
            if (found := self._account.find(one.line.request, one.text)) is not None:
                self._answer(one, found, each)
            elif self._held(one, each):
                spec = one.line.request.spec
                lots.setdefault((keys.server(spec), spec.model, one.line.endpoint), []).append(one)
        for lot in lots.values():
            known += [await self._post(part, each) for part in split([one.line for one in lot])]
        await self._collect([posted for posted in known if posted.is_open], each)
        self._account.intend(0)  # the book, as it stands after all that was given back

    async def close(self) -> None:
        """See `Executor`."""
        for _, server in self._servers.values():
            await server.close()

    def _take(self, index: int, request: Request, each: Each) -> None:
        text = keys.canonical(request)
        found = self._account.find(request, text)
        refusal = None if found is not None else self._account.refused(text)
        if found is None and refusal is None and not fits(request.spec):
            refusal = _UNBATCHED
        if found is not None or refusal is not None:
            each(index, found or Reply(failure=refusal))
        elif (known := self._asked.get(id_of(text))) is not None:
            known.places.append(index)
        else:
            cheap = replace(request, spec=self._cheap(request.spec))
            self._asked[id_of(text)] = _Asked(Line(id_of(text), cheap, self._learned(request.spec)), text, [index])

    def _cheap(self, spec: ModelSpec) -> ModelSpec:
        share, full = self._terms.discount, spec.price
        return spec if full is None else replace(spec, price=Price(full.input * share, full.output * share))

    def _learned(self, spec: ModelSpec) -> Learned:
        learned, name = Learned(), f"{spec.model} at {keys.server(spec)}"
        learned.recall(mend for owner, mend in self._account.learned if owner == name)
        if REASONERS.match(spec.model):
            learned.refused.add("max_tokens")
        return learned

    def _leave(self, posted: Posted, each: Each) -> None:
        """What a batch has had and not answered is not put into another: a day has been lost on it."""
        for one in [self._asked[i] for i in posted.ids if i in self._asked]:
            self._answer(one, Reply(failure=_UNBATCHED), each)

    def _reclaim(self, posted: Posted) -> None:
        """Hold again what an earlier job has handed over; it counted as lost so far."""
        for one in (self._asked[i] for i in posted.ids if i in self._asked):
            one.most = self._account.most(one.line.request)
            self._account.reclaim(one.most)

    def _held(self, one: _Asked, each: Each) -> bool:
        most = self._account.most(one.line.request)
        room = self._account.reserve(one.line.request, most)
        if room is True:
            one.most = most
            return True
        detail = room.detail if isinstance(room, Refusal) else "no room beside what is on its way"
        self._answer(one, Reply(failure=Failure("budget", detail, unsent=True)), each)
        return False

    def _answer(self, one: _Asked, reply: Reply, each: Each) -> None:
        for place in one.places:
            each(place, reply)
        self._asked.pop(one.line.id, None)

    def _server(self, spec: ModelSpec) -> BatchServer:
        name = keys.server(spec), spec.api_key_env
        if name not in self._servers:
            self._servers[name] = spec, self._connect(spec)
        return self._servers[name][1]

    async def _post(self, part: Sequence[Line], each: Each) -> Posted:
        """Hand one file over. The note stands before the question does, so no later job hands the same over again."""
        spec, ids = part[0].request.spec, tuple(line.id for line in part)
        server, digest = self._server(spec), digest_of(keys.server(spec), ids)
        number = sum(1 for _ in self._journal.all())
        content = b"".join(line.text for line in part)
        try:
            file = await self._patient(lambda: server.upload(f"{digest}.jsonl", content), free=True)
        except ServerError as error:
            self._give_back(ids, str(error), each)
            return Posted(digest, keys.server(spec), spec.model, ids, "refused")
        self._account.intend(len(ids))
        posted = self._journal.note(Posted(digest, keys.server(spec), spec.model, ids, file=file, part=number))
        try:
            made = await self._patient(lambda: server.make(file, part[0].endpoint, digest))
        except ServerError as error:
            if not error.certain:
                return posted  # it may stand on the server's list
            self._give_back(ids, str(error), each, sent=True)
            return self._journal.moved(posted, "refused")
        except BatchPendingError:  # the server took nothing for as long as this job may wait
            self._give_back(ids, "the server takes no more", each, sent=True)
            self._account.intend(0)
            self._journal.moved(posted, "refused")
            raise
        return self._journal.moved(posted, "posted", *([made.id] if made.id else []))

    def _give_back(self, ids: Sequence[str], words: str, each: Each, *, sent: bool = False) -> None:
        """Nothing of these lines is on its way: free what was held for them."""
        reply = Reply(failure=Failure("server", f"no batch: {words}"[:300], unsent=True))
        self._account.calls += 0 if sent else len(ids)  # settling takes each off, as if it had been counted
        for one in [self._asked[i] for i in ids]:
            self._account.settle(one.line.request, one.most, reply)
            self._counts["failed"] += 1
            self._answer(one, reply, each)

    async def _patient(self, call: Callable[[], Awaitable[T]], *, free: bool = False) -> T:
        """Try again while that is safe: what failed did certainly nothing, or it costs nothing to do it twice."""
        while True:
            try:
                return await call()
            except ServerError as error:
                if not (error.wait and (error.certain or free)):
                    raise
                await self._pause(f"the batch server does not take more: {error}")

    async def _pause(self, why: str) -> None:
        if self._clock() >= self._until:
            hint = f"go on later with `--resume {self._account.run_id}`: nothing is handed over twice"
            raise BatchPendingError(f"the batch is not done ({why})", hint=hint)
        self.waited_s += self._terms.pause_s
        await self._sleep(self._terms.pause_s)

    async def _collect(self, known: Sequence[Posted], each: Each) -> None:
        left = list(known)
        while left:
            left = [posted for posted in [await self._looked(one, each) for one in left] if posted.is_open]
            if left:
                lines = sum(len(posted.ids) for posted in left)
                await self._pause(f"{lines} questions in {len(left)} batches are on their way")

    async def _looked(self, posted: Posted, each: Each) -> Posted:
        """Look at one batch, and settle its lines if it has ended."""
        mine = [self._asked[i] for i in posted.ids if i in self._asked]
        if not mine:
            return self._journal.moved(posted, "collected")
        server = self._server(mine[0].line.request.spec)
        try:
            posted = await self._named(posted, server)
            batches = [await server.look(name) for name in posted.batches]
            if not batches or not all(batch.has_ended for batch in batches):
                return posted
            files = await contents(server, batches, posted.ids, lambda: self._pause("its files are not complete"))
        except ServerError as error:
            if not error.wait:
                raise MeasureError(f"the batch cannot be collected: {error}") from None
            return posted
        self._told += [f"a batch came to nothing: {batch.trouble}" for batch in batches if batch.trouble]
        status = next((b.status for b in batches if b.status == "completed"), batches[0].status)
        settled = [
            self._settle(one, [said[one.line.id] for said in files if one.line.id in said], status, each)
            for one in mine
        ]
        await at_once([self._account.share(*kept) for kept in settled if kept is not None])
        return self._journal.moved(posted, "collected")

    async def _named(self, posted: Posted, server: BatchServer) -> Posted:
        """Ask the server's list, once where a batch is known, and until it is.

        The answer to its making may have been lost, or something between us and the server may have made it twice.
        """
        if posted.state == "posted" and posted.digest in self._listed:
            return posted
        listed = await server.made_of(posted.digest)
        if listed or posted.batches:
            self._listed.add(posted.digest)
            posted = self._journal.moved(posted, "posted", *(batch.id for batch in listed))
        for batch in listed:
            if batch.id in posted.batches[1:] and not batch.has_ended:
                await server.cancel(batch.id)
        self._counts["twice"] += max(0, len(posted.batches) - 1)
        return posted

    def _settle(self, one: _Asked, said: Sequence[Said], status: str, each: Each) -> _Kept | None:
        """Book what a line cost, keep its answer and return it; one that was answered twice was paid twice."""
        request, account = one.line.request, self._account
        clean = Redactor(secrets_of([request.spec]))
        replies = [reply_to(request, of, status, clean) for of in said] or [reply_to(request, None, status, clean)]
        replies.sort(key=lambda reply: not answered(reply))
        told, booked = account.settle(request, one.most, replies[0])
        reply = replace(replies[0], usage=told)
        for more in filter(answered, replies[1:]):
            account.book(request, more)
        is_whole = answered(reply) and ("" not in reply.texts or bool(reply.tool_calls))
        if is_whole:
            account.keep(one.text, reply, booked, (f"{request.spec.model} at {keys.server(request.spec)}", []))
        self._counts["answered" if answered(reply) else "failed"] += 1
        account.tell(reply)
        self._answer(one, reply, each)
        return (one.text, reply, booked) if is_whole else None
