"""Which values a Handlebars text takes from a case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from promptci.prompts.handlebars.nodes import BLOCKS, MAX_PARTIALS, Block, Node, Partial, Value

Found = Iterator[tuple[str, bool]]
_LITERALS = ("true", "false", "null", "undefined", "this", ".")


def names_in(nodes: Sequence[Node], partials: Mapping[str, Sequence[Node]], depth: int = 0) -> Found:
    """Give (name, whether it is used without a test) for what a text takes from the case itself."""
    for node in nodes:
        if isinstance(node, Value):
            for word in node.words[1:] if len(node.words) > 1 else node.words:
                yield from _root(word, True)
        elif isinstance(node, Partial) and depth < MAX_PARTIALS:
            for value in node.values.values():
                yield from _root(value, True)
            if node.context is None:
                inside = names_in(partials.get(node.name, ()), partials, depth + 1)
                yield from ((name, sure) for name, sure in inside if name not in node.values)
            else:
                yield from _root(node.context, True)
        elif isinstance(node, Block):
            yield from _of_block(node, partials, depth)


def _of_block(node: Block, partials: Mapping[str, Sequence[Node]], depth: int) -> Found:
    asks = node.name in ("if", "unless") or node.name not in BLOCKS
    for word in node.words if node.name in BLOCKS else (node.name,):
        yield from _root(word, not asks)
    if _has_own(node):
        yield from _from_outside(node.body, 1)
    else:
        yield from names_in(node.body, partials, depth)
    yield from names_in(node.other, partials, depth)


def _has_own(node: Block) -> bool:
    """Whether names inside are those of an item; what comes from outside is written `../name` there."""
    return node.name in ("each", "with") or (node.name not in BLOCKS and not node.inverted)


def _from_outside(nodes: Sequence[Node], levels: int) -> Found:
    for node in nodes:
        for word in node.words if isinstance(node, Value | Block) else ():
            if word.startswith("@root.") or word.count("../") == levels:
                yield from _root(word.replace("../", ""), True)
        if isinstance(node, Block):
            yield from _from_outside(node.body, levels + _has_own(node))
            yield from _from_outside(node.other, levels)


def _root(word: str, sure: bool) -> Found:
    if word.startswith("@root."):
        word = word.removeprefix("@root.")
    if word[0] in "\"'" or word in _LITERALS or word.startswith(("@", "../")) or re.fullmatch(r"-?\d+(\.\d+)?", word):
        return
    if name := re.split(r"[./]", re.sub(r"^this[./]", "", word))[0]:
        yield name, sure
