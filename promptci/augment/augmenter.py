"""A user's request made better on its way to a model, or passed on as it is: never lost, never changed twice.

Whatever fails here (the complement's model, a rule, the clock, our own code) leaves the request as its user typed it,
and is counted. PAS's complement stands below the user's words, which stay to the letter; BPO's rewrite in their place.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from hashlib import blake2b

from promptci.augment.base import Typed
from promptci.augment.extras import package
from promptci.augment.improved import Improved, read_made
from promptci.augment.questions import Questions
from promptci.augment.replies import read_category
from promptci.core import Message, Reason
from promptci.models.base import Reply, Request

Answer = Callable[[Request], Awaitable[Reply]]

_REMEMBERED = 20_000  # texts that were handed out lately: one that comes back was changed already
_LATEST = 1000  # waits that are kept for the report


class Augmenter:
    """Improves one request at a time, any number of them at once, in one event loop.

    `answer` asks a model once; it says what failed, and may raise. `counts` holds how many requests were changed
    (`changed`), and how many were not, by kind of reason. `timeout_s` bounds what a request waits for (None: the
    file's); `release` is called by `close`. Raises ConfigError when the packages of the extra `augment` are missing.
    """

    def __init__(
        self,
        questions: Questions,
        answer: Answer,
        *,
        timeout_s: float | None = None,
        release: Callable[[], Awaitable[None]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        package("py3langid.langid")  # told now, not with the first request
        self.spec = questions.spec
        self._questions = questions
        self._answer = answer
        self._timeout_s = questions.spec.limits.timeout_s if timeout_s is None else timeout_s
        self._release = release
        self._clock = clock
        self._handed: OrderedDict[bytes, None] = OrderedDict()
        self._waits: deque[float] = deque(maxlen=_LATEST)
        self.counts: Counter[str] = Counter()

    async def improve(self, text: str, context: str = "") -> Improved:
        """Return what to send for a request; never raises but when it is cancelled."""
        begun = self._clock()
        if _name(text) in self._handed:
            return self._ended(Improved(text, reason=Reason("already", "it was changed before")), begun)
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await self._improved(Typed("", text, context))
        except TimeoutError:
            found = Improved(text, reason=Reason("timeout", f"it took longer than {self._timeout_s:g} s"))
        except Exception as problem:  # a user's request is worth more than our surprise; it is counted, not hidden
            found = Improved(text, reason=Reason("bug", f"{type(problem).__name__}: {problem}"))
        return self._ended(found, begun)

    async def chat(self, messages: Sequence[Message]) -> tuple[tuple[Message, ...], Improved]:
        """Return a chat with its one user's turn improved. A chat that goes on already is passed on as it is.

        A later turn ("shorter, please") means nothing alone, and PAS and BPO are made for first ones.
        """
        turns = [n for n, message in enumerate(messages) if message.role == "user"]
        if len(turns) != 1 or any(m.role in ("assistant", "tool") for m in messages) or not messages[turns[0]].content:
            reason = Reason("later_turn", "it is no chat of one user's turn")
            return tuple(messages), self._ended(Improved("", reason=reason), self._clock())
        at = turns[0]
        found = await self.improve(messages[at].content)
        changed = replace(messages[at], content=found.text)
        return (*messages[:at], changed, *messages[at + 1 :]), found

    async def close(self) -> None:
        """Release the sockets of whoever answers; nothing may be improved from here on."""
        if self._release is not None:
            await self._release()

    def told(self) -> list[str]:
        """What became of the requests so far, and what they waited, in words."""
        total = self.counts.total()
        why = ", ".join(f"{n:,} {kind}" for kind, n in self.counts.most_common() if kind != "changed")
        lines = [f"{self.counts['changed']:,} of {total:,} requests changed" + (f"; unchanged: {why}" if why else "")]
        if self._waits:
            waits = sorted(self._waits)
            middle, late = waits[len(waits) // 2], waits[int(0.95 * (len(waits) - 1))]
            lines.append(f"added latency: median {middle:.3f} s, 95 % within {late:.3f} s")
        return lines

    async def _improved(self, typed: Typed) -> Improved:
        category = await self._category(typed)
        if isinstance(category, Reason):
            return Improved(typed.text, reason=category)
        if not self.spec.ships(category):
            reason = Reason("not_shipped", f"prompts of the category {category} stay as they are")
            return Improved(typed.text, category=category, reason=reason)
        reply = await self._answer(self._questions.made(typed, category))
        return read_made(self.spec, typed, category, reply)

    async def _category(self, typed: Typed) -> str | Reason:
        if len(self.spec.categories) == 1:
            return self.spec.categories[0].name
        return read_category(self.spec, await self._answer(self._questions.category(typed)))

    def _ended(self, found: Improved, begun: float) -> Improved:
        self.counts["changed" if found.reason is None else found.reason.kind] += 1
        added_s = max(0.0, self._clock() - begun)
        if found.reason is None:
            self._handed[_name(found.text)] = None
            if len(self._handed) > _REMEMBERED:
                self._handed.popitem(last=False)
        self._waits.append(added_s)
        return replace(found, added_s=added_s)


def _name(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
