"""The part of Jinja2 that a prompt may use: placeholders, if, for, and simple filters on plain data.

Prompts come from pull requests and from models, so this is an allow list of syntax and not a sandbox around all of it:
Jinja2's sandbox stops attribute walks but not `'a' * 10**8`. What is left is bounded in depth, steps and size.
Imported late, because it imports jinja2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.runtime import LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.values import MAX_OUTPUT, to_text
from promptci.prompts.work import FILTERS, within

MAX_DEPTH = 50  # of the syntax tree
MAX_LOOPS = 2  # loops in loops
MAX_INDENT = 8  # blanks of the filter tojson
MAX_DIGITS = 15  # of the filter round
_LEEWAY = 5  # characters that the filter truncate lets stand beyond its length

# fmt: off
_NODES = frozenset((
    "And", "Assign", "AssignBlock", "Compare", "Concat", "CondExpr", "Const", "Filter", "For", "Getattr", "Getitem",
    "If", "Keyword", "List", "Name", "Not", "Operand", "Or", "Output", "Template", "TemplateData", "Test", "Tuple",
))
_FILTERS = frozenset((
    "abs", "capitalize", "count", "default", "dump", "first", "float", "indent", "int", "join", "last", "length",
    "list", "lower", "replace", "reverse", "round", "safe", "sort", "string", "strip", "title", "tojson", "trim",
    "truncate", "unique", "upper", "wordcount",
))
_TEXTS = ("capitalize", "lower", "title", "trim", "upper")
QUOTED = "quoted"  # not on the allow list either: a value inside a text of a JSON template
_TESTS = frozenset(("defined", "none", "string", "number", "mapping", "sequence", "undefined"))
_LOOP = frozenset((
    "first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex", "revindex0",
))
# fmt: on


PAIRS = "pairs of"  # holds a blank, so no template can name it


def pairs(tree: nodes.Template) -> None:
    """Let a loop of two names, or over `.items()`, take the keys of a mapping with their values (as Nunjucks does)."""
    for loop in tree.find_all(nodes.For):
        inner = _of_items(loop.iter)
        if inner is not loop.iter or (isinstance(loop.target, nodes.Tuple) and len(loop.target.items) == _TWO):
            loop.iter = nodes.Filter(inner, PAIRS, [], [], None, None, lineno=loop.lineno)


_TWO = 2


def _of_items(node: nodes.Node) -> nodes.Node:
    """What `.items()` is called on; any other node as it is."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr == "items":
        return node if node.args or node.kwargs or node.dyn_args or node.dyn_kwargs else node.node.node
    return node


def _pairs(value: Json) -> Json:
    return list(value.items()) if isinstance(value, Mapping) else value


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
_WORDS = {
    "Add": "adding with + is", "Block": "block is", "Call": "a call is", "CallBlock": "call is",
    "Dict": "a mapping in braces is", "Div": "dividing is",
    "Extends": "extends is", "FilterBlock": "a filter block is", "FloorDiv": "dividing is", "FromImport": "import is",
    "Import": "import is", "Include": "an include whose path is no plain text is", "Macro": "macro is",
    "Mod": "the remainder % is", "Mul": "multiplying is", "Neg": "a sign in front is", "Pos": "a sign in front is",
    "Pow": "a power is", "ScopedEvalContextModifier": "autoescape is", "Slice": "a slice is", "With": "with is",
}  # fmt: skip
_MENDS = {
    "Add": "texts are joined with ~: {{ a ~ b }}",
    "With": "write {% set name = value %}",
    "Call": "a case's value is a name alone: {{ name }}; filters are written {{ name | upper }}",
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
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            return f"a star in front of what the filter '{node.name}' takes is not allowed"
        return None if node.name in _FILTERS or node.name == PAIRS else _unknown("filter", node.name, _FILTERS)
    if isinstance(node, nodes.Test):
        return None if node.name in _TESTS else _unknown("test", node.name, _TESTS)
    if isinstance(node, nodes.For) and (loops > MAX_LOOPS or node.recursive):
        return f"loops may not be nested more than {MAX_LOOPS} deep"
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        return f"the name '{node.attr}' is not allowed: it begins with _"
    if isinstance(node, nodes.Assign | nodes.AssignBlock) and not _sets_a_name(node.target):
        return "set takes one name that does not begin with _, and is not loop"
    return "the name 'self' is not allowed" if isinstance(node, nodes.Name) and node.name == "self" else None


def _sets_a_name(target: nodes.Node) -> bool:
    return isinstance(target, nodes.Name) and not target.name.startswith("_") and target.name not in ("loop", "self")


_SAME = {"stringify": "tojson", "e": "", "escape": "", "nl2br": "", "d": "default"}


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    same = f"; write {_SAME[name]}" if _SAME.get(name) else "; leave it out" if name in _SAME else ""
    return f"the {kind} '{name}' is not known{same} (known: {', '.join(sorted(known))})"


def _tojson(value: Json, indent: int | None = None) -> str:
    """JSON as it is, unlike Jinja2's own filter, which escapes for HTML."""
    if indent is not None and not (isinstance(indent, int) and 0 <= indent <= MAX_INDENT):
        raise jinja2.TemplateRuntimeError(f"tojson takes an indent of 0 to {MAX_INDENT}")
    return within(json.dumps(value, indent=indent, ensure_ascii=False))


def _of_text(change: Callable[..., str]) -> Callable[..., str]:
    """A filter of texts; other values are texts as a placeholder shows them."""
    return lambda value, *options: within(change(shown(value), *options))


def _replace(value: Json, old: str, new: str) -> str:
    text = shown(value)
    if not isinstance(old, str) or not isinstance(new, str) or not old:
        raise jinja2.TemplateRuntimeError("replace takes a text that is not empty, and the text to put in its place")
    if len(text) + text.count(old) * (len(new) - len(old)) > MAX_OUTPUT:
        raise jinja2.TemplateRuntimeError(f"a filter gives more than {MAX_OUTPUT:,} characters")
    return text.replace(old, new)


def _round(value: Json, digits: int = 0) -> float:
    if not isinstance(digits, int) or not 0 <= digits <= MAX_DIGITS:
        raise jinja2.TemplateRuntimeError(f"round takes 0 to {MAX_DIGITS} digits")
    return round(float(value), digits)


def _truncated(value: Json, length: int = 255, killwords: bool = False, end: str = "...") -> str:
    """At most `length` characters (5 more are let stand, as Jinja2 does), cut at a blank unless words may be cut."""
    if type(length) is not int or not isinstance(end, str) or not len(end) <= length <= MAX_OUTPUT:
        raise jinja2.TemplateRuntimeError("truncate takes a length that the text put at the end fits into")
    text = shown(value)
    if len(text) <= length + _LEEWAY:
        return text
    kept = text[: length - len(end)]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + end


def _indented(value: Json, width: int = 4, first: bool = False, blank: bool = False) -> str:
    """Blanks in front of each line but the first; empty lines stay empty unless `blank`."""
    if type(width) is not int or not 0 <= width <= MAX_INDENT * 4:
        raise jinja2.TemplateRuntimeError(f"indent takes 0 to {MAX_INDENT * 4} blanks")
    margin, text = " " * width, shown(value)
    if len(text) + width * (text.count("\n") + 1) > MAX_OUTPUT:
        raise jinja2.TemplateRuntimeError(f"a filter gives more than {MAX_OUTPUT:,} characters")
    head, *rest = text.split("\n")
    lines = [head, *(margin + line if line or blank else line for line in rest)]
    return (margin if first else "") + "\n".join(lines)


def _quoted(value: Json) -> str:
    """A value as it stands inside a JSON text: no character of it ends that text."""
    return within(json.dumps(shown(value), ensure_ascii=False)[1:-1])


@jinja2.pass_environment
def _join(environment: PlainData, value: Iterable[Json], between: str = "", attribute: str | None = None) -> str:
    if not isinstance(between, str):
        raise jinja2.TemplateRuntimeError("join takes a text to put between the items")
    parts = [shown(item if attribute is None else environment.getitem(item, attribute)) for item in value]
    if sum(map(len, parts)) + len(between) * len(parts) > MAX_OUTPUT:
        raise jinja2.TemplateRuntimeError(f"a filter gives more than {MAX_OUTPUT:,} characters")
    return between.join(parts)


def quote(tree: nodes.Template) -> None:
    """Make every value that stands inside a text of a JSON template one that cannot end that text."""
    _quote(tree.body, False)


_MARK = re.compile(r'\\.|"', re.DOTALL)


def _as_quoted(value: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(value, QUOTED, [], [], None, None, lineno=value.lineno)


def _quote(body: Sequence[nodes.Node], inside: bool) -> bool:
    """Go through nodes in their order; `inside` says whether a text is open in front of them, returned is behind."""
    for node in body:
        if isinstance(node, nodes.Output):
            found: list[nodes.Expr] = []
            for piece in node.nodes:
                if isinstance(piece, nodes.TemplateData):
                    inside ^= sum(m[0] == '"' for m in _MARK.finditer(piece.data)) % 2 == 1
                    found.append(piece)
                else:
                    found.append(_as_quoted(piece) if inside else piece)
            node.nodes = found
        elif isinstance(node, nodes.If):
            after = _quote(node.body, inside)
            for branch in node.elif_:
                _quote(branch.body, inside)
            _quote(node.else_, inside)
            inside = after
        elif isinstance(node, nodes.For):
            inside = _quote(node.body, inside)
            _quote(node.else_, inside)
    return inside


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
                return obj[argument]  # type: ignore[index]  # a wrong kind of index is undefined
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
    # dump, safe and strip are what Nunjucks and others call them; nothing is escaped here, so safe changes nothing.
    own = {"join": _join, "tojson": _tojson, "dump": _tojson, "replace": _replace, "round": _round, QUOTED: _quoted}
    own |= {"indent": _indented, "truncate": _truncated, PAIRS: _pairs}
    own |= {name: _of_text(found.filters[name]) for name in _TEXTS}
    own |= {"safe": shown, "string": shown, "strip": own["trim"], **FILTERS}
    found.filters = {**{name: found.filters[name] for name in _FILTERS - own.keys()}, **own}
    found.tests = {name: found.tests[name] for name in _TESTS}
    return found
