"""The turns of a chat, in the words in which different logs keep them: who said it, and its text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from promptci.core import Json

Turn = tuple[str, str]

_CALLED = {"human": "user", "ai": "assistant", "model": "assistant", "gpt": "assistant", "bot": "assistant"}
_OURS = frozenset({"system", "developer", "tool", "function"})  # what the program says, not those who talk
_TEXTS = (None, "text", "input_text", "output_text")  # types of parts: others are pictures, calls, thoughts
_CONTENT = ("content", "parts", "value", "text")


def turns_of(messages: Json) -> list[Turn]:
    """Return what people and the model said, in its order: `role` or `from` or LangChain's types, texts or parts."""
    found = []
    for message in dicts(messages):
        inner = _inside(message)
        text = words(next((inner[name] for name in _CONTENT if name in inner), None))
        role = _role(message, inner)
        if text.strip() and role not in _OURS:
            found.append((role, text))
    return found


def _inside(message: Mapping[str, Json]) -> Mapping[str, Json]:
    """LangChain writes a message as a constructor with `kwargs`, or as a type with `data`."""
    for name in ("kwargs", "data"):
        if isinstance(message.get(name), dict):
            return dict(message[name])
    return message


def _role(message: Mapping[str, Json], inner: Mapping[str, Json]) -> str:
    said = inner.get("role", inner.get("from", inner.get("type", message.get("type"))))
    if said == "constructor" and isinstance(message.get("id"), list) and message["id"]:
        said = str(message["id"][-1]).removesuffix("Chunk").removesuffix("Message")
    said = str(said).lower()
    return _CALLED.get(said, said)


def words(content: Json) -> str:
    """Return the text of a message's content: a text, or the texts among its parts."""
    if isinstance(content, str):
        return content
    listed = content if isinstance(content, list) else []
    texts = [part if isinstance(part, str) else _text(part) for part in listed if isinstance(part, str | dict)]
    return "\n".join(text for text in texts if text)


def _text(part: Mapping[str, Json]) -> str:
    found = part.get("text", part.get("content"))
    return found if isinstance(found, str) and part.get("type") in _TEXTS else ""


def dicts(value: Json) -> Sequence[Mapping[str, Json]]:
    """Return the mappings in a list; none of what is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def opened(value: Json) -> Json:
    """Return what a text holds that is JSON of a mapping or a list; every other value as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value  # a text that only begins like JSON
    return value
