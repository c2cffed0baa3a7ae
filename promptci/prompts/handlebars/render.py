"""Filling a Handlebars tree: contexts in a stack, steps and output counted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.handlebars.nodes import BLOCKS, MAX_PARTIALS, Block, Node, Partial, Value
from promptci.prompts.values import MAX_OUTPUT, to_text

MAX_STEPS = 100_000  # nodes of one rendering
MAX_WORK = 5_000_000  # characters and values that comparisons, keys and partials of one rendering read
_PER_VALUE = 10  # characters that a number, a list or a mapping counts for


class Rendering:
    """One filling of a text: contexts in a stack, steps and output counted."""

    def __init__(self, partials: Mapping[str, Sequence[Node]], place: str, values: Mapping[str, Json]) -> None:
        self.partials, self.place = partials, place
        self.contexts: list[Json] = [dict(values)]
        self.data: list[dict[str, Json]] = [{}]
        self.steps, self.size, self.work = 0, 0, 0
        self.parts: list[str] = []

    def text(self, nodes: Sequence[Node]) -> str:
        """Return the filled text."""
        self._run(nodes, 0)
        return "".join(self.parts)

    def _run(self, nodes: Sequence[Node], level: int) -> None:
        for node in nodes:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise DataError(f"filling the prompt takes more than {MAX_STEPS:,} steps", place=self.place)
            if isinstance(node, str):
                self._put(node)
            elif isinstance(node, Value):
                self._put(self._shown(node))
            elif isinstance(node, Partial):
                self._partial(node, level)
            else:
                self._block(node, level)

    def _put(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_OUTPUT:
            problem = f"the rendered prompt is longer than {MAX_OUTPUT:,} characters"
            raise DataError(problem, place=self.place)
        self.parts.append(text)

    def _weighed(self, value: Json) -> Json:
        """Count what reading the whole value costs."""
        pending = [value]
        while pending:
            item = pending.pop()
            self.work += _PER_VALUE + (len(item) if isinstance(item, str) else 0)
            if self.work > MAX_WORK:
                raise DataError(f"filling the prompt reads more than {MAX_WORK:,} characters", place=self.place)
            if isinstance(item, dict):
                pending.extend(item.values())
            elif isinstance(item, list):
                pending.extend(item)
        return value

    def _shown(self, node: Value) -> str:
        name, *arguments = node.words
        if name == "json" and arguments:
            indent = int(arguments[1]) if len(arguments) > 1 and arguments[1].isdecimal() else None
            return json.dumps(self._value(arguments[0]), ensure_ascii=False, indent=indent)
        if name == "lookup" and len(arguments) == 2:
            inner = _member(self._value(arguments[0]), to_text(self._weighed(self._value(arguments[1]))))
            return "" if inner is None else to_text(inner)
        found = self._value(name)
        return "" if found is None else to_text(found)

    def _partial(self, node: Partial, level: int) -> None:
        if level >= MAX_PARTIALS:
            raise DataError("partials go round in circles or too deep", place=self.place)
        own = self.contexts[-1] if node.context is None else self._value(node.context)
        values = {key: self._value(word) for key, word in node.values.items()}
        self._weighed([None] * len(own) if isinstance(own, dict) else None)  # it is copied
        self.contexts.append({**own, **values} if isinstance(own, dict) else values or own)
        self._run(self.partials[node.name], level + 1)
        self.contexts.pop()

    def _block(self, node: Block, level: int) -> None:
        name = node.name
        values = [self._value(word) for word in (node.words if name in BLOCKS else (name,))]
        first = values[0] if values else None
        if name in ("ifEquals", "unlessEquals"):
            self._weighed(values)
            same = len(values) == 2 and type(values[0]) is type(values[1]) and values[0] == values[1]
            self._run(node.body if same == (name == "ifEquals") else node.other, level)
        elif name in ("if", "unless"):
            self._run(node.body if _truthy(first) == (name == "if") else node.other, level)
        elif node.inverted:
            self._run(node.body if not _truthy(first) else node.other, level)
        elif name == "each" or (name not in BLOCKS and isinstance(first, list)):
            self._each(node, first, level)
        elif _truthy(first):
            self._inside(
                node.body, first if name == "with" or isinstance(first, dict) else self.contexts[-1], {}, level
            )
        else:
            self._run(node.other, level)

    def _each(self, node: Block, items: Json, level: int) -> None:
        pairs = (
            list(items.items())
            if isinstance(items, dict)
            else list(enumerate(items))
            if isinstance(items, list)
            else []
        )
        if not pairs:
            self._run(node.other, level)
        for index, (key, item) in enumerate(pairs):
            self.steps += 1
            data = {"index": index, "key": key, "first": index == 0, "last": index == len(pairs) - 1}
            self._inside(node.body, item, data, level)

    def _inside(self, nodes: list[Node], context: Json, data: dict[str, Json], level: int) -> None:
        self.contexts.append(context)
        self.data.append(data)
        self._run(nodes, level)
        self.contexts.pop()
        self.data.pop()

    def _value(self, word: str) -> Json:
        """Return what a word of a tag means; None for what is not there, as Handlebars shows nothing then."""
        if word[0] in "\"'":
            return word[1:-1]
        if word in ("true", "false", "null", "undefined"):
            return {"true": True, "false": False}.get(word)
        if re.fullmatch(r"-?\d+(\.\d+)?", word):
            return float(word) if "." in word else int(word)
        up = word.count("../")
        rest = word.removeprefix("../" * up)
        if rest.startswith("@root"):
            found, rest = self.contexts[0], rest.removeprefix("@root").lstrip("./")
        elif rest.startswith("@"):
            return self.data[-1 - min(up, len(self.data) - 1)].get(rest[1:])
        else:
            found = self.contexts[max(0, len(self.contexts) - 1 - up)]
        for key in re.split(r"[./]", re.sub(r"^(this|\.)([./]|$)", "", rest)):
            found = found if key == "" else _member(found, key)
        return found


def _member(value: Json, key: str) -> Json:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list):
        return len(value) if key == "length" else value[int(key)] if key.isdecimal() and int(key) < len(value) else None
    return len(value) if isinstance(value, str) and key == "length" else None


def _truthy(value: Json) -> bool:
    """As Handlebars has it: an empty list is false, an empty mapping is not."""
    return bool(value) or isinstance(value, dict)
