"""A reply as it is stored, and back: only answers are worth keeping, and only whole ones are believed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from promptci.core import Json, ToolCall
from promptci.models.base import Failure, Reply, Usage
from promptci.models.budget import Cost

# Failures that the model itself answered and that are paid for: asked again, the same comes back and is paid again.
ANSWERED = frozenset({"refused", "empty", "truncated"})

# What was stored for a cut answer before its text was kept: the text is lost, so it is asked for again.
TEXTLESS = Failure("truncated", "the answer was cut at max_tokens")

_ascii = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer with the run that paid for it, and what that run's budget booked for it."""

    reply: Reply
    run: str
    cost: Cost


def answered(reply: Reply) -> bool:
    """The model answered, usefully or not, and the answer is paid for."""
    return reply.failure is None or reply.failure.kind in ANSWERED


def to_bytes(reply: Reply, cost: Cost) -> bytes:
    """A reply and its cost as ASCII JSON; whether it was cached is not part of it."""
    used = reply.usage
    row: dict[str, Json] = {
        "texts": reply.texts,
        "failure": reply.failure and [reply.failure.kind, reply.failure.detail],
        "usage": [used.input_tokens, used.output_tokens, used.estimated, *([] if used.usd is None else [used.usd])],
        "model": reply.model,
        "fingerprint": reply.fingerprint,
        "finish_reason": reply.finish_reason,
        "attempts": reply.attempts,
        "logprobs": reply.logprobs,
        "vectors": reply.vectors,
        "after": reply.after,
        "cut": reply.cut,
        "tool_calls": [_call(call) for call in reply.tool_calls],
        "cost": [cost.calls, cost.tokens, cost.usd],
    }
    return _ascii(row).encode()


def from_bytes(data: bytes) -> tuple[Reply, Cost]:
    """The reply and the cost that `to_bytes` wrote. Raises ValueError, KeyError or TypeError on anything else."""
    row = json.loads(data)
    reply = Reply(
        texts=tuple(row["texts"]),
        failure=row["failure"] and Failure(*row["failure"]),
        usage=Usage(*row["usage"]),
        model=row["model"],
        fingerprint=row["fingerprint"],
        finish_reason=row["finish_reason"],
        attempts=row["attempts"],
        logprobs=None if row["logprobs"] is None else tuple((token, value) for token, value in row["logprobs"]),
        vectors=tuple(map(tuple, row["vectors"])),
        after=tuple(row["after"]),
        cut=row.get("cut", False),
        tool_calls=tuple(ToolCall(*call) for call in row.get("tool_calls", ())),
    )
    return reply, Cost(*row["cost"])


def _call(call: ToolCall) -> list[str]:
    return [call.name, call.arguments, call.id, *([call.result] if call.result else [])]


def check(*parts: bytes | int) -> bytes:
    """SHA-256 (32 bytes) over `parts`, each with its length, so that no two lists of parts have the same text."""
    whole = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else b"%d" % part
        whole.update(b"%d:" % len(data))
        whole.update(data)
    return whole.digest()
