"""OpenAI's chat completions on the wire as our requests, and our replies as theirs.

Field names: OpenAI's API reference (chat completions), 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from promptci.core import Json, Message
from promptci.errors import DataError
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.parameters import asked_with
from promptci.models.toolcalls import from_wire

_ROLES: Mapping[str, Literal["system", "user", "assistant", "tool"]] = {
    "system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool",
}  # fmt: skip
_OURS = ("model", "messages", "stream", "stream_options", "n")
_CARRIED = frozenset({"role", "content", "name", "tool_calls", "function_call", "tool_call_id"})
# What was asked for and cannot be had: never 429 or 5xx, which clients would send again by themselves.
_STATUS = {"budget": 403, "replay": 403, "credentials": 401, "quota": 403, "bad_request": 400}


@dataclass(frozen=True)
class RefusedError(Exception):
    """A request that is not carried out."""

    said: str
    status: int = 400


def request_of(body: Json, specs: Sequence[ModelSpec]) -> Request:
    """Return what a program asks, of one of the models that the settings name. Raises RefusedError."""
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list) or not body["messages"]:
        raise RefusedError("the body must be JSON with 'model' and 'messages'")
    spec = next((s for s in specs if s.model == body.get("model")), None)
    if spec is None:
        known = ", ".join(dict.fromkeys(s.model for s in specs))
        raise RefusedError(
            f"promptci.yaml does not name the model {str(body.get('model'))[:80]!r}; it names: {known}", 404
        )
    if body.get("n") not in (None, 1):
        raise RefusedError("the gateway gives one answer at a time: leave out 'n'")
    if not isinstance(body.get("stream_options") or {}, dict):
        raise RefusedError("'stream_options' must be an object")
    given = {name: value for name, value in body.items() if name not in _OURS and value is not None}
    try:
        asked = asked_with(replace(spec, parameters={}), given, "request")
    except DataError as problem:
        raise RefusedError(problem.problem) from None
    return Request(asked, "scorer", tuple(_message(m) for m in body["messages"]))


def _message(given: Json) -> Message:
    role = _ROLES.get(str(given.get("role"))) if isinstance(given, dict) else None
    if role is None:
        raise RefusedError("each message needs a role: system, user, assistant or tool")
    content = given.get("content")
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        if len(texts) < len(content) or not all(isinstance(text, str) for text in texts):
            raise RefusedError("only texts can be sent through the gateway")
        content = "\n".join(map(str, texts))
    if content is not None and not isinstance(content, str):
        raise RefusedError("the content of a message must be a text")
    for field, value in given.items():
        if field not in _CARRIED and value not in (None, "", [], {}):
            raise RefusedError(f"the gateway does not carry {str(field)[:80]!r} of a message: leave it out")
    calls, listed = from_wire(given), given.get("tool_calls")
    if listed and (not isinstance(listed, list) or len(calls) < len(listed)):
        raise RefusedError("only calls of functions can be sent through the gateway")
    link, name = _text(given, "tool_call_id"), _text(given, "name")
    return Message(role, content or "", calls, link, name=name)


def _text(given: dict[str, Json], field: str) -> str | None:
    value = given.get(field)
    if value is not None and not isinstance(value, str):
        raise RefusedError(f"{field!r} of a message must be a text")
    return value


def body_of(reply: Reply, model: str) -> tuple[int, dict[str, Any]]:
    """Return the status and the body that a client understands."""
    if reply.failure is not None and reply.failure.kind in ("empty", "truncated", "refused"):
        reason = {"empty": "stop", "truncated": "length", "refused": "content_filter"}[reply.failure.kind]
        return 200, _answer(reply, model, "", reason)
    if reply.failure is not None:
        error = {"message": str(reply.failure), "type": "promptci", "code": reply.failure.kind, "param": None}
        return _STATUS.get(reply.failure.kind, 424), {"error": error}
    calls = "tool_calls" if reply.tool_calls else None
    return 200, _answer(reply, model, reply.text or "", calls or reply.finish_reason or "stop")


def _answer(reply: Reply, model: str, text: str, reason: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if reply.tool_calls:
        message |= {"content": text or None, "tool_calls": [
            {"id": c.id or f"call_{n}", "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for n, c in enumerate(reply.tool_calls)]}  # fmt: skip
    asked, given = reply.usage.input_tokens, reply.usage.output_tokens
    return {
        "id": "chatcmpl-promptci",
        "object": "chat.completion",
        "created": 0,
        "model": reply.model or model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}],
        "usage": {"prompt_tokens": asked, "completion_tokens": given, "total_tokens": asked + given},
    }
