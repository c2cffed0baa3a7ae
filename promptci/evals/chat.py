"""A chat in a row: a list of messages as OpenAI's API takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from promptci.core import Json, Message, ToolCall
from promptci.errors import DataError
from promptci.evals.strict import decoded
from promptci.pictures import HINT, is_address, picture_of

Speaker = Literal["system", "user", "assistant", "tool"]
_ROLES: Mapping[str, Speaker] = {
    "system": "system", "user": "user", "assistant": "assistant", "tool": "tool",
    "developer": "system", "model": "assistant", "human": "user", "ai": "assistant",
}  # fmt: skip


def messages_of(given: Json, place: str) -> tuple[Message, ...]:
    """Return the messages of a list of mappings with `role` and `content`. Raises DataError at `place`.

    `developer` is read as system; content may be a list of texts and pictures; an assistant's message may hold
    `tool_calls`.
    """
    if not isinstance(given, list) or not given:
        raise DataError("'messages' must be a list of messages with 'role' and 'content'", place=place)
    return tuple(message_of(m, f"message {n}", place) for n, m in enumerate(given, 1))


def message_of(given: Json, name: str, place: str) -> Message:
    """Return one message. Raises DataError at `place`, calling it `name`."""
    if not isinstance(given, Mapping):
        raise DataError(f"{name} must have 'role' and 'content'", place=place)
    role = _ROLES.get(str(given.get("role")))
    if role is None:
        raise DataError(f"{name} has the role {given.get('role')!r}", place=place, hint=f"known: {', '.join(_ROLES)}")
    unknown = sorted(set(given) - {"role", "content", "name", "tool_calls", "tool_call_id"})
    if unknown:
        raise DataError(f"{name} has the unknown key '{unknown[0]}'", place=place)
    listed = given.get("tool_calls") or []
    if not isinstance(listed, list):
        raise DataError(f"the 'tool_calls' of {name} must be a list", place=place)
    calls = tuple(_call(c, name, place) for c in listed)
    content, pictures = _content(given.get("content"), name, place)
    if not content and not calls and not pictures and role != "tool":
        raise DataError(f"{name} has no content", place=place)
    link, speaker = given.get("tool_call_id"), given.get("name")
    if speaker is not None and not isinstance(speaker, str):
        raise DataError(f"the 'name' of {name} must be a text", place=place)
    return Message(role, content, calls, str(link) if link is not None else None, pictures, speaker or None)


def _content(given: Json, name: str, place: str) -> tuple[str, tuple[str, ...]]:
    """The text of a message, and its pictures, which are sent behind it."""
    if given is None or isinstance(given, str):
        return given or "", ()
    texts: list[str] = []
    pictures: list[str] = []
    for part in given if isinstance(given, list) else [given]:
        picture = picture_of(part)
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif picture is not None and is_address(picture):
            pictures.append(picture)
        else:
            raise DataError(f"the content of {name} has a part that cannot be sent", place=place, hint=HINT)
    return "".join(texts), tuple(pictures)


def _call(given: Json, name: str, place: str) -> ToolCall:
    function = given.get("function") if isinstance(given, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise DataError(f"a tool call of {name} has no function with its name", place=place)
    arguments = function.get("arguments", "{}")
    try:
        value = decoded(arguments, place) if isinstance(arguments, str) else arguments
    except json.JSONDecodeError:
        raise DataError(f"the arguments of a tool call of {name} are not JSON", place=place) from None
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return ToolCall(function["name"], canonical, str(given.get("id", "")))
