"""JSON files as trees: where each text stands, duplicate keys refused with their line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.base import Edit, Slot
from promptci.prompts.tree import Path, Tree

_BLANK = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
MAX_DEPTH = 50
_DECODER = json.JSONDecoder()


def read(text: str, place: str) -> Tree:
    """Parse JSON. Raises DataError with place:line for bad syntax, a key twice and nesting deeper than 50."""
    scan = _Scan(text, place)
    value = scan.document()
    ascii_only = "\\u" in text and text.isascii()

    def slot(path: Path, before: str, after: str) -> Slot | None:
        if path not in scan.texts:
            return None
        start, end = scan.texts[path]

        def ways(new: str) -> Iterator[Edit]:
            yield Edit(start, end, json.dumps(before + new + after, ensure_ascii=ascii_only))

        return ways

    return Tree(value, scan.line, slot, place)


class _Scan:
    """One pass over the text; positions of texts and lines of keys by path."""

    def __init__(self, text: str, place: str) -> None:
        self.text, self.place = text, place
        self.at = int(text.startswith("\ufeff"))
        self.texts: dict[Path, tuple[int, int]] = {}
        self.starts: dict[Path, int] = {}

    def line(self, path: Path) -> int:
        while path and path not in self.starts:
            path = path[:-1]
        return self.text.count("\n", 0, self.starts.get(path, 0)) + 1

    def refuse(self, problem: str, hint: str | None = None) -> DataError:
        return DataError(problem, place=f"{self.place}:{self.text.count(chr(10), 0, self.at) + 1}", hint=hint)

    def blank(self) -> str:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def document(self) -> Json:
        value = self.value(())
        if self.blank():
            raise self.refuse("not valid JSON: something follows the value")
        return value

    def value(self, path: Path) -> Json:
        sign = self.blank()
        self.starts.setdefault(path, self.at)
        if len(path) > MAX_DEPTH:
            raise self.refuse(f"nested deeper than {MAX_DEPTH} levels")
        if sign == '"':
            start = self.at
            found = self.string()
            self.texts[path] = start, self.at
            return found
        if sign == "{":
            return self.mapping(path)
        if sign == "[":
            return self.sequence(path)
        scalar = _SCALAR.match(self.text, self.at)
        if scalar is None:
            raise self.refuse("not valid JSON: a value is expected here", _hint(self.text, self.at))
        self.at = scalar.end()
        return json.loads(scalar[0]) if len(scalar[0]) < 400 else scalar[0]

    def string(self) -> str:
        try:
            found, self.at = _DECODER.raw_decode(self.text, self.at)
            str(found).encode()
        except UnicodeEncodeError:
            raise self.refuse("an escape such as \\ud83d names half of a character") from None
        except json.JSONDecodeError as problem:
            raise self.refuse(f"not valid JSON: {problem.msg}") from None
        return str(found)

    def mapping(self, path: Path) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for _ in self.entries("}"):
            if self.blank() != '"':
                raise self.refuse(
                    "not valid JSON: a key in double quotes is expected here", _hint(self.text, self.at - 1)
                )
            start, key = self.at, self.string()
            if key in found:
                raise self.refuse(f"duplicate key '{key}'", "remove one of them")
            self.starts[(*path, key)] = start
            if self.blank() != ":":
                raise self.refuse("not valid JSON: ':' is expected here")
            self.at += 1
            found[key] = self.value((*path, key))
        return found

    def sequence(self, path: Path) -> list[Json]:
        found: list[Json] = []
        for _ in self.entries("]"):
            found.append(self.value((*path, len(found))))
        return found

    def entries(self, end: str) -> Iterator[None]:
        """Stop at each entry up to the bracket `end`."""
        self.at += 1
        if self.blank() == end:
            self.at += 1
            return
        while True:
            yield
            sign = self.blank()
            self.at += 1
            if sign == end:
                return
            if sign != ",":
                self.at -= 1
                raise self.refuse(f"not valid JSON: ',' or '{end}' is expected here")


def _hint(text: str, at: int) -> str | None:
    if text.startswith(("{%", "{{"), at):
        return "this is a template around JSON, which is not read: put placeholders inside the texts"
    return None
