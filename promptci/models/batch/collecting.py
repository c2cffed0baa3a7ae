"""What a batch's files say of a line, as a reply: an answer, a failure that is paid for or not, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from promptci.models.answers import Clean, MalformedError, error_of, reply_of
from promptci.models.base import Failure, FailureKind, Reply, Request
from promptci.models.batch.lines import Said, read
from promptci.models.batch.server import Batch, BatchServer

_LOOKS_AGAIN = 3  # at files that lack lines: a server writes them after it says that it has ended
_AT_ONCE = 32
_NEVER_RUN = ("batch_expired", "batch_cancelled", "batch_failed")
_KINDS: dict[int, FailureKind] = {401: "credentials", 403: "credentials", 402: "quota", 429: "rate_limit"}


def reply_to(request: Request, said: Said | None, status: str, clean: Clean) -> Reply:
    """Return the reply to one line of a batch that ended with `status`.

    A line that a batch did not come to, as it expired, was stopped or was refused whole, was not sent: it is no call.
    A line that a whole batch says nothing of may have been paid for: it counts like a call whose answer was lost.
    """
    if said is None:
        lost = status == "completed"
        detail = "the batch ended without a word on this line" if lost else f"the batch is {status}"
        return Reply(failure=Failure("connection" if lost else "server", detail, unsent=not lost))
    if said.status == 0:
        return Reply(failure=Failure("server", clean(said.error)[:300], unsent=said.error in _NEVER_RUN))
    if said.status != 200:
        words = clean(str(error_of(said.body).get("message") or "no reason given"))[:300]
        kind = _KINDS.get(said.status, "server" if said.status >= 500 else "bad_request")
        return Reply(failure=Failure(kind, f"status {said.status}: {words}"))
    try:
        return replace(reply_of(said.body, request, clean), attempts=1)
    except (MalformedError, UnicodeError) as error:
        return Reply(failure=Failure("malformed", clean(str(error))))


async def contents(
    server: BatchServer, batches: Sequence[Batch], ids: Sequence[str], pause: Callable[[], Awaitable[None]]
) -> list[dict[str, Said]]:
    """Return what each batch's files say of its lines.

    Where lines lack, the files are looked at again: they are complete a little later, or a download was cut. Raises
    ServerError.
    """
    found: list[dict[str, Said]] = []
    for _ in range(_LOOKS_AGAIN):
        found = [await _content(server, batch) for batch in batches]
        there = {line_id for said in found for line_id in said}
        if there.issuperset(ids) or all(batch.status != "completed" for batch in batches):
            break
        await pause()
        batches = [await server.look(batch.id) for batch in batches]
    return found


async def at_once(calls: Sequence[Coroutine[Any, Any, object]]) -> None:
    """Make calls to a store, some at a time."""
    for start in range(0, len(calls), _AT_ONCE):
        await asyncio.gather(*calls[start : start + _AT_ONCE])


async def _content(server: BatchServer, batch: Batch) -> dict[str, Said]:
    return read(b"\n".join([await server.content(file) for file in batch.files]))
