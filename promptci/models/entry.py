"""A reply as it is stored, and back: only answers are worth keeping, and only whole ones are believed."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from promptci.core import Json, ToolCall
from promptci.models.base import Failure, Reply, Usage
from promptci.models.budget import Cost

# Failures that the model itself answered and that are paid for: asked again, the same comes back and is paid again.
ANSWERED = frozenset({"refused", "empty", "truncated"})

# What was stored for a cut answer before its text was kept: the text is lost, so it is asked for again.
TEXTLESS = Failure("truncated", "the answer was cut at max_tokens")

T = TypeVar("T")
_MOST = sys.float_info.max  # of what a float can be; a whole number may have more digits than that
_ascii = json.JSONEncoder(separators=(",", ":")).encode
_decoded = json.JSONDecoder().decode


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
    """The reply and the cost that `to_bytes` wrote. Raises ValueError, KeyError or TypeError on anything else.

    A check that fits says who wrote it no more than a name does: a number that is none would end every cap on cost.
    """
    row = _decoded(data.decode())
    calls, tokens, usd = row["cost"]
    reply = Reply(
        texts=_each(_text, row["texts"]),
        failure=None if row["failure"] is None else Failure(*_pair(_text, row["failure"])),
        usage=_usage(*row["usage"]),
        model=_text(row["model"]),
        fingerprint=_maybe(row["fingerprint"]),
        finish_reason=_maybe(row["finish_reason"]),
        attempts=_count(row["attempts"]),
        logprobs=None if row["logprobs"] is None else _each(_token, row["logprobs"]),
        vectors=_each(_vector, row["vectors"]),
        after=_each(_text, row["after"]),
        cut=_flag(row.get("cut", False)),
        tool_calls=tuple(ToolCall(*_each(_text, call)) for call in row.get("tool_calls", ())),
    )
    return reply, Cost(_count(calls), _count(tokens), _number(usd, 0.0))


def _usage(sent: Json, written: Json, estimated: Json, usd: Json = None) -> Usage:
    return Usage(_count(sent), _count(written), _flag(estimated), None if usd is None else _number(usd, 0.0))


def _each(kind: Callable[[Json], T], values: Json) -> tuple[T, ...]:
    if type(values) is not list:
        raise TypeError("not a list")
    return tuple(map(kind, values))


def _pair(kind: Callable[[Json], T], values: Json) -> tuple[T, T]:
    first, second = _each(kind, values)
    return first, second


def _token(pair: Json) -> tuple[str, float]:
    token, logprob = pair
    return _text(token), _number(logprob)


def _vector(values: Json) -> tuple[float, ...]:
    return _each(_number, values)


def _text(value: Json) -> Any:
    if type(value) is not str:
        raise TypeError("not a text")
    return value


def _maybe(value: Json) -> str | None:
    return None if value is None else str(_text(value))


def _flag(value: Json) -> bool:
    if type(value) is not bool:
        raise TypeError("neither true nor false")
    return value


def _count(value: Json) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("not a count")
    return value


def _number(value: Json, least: float = -_MOST) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= _MOST:
        raise ValueError("not a finite number")
    return value  # as it was written: 1 stays 1


def _call(call: ToolCall) -> list[str]:
    return [call.name, call.arguments, call.id, *([call.result] if call.result else [])]


def check(*parts: bytes | int) -> bytes:
    """SHA-256 (32 bytes) over `parts`, each with its length, so that no two lists of parts have the same text."""
    told = [part if isinstance(part, bytes) else b"%d" % part for part in parts]
    return hashlib.sha256(b"".join([b"%d:%b" % (len(data), data) for data in told])).digest()
