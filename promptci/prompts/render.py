"""Templates: a prompt's text, compiled once and filled with a case's values. What it may use is in `language`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from promptci.core import Json, Message
from promptci.errors import DataError

if TYPE_CHECKING:
    import jinja2

MAX_TEMPLATE = 200_000  # characters


class Template:
    """A compiled prompt. `variables` are the names it needs; every one must be in a case's `vars`."""

    def __init__(self, text: str, variables: frozenset[str], compiled: jinja2.Template, place: str = "prompt") -> None:
        self.text = text
        self.variables = variables
        self.place = place
        self._compiled = compiled

    def render(self, values: Mapping[str, Json]) -> str:
        """Fill the placeholders once; values are never rendered again.

        Raises DataError for a missing value, for an operation that a value does not allow, for more than 100,000 loop
        steps and for an output over two million characters.
        """
        import jinja2

        from promptci.prompts.language import MAX_OUTPUT, with_steps

        parts: list[str] = []
        size = 0
        try:
            for part in self._compiled.generate(with_steps(values)):
                size += len(part)
                if size > MAX_OUTPUT:
                    problem = f"the rendered prompt is longer than {MAX_OUTPUT:,} characters"
                    raise DataError(problem, place=self.place)
                parts.append(part)
        except jinja2.UndefinedError as problem:
            hint = f"the case has: {', '.join(sorted(values)) or 'no values'}"
            raise DataError(f"the prompt cannot be filled: {problem}", place=self.place, hint=hint) from None
        except (jinja2.TemplateError, TypeError, ValueError, RecursionError) as problem:
            raise DataError(f"the prompt cannot be filled: {problem}", place=self.place) from None
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
def compile_template(text: str, place: str = "prompt", first_line: int = 1) -> Template:
    """Compile a prompt's text. Raises DataError with place:line for bad syntax or syntax outside the allowed part.

    `first_line` is the line of the file `place` that `text` starts on (behind front matter it is not 1).
    """
    import jinja2
    from jinja2 import meta

    from promptci.prompts import language

    if len(text) > MAX_TEMPLATE:
        raise DataError(f"the prompt is longer than {MAX_TEMPLATE:,} characters", place=place)
    environment = language.environment()
    try:
        tree = environment.parse(text)
        language.refuse(tree, place, first_line)
        variables = frozenset(meta.find_undeclared_variables(tree))
        language.bound(tree)
        compiled = environment.from_string(tree)
    except jinja2.TemplateSyntaxError as problem:
        raise DataError(
            f"bad template syntax: {problem.message}",
            place=f"{place}:{problem.lineno + first_line - 1}",
            hint="literal braces go between {% raw %} and {% endraw %}",
        ) from None
    except RecursionError:
        raise DataError("the template is nested too deeply", place=place) from None
    except ValueError as problem:  # a number of thousands of digits
        raise DataError(f"bad template syntax: {problem}", place=place) from None
    return Template(text, variables, compiled, place)
