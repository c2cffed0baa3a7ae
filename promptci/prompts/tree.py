"""A file that is a tree of values (YAML, JSON, TOML): the values, their lines, and where each text stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from promptci.core import Json, Part, PartRole
from promptci.errors import DataError
from promptci.prompts.base import Slot

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """`line` gives the line of a path; `slot` the ways to rewrite the text at a path, None when there are none.

    A slot takes a text without the blanks around it: those stay, as `before` and `after` of the part, which `slot` is
    told beside the path.
    """

    value: Json
    line: Callable[[Path], int]
    slot: Callable[[Path, str, str], Slot | None]
    place: str

    def where(self, *path: str | int) -> str:
        """Return place:line of a path."""
        return f"{self.place}:{self.line(path)}"

    def part(self, role: PartRole | None, path: Path, text: str) -> Part:
        """Return the part of the text at `path`, the blanks around it kept apart."""
        inner = text.strip()
        at = text.index(inner)
        return Part(role, inner, self.line(path), text[:at], text[at + len(inner) :])

    def slot_of(self, part: Part, path: Path) -> Slot | None:
        """Return the ways to rewrite the part whose text stands at `path`."""
        return self.slot(path, part.before, part.after)


class TreeReader(Protocol):
    """Parses a file's text; raises DataError with `place:line`."""

    def __call__(self, text: str, place: str) -> Tree: ...  # noqa: D102  # the class says it


def chosen(tree: Tree, selector: str) -> tuple[Path, str]:
    """Return the path and the text that `selector` names. Raises DataError when it names none, or no text."""
    path = find(tree, selector)
    value = tree.value
    for key in path:
        value = value[key]
    if not isinstance(value, str) or not value.strip():
        raise DataError(f"'{selector}' is no text", place=tree.where(*path), hint="name the key that holds the prompt")
    return path, value


def find(tree: Tree, selector: str) -> Path:
    """Return the path of a dotted name such as `prompts.router` or `messages.0.content`; keys may have dots.

    Raises DataError for a name that is not there, with those that are.
    """
    found: Path = ()
    value, rest = tree.value, selector
    while rest:
        step = _step(value, rest)
        if step is None:
            known = ", ".join(map(str, value)) if isinstance(value, dict) else "no names"
            if isinstance(value, list):
                known = f"the numbers 0 to {len(value) - 1}"
            raise DataError(f"there is no '{rest}'", place=tree.where(*found), hint=f"there are: {known}")
        key, rest = step
        found, value = (*found, key), value[key]
    return found


def _step(value: Json, rest: str) -> tuple[str | int, str] | None:
    if isinstance(value, dict):
        fits = [k for k in value if rest == k or rest.startswith(k + ".")]
        if not fits:
            return None
        key = max(fits, key=len)
        return key, rest[len(key) + 1 :]
    head, _, tail = rest.partition(".")
    if isinstance(value, list) and head.isdecimal() and int(head) < len(value):
        return int(head), tail
    return None
