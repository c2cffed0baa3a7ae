"""The syntax tree of a Handlebars text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

MAX_DEPTH = 50
MAX_TAGS = 5_000
MAX_PARTIALS = 5  # levels
BLOCKS = ("if", "unless", "each", "with", "ifEquals", "unlessEquals")
HELPERS = ("json", "lookup")


@dataclass(frozen=True, slots=True)
class Value:
    """A placeholder, or a helper with its arguments."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Partial:
    """Another template by name, with its own values."""

    name: str
    context: str | None
    values: Mapping[str, str]


@dataclass(slots=True)
class Block:
    """A block helper, or a section of a name that is none (Mustache); `other` is what follows its `else`."""

    name: str
    words: tuple[str, ...]
    inverted: bool
    body: list[Node] = field(default_factory=list)
    other: list[Node] = field(default_factory=list)
    in_other: bool = False
    chained: bool = False  # made by `else if`: ends with the block around it


Node = str | Value | Partial | Block


def walk(nodes: Sequence[Node]) -> Iterator[Node]:
    """Give every node below."""
    for node in nodes:
        yield node
        if isinstance(node, Block):
            yield from walk(node.body)
            yield from walk(node.other)
