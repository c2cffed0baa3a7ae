"""Templates: a small, bounded part of Jinja2, compiled once and filled with a case's values.

Prompts come from pull requests and from models, so the language is an allow list of syntax, not a sandbox around all of
it: Jinja2's sandbox stops attribute walks but not `'a' * 10**8`. Output is capped as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from promptci.core import Json, Message
from promptci.errors import DataError

if TYPE_CHECKING:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_TEMPLATE = 200_000  # characters
MAX_OUTPUT = 2_000_000  # characters

# fmt: off
_NODES = frozenset((
    "Template", "Output", "TemplateData", "Name", "Const", "Filter", "If", "CondExpr", "Compare", "Operand", "And",
    "Or", "Not", "For", "Getattr", "Getitem", "Test",
))
_FILTERS = frozenset((
    "capitalize", "default", "first", "join", "last", "length", "list", "lower", "sort", "title", "tojson", "trim",
    "upper",
))
_TESTS = frozenset(("defined", "none", "string", "number", "mapping", "sequence", "undefined"))
# fmt: on


class Template:
    """A compiled prompt. `variables` are the names it needs; every one must be in a case's `vars`."""

    def __init__(self, text: str, variables: frozenset[str], compiled: jinja2.Template) -> None:
        self.text = text
        self.variables = variables
        self._compiled = compiled

    def render(self, values: Mapping[str, Json]) -> str:
        """Fill the placeholders once; values are never rendered again.

        Raises DataError for a missing value and for an output over 2 MB.
        """
        import jinja2

        parts: list[str] = []
        size = 0
        try:
            for part in self._compiled.generate(values):
                size += len(part)
                if size > MAX_OUTPUT:
                    raise DataError(f"the rendered prompt is longer than {MAX_OUTPUT:,} characters")
                parts.append(part)
        except (jinja2.TemplateError, TypeError, ValueError) as problem:
            raise DataError(f"the prompt cannot be filled: {problem}") from None
        return "".join(parts)

    def messages(self, values: Mapping[str, Json]) -> tuple[Message, ...]:
        """Return the chat for one case.

        With placeholders the whole text is one user message. Without any, the text is the system message and the case's
        input (its `input`, or its only value, or all of them as `name: value` lines) is the user message.
        """
        if self.variables:
            return (Message("user", self.render(values)),)
        return (Message("system", self.render({})), Message("user", input_of(values)))


def input_of(values: Mapping[str, Json]) -> str:
    """Return a case's input as one text: its `input`, or its only value, or `name: value` lines."""
    if "input" in values:
        return str(values["input"])
    if len(values) == 1:
        return str(next(iter(values.values())))
    return "\n".join(f"{name}: {value}" for name, value in values.items())


@lru_cache(maxsize=4096)
def compile_template(text: str, place: str = "prompt") -> Template:
    """Compile a prompt's text. Raises DataError with place:line for bad syntax or syntax outside the allowed part."""
    import jinja2
    from jinja2 import meta, nodes

    if len(text) > MAX_TEMPLATE:
        raise DataError(f"the prompt is longer than {MAX_TEMPLATE:,} characters", place=place)
    environment = _environment()
    try:
        tree = environment.parse(text)
        _refuse(tree, place)
        compiled = environment.from_string(tree)
    except jinja2.TemplateSyntaxError as problem:
        raise DataError(
            f"bad template syntax: {problem.message}",
            place=f"{place}:{problem.lineno}",
            hint="literal braces go between {% raw %} and {% endraw %}",
        ) from None
    except RecursionError:
        raise DataError("the template is nested too deeply", place=place) from None
    assigned = {n.name for n in tree.find_all(nodes.Name) if n.ctx == "store"}
    return Template(text, frozenset(meta.find_undeclared_variables(tree)) - assigned, compiled)


def _refuse(tree: Any, place: str) -> None:
    """Walk the syntax tree and refuse what is not on the allow list, loops in loops included."""
    from jinja2 import nodes

    pending: list[tuple[Any, int]] = [(tree, 0)]
    while pending:
        node, loops = pending.pop()
        name = type(node).__name__
        allowed = name in _NODES
        if isinstance(node, nodes.Filter):
            allowed, name = node.name in _FILTERS, f"filter '{node.name}'"
        elif isinstance(node, nodes.Test):
            allowed, name = node.name in _TESTS, f"test '{node.name}'"
        elif isinstance(node, nodes.For):
            loops += 1
            allowed, name = loops <= 2 and not node.recursive, "loop nested more than twice"
        elif isinstance(node, nodes.Getattr):
            allowed, name = not node.attr.startswith("_"), f"attribute '{node.attr}'"
        if not allowed:
            where = f"{place}:{getattr(node, 'lineno', 1)}"
            raise DataError(
                f"a prompt may not use {name}", place=where, hint="placeholders, if, for and simple filters"
            )
        pending.extend((child, loops) for child in node.iter_child_nodes())


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # Autoescape is for HTML; a prompt is plain text and its values must arrive as they are.
    return ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True, cache_size=0
    )
