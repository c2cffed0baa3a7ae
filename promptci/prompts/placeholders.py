"""A Jinja2 text that holds nothing but names in double braces, as most prompts do: filled without importing Jinja2.

What it gives, and what it refuses, is what Jinja2 would: a test holds both against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from keyword import iskeyword

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.values import to_text

_PLACEHOLDER = re.compile(r"(?<!\{)\{\{[ \t]*([A-Za-z][A-Za-z0-9_]*)[ \t]*\}\}")
_SYNTAX = ("{{", "{%", "{#", "\r")  # Jinja2 makes every line break one newline
# Names that stand for something else in Jinja2, with Python's keywords.
_TAKEN = frozenset(("true", "false", "none", "self", "loop", "super", "caller", "varargs", "kwargs"))

Pieces = tuple[tuple[str, str], ...]  # a text and the name behind it, "" behind the last


def pieces_of(text: str) -> Pieces | None:
    """Split a text at its placeholders; None where it holds any other syntax, which is Jinja2's to read."""
    found: list[tuple[str, str]] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        name = match[1]
        if name in _TAKEN or iskeyword(name):
            return None
        found.append((text[end : match.start()], name))
        end = match.end()
    found.append((text[end:], ""))
    return None if any(sign in before for before, _ in found for sign in _SYNTAX) else tuple(found)


def filled(pieces: Pieces, values: Mapping[str, Json], place: str) -> Iterator[str]:
    """Give the texts and values in turn. Raises DataError for a missing value, and for one that is no JSON."""
    for before, name in pieces:
        yield before
        if not name:
            return
        if name not in values:
            raise undefined(f"'{name}' is undefined", values, place)
        try:
            yield to_text(values[name])
        except (TypeError, ValueError, RecursionError) as problem:
            raise DataError(f"the prompt cannot be filled: {problem}", place=place) from None


def undefined(problem: str, values: Mapping[str, Json], place: str) -> DataError:
    """Return what is said of a value that is not there."""
    hint = f"the case has: {', '.join(sorted(values)) or 'no values'}"
    return DataError(f"the prompt cannot be filled: {problem}", place=place, hint=hint)
