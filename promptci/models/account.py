"""One run's money and answers: finds what is paid for, counts what is sent, keeps what comes back."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Literal

from promptci.models import keys
from promptci.models.base import Failure, Price, Reply, Request, Usage
from promptci.models.budget import (
    Budget,
    Cost,
    Refusal,
    cost_usd,
    dollars,
    guess,
    largest,
    largest_input,
    price,
    require_prices,
)  # fmt: skip
from promptci.models.cache import Book, Cache
from promptci.models.entry import Entry, answered
from promptci.models.shared import Shared
from promptci.shelf import Keys

Mode = Literal["cache", "no_cache", "replay"]

# The server may have done the work although no answer came: booked at the largest cost, or a cap could be exceeded.
# `budget` of a call that was sent: the run's time was up while it was being answered.
_UNTOLD = frozenset({"timeout", "connection", "malformed", "budget"})


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run has used so far.

    `calls` are requests sent, retries and every role included; `waited_s` is the time in which at least one call waited
    to be sent again or for the configured rate; `cost_usd` counts models with a price. `lost_calls` were sent before an
    interruption and left no answer: a resumed run plans without them, so that it goes the way of an unbroken one.
    `taken_over` are the calls that earlier runs sent for answers which this one took from the store.
    """

    calls: int = 0
    lost_calls: int = 0
    cache_hits: int = 0
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0
    waited_s: float = 0.0
    taken_over: int = 0

    @property
    def drawn(self) -> int:
        """The calls that this run's answers took, whoever sent them: the same when the same is done again."""
        return self.calls + self.taken_over

    @property
    def sent(self) -> int:
        """Every request that was sent in the run's name, those that an interruption lost included."""
        return self.calls + self.lost_calls


class Account:
    """Without a cache nothing is kept, and a run cannot be resumed.

    What the run itself paid for, before an interruption too, counts as its own calls when it is asked for the first
    time, and as a cache hit after that; so a resumed run counts as an unbroken one would.
    """

    def __init__(
        self, budget: Budget, cache: Cache | None, run_id: str | None, mode: Mode, shared: Shared | None = None
    ) -> None:
        self.budget = budget
        self.cache = cache
        self.shared = shared if cache is not None and mode != "no_cache" else None
        self.run_id = run_id or uuid.uuid4().hex
        self.mode = mode
        self.stopped: Failure | None = None
        self._sought: set[bytes] = set()  # keys of questions that the shared store was asked for
        self.calls = 0
        self.cache_hits = 0
        self.taken_over = 0
        self._usage: dict[Price | None, Usage] = {}
        self._told_usd = 0  # what answers say themselves that they cost, in 1e-12 dollars: exact in any order
        self._dearest: dict[str, float] = {}  # by model: the most that one answer said
        self._unsaid = 0  # answers of which nobody knows the tokens
        self._again: Counter[str] = Counter()  # kinds of failures whose calls were sent again
        self._untold = 0  # calls that may have been billed although no answer came
        self.lost = Cost()
        book = self._resumed() if run_id is not None else Book()
        self.learned: dict[tuple[str, str], None] = dict.fromkeys(book.learned)
        self._recorded: dict[tuple[str, str], None] = dict.fromkeys(book.learned)
        self._readable = self.run_id if mode == "no_cache" else None
        self._counted = Keys(16)
        self.absent: dict[bytes, Failure] = {}  # why a question, by its key, is not asked here
        self._saved_usd = 0.0  # what answers cost less than their tokens do at the list price: they came in a batch
        self._hidden_tokens = 0  # input beyond the bytes that were sent: a server that adds a system prompt of its own

    @property
    def usage(self) -> Usage:
        """Tokens so far."""
        return sum(self._usage.values(), Usage())

    @property
    def cost_usd(self) -> float:
        """US dollars so far; counted from whole numbers of tokens, so that the order of answers does not show."""
        prices = ((price, usage) for price, usage in self._usage.items() if price is not None)
        return round(sum(dollars(usage, price) for price, usage in prices) + self._told_usd / 1e12 - self._saved_usd, 9)

    def find(self, request: Request, text: bytes) -> Reply | None:
        """The answer that is paid for already, or None."""
        entry = self._stored(text)
        if entry is None:
            return None
        if entry.run == self.run_id and self._first(text):
            self.calls += entry.reply.attempts
            self.budget.replayed(entry.cost)
            self._used(request, entry.reply.usage)
            self._saved_usd += max(0.0, cost_usd(entry.reply.usage, request.spec) - entry.cost.usd)
            self.tell(entry.reply)
            return entry.reply
        if entry.run != self.run_id and self._first(text):
            self.taken_over += entry.reply.attempts
        self.cache_hits += 1
        return entry.reply.stored()

    async def fetched(self, text: bytes) -> bool:
        """Look for an answer in the shared store, once, and keep it here; whether there is one."""
        if self.shared is None or self.cache is None or (key := keys.key(text)) in self._sought:
            return False
        import asyncio

        self._sought.add(key)
        entry = await asyncio.to_thread(self.shared.get, text)
        if entry is not None:
            self.cache.take(text, entry)
        return entry is not None

    async def share(self, text: bytes, reply: Reply, cost: Cost) -> None:
        """Put an answer that was paid for into the shared store, where there is one."""
        if self.shared is not None:
            import asyncio

            await asyncio.to_thread(self.shared.put, text, Entry(reply, self.run_id, cost))

    def known(self, text: bytes) -> bool:
        """An answer is stored; asking so counts nothing."""
        return self._stored(text) is not None

    def forget(self, text: bytes) -> None:
        """An answer was of no use: later runs ask again. This one, and its resumption, go by the answer that it got."""
        if self.cache is not None:
            self.cache.forget(text, self.run_id)

    def refused(self, text: bytes = b"") -> Failure | None:
        """Why nothing may be sent at all, or, of a canonical request, why this question is not asked here; or None."""
        if self.absent and text and (absent := self.absent.get(keys.key(text))) is not None:
            return absent
        if self.stopped is not None:
            return self.stopped
        if self.mode == "replay":
            return Failure(
                "replay", "this question is not in the cache, and a replay sends nothing: run it once without"
            )
        return None

    def most(self, request: Request) -> Cost:
        """The largest cost that one send of `request` can have."""
        usage = largest(request) + Usage(self._hidden_tokens)
        usd = max(cost_usd(usage, request.spec), self._dearest.get(request.spec.model, 0.0))
        return Cost(1, usage.input_tokens + usage.output_tokens, usd)

    def reserve(self, request: Request, most: Cost) -> Refusal | bool:
        """As `Budget.reserve`. Raises ConfigError when a dollar cap meets a model without a price."""
        require_prices((request.spec,), self.budget.limits)
        return self.budget.reserve(most)

    def intend(self, calls: int = 1) -> None:
        """Count calls that are about to be sent, durably: a kill from here on cannot make them uncounted."""
        self.calls += calls
        if self.cache is not None:
            self.cache.intend(self.run_id, self._book())

    def reclaim(self, most: Cost) -> None:
        """Hold the largest cost of a call that an interrupted run sent and that is open; `settle` it then."""
        self.lost -= most
        self.calls += 1
        self.budget.reclaim(most)

    def book(self, request: Request, reply: Reply) -> None:
        """Book an answer that nobody asked for: a server gave one question two."""
        told, booked = _cost(request, Cost(), reply)
        self.calls += 1
        self.budget.settle(Cost(), booked)
        self._used(request, told)

    def settle(self, request: Request, most: Cost, reply: Reply | None) -> tuple[Usage, Cost]:
        """Book what a sent call cost, and return it; `reply` is None when the call was broken off."""
        if reply is not None and reply.failure is not None and reply.failure.unsent:
            self.calls -= 1
            self.budget.settle(most, Cost())
            return Usage(), Cost()
        told, booked = _cost(request, most, reply)
        self.budget.settle(most, booked)
        self._used(request, told)
        if not told.estimated:
            self._hidden_tokens = max(self._hidden_tokens, told.input_tokens - largest_input(request))
        return told, booked

    def tell(self, reply: Reply) -> None:
        """Take what a question went through into the notes."""
        self._again.update(reply.after)
        failed = reply.failure if reply.attempts else None
        kinds = [*reply.after, *([failed.kind] if failed is not None and not failed.unsent else [])]
        self._untold += sum(kind in _UNTOLD for kind in kinds)

    def keep(self, text: bytes, reply: Reply, cost: Cost, taught: tuple[str, list[str]]) -> None:
        """Commit an answer, before anyone uses it, with what its refusals `taught` (lane, mends).

        A lesson is recorded with the answer that cost one more call for it: an interrupted run that loses the answer
        must learn the lesson again, or it would count fewer calls than an unbroken one.
        """
        lane, mends = taught
        self._recorded |= {(lane, mend): None for mend in mends}
        if self.cache is not None:
            self._first(text)
            self.cache.put(text, Entry(reply, self.run_id, cost), self._book())

    def notes(self) -> list[str]:
        """What was learned of servers and what failures have cost, in words. May quote servers: untrusted text."""
        notes = [f"{owner} {mend}" for owner, mend in self.learned]
        notes += [f"sent again after {kind}: {count}" for kind, count in sorted(self._again.items())]
        if self.lost.calls:
            at_most = f"at most {self.lost.tokens:,} tokens and {self.lost.usd:.4f} USD"
            notes.append(f"calls of the interrupted run that left no answer: {self.lost.calls} ({at_most})")
        if self._untold:
            notes.append(f"calls without an answer, which the budget counts at their largest cost: {self._untold}")
        if self._unsaid:
            told = "0 tokens here, and as their largest number against a cap"
            notes.append(f"answers of a program without a valid `usage`: {self._unsaid}; they count as {told}")
        return notes

    def _stored(self, text: bytes) -> Entry | None:
        if self.cache is None:
            return None
        entry = self.cache.get(text, run=self._readable)
        if entry is None or self.mode == "replay":  # a replay shows again what was, of use or not
            return entry
        return None if self.cache.useless_to(text, entry.run, self.run_id) else entry

    def _first(self, text: bytes) -> bool:
        return self._counted.add(keys.key(text)[:16])

    def _book(self) -> Book:
        return Book(self.budget.booked, tuple(self._recorded))

    def _used(self, request: Request, usage: Usage) -> None:
        per_million = price(request.spec) if usage.usd is None else None
        if usage.usd is not None:
            self._told_usd += round(usage.usd * 1e12)
            self._dearest[request.spec.model] = max(self._dearest.get(request.spec.model, 0.0), usage.usd)
        self._unsaid += usage.estimated and not usage.input_tokens + usage.output_tokens
        self._usage[per_million] = self._usage.get(per_million, Usage()) + usage

    def _resumed(self) -> Book:
        """The run's book so far. What it had booked beyond the answers that are there was lost on the way."""
        if self.cache is None:
            return Book()
        book = self.cache.book(self.run_id)
        if book.booked.calls:
            paid = self.cache.paid(self.run_id)
            self.lost = book.booked - paid
            self.budget.resume(self.lost, paid)
        return book


def _cost(request: Request, most: Cost, reply: Reply | None) -> tuple[Usage, Cost]:
    """What a sent call used as far as anyone knows, and what to book for it, which is never less."""
    if reply is None or (reply.failure is not None and reply.failure.kind in _UNTOLD):
        return guess(request), most
    if not answered(reply) and reply.usage in (Usage(), Usage(estimated=True)):
        return Usage(), Cost(1)
    if reply.usage.estimated and reply.failure is not None:
        return reply.usage, most if reply.usage.usd is None else replace(most, usd=reply.usage.usd)
    if reply.usage.estimated:
        size = sum(len(text.encode("utf-8", "surrogatepass")) for text in reply.texts)
        ceiling = Usage(largest(request).input_tokens, max(size, reply.usage.output_tokens))
        ceiling = replace(ceiling, usd=reply.usage.usd)
        return reply.usage, Cost(1, ceiling.input_tokens + ceiling.output_tokens, cost_usd(ceiling, request.spec))
    usage = reply.usage
    return usage, Cost(1, usage.input_tokens + usage.output_tokens, cost_usd(usage, request.spec))
