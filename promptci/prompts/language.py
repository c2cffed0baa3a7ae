"""The part of Jinja2 that a prompt may use: placeholders, if, for, and simple filters on plain data.

Prompts come from pull requests and from models, so this is an allow list of syntax and not a sandbox around all of it:
Jinja2's sandbox stops attribute walks but not `'a' * 10**8`. What is left is bounded in depth, steps and size.
Imported late, because it imports jinja2.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.values import to_text

MAX_OUTPUT = 2_000_000  # characters, of a rendered prompt and of what a filter makes on the way
MAX_STEPS = 100_000  # turns of all loops of one rendering
MAX_DEPTH = 50  # of the syntax tree
MAX_LOOPS = 2  # loops in loops
MAX_INDENT = 8  # blanks of the filter tojson

# fmt: off
_NODES = frozenset((
    "And", "Compare", "CondExpr", "Const", "Filter", "For", "Getattr", "Getitem", "If", "Keyword", "List", "Name",
    "Not", "Operand", "Or", "Output", "Template", "TemplateData", "Test", "Tuple",
))
_FILTERS = frozenset((
    "capitalize", "default", "first", "join", "last", "length", "list", "lower", "sort", "title", "tojson", "trim",
    "upper",
))
_TESTS = frozenset(("defined", "none", "string", "number", "mapping", "sequence", "undefined"))
_LOOP = frozenset((
    "first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex", "revindex0",
))
# fmt: on
_COUNTED = "counted"  # not on the allow list: put around what a loop runs over, after the check
_STEPS = "steps left"  # holds a blank, so no template can name it


def refuse(tree: nodes.Template, place: str, first_line: int) -> None:
    """Raise DataError with place:line for the first thing in the syntax tree that a prompt may not use."""
    pending: list[tuple[nodes.Node, int, int]] = [(tree, 0, 0)]
    while pending:
        node, depth, loops = pending.pop()
        loops += isinstance(node, nodes.For)
        problem = f"is nested deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else _problem(node, loops)
        if problem is not None:
            hint = "allowed: placeholders, if, for, simple filters; other braces go between {% raw %} and {% endraw %}"
            raise DataError(f"the prompt {problem}", place=f"{place}:{(node.lineno or 1) + first_line - 1}", hint=hint)
        pending.extend((child, depth + 1, loops) for child in node.iter_child_nodes())


def _problem(node: nodes.Node, loops: int) -> str | None:
    """Say what is wrong with one node, or return None."""
    name = type(node).__name__
    if name not in _NODES:
        return f"may not use {name}"
    if isinstance(node, nodes.Filter):
        return None if node.name in _FILTERS else f"may not use the filter '{node.name}'"
    if isinstance(node, nodes.Test):
        return None if node.name in _TESTS else f"may not use the test '{node.name}'"
    if isinstance(node, nodes.For) and (loops > MAX_LOOPS or node.recursive):
        return f"may not nest loops more than {MAX_LOOPS} deep"
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        return f"may not use the attribute '{node.attr}'"
    return "may not use the name 'self'" if isinstance(node, nodes.Name) and node.name == "self" else None


def bound(tree: nodes.Template) -> None:
    """Count the turns of every loop of a checked tree, against one total for each rendering."""
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, _COUNTED, [], [], None, None, lineno=loop.lineno)


def with_steps(values: Mapping[str, Json]) -> dict[str, Json]:
    """Return the values of one rendering together with its own count of steps."""
    return {**values, _STEPS: [MAX_STEPS]}


@jinja2.pass_context
def _counted(context: Context, items: Iterable[Json]) -> Iterator[Json]:
    left = context.resolve(_STEPS)
    for item in items:
        left[0] -= 1
        if left[0] < 0:
            raise jinja2.TemplateRuntimeError(f"its loops take more than {MAX_STEPS:,} steps")
        yield item


def _within(text: str) -> str:
    if len(text) > MAX_OUTPUT:
        raise jinja2.TemplateRuntimeError(f"a filter gives more than {MAX_OUTPUT:,} characters")
    return text


def _tojson(value: Json, indent: int | None = None) -> str:
    """JSON as it is, unlike Jinja2's own filter, which escapes for HTML."""
    if indent is not None and not 0 <= indent <= MAX_INDENT:
        raise jinja2.TemplateRuntimeError(f"tojson takes an indent of 0 to {MAX_INDENT}")
    return _within(json.dumps(value, indent=indent, ensure_ascii=False))


@jinja2.pass_environment
def _join(environment: PlainData, value: Iterable[Json], between: str = "", attribute: str | None = None) -> str:
    if not isinstance(between, str):
        raise jinja2.TemplateRuntimeError("join takes a text to put between the items")
    parts = [shown(item if attribute is None else environment.getitem(item, attribute)) for item in value]
    if sum(map(len, parts)) + len(between) * len(parts) > MAX_OUTPUT:
        raise jinja2.TemplateRuntimeError(f"a filter gives more than {MAX_OUTPUT:,} characters")
    return between.join(parts)


class PlainData(ImmutableSandboxedEnvironment):
    """Values are JSON data: a name after a dot is a key of it, never an attribute or method of a Python object."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the item of that name, or what `loop` knows under it."""
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item of a mapping, list or text; undefined when there is none."""
        if isinstance(obj, Undefined):
            return obj[argument]  # raises, and says which name is undefined
        if isinstance(obj, Mapping | Sequence) and isinstance(argument, str | int):
            try:
                return obj[argument]  # type: ignore[index] # a wrong kind of index is undefined, as for Jinja2
            except (LookupError, TypeError):
                return self.undefined(obj=obj, name=str(argument))
        return self.undefined(obj=obj, name=str(argument))


def shown(value: Any) -> str:
    """Return what a placeholder puts into the prompt: text as it is, other JSON data as JSON."""
    if isinstance(value, Undefined | LoopContext):
        return str(value)  # an undefined value raises, and says its name
    return to_text(value)


@lru_cache(maxsize=1)
def environment() -> PlainData:
    """Return the one environment: strict about missing values, nothing in it but the allowed filters and tests."""
    # Autoescape is for HTML; a prompt is plain text and its values must arrive as they are.
    found = PlainData(
        undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True, cache_size=0, finalize=shown
    )
    found.globals.clear()  # range, lipsum and the like
    own = {"join": _join, "tojson": _tojson, _COUNTED: _counted}
    found.filters = {**{name: found.filters[name] for name in _FILTERS}, **own}
    found.tests = {name: found.tests[name] for name in _TESTS}
    return found
