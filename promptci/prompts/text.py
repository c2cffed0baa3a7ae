"""Plain text prompts: `.md`, `.txt`, `.j2`, with optional YAML front matter between two `---` lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from promptci import yamlfile
from promptci.core import Json, Part
from promptci.errors import DataError
from promptci.prompts.base import Edit, PromptFile, Slot
from promptci.prompts.parameters import UNSENT_NOTE, of_editors, sorted_out

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)(?P<end>^---[ \t]*(?:\r?\n|\Z))", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"^\s*(#|[\w\"'-][\w \"'.-]*:(\s|$))", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Front:
    """Front matter: its values, the lines of its keys, and where the text behind it begins."""

    values: Mapping[str, Json]
    document: yamlfile.Document | None
    end: int

    def where(self, place: str, *path: str | int) -> str:
        """Return place:line of a key."""
        return f"{place}:{self.document.line(path) if self.document else 1}"


def front_matter(text: str, place: str, above: int = 0) -> Front:
    """Read the front matter of a file; without any, the body begins at the start (behind a byte order mark).

    `above` characters may stand in front of it.

    Text between `---` lines that is no mapping is text: a rule above and below a heading, say. Raises DataError for
    a mapping that is malformed.
    """
    none = Front({}, None, int(text.startswith("\ufeff")))
    match = _FRONT.match(text[above:])
    if match is None:
        return none
    try:
        document = yamlfile.read(match["yaml"], place, error=DataError, first_line=2 + text.count("\n", 0, above))
    except DataError:
        if _KEY.search(match["yaml"]):
            raise
        return none
    if document.value is None:
        return Front({}, None, above + match.end())
    return Front(document.value, document, above + match.end()) if isinstance(document.value, dict) else none


class Text:
    """The template is the body without the blank lines around it; they stay in the file as they are."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Split front matter from body. Raises DataError for bad front matter or an empty body."""
        if selector is not None:
            raise DataError("a text file has no parts to choose from", place=place, hint="leave out '::' and the rest")
        front = front_matter(text, place)
        start, end = span(text, front.end)
        if start >= end:
            raise DataError("the prompt is empty", place=place, hint="write the instruction below the front matter")
        unsent = of_editors(front.values)
        parameters, notes = sorted_out(front.values, lambda key: front.where(place, key), also=("system", *unsent))
        notes |= {UNSENT_NOTE: unsent} if unsent else {}
        body = Part(None, text[start:end].replace("\r\n", "\n"), text.count("\n", 0, start) + 1)
        slot = body_slot(text, start, end, front.end)
        system = _system(front, place)
        return PromptFile((*system, body), (*(None for _ in system), slot), len(system), parameters, notes)


def span(text: str, begin: int) -> tuple[int, int]:
    """Where the text behind `begin` starts and ends, the blanks around it left out; an empty one ends at its start."""
    body = text[begin:]
    start = begin + len(body) - len(body.lstrip())
    return start, max(start, len(text.rstrip()))


def body_slot(text: str, start: int, end: int, begin: int = 0) -> Slot:
    """Return the slot of what stands in `text` as it is, from `start` up to `end`.

    Lines that stay keep their ends. Others end as most lines there do; where there is one line only, as most behind
    `begin`, or in the whole file.
    """

    def ways(new: str) -> Iterator[Edit]:
        wanted = new.strip().replace("\r\n", "\n")
        if wanted:
            near = next((t for t in (text[start:end], text[begin:]) if "\n" in t), text)
            carriage = "\r" if 2 * near.count("\r\n") > near.count("\n") else ""
            yield Edit(start, end, _with_ends(text[start:end].split("\n"), wanted.split("\n"), carriage))

    return ways


def _with_ends(old: list[str], new: list[str], carriage: str) -> str:
    """Return the lines of `new`: those at top and bottom that `old` has as well as they are there."""
    bare = [line.removesuffix("\r") for line in old]
    top = _same(bare, new)
    bottom = _same(bare[top:][::-1], new[top:][::-1])
    between = [line + carriage for line in new[top : len(new) - bottom]]
    above = old[:top]
    if top == len(old):  # the last line has no end of its own yet
        above[-1] += carriage
    return "\n".join([*above, *between, *old[len(old) - bottom :]]).removesuffix("\r")


def _same(one: list[str], other: list[str]) -> int:
    """How many lines the two begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _system(front: Front, place: str) -> tuple[Part, ...]:
    if "system" not in front.values:
        return ()
    said, where = front.values["system"], front.where(place, "system")
    if not isinstance(said, str) or not said.strip():
        raise DataError("'system' must be a text", place=where)
    return (Part("system", said.strip(), int(where.rpartition(":")[2])),)
