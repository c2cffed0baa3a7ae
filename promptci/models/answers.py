"""What comes back over the wire: the body of an answer as a Reply. Nothing in it is taken on trust."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from promptci.core import Json, ToolCall
from promptci.models import cut, toolcalls, wire
from promptci.models.base import Failure, Reply, Request, Usage
from promptci.models.budget import guess

_MOST_TOKENS = 10**9  # beyond it a count is damage, not usage
_THOUGHTS = ("reasoning_content", "reasoning")  # where servers put a model's thinking, beside its answer

Clean = Callable[[str], str]


class MalformedError(ValueError):
    """A body that is no answer: not JSON, or not of the shape that was promised."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers in a body; with a failure when it is no use, though paid for."""

    text: str
    finish_reason: str | None
    failure: Failure | None
    logprobs: tuple[tuple[str, float], ...] | None
    tool_calls: tuple[ToolCall, ...] = ()


def reply_of(data: bytes, request: Request, clean: Clean) -> Reply:
    """The reply in a body that came with status 200; `clean` masks secrets. Raises MalformedError.

    Fewer texts than `n` mean that the server gave fewer. A choice that is refused or empty is an empty text beside
    others, and a failure alone; one that is cut, too, but where one answer is asked for and it has a text.
    """
    body = _object(data)
    model = clean(_text(body.get("model")) or "")
    if request.kind == "embedding":
        return Reply(
            vectors=_vectors(body, len(request.messages)), usage=_usage(body, 0) or guess(request), model=model
        )
    choices = [_choice(raw, request, clean) for raw in _list(body, "choices")[: request.n]]
    if not choices:
        raise MalformedError("the answer has no choices")
    usable = [choice for choice in choices if choice.failure is None]
    mark = _text(body.get("system_fingerprint"))
    return Reply(
        texts=tuple("" if choice.failure else choice.text for choice in choices) if usable else (),
        failure=None if usable else choices[0].failure,
        usage=_usage(body, None) or guess(request, [choice.text for choice in choices]),
        fingerprint=None if mark is None else clean(mark),
        finish_reason=choices[0].finish_reason,
        logprobs=choices[0].logprobs,
        model=model,
        cut=bool(usable) and choices[0].finish_reason == "length" and not wire.echoes(request),
        tool_calls=choices[0].tool_calls,
    )


def error_of(data: bytes) -> dict[str, Json]:
    """The error object in the body of a refusal; a body of another shape is told as its message."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return {"message": data[:2000].decode("utf-8", "replace")}
    for name in ("error", "detail", "errors"):  # OpenAI's, FastAPI's, and others' shapes
        inner = body.get(name) if isinstance(body, dict) else None
        inner = inner[0] if isinstance(inner, list) and inner else inner
        if isinstance(inner, dict):
            where = inner.get("loc")
            return {**inner, "param": where[-1]} if isinstance(where, list) and where else inner
        if isinstance(inner, str):
            return {**body, "message": inner}
    return body if isinstance(body, dict) else {"message": json.dumps(body)[:2000]}


def _object(data: bytes) -> dict[str, Json]:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:  # invalid UTF-8 and numbers of thousands of digits, too
        raise MalformedError(f"{_kind(data, error)}; it starts: {data[:80].decode('utf-8', 'replace')!r}") from None
    if not isinstance(body, dict):
        raise MalformedError(f"the answer is a JSON {type(body).__name__}, not an object")
    if body.get("error") and not body.get("choices") and not body.get("data"):
        raise MalformedError(f"status 200 with an error: {json.dumps(body['error'])[:300]}")
    return body


def _kind(data: bytes, error: Exception) -> str:
    """Return what a body is that is no JSON, and where there is a usual cause, what to look at."""
    start = data.lstrip()[:14].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "the answer is a web page, not an API's; look at base_url, and whether the server wants a login"
    if start.startswith((b"data:", b"event:")):
        return "the answer is a stream of events, which was not asked for; look at base_url and the server's settings"
    return "the answer is not UTF-8" if isinstance(error, UnicodeDecodeError) else "the answer is not JSON"


def _choice(raw: Json, request: Request, clean: Clean) -> Choice:
    if not isinstance(raw, dict):
        raise MalformedError("a choice is not an object")
    finish = clean(_text(raw.get("finish_reason")) or "") or None
    calls: tuple[ToolCall, ...] = ()
    thought = False
    if request.kind == "completion":
        text, refusal = _content(raw.get("text")), ""
    else:
        message = raw.get("message")
        if not isinstance(message, dict):
            raise MalformedError("a choice has no message")
        text, refusal = _content(message.get("content")), clean(_text(message.get("refusal")) or "")
        thought = any(_text(message.get(name)) for name in _THOUGHTS)
        calls = tuple(
            replace(call, name=clean(call.name), arguments=clean(call.arguments))
            for call in toolcalls.from_wire(message)
        )
    logprobs = _logprobs(raw.get("logprobs"), request) if request.logprobs else None
    failure = None if wire.echoes(request) else _failure(text, finish, refusal, request, calls, thought=thought)
    return Choice(clean(text), finish, failure, logprobs, calls)


def _failure(
    text: str, finish: str | None, refusal: str, request: Request, calls: tuple[ToolCall, ...], *, thought: bool
) -> Failure | None:
    if refusal or finish == "content_filter":
        return Failure("refused", refusal[:300] if refusal else "stopped by the server's content filter")
    if finish == "length" and (request.n > 1 or not text.strip()):
        return Failure("truncated", cut.words(request))
    if not text.strip() and calls and not wire.offers_tools(request):
        return Failure(
            "empty", f"the model called the tool '{calls[0].name}', which it was not offered, and said nothing"
        )
    if not text.strip() and not calls:
        where = ", all that came is its thinking" if thought else ""
        return Failure("empty", f"the answer is empty{where} (finish_reason: {finish or 'not given'})")
    return None


def _content(value: Json) -> str:
    """A text, or a list of parts of which the texts count; null is an empty text."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(part, dict) for part in value):
        value = "".join(_text(part.get("text")) or "" for part in value)
    if not isinstance(value, str):
        raise MalformedError(f"the content is a JSON {type(value).__name__}, not a text")
    return value


def _logprobs(raw: Json, request: Request) -> tuple[tuple[str, float], ...] | None:
    """(token, natural log of its probability); None when the server sends none, or nonsense."""
    if not isinstance(raw, dict):
        return None
    try:
        if request.kind == "chat":
            pairs = [(entry["token"], entry["logprob"]) for entry in raw["content"]]
        else:
            pairs = list(zip(raw["tokens"], raw["token_logprobs"], strict=True))
            pairs = _prompt_only(pairs, request) if wire.echoes(request) else pairs
        return tuple((str(token), 0.0 if value is None else _finite(value)) for token, value in pairs)
    except (KeyError, TypeError, ValueError, OverflowError):  # the last: a whole number of hundreds of digits
        return None


def _prompt_only(pairs: list[tuple[Any, Any]], request: Request) -> list[tuple[Any, Any]]:
    """Without the token that a server which cannot generate none has added after the prompt."""
    left = sum(len(message.content) for message in request.messages)
    kept = []
    for token, value in pairs:
        if left <= 0:
            break
        kept.append((token, value))
        left -= len(str(token))
    return kept


def _vectors(body: dict[str, Json], expected: int) -> tuple[tuple[float, ...], ...]:
    """One vector per input, in the inputs' order, whatever the order in which the server lists them."""
    rows = _list(body, "data")
    if len(rows) != expected:
        raise MalformedError(f"{len(rows)} vectors for {expected} inputs")
    try:
        ordered = {int(row["index"]): tuple(map(_finite, row["embedding"])) for row in rows}
    except (KeyError, TypeError, ValueError, OverflowError):
        raise MalformedError("the vectors are not lists of numbers") from None
    if ordered.keys() != set(range(expected)):
        raise MalformedError("the vectors do not say which input each of them is of")
    if len({len(vector) for vector in ordered.values()}) > 1 or not all(ordered.values()):
        raise MalformedError("the vectors are not of one length")
    return tuple(ordered[index] for index in range(expected))


def _usage(body: dict[str, Json], default_output: int | None) -> Usage | None:
    raw = body.get("usage")
    if not isinstance(raw, dict):
        return None
    counts = raw.get("prompt_tokens"), raw.get("completion_tokens", default_output)
    asked, given = (count if type(count) is int and 0 <= count < _MOST_TOKENS else None for count in counts)
    return None if asked is None or given is None else Usage(asked, given)


def _list(body: dict[str, Json], name: str) -> list[Json]:
    value = body.get(name)
    if not isinstance(value, list):
        raise MalformedError(f"`{name}` is a JSON {type(value).__name__}, not a list")
    return value


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _finite(value: Json) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number
