"""Handlebars as dotprompt and prompty use it: values, if, unless, each, with, sections, partials; nothing is escaped.

Read from handlebarsjs.com/guide and the helpers of google/dotprompt. No helper runs code; every rendering has a bound
on steps and output, and no step costs more than what it puts out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.handlebars.names import names_in
from promptci.prompts.handlebars.nodes import Node, Partial, walk
from promptci.prompts.handlebars.parse import parse
from promptci.prompts.handlebars.render import Rendering
from promptci.prompts.render import Names


@dataclass(frozen=True, slots=True)
class Handlebars:
    """A compiled text."""

    nodes: Sequence[Node]
    place: str
    partials: Mapping[str, Sequence[Node]]
    variables: Names
    optional: Names

    def render(self, values: Mapping[str, Json]) -> str:
        """Fill the text once. Raises DataError for a missing value and beyond the bounds."""
        missing = sorted(self.variables - set(values))
        if missing:
            hint = f"the case has: {', '.join(sorted(values)) or 'no values'}"
            raise DataError(f"the prompt cannot be filled: '{missing[0]}' is not there", place=self.place, hint=hint)
        return Rendering(self.partials, self.place, values).text(self.nodes)


def compile_handlebars(
    text: str, place: str = "prompt", first_line: int = 1, partials: Mapping[str, str] | None = None
) -> Handlebars:
    """Compile a text. `partials` are templates by name. Raises DataError with place:line for what is not read."""
    known = {name: parse(body, f"partial {name}", 1) for name, body in (partials or {}).items()}
    nodes = parse(text, place, first_line)
    for name in (n.name for tree in (nodes, *known.values()) for n in walk(tree) if isinstance(n, Partial)):
        if name not in known:
            hint = f"put it into a file _{name}.prompt beside this one"
            raise DataError(f"the partial '{name}' is not there", place=place, hint=hint)
    used = list(names_in(nodes, known))
    optional = frozenset(name for name, sure in used if not sure)
    return Handlebars(nodes, place, known, frozenset(name for name, _ in used) - optional, optional)
