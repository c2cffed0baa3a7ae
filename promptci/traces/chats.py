"""Logged requests: the messages of a chat, wherever a log keeps them.

OpenAI's own shapes (chat completions, responses, batch files, fine-tuning rows) and what proxies and tracers put around
them: `request`, `request_body`, `kwargs`, `inputs`, as JSON or as a text of JSON.
"""

from __future__ import annotations

from collections.abc import Mapping

from promptci.core import Json
from promptci.traces.turns import dicts, opened

_LISTS = ("messages", "input", "inputs", "prompt", "conversations", "conversation", "contents")
_AROUND = ("body", "request", "kwargs", "params", "input", "inputs", "prompt", "request_body", "requestBody", "payload")
_MANY = ("data", "logs", "items", "rows", "traces", "observations", "runs", "requests", "generations")
_NO_CHATS = ("/embeddings", "/moderations")
_DEPTH = 5


def messages_of(value: Mapping[str, Json], depth: int = 0) -> Json:
    """Return the messages of a logged request, [] for one that has none, as one for embeddings."""
    if str(value.get("url", "")).endswith(_NO_CHATS) or "encoding_format" in value:
        return []
    for key in _LISTS:
        listed = opened(value.get(key))
        if isinstance(listed, list) and listed and all(isinstance(one, list) for one in listed):
            listed = listed[0]  # LangChain's tracers: a batch of one
        if dicts(listed):
            return listed
    said = _said(value)
    if said:
        return [{"role": "user", "content": said}]
    for key in _AROUND if depth < _DEPTH else ():
        inner = opened(value.get(key))
        if isinstance(inner, dict) and (found := messages_of(inner, depth + 1)):
            return found
    return []


def _said(value: Mapping[str, Json]) -> str:
    """The question of a request that has no messages: `prompt`, or the responses API's `input`."""
    prompt, asked = value.get("prompt"), value.get("input")
    if isinstance(prompt, str) and prompt.strip() and not isinstance(opened(prompt), dict):
        return prompt
    return asked if isinstance(asked, str) and ("model" in value or "instructions" in value) else ""


def many_in(value: Mapping[str, Json]) -> Json:
    """Return the requests of an export that lists them below one key, [] for none."""
    return next((value[key] for key in _MANY if dicts(value.get(key))), [])
