"""Several answers to one request, however many a server gives at a time, put together as one reply."""

from __future__ import annotations

from dataclasses import replace

from promptci.models.base import Failure, Reply, Request

_APART = 1_000_000  # sample indices of answers that are fetched one by one because a server gives one at a time


def rest(request: Request, have: int) -> Request:
    """The request for the answers that are still missing, independent of those that are there."""
    if not have:
        return request
    return replace(request, n=request.n - have, sample=request.sample + _APART * have)


def merged(so_far: Reply, reply: Reply) -> Reply:
    """The last reply, with what was there and what it all took; what is told of one answer is the first one's."""
    failed = so_far.failure
    first = so_far if so_far.texts else reply
    return replace(
        reply,
        texts=so_far.texts + reply.texts,
        usage=so_far.usage + reply.usage,
        attempts=so_far.attempts + reply.attempts,
        logprobs=first.logprobs,
        cut=first.cut,
        tool_calls=first.tool_calls,
        finish_reason=first.finish_reason,
        after=so_far.after + ((failed.kind,) if failed is not None and _sent_again(failed) else ()),
    )


def _sent_again(failed: Failure) -> bool:
    return failed.mend is None and not failed.unsent


def given_up(reply: Reply, n: int) -> Reply:
    """Some of the `n` answers are answers, the missing ones empty; none at all is a failure."""
    if reply.texts:
        return replace(reply, failure=None, texts=reply.texts + ("",) * (n - len(reply.texts)))
    return reply
