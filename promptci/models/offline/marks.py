"""Marked-off parts of a text: tags, guards and fences, found in one pass however the text is made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TAG = re.compile(r"<([A-Za-z_][\w-]{0,40})>")
_GUARD = re.compile(r"<<<[ \t]*(\w{1,40}(?: [\w-]{1,40})?)[ \t]*\n")
_FENCE = re.compile(r"^[ \t]*(`{3,}|\"{3,}|'{3,}|-{5,}|={5,}|#{5,})[\w-]*[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of a text from `start` to `end`, marks included; `name` is the tag's or guard's, `body` what is inside."""

    start: int
    end: int
    name: str
    body: str


def tagged(text: str) -> Iterator[Mark]:
    """Yield `<name>...</name>` from left to right, the outermost of nested ones."""
    yield from _closed(text, _TAG, "</{}>")


def guarded(text: str) -> Iterator[Mark]:
    """Yield `<<<NAME key ... NAME key>>>`, whose opening line holds nothing else."""
    yield from _closed(text, _GUARD, "{}>>>")


def fenced(text: str) -> Iterator[Mark]:
    """Yield what stands between two lines of the same fence (backticks, quotes, dashes, equal signs)."""
    start: re.Match[str] | None = None
    for line in _FENCE.finditer(text):
        if start is None:
            start = line
        elif line[1] == start[1]:
            yield Mark(start.start(), line.end(), "", text[start.end() : line.start()].strip("\n"))
            start = None


def _closed(text: str, opening: re.Pattern[str], closing: str) -> Iterator[Mark]:
    after = 0
    never_closed: set[str] = set()
    for match in opening.finditer(text):
        name = match[1]
        if match.start() < after or name in never_closed:
            continue
        end = closing.format(name)
        found = text.find(end, match.end())
        if found < 0:
            never_closed.add(name)
            continue
        after = found + len(end)
        yield Mark(match.start(), after, name, text[match.end() : found].strip("\n"))


def without(text: str, marks: list[Mark]) -> str:
    """Return `text` without these parts."""
    kept, last = [], 0
    for mark in marks:
        kept.append(text[last : mark.start])
        last = mark.end
    return "".join([*kept, text[last:]])
