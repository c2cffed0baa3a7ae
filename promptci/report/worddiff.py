"""What a unified diff changed, word by word."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterator
from itertools import groupby
from typing import Literal, NamedTuple

Kind = Literal["same", "gone", "new"]
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MOST = 4000  # words of one changed block; more of them are compared as a whole, or it takes seconds


class Segment(NamedTuple):
    """A run of text that stays, goes or comes. Untrusted, as in the file."""

    kind: Kind
    text: str


def word_changes(diff: str) -> list[Segment]:
    """Return the text of a unified diff's hunks as segments, in order; empty when the diff has no hunk."""
    found: list[Segment] = []
    lines = diff.split("\n")
    start = next((n for n, line in enumerate(lines) if line.startswith("@@")), len(lines))
    body = [line for line in lines[start:] if line[:1] in (" ", "-", "+", "@")]
    for kind, block in groupby(body, key=lambda line: "@" if line[0] == "@" else " " if line[0] == " " else "!"):
        if kind == "@":
            found += [Segment("same", "\n...\n")] if found else []
        elif kind == " ":
            found.append(Segment("same", "".join(f"{line[1:]}\n" for line in block)))
        else:
            found += _compared(list(block))
    return list(_joined(found))


def _compared(block: list[str]) -> Iterator[Segment]:
    """The words of the lines that go against those of the lines that come."""
    before, after = (_WORDS.findall("".join(f"{line[1:]}\n" for line in block if line[0] == sign)) for sign in "-+")
    if len(before) + len(after) > _MOST:
        yield from (Segment("gone", "".join(before)), Segment("new", "".join(after)))
        return
    gone = new = ""
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        old, now = "".join(before[a:b]), "".join(after[c:d])
        # A blank that two changes share would cut one change into many.
        if tag != "equal" or (now == " " and (gone or new)):
            gone, new = gone + old, new + now
            continue
        yield from (Segment("gone", gone), Segment("new", new), Segment("same", now))
        gone = new = ""
    yield from (Segment("gone", gone), Segment("new", new))


def _joined(segments: list[Segment]) -> Iterator[Segment]:
    for kind, run in groupby((s for s in segments if s.text), key=lambda s: s.kind):
        yield Segment(kind, "".join(s.text for s in run))


def word_diff(diff: str, width: int = 100) -> str:
    """Return a diff as `git diff --word-diff` writes it, [-gone-] and {+new+}, broken between words at `width`."""
    marks = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
    text = "".join(_marked(marks[s.kind], s.text) for s in word_changes(diff))
    lines = (textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) for line in text.split("\n"))
    return "\n".join("\n".join(line) for line in lines).strip("\n")


def _marked(mark: str, text: str) -> str:
    """Each line of a segment marked for itself; its line breaks stay outside."""
    return "\n".join(mark.format(line) if line else line for line in text.split("\n"))
