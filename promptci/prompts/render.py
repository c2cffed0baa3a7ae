"""Templates: a prompt's text, compiled once and filled with a case's values. What it may use is in `language`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.foreign import explain
from promptci.prompts.placeholders import filled, pieces_of, undefined
from promptci.prompts.values import MAX_OUTPUT, to_text

if TYPE_CHECKING:
    import jinja2

Names = frozenset[str]
Parts = Callable[[Mapping[str, Json]], Iterator[str]]
MAX_TEMPLATE = 200_000  # characters
_RAW = "literal braces go between {% raw %} and {% endraw %}"


class Template:
    """A compiled text. `variables` are the names that a case's `vars` must have, `optional` those that it may have.

    `parts` gives the filled text bit by bit, and raises DataError where a value is missing or does not fit.
    """

    def __init__(self, text: str, names: tuple[Names, Names], parts: Parts, place: str = "prompt") -> None:
        self.text = text
        self.variables, self.optional = names
        self.place = place
        self._parts = parts

    def render(self, values: Mapping[str, Json]) -> str:
        """Fill the placeholders once; values are never rendered again.

        Raises DataError for a missing value, for an operation that a value does not allow, for more than 100,000 loop
        steps and for an output over two million characters.
        """
        parts: list[str] = []
        size = 0
        for part in self._parts(values):
            size += len(part)
            if size > MAX_OUTPUT:
                raise DataError(f"the rendered prompt is longer than {MAX_OUTPUT:,} characters", place=self.place)
            parts.append(part)
        return "".join(parts)


def input_of(values: Mapping[str, Json]) -> str:
    """Return a case's input as one text: its `input`, or its only value, or `name: value` lines."""
    if "input" in values:
        return to_text(values["input"])
    if len(values) == 1:
        return to_text(next(iter(values.values())))
    return "\n".join(f"{name}: {to_text(value)}" for name, value in values.items())


@lru_cache(maxsize=4096)
def compile_template(text: str, place: str = "prompt", first_line: int = 1, *, json: bool = False) -> Template:
    """Compile a prompt's text; with `json` it is to become JSON, and values stay inside the texts that they stand in.

    Raises DataError with place:line for bad syntax or syntax outside the allowed part. `first_line` is the line of the
    file `place` that `text` starts on (behind front matter it is not 1).
    """
    if len(text) > MAX_TEMPLATE:
        raise DataError(f"the prompt is longer than {MAX_TEMPLATE:,} characters", place=place)
    pieces = None if json else pieces_of(text)
    if pieces is None:
        return by_jinja(text, place, first_line, json=json)
    names = frozenset(name for _, name in pieces if name)
    return Template(text, (names, frozenset()), lambda values: filled(pieces, values, place), place)


def by_jinja(text: str, place: str = "prompt", first_line: int = 1, *, json: bool = False) -> Template:
    """Compile a text that may hold any of the syntax that a prompt may use; as `compile_template`."""
    import jinja2

    from promptci.prompts import language, work
    from promptci.prompts.variables import names_in

    environment = language.environment()
    try:
        tree = environment.parse(text)
        language.pairs(tree)
        language.refuse(tree, place, first_line)
        names = names_in(tree)
        if json:
            language.quote(tree)
        work.bound(tree)
        compiled = environment.from_string(tree)
    except jinja2.TemplateSyntaxError as problem:
        where = f"{place}:{problem.lineno + first_line - 1}"
        said, hint = explain(text) or (f"bad template syntax: {problem.message}", _RAW)
        raise DataError(said, place=where, hint=hint) from None
    except RecursionError:
        raise DataError("the template is nested too deeply", place=place) from None
    except ValueError as problem:  # a number of thousands of digits
        raise DataError(f"bad template syntax: {problem}", place=place) from None
    return Template(text, names, lambda values: _generated(compiled, values, place), place)


def _generated(compiled: jinja2.Template, values: Mapping[str, Json], place: str) -> Iterator[str]:
    import jinja2

    from promptci.prompts.work import with_steps

    try:
        yield from compiled.generate(with_steps(values))
    except jinja2.UndefinedError as problem:
        raise undefined(str(problem), values, place) from None
    except (jinja2.TemplateError, TypeError, ValueError, OverflowError, RecursionError) as problem:
        raise DataError(f"the prompt cannot be filled: {problem}", place=place) from None
