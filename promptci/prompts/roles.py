"""Text that marks its own messages: `{{role "system"}}` (dotprompt) or a line `system:` (prompty)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from promptci.core import Part, PartRole
from promptci.errors import DataError
from promptci.prompts.base import Slot
from promptci.prompts.chat import ROLES
from promptci.prompts.handlebars.parse import TAG
from promptci.prompts.text import body_slot
from promptci.prompts.turns import LINE, spans

_COMMENT = re.compile(r"\{\{~?!(?:--.{0,2000}?--|(?:\{\{[^{}]{0,500}\}\}|[^{}]){0,2000})~?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of the text: from `start` up to `end`."""

    role: PartRole | None
    start: int
    end: int
    pictures: tuple[str, ...] = ()


def marked_by_tags(text: str, begin: int, place: str) -> list[Piece]:
    """Split a dotprompt body at `{{role "x"}}`, `{{#role "x"}}...{{/role}}` and `{{history}}`.

    `{{media url=x}}` is a picture of the message that it stands in, above or below its text. Raises DataError with
    place:line for a role or picture inside a block, for a role that is not known, and for a picture amid text.
    """
    found: list[Piece] = []
    role: PartRole | None = None
    start, depth = begin, 0
    for tag in TAG.finditer(text, begin):
        name, *rest = (tag["body"] or "").split() or [""]
        sign = tag["sign"] or ""
        if tag["escaped"] or tag["comment"] is not None:
            continue
        if name not in ("role", "history", "media", "section"):
            depth += (sign in ("#", "^")) - (sign == "/")
            continue
        where = _at(text, tag, place)
        if depth:
            hint = "move it out of the block, or write two prompts"
            raise DataError(f"'{{{{{name}}}}}' inside a block changes which messages there are", place=where, hint=hint)
        if name == "media":
            continue
        found.append(Piece(role, start, tag.start()))
        start = tag.end()
        if name == "history":
            found.append(Piece("history", tag.start(), tag.end()))
            role = "user"
        elif name == "role":
            role = None if sign == "/" else _role(rest, where)
    return [_with_pictures(text, piece, place) for piece in (*found, Piece(role, start, len(text)))]


_URL = re.compile(r"""url=(?:"(?P<double>[^"{}]+)"|'(?P<single>[^'{}]+)'|(?P<name>[A-Za-z_][\w.]*))""")


def _with_pictures(text: str, piece: Piece, place: str) -> Piece:
    """Take the pictures of dotprompt above and below a message's text out of its piece."""
    tags = [m for m in TAG.finditer(text, piece.start, piece.end) if (m["body"] or "").split()[:1] == ["media"]]
    return _without(text, piece, [(*tag.span(), _address(text, tag, place)) for tag in tags], place)


def _without(text: str, piece: Piece, spans: list[tuple[int, int, str]], place: str) -> Piece:
    """Leave out of a piece the pictures (start, end, address) that stand above and below its text."""
    start, end, below = piece.start, piece.end, list(spans)
    while below and not said(text[start : below[0][0]]):
        start = below.pop(0)[1]
    if below:
        end = below[0][0]
        for here, after in zip_longest(below, below[1:]):
            if said(text[here[1] : after[0] if after else piece.end]):
                hint = "a server is sent a message's pictures behind its text: write them below it"
                raise DataError(
                    "a picture stands amid the text of its message", place=_line_at(text, here[0], place), hint=hint
                )
    return replace(piece, start=start, end=end, pictures=tuple(address for _, _, address in spans))


def _address(text: str, tag: re.Match[str], place: str) -> str:
    found = _URL.search(tag["body"])
    if found is None:
        raise DataError("'media' names no address", place=_at(text, tag, place), hint="write {{media url=name}}")
    return f"{{{{{found['name']}}}}}" if found["name"] else found["double"] or found["single"]


def _line_at(text: str, at: int, place: str) -> str:
    return f"{place}:{text.count(chr(10), 0, at) + 1}"


def _at(text: str, tag: re.Match[str], place: str) -> str:
    return _line_at(text, tag.start(), place)


def marked_by_blocks(text: str, place: str) -> list[Piece]:
    """Split a text at `{{#system}}...{{/system}}` and its like; blanks may stand between the messages, and no text.

    Raises DataError with place:line for a block that is never closed, and for text outside.
    """
    found: list[Piece] = []
    role: PartRole | None = None
    start = int(text.startswith("\ufeff"))
    for tag in TAG.finditer(text):
        name = (tag["body"] or "").strip()
        if tag["escaped"] or tag["comment"] is not None or name not in ("system", "user", "assistant"):
            continue
        if (tag["sign"] == "#") != (role is None) or (tag["sign"] == "/" and ROLES[name] != role):
            raise DataError(
                f"{tag[0]} does not fit the block before it", place=_at(text, tag, place), hint="close every block"
            )
        if role is None and said(text[start : tag.start()]):
            raise DataError(
                "text stands outside the blocks", place=_at(text, tag, place), hint="put it into {{#system}}"
            )
        if role is not None:
            found.append(Piece(role, start, tag.start()))
        role, start = (None if role is not None else ROLES[name]), tag.end()
    if role is not None or said(text[start:]):
        problem = "a block is never closed" if role is not None else "text stands outside the blocks"
        raise DataError(problem, place=f"{place}:{text.count(chr(10), 0, start) + 1}", hint="close it with {{/user}}")
    return found


def _role(words: list[str], where: str) -> PartRole:
    said = words[0].strip("\"'") if words else ""
    if said not in ROLES:
        raise DataError(f"'{said}' is no role", place=where, hint="roles are: system, user, model, tool")
    return ROLES[said]


_SHOWN = re.compile(
    r"!\[[^\]\n]{0,500}\]\((?P<url>\{\{[^{}\n]{1,200}\}\}|https://[^\s()]{1,2000}|data:image/[^\s()]+)\)"
)


def marked_by_lines(text: str, begin: int, place: str) -> list[Piece]:
    """Split a prompty body at lines such as `system:`; lines with other names before the colon are text.

    A block of Jinja2 that holds such lines is a piece of the role `turns`. `![...](address)` in a user's message is a
    picture of it, above or below its text; amid it, DataError.
    """
    found: list[Piece] = []
    role: PartRole | None = None
    start, blocks = begin, list(spans(text, begin))
    for line in LINE.finditer(text, begin):
        said = line["role"].lower()
        if said not in ROLES or any(first <= line.start() < last for first, last in blocks):
            continue
        found += _with_turns(text, Piece(role, start, line.start()), blocks)
        role, start = ROLES[said], line.end()
    pieces = [*found, *_with_turns(text, Piece(role, start, len(text)), blocks)]
    return [_with_shown(text, piece, place) if piece.role == "user" else piece for piece in pieces]


def _with_turns(text: str, piece: Piece, blocks: list[tuple[int, int]]) -> list[Piece]:
    """A message, and all from the first block on that writes messages of its own."""
    first = next((start for start, _ in blocks if piece.start <= start < piece.end), None)
    if first is None:
        return [piece]
    above = [replace(piece, end=first)] if text[piece.start : first].strip() else []
    return [*above, Piece("turns", first, piece.end)]


def _with_shown(text: str, piece: Piece, place: str) -> Piece:
    spans = [(*m.span(), m["url"]) for m in _SHOWN.finditer(text, piece.start, piece.end)]
    return _without(text, piece, spans, place) if spans else piece


def parts_of(text: str, pieces: list[Piece], place: str) -> tuple[tuple[Part, ...], tuple[Slot | None, ...]]:
    """Return the parts of the pieces that hold more than blanks. Raises DataError when none does."""
    kept = [p for p in pieces if p.role == "history" or p.pictures or said(text[p.start : p.end])]
    found = list(_parts(text, kept))
    if not any(part.text for part, _ in found):
        raise DataError("the prompt is empty", place=place, hint="write the instruction below the front matter")
    return tuple(part for part, _ in found), tuple(slot for _, slot in found)


def said(inner: str) -> str:
    """Return a piece without comments of Handlebars and blanks around: what is left of it for the model."""
    return _COMMENT.sub("", inner).strip()


def _parts(text: str, pieces: list[Piece]) -> Iterator[tuple[Part, Slot | None]]:
    several = len(pieces) > 1
    for piece in pieces:
        inner = text[piece.start : piece.end]
        if piece.role == "history":
            yield Part("history", ""), None
        elif piece.role == "turns":
            yield Part("turns", inner.strip().replace("\r\n", "\n"), text.count("\n", 0, piece.start) + 1), None
        else:
            start = piece.start + len(inner) - len(inner.lstrip())
            end = piece.start + len(inner.rstrip())
            role = "user" if piece.role is None and several else piece.role
            line = text.count("\n", 0, start) + 1
            part = Part(role, text[start:end].replace("\r\n", "\n"), line, pictures=piece.pictures)
            yield part, body_slot(text, start, end) if part.text else None
