"""Messages that only a filled template has: a loop that writes lines `user:` and `assistant:` (prompty, prompt flow).

Semantic Kernel's `<message role="user">...</message>` are such messages, too.

What such a block gives is split where the template itself has a line of a role: a value that holds one stays text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from promptci.core import Json, Message
from promptci.errors import DataError
from promptci.prompts.chat import ROLES

_BEGIN = r"(?:^|(?<=\ufeff))"  # of a line, which a byte order mark may stand in front of
LINE = re.compile(_BEGIN + r"[ \t]*#?[ \t]*(?P<role>[A-Za-z]+)(?:\[[^\]\n]*\])?[ \t]*:[ \t]*\r?$", re.MULTILINE)
_NAMED = re.compile(_BEGIN + r"[ \t]*#?[ \t]*(?P<role>\{\{[^{}\n]{1,200}\}\})[ \t]*:[ \t]*\r?$", re.MULTILINE)
_BLOCK = re.compile(r"\{%[-+]?\s*(?P<end>end)?(?:for|if)\b[^%]*(?:%(?!\})[^%]*)*%\}")
_TAGGED = re.compile(r"""<message\s+role\s*=\s*["'](?P<role>[^"'<>]{1,200})["']\s*>|</message>""", re.IGNORECASE)
_OPEN, _CLOSE = "\ue000", "\ue001"  # for private use: no text that people write has them
_FILLED = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")


def spans(text: str, begin: int) -> Iterator[tuple[int, int]]:
    """Give where the outermost blocks stand that hold lines of a role."""
    depth, start = 0, begin
    for tag in _BLOCK.finditer(text, begin):
        if tag["end"] is None:
            start = tag.start() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0 and _holds_role(text[start : tag.end()]):
                yield start, tag.end()


def holds_tags(text: str) -> bool:
    """Whether messages stand in tags."""
    return any(m["role"] for m in _TAGGED.finditer(text))


def _holds_role(text: str) -> bool:
    return _NAMED.search(text) is not None or any(m["role"].lower() in ROLES for m in LINE.finditer(text))


def marked(text: str) -> str:
    """Return the template with its lines, or tags, of a role marked, so that they are known when it is filled."""
    if holds_tags(text):
        return tagged(text)
    found = _NAMED.sub(lambda m: f"{_OPEN}{m['role']}{_CLOSE}", text)
    return LINE.sub(lambda m: f"{_OPEN}{m['role']}{_CLOSE}" if m["role"].lower() in ROLES else m[0], found)


def tagged(text: str) -> str:
    """Return a template of messages in tags with their roles marked; what stands between two of them is not sent."""
    return _TAGGED.sub(lambda m: f"{_OPEN}{m['role'] or ''}{_CLOSE}", text)


def refuse_marks(values: Mapping[str, Json], place: str) -> None:
    """Raise DataError for values that hold the marks themselves."""
    if _OPEN in json.dumps(values, ensure_ascii=False, default=str):
        raise DataError("a value holds the character U+E000, which no message may", place=place)


def messages(text: str, place: str) -> list[Message]:
    """Return the messages of a filled block. Raises DataError for text in front of them, and for an unknown role."""
    before, *rest = _FILLED.split(text)
    if before.strip():
        hint = "write a line such as `user:` above it"
        raise DataError(
            f"text stands in front of a block's first message: '{before.strip()[:60]}'", place=place, hint=hint
        )
    found = []
    for said, content in zip(rest[::2], rest[1::2], strict=True):
        if not said.strip():  # behind a tag that closes
            if content.strip():
                raise DataError(f"text stands between messages: '{content.strip()[:60]}'", place=place)
            continue
        message = Message(_role(said.strip(), place), content.strip())
        found += [message] if message.content else []
    return found


def _role(said: str, place: str) -> Literal["system", "user", "assistant", "tool"]:
    match ROLES.get(said.lower()):
        case "system" | "user" | "assistant" | "tool" as role:
            return role
        case _:
            known = "roles are: system, user, assistant, tool"
            raise DataError(f"'{said[:40]}' is no role", place=place, hint=known)
