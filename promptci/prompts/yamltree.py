"""YAML files as trees: a text is written back in its own style, everything around it stays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from promptci import yamlfile
from promptci.errors import DataError
from promptci.prompts.base import Edit, Slot
from promptci.prompts.tree import Path, Tree

_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)+")
_HEADER = re.compile(r"[|>][-+0-9]*[^\n]*\n")
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def read(text: str, place: str) -> Tree:
    """Parse YAML; anchors and aliases are read. Raises DataError with place:line."""
    bom = len(text) - len(text.removeprefix("\ufeff"))
    document = yamlfile.read(text[bom:], place, error=DataError, aliases=True, spans=True)

    def slot(path: Path, before: str, after: str) -> Slot | None:
        scalar = document.scalars.get(path)
        if scalar is None:
            return None
        start, end = scalar.start + bom, scalar.end + bom
        if properties := _PROPERTIES.match(text, start, end):
            start = properties.end()
        found = _Scalar(text, start, end, scalar.style)
        return lambda new: found.ways(new, before + new + after)

    return Tree(document.value, document.line, slot, place)


class _Scalar:
    """One scalar of a YAML text and the ways to write another text in its place."""

    def __init__(self, text: str, start: int, end: int, style: str) -> None:
        self.text, self.start, self.end, self.style = text, start, end, style
        self.newline = "\r\n" if "\r\n" in text else "\n"

    def ways(self, new: str, whole: str) -> Iterator[Edit]:
        """Its own style first, then a literal block, then double quotes, which hold anything.

        `new` goes between the blanks of a block, which stay; `whole` is the text with the blanks of a quoted one.
        """
        old = self.text[self.start : self.end]
        if self.style in ("|", ">"):
            yield from self.inside_block(new, old)
            kept = old[len(old.rstrip()) :]
            yield Edit(self.start, self.end, _quoted(whole) + (kept if "\n" in kept else ""))
            return
        if self.style == "'" and "\n" not in whole:
            yield Edit(self.start, self.end, "'" + whole.replace("'", "''") + "'")
        if self.style == "" and "\n" not in whole:
            yield Edit(self.start, self.end, whole)
        if self.style != '"' and "\n" in whole and not _UNSAFE.search(whole):
            indent = self.parent() + 2
            source = "|-" + self.newline + " " * indent + _lines(whole, self.newline, indent)
            yield Edit(self.start, self.end, source)
        yield Edit(self.start, self.end, _quoted(whole))

    def inside_block(self, new: str, old: str) -> Iterator[Edit]:
        """Replace the lines of a block, header and blanks around untouched."""
        header = _HEADER.match(old)
        body = old[header.end() :] if header else ""
        if header is None or not body.strip() or _UNSAFE.search(new):
            return
        first = len(body) - len(body.lstrip())
        indent = first - (body.rfind("\n", 0, first) + 1)
        if digit := re.search(r"[1-9]", header[0].split("#")[0]):
            indent = max(0, self.parent()) + int(digit[0])
        begin = self.start + header.end() + first
        finish = self.start + header.end() + len(body.rstrip())
        lines = _lines(new, self.newline, indent) if self.style == "|" else _folded(new, self.newline, indent)
        yield Edit(begin, finish, lines)

    def parent(self) -> int:
        """The column of the key or dash that holds the scalar."""
        line = self.text[self.text.rfind("\n", 0, self.start) + 1 : self.start]
        dashes = re.match(r"\ufeff?((?:[ ]|-[ ]+)*)", line)
        return len(dashes[1]) if dashes else 0


def _quoted(text: str) -> str:
    """Double quotes as JSON has them; what YAML may not hold as it is becomes an escape."""
    plain = json.dumps(text, ensure_ascii=False)
    return _UNSAFE.sub(lambda m: f"\\u{ord(m[0]):04x}" if ord(m[0]) < 0x10000 else f"\\U{ord(m[0]):08x}", plain)


def _lines(text: str, newline: str, indent: int) -> str:
    first, *rest = text.split("\n")
    return newline.join([first, *(" " * indent + line if line else "" for line in rest)])


def _folded(text: str, newline: str, indent: int) -> str:
    """Lines of a folded block: one break more between two lines that are not indented (YAML 1.2.2, section 8.1.3)."""
    found: list[str] = []
    last = None
    blanks = 0
    for line in text.split("\n"):
        if not line:
            blanks += 1
            continue
        if last is not None:
            more = not (last[0] in " \t" or line[0] in " \t")
            found += [""] * (blanks + more)
        found.append(line)
        last, blanks = line, 0
    return _lines("\n".join(found), newline, indent)
