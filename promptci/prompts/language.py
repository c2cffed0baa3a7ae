"""The part of Jinja2 that a prompt may use: placeholders, if, for, and simple filters on plain data.

Prompts come from pull requests and from models, so this is an allow list of syntax and not a sandbox around all of it:
Jinja2's sandbox stops attribute walks but not `'a' * 10**8`. What is left is bounded in depth, steps and size.
Imported late, because it imports jinja2.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
MAX_WORK = 5_000_000  # characters that all filters and comparisons of one rendering read
_PER_VALUE = 10  # characters that a number, a list or a mapping counts for
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
_TEXTS = ("capitalize", "lower", "title", "trim", "upper")
_TESTS = frozenset(("defined", "none", "string", "number", "mapping", "sequence", "undefined"))
_LOOP = frozenset((
    "first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex", "revindex0",
))
# fmt: on
_COUNTED, _WEIGHED = "counted", "weighed"  # not on the allow list: put around what is read, after the check
_STEPS = "steps left"  # holds a blank, so no template can name it


def refuse(tree: nodes.Template, place: str, first_line: int) -> None:
    """Raise DataError with place:line for the first thing in the syntax tree that a prompt may not use."""
    pending: list[tuple[nodes.Node, int, int]] = [(tree, 0, 0)]
    while pending:
        node, depth, loops = pending.pop()
        loops += isinstance(node, nodes.For)
        problem = f"the prompt is nested deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else _problem(node, loops)
        if problem is not None:
            where = f"{place}:{(node.lineno or 1) + first_line - 1}"
            raise DataError(problem, place=where, hint=_MENDS.get(type(node).__name__, _HINT))
        pending.extend((child, depth + 1, loops) for child in node.iter_child_nodes())


_HINT = "allowed: placeholders, if, for, simple filters; other braces go between {% raw %} and {% endraw %}"
_SET = "write the text where it is used, or give it to the cases as a column"
_WORDS = {
    "Add": "adding with + is", "Assign": "set is", "AssignBlock": "set is", "Block": "block is", "Call": "a call is",
    "CallBlock": "call is", "Concat": "joining with ~ is", "Dict": "a mapping in braces is", "Div": "dividing is",
    "Extends": "extends is", "FilterBlock": "a filter block is", "FloorDiv": "dividing is", "FromImport": "import is",
    "Import": "import is", "Include": "an include whose path is no plain text is", "Macro": "macro is",
    "Mod": "the remainder % is", "Mul": "multiplying is", "Neg": "a sign in front is", "Pos": "a sign in front is",
    "Pow": "a power is", "ScopedEvalContextModifier": "autoescape is", "Slice": "a slice is", "With": "with is",
}  # fmt: skip
_MENDS = {
    "Assign": _SET, "AssignBlock": _SET, "With": _SET,
    "Call": "a case's value is a name alone: {{ name }}; filters are written {{ name | upper }}",
    "Concat": "write the values one after the other: {{ a }}{{ b }}",
    "Extends": 'put the shared text into a file of its own: {% include "path" %}',
    "Macro": 'put the shared text into a file of its own: {% include "path" %}',
}  # fmt: skip


def _problem(node: nodes.Node, loops: int) -> str | None:
    """Say what is wrong with one node, or return None."""
    if isinstance(node, nodes.Sub):
        names = [n.name for n in (node.left, node.right) if isinstance(n, nodes.Name)]
        name = "-".join(names) if len(names) == 2 else ""
        said = f"'{name}' is read as {names[0]} minus {names[1]}, and " if name else ""
        return f"{said}subtracting is not allowed: a name has letters, digits and _"
    if type(node).__name__ not in _NODES:
        return f"{_WORDS.get(type(node).__name__, 'this is')} not allowed in a prompt"
    if isinstance(node, nodes.Filter):
        return None if node.name in _FILTERS else _unknown("filter", node.name, _FILTERS)
    if isinstance(node, nodes.Test):
        return None if node.name in _TESTS else _unknown("test", node.name, _TESTS)
    if isinstance(node, nodes.For) and (loops > MAX_LOOPS or node.recursive):
        return f"loops may not be nested more than {MAX_LOOPS} deep"
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        return f"the name '{node.attr}' is not allowed: it begins with _"
    return "the name 'self' is not allowed" if isinstance(node, nodes.Name) and node.name == "self" else None


_SAME = {"dump": "tojson", "safe": "", "string": "", "stringify": "tojson", "strip": "trim", "count": "length"}


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    same = f"; write {_SAME[name]}" if _SAME.get(name) else "; leave it out" if name in _SAME else ""
    return f"the {kind} '{name}' is not known{same} (known: {', '.join(sorted(known))})"


def bound(tree: nodes.Template) -> None:
    """Make every loop's turn and every value that is filtered, compared or looked up count, in a checked tree.

    One total holds for each rendering. Counted is work, not only steps: what a filter or a comparison reads, too.
    """
    for node in list(tree.find_all((nodes.For, nodes.Filter, nodes.Compare, nodes.Getitem))):
        if isinstance(node, nodes.For) and isinstance(node.iter, nodes.Expr):
            node.iter = _through(_COUNTED, node.iter)
        elif isinstance(node, nodes.Filter) and isinstance(node.node, nodes.Expr) and node.name != "default":
            node.node = _through(_WEIGHED, node.node)
            node.args = [_through(_WEIGHED, argument) for argument in node.args]
        elif isinstance(node, nodes.Compare):
            node.expr = _through(_WEIGHED, node.expr)
            for operand in node.ops:
                operand.expr = _through(_WEIGHED, operand.expr)
        elif isinstance(node, nodes.Getitem):
            node.arg = _through(_WEIGHED, node.arg)


def _through(name: str, node: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def with_steps(values: Mapping[str, Json]) -> dict[str, Json]:
    """Return the values of one rendering together with its own counts of steps and of work."""
    return {**values, _STEPS: [MAX_STEPS, MAX_WORK]}


@jinja2.pass_context
def _counted(context: Context, items: Iterable[Json]) -> Iterator[Json]:
    left = context.resolve(_STEPS)
    for item in items:
        left[0] -= 1
        if left[0] < 0:
            raise jinja2.TemplateRuntimeError(f"its loops take more than {MAX_STEPS:,} steps")
        yield item


@jinja2.pass_context
def _weighed(context: Context, value: Any) -> Any:
    """Take from the rendering's work what reading the whole value costs."""
    left = context.resolve(_STEPS)
    pending = [value]
    while pending:
        item = pending.pop()
        left[1] -= _PER_VALUE + (len(item) if isinstance(item, str) else 0)
        if left[1] < 0:
            problem = f"its filters and comparisons read more than {MAX_WORK:,} characters"
            raise jinja2.TemplateRuntimeError(problem)
        if isinstance(item, list | tuple):
            pending.extend(item)
        elif isinstance(item, Mapping):
            pending.extend(item.values())
    return value


def _within(text: str) -> str:
    if len(text) > MAX_OUTPUT:
        raise jinja2.TemplateRuntimeError(f"a filter gives more than {MAX_OUTPUT:,} characters")
    return text


def _tojson(value: Json, indent: int | None = None) -> str:
    """JSON as it is, unlike Jinja2's own filter, which escapes for HTML."""
    if indent is not None and not (isinstance(indent, int) and 0 <= indent <= MAX_INDENT):
        raise jinja2.TemplateRuntimeError(f"tojson takes an indent of 0 to {MAX_INDENT}")
    return _within(json.dumps(value, indent=indent, ensure_ascii=False))


def _of_text(change: Callable[..., str]) -> Callable[..., str]:
    """A filter of texts; other values are texts as a placeholder shows them."""
    return lambda value, *options: _within(change(shown(value), *options))


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
    own = {"join": _join, "tojson": _tojson, _COUNTED: _counted, _WEIGHED: _weighed}
    own |= {name: _of_text(found.filters[name]) for name in _TEXTS}
    found.filters = {**{name: found.filters[name] for name in _FILTERS}, **own}
    found.tests = {name: found.tests[name] for name in _TESTS}
    return found
