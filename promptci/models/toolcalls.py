"""Tool calls as they stand on the wire, and as we keep them.

Field names: OpenAI's API reference (chat completions, `tool_calls`; `function_call` is its older form), 2026.
"""

from __future__ import annotations

import json

from promptci.core import Json, Message, ToolCall

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def to_wire(message: Message) -> dict[str, Json]:
    """One turn as a server takes it; an assistant's that only calls tools has no content."""
    turn: dict[str, Json] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        turn["content"] = message.content or None
        turn["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.pictures:
        text = [{"type": "text", "text": message.content}] if message.content else []
        turn["content"] = [*text, *({"type": "image_url", "image_url": {"url": url}} for url in message.pictures)]
    if message.tool_call_id is not None:
        turn["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        turn["name"] = message.name
    return turn


def from_wire(message: dict[str, Json]) -> tuple[ToolCall, ...]:
    """The calls in an answer's message; what is no call of a function is left out."""
    listed = message.get("tool_calls")
    calls = [_call(entry.get("function"), entry.get("id")) for entry in _objects(listed)]
    if not calls:
        calls = [_call(message.get("function_call"), None)]
    return tuple(call for call in calls if call is not None)


def _objects(value: Json) -> list[dict[str, Json]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _call(function: Json, name_of_call: Json) -> ToolCall | None:
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return None
    return ToolCall(
        function["name"],
        _arguments(function.get("arguments")),
        name_of_call if isinstance(name_of_call, str) else "",
    )


def _arguments(value: Json) -> str:
    """As canonical JSON; a text that is no JSON stays as it is, for whoever judges it to see."""
    if value is None or value == "":
        return "{}"
    if not isinstance(value, str):
        return _canonical(value)
    try:
        return _canonical(json.loads(value))
    except (ValueError, RecursionError):
        return value
