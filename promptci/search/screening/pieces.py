"""A text as sentences with places, so that a small edit can be said as "after the third" or "instead of the fifth"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_CONSTRUCT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_KEPT = re.compile(r"\{#\s*keep\s*#\}.*?\{#\s*end\s*#\}", re.DOTALL)
_BULLET = re.compile(r"[ \t]*(?:[-*•+]|\(?\d{1,3}[.)]|#{1,6})[ \t]+")
# A stop ends a sentence when blanks and no small letter follow: "e.g. this" and "3.5" go on.
_STOP = re.compile(r"(?:[.!?]+[\"'”’)\]]*(?=\s+[^\sa-z])|[。！？]+)")
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)")
_SAID = re.compile(r"\S")


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or a line, `tail` the blanks behind it. `fixed` marks what no edit may change."""

    body: str
    tail: str
    fixed: bool = False

    @property
    def is_item(self) -> bool:
        """Whether it opens a line of a list or a heading."""
        return _BULLET.match(self.body) is not None


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text cut into pieces, in order: `head`, then every body with its tail, is the text again, to the letter."""

    head: str
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The text that was cut."""
        return self.head + "".join(p.body + p.tail for p in self.pieces)

    @property
    def free(self) -> tuple[int, ...]:
        """The numbers of the pieces that may be changed and say something."""
        return tuple(i for i, p in enumerate(self.pieces) if not p.fixed and re.search(r"\w", p.body))

    @property
    def home(self) -> int:
        """Where an added sentence goes by default: after the last free piece above the question, else below it.

        -1, the very beginning, when no piece is free.
        """
        fixed = next((i for i, p in enumerate(self.pieces) if p.fixed), len(self.pieces))
        above = [i for i in self.free if i < fixed]
        return above[-1] if above else self.free[-1] if self.free else -1


def cut(text: str, keep: Sequence[str] = ()) -> Pieces:
    """Cut a text into sentences and lines; a fenced block is one piece.

    Fixed are the pieces that touch a template construct (placeholder, include, comment, block), one of the passages in
    `keep`, or the region between `{# keep #}` and `{# end #}`.
    """
    head = text[: len(text) - len(text.lstrip())]
    spans = [m.span() for pattern in (_KEPT, _CONSTRUCT) for m in pattern.finditer(text)]
    spans += [m.span() for passage in keep if passage for m in re.finditer(re.escape(passage), text)]
    pieces: list[Piece] = []
    for start, end in _ranges(text, len(head)):
        body = text[start:end].rstrip()
        fixed = any(a < start + len(body) and b > start for a, b in spans)
        pieces.append(Piece(body, text[start + len(body) : end], fixed))
    return Pieces(head, tuple(pieces))


def _ranges(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Begin and end of each piece, its blanks included."""
    starts = [start] if start < len(text) else []
    for begin, end in _lines(text, start):
        starts += [begin, *(begin + m for m in _inner(text[begin:end]))] if text[begin:end].strip() else []
    edges = [*sorted(set(starts)), len(text)]
    yield from itertools.pairwise(edges)


def _lines(text: str, start: int) -> Iterator[tuple[int, int]]:
    lines = text[start:].splitlines(keepends=True)
    marks = [_FENCE.match(line) is not None for line in lines]
    left = sum(marks)  # a fence that nothing closes is a line like others
    at, fence = start, -1
    for line, mark in zip(lines, marks, strict=True):
        end = at + len(line)
        left -= mark
        if fence >= 0 and mark:
            yield fence, end
            fence = -1
        elif fence < 0 and mark and left:
            fence = at
        elif fence < 0:
            yield at, end
        at = end
    if fence >= 0:
        yield fence, at


def _inner(line: str) -> list[int]:
    """Where further sentences begin in a line; a fenced block has none."""
    if _FENCE.match(line):
        return []
    bullet = _BULLET.match(line)
    first = bullet.end() if bullet else 0
    begins = (_SAID.search(line, m.end()) for m in _STOP.finditer(line, first))
    return [found.start() for found in begins if found]
