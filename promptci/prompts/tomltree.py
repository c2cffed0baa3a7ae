"""TOML files as trees. `tomllib` gives no positions: a text is found by its value, and proved by writing it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.base import Edit, Slot
from promptci.prompts.tree import Path, Tree

# The four kinds of texts, and comments, which may hold quotes.
_TOKENS = re.compile(
    r'#[^\n]*|"""(?:\\.|[^\\])*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL
)
_WHERE = re.compile(r"\(at line (\d+)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def read(text: str, place: str) -> Tree:
    """Parse TOML. Raises DataError with place:line."""
    body = text.removeprefix("\ufeff")
    try:
        value = tomllib.loads(body)
    except tomllib.TOMLDecodeError as problem:
        found = _WHERE.search(str(problem))
        where = f"{place}:{found[1] if found else body.count(chr(10)) + 1}"
        raise DataError(f"not valid TOML: {problem}", place=where) from None
    except RecursionError:
        raise DataError("nested too deeply", place=place) from None

    def spans(path: Path) -> list[tuple[int, int]]:
        wanted = _at(value, path)
        return [(m.start(), m.end()) for m in _TOKENS.finditer(text) if _decoded(m[0]) == wanted]

    def line(path: Path) -> int:
        found = [s for s in spans(path) if _writes(text, s, path, value)] if _at(value, path) is not None else []
        return text.count("\n", 0, found[0][0]) + 1 if found else 1

    def slot(path: Path, before: str, after: str) -> Slot | None:
        found = [s for s in spans(path) if _writes(text, s, path, value)]
        return None if not found else lambda new: _ways(text, *found[0], before + new + after)

    return Tree(value, line, slot, place)


def _ways(text: str, start: int, end: int, new: str) -> Iterator[Edit]:
    old = text[start:end]
    newline = "\r\n" if "\r\n" in text else "\n"
    broken = new.replace("\n", newline)
    if old.startswith("'''") and "'''" not in new and not new.endswith("'"):
        yield Edit(start, end, f"'''{newline if _leads(old) else ''}{broken}'''")
    if old.startswith("'") and "'" not in new and "\n" not in new:
        yield Edit(start, end, f"'{new}'")
    if old.startswith(('"""', "'''")) or "\n" in new:
        inner = broken.replace("\\", "\\\\").replace('"""', '""\\"')
        inner = _CONTROL.sub(lambda m: m[0] if m[0] == "\r" and newline == "\r\n" else f"\\u{ord(m[0]):04x}", inner)
        inner = inner[:-1] + '\\"' if inner.endswith('"') else inner
        yield Edit(start, end, f'"""{newline if _leads(old) else ""}{inner}"""')
    yield Edit(start, end, json.dumps(new, ensure_ascii=False).replace("\x7f", "\\u007f"))


def _leads(old: str) -> bool:
    """Whether the text begins on the line below its quotes."""
    return old[3:4] in ("\n", "\r") or not old.startswith(("'''", '"""'))


def _decoded(token: str) -> Json:
    if token.startswith("#"):
        return None
    try:
        return tomllib.loads("x = " + token)["x"]
    except tomllib.TOMLDecodeError:
        return None  # no value alone, such as the name of a key


def _writes(text: str, span: tuple[int, int], path: Path, value: Json) -> bool:
    """Whether another text at `span` changes the value at `path` and nothing else."""
    mark = "promptci looks for this text"
    try:
        after = tomllib.loads((text[: span[0]] + json.dumps(mark) + text[span[1] :]).removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        return False  # a text there breaks the file: it is not where the value stands
    return bool(_at(after, path) == mark and _with(after, path, _at(value, path)) == value)


def _at(value: Json, path: Path) -> Json:
    for key in path:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return None
    return value


def _with(value: Json, path: Path, new: Json) -> Json:
    *parents, last = path
    inner = value
    for key in parents:
        inner = inner[key]
    inner[last] = new
    return value
