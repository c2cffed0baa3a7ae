"""What requests of other APIs say beside their messages: OpenAI's responses, Gemini's contents."""

from __future__ import annotations

from collections.abc import Mapping

from promptci.core import Json, PartRole
from promptci.prompts.tree import Path

# How a call is made, kept or billed, and not what is asked.
OF_THE_CALL = frozenset((
    "background", "include", "n", "parallel_tool_calls", "prompt_cache_key", "safety_identifier", "service_tier",
    "store", "stream", "stream_options", "truncation", "user",
))  # fmt: skip
_NESTED = ("text", "reasoning")


def parameters_of(value: Mapping[str, Json]) -> tuple[dict[str, Json], tuple[str, ...]]:
    """Return what a body of the responses API nests, as a chat takes it, and the keys that this reads.

    `text: {format: ...}` is the response format, `reasoning: {effort: ...}` the effort; anything else in them is not
    read, and so stays for the caller to refuse.
    """
    found: dict[str, Json] = {}
    read = []
    for key in _NESTED:
        inner = value.get(key)
        if not isinstance(inner, dict) or set(inner) - {"format", "effort", "verbosity", "summary"}:
            continue
        read.append(key)
        shape = inner.get("format")
        if isinstance(shape, dict) and shape.get("type") not in (None, "text"):
            schema = {name: shape[name] for name in ("name", "schema", "strict") if name in shape}
            wanted = {"json_schema": schema} if shape["type"] == "json_schema" else {}
            found["response_format"] = {"type": shape["type"], **wanted}
        if isinstance(inner.get("effort"), str):
            found["reasoning_effort"] = inner["effort"]
    return found, tuple(read)


_SPEAKERS: Mapping[str, PartRole] = {"user": "user", "model": "assistant"}
_SYSTEM = ("systemInstruction", "system_instruction")


def of_contents(value: Mapping[str, Json]) -> tuple[tuple[PartRole, Path], ...] | None:
    """Return where the texts of a body of Gemini's stand; None where a message is more than one text."""
    listed: list[tuple[PartRole | None, Json, Path]] = [
        ("system", value[key], (key,)) for key in _SYSTEM if isinstance(value.get(key), dict)
    ]
    given = value.get("contents")
    for number, one in enumerate(given if isinstance(given, list) else []):
        role = _SPEAKERS.get(str(one.get("role", "user"))) if isinstance(one, dict) else None
        listed.append((role, one, ("contents", number)))
    found: list[tuple[PartRole, Path]] = []
    for speaker, one, path in listed:
        parts = one.get("parts") if isinstance(one, dict) else None
        first = parts[0] if isinstance(parts, list) and len(parts) == 1 else None
        if speaker is None or not isinstance(first, dict) or not isinstance(first.get("text"), str):
            return None
        found.append((speaker, (*path, "parts", 0, "text")))
    return tuple(found) or None
