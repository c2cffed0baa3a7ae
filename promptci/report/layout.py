"""Text on a grid: how wide it is, cut and wrapped to a width, set in columns."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from promptci.untrusted import one_line, shown


def cells(text: str) -> int:
    """Return how many columns of a terminal a line takes: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)


def cut(text: str, width: int) -> str:
    """Return untrusted text on one line of at most `width` columns; a cut is marked by three dots."""
    line = one_line(text, limit=4 * width)
    if cells(line) <= width:
        return line
    kept = line[:width]
    while kept and cells(kept) > width - 3:
        kept = kept[:-1]
    return kept + "..."


def wrapped(line: str, width: int | None, indent: str = "") -> Iterator[str]:
    """Yield a line broken between words; what follows the first stands under it by `indent`. None: not broken."""
    if width is None or cells(line) <= width:
        yield line
        return
    lead = line[: len(line) - len(line.lstrip())]
    broken = textwrap.wrap(
        line.strip(),
        width=max(width, 20),
        initial_indent=lead,
        subsequent_indent=lead + indent,
        break_long_words=False,  # an id or an address that is broken cannot be copied
        break_on_hyphens=False,
    )
    yield from map(shown, broken)  # what was in the middle may now be a workflow command at the start of a line


def table(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Align columns: the first `left` of them to the left, the others to the right."""
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_padded(row, widths, left)).rstrip() for row in rows]


def _padded(row: Sequence[str], widths: Sequence[int], left: int) -> Iterator[str]:
    for place, (text, width) in enumerate(zip(row, widths, strict=True)):
        room = " " * (width - cells(text))
        yield text + room if place < left else room + text
