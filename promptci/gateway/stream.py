"""A whole answer as the events of a stream: clients that ask for one get it in one piece.

Event names and their order: OpenAI's API reference (chat completion chunks), 2026.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from promptci.core import Json


def events(body: Mapping[str, Any], *, with_usage: bool) -> Iterator[bytes]:
    """The server-sent events of one completion; the last says that there are no more."""
    head = {"id": body["id"], "object": "chat.completion.chunk", "created": body["created"], "model": body["model"]}
    (choice,) = body["choices"]
    said = dict(choice["message"])
    if said.get("tool_calls"):
        said["tool_calls"] = [{"index": n, **call} for n, call in enumerate(said["tool_calls"])]
    yield _event({**head, "choices": [{"index": 0, "delta": said, "finish_reason": None}]})
    yield _event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    if with_usage:
        yield _event({**head, "choices": [], "usage": body["usage"]})
    yield b"data: [DONE]\n\n"


def _event(value: Json) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
