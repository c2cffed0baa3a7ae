"""A marked region: the part of a text that a search may rewrite, between two lines that are not sent.

    <!-- promptci:rewrite -->
    Answer briefly.
    <!-- promptci:end -->

The lines may be comments of any language (`#`, `//`, `{# #}`, `<!-- -->`).
"""

from __future__ import annotations

import re
from dataclasses import replace

from promptci.core import Part
from promptci.errors import DataError
from promptci.prompts.base import PromptFile, Slot

_BEGIN = re.compile(r"^.{0,20}\bpromptci:rewrite\b.{0,20}(?:\n|\Z)", re.MULTILINE)
_END = re.compile(r"^.{0,20}\bpromptci:end\b.{0,20}(?:\n|\Z)", re.MULTILINE)


def with_region(found: PromptFile, place: str) -> PromptFile:
    """Return the prompt with its marked region, if there is one, as the text to rewrite.

    Raises DataError with place:line for a region that is never closed, an empty one, and a second one.
    """
    marked = [n for n, part in enumerate(found.parts) if "promptci:rewrite" in part.text]
    if not marked:
        return found
    where = f"{place}:{found.parts[marked[0]].first_line}"
    if len(marked) > 1 or len(_BEGIN.findall(found.parts[marked[0]].text)) != 1:
        raise DataError("one region can be marked, on lines of its own", place=where, hint="remove the other marks")
    index = marked[0]
    part, slot = _cut(found.parts[index], found.slots[index], where)
    parts, slots = list(found.parts), list(found.slots)
    parts[index], slots[index] = part, slot
    return replace(found, parts=tuple(parts), slots=tuple(slots), rewrite=index, region=True)


def _cut(part: Part, slot: Slot | None, where: str) -> tuple[Part, Slot | None]:
    text = part.text
    begin = _BEGIN.search(text)
    end = _END.search(text, begin.end()) if begin else None
    if begin is None or end is None:
        hint = "close it with a line such as <!-- promptci:end -->"
        raise DataError("the marked region is never closed", place=where, hint=hint)
    inner = text[begin.end() : end.start()]
    wanted = inner.strip()
    if not wanted:
        raise DataError("the marked region is empty", place=where, hint="write the text to improve between the marks")
    start = begin.end() + inner.index(wanted)
    stop = start + len(wanted)
    head, tail = text[:start], text[stop:]
    line = part.first_line + head.count("\n")
    before = part.before + text[: begin.start()] + text[begin.end() : start]
    after = text[stop : end.start()] + text[end.end() :] + part.after
    around = None if slot is None else (lambda new: slot(head + new + tail))
    return replace(part, text=wanted, first_line=line, before=before, after=after), around
