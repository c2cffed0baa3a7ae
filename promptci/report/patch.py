"""A change of a file as a unified diff that `git apply` takes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

_PLAIN = frozenset(range(0x20, 0x7F)) - {0x22, 0x5C}  # what git leaves unquoted in a path: not `"`, not a backslash


def patch(path: str, before: str, after: str) -> str:
    """Return the unified diff between two contents of the file at `path`, empty when they are equal.

    `path` is relative to the repository, with `/`. The lines are those that git knows: they end at a line feed only.
    """
    if before == after:
        return ""
    names = (_quoted(f"a/{path}"), _quoted(f"b/{path}"))
    found = difflib.unified_diff(_lines(before), _lines(after), *names)
    return "".join(_ended(found))


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _quoted(path: str) -> str:
    """A path as git writes it: between quotes, in octal where need be. A blank needs a tab behind the name."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(byte in _PLAIN for byte in raw):
        return f"{path}\t" if " " in path else path
    return '"' + "".join(chr(b) if b in _PLAIN else f"\\{b:03o}" for b in raw) + '"'
