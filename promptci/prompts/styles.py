"""How placeholders are written: Jinja2, Python's format, GitHub's plain braces, or none at all."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from promptci.core import Json, Style
from promptci.errors import DataError
from promptci.prompts.foreign import inside_raw, raw_pieces
from promptci.prompts.render import MAX_TEMPLATE, Names, compile_template
from promptci.prompts.values import MAX_OUTPUT, to_text

_GITHUB = re.compile(r"\{\{\s{0,9}\$?(?P<name>[\w.-]{1,100})\s{0,9}\}\}")
# Widths and precisions have at most three digits, or one number would make a text of gigabytes.
_SPEC = re.compile(r"[<>^=]?[-+ ]?0?\d{0,3}[,_]?(\.\d{1,3})?[sdfgeExXbo%n]?")


class Rendering(Protocol):
    """A compiled text: `variables` must be in a case's values, `optional` may be."""

    @property
    def variables(self) -> Names:
        """The names that must be there."""
        ...

    @property
    def optional(self) -> Names:
        """The names that may be there."""
        ...

    def render(self, values: Mapping[str, Json]) -> str:
        """Fill the placeholders once; raise DataError for a missing value and for an output beyond the bound."""
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """Texts and names in turn: a piece is a text, or a name with the way that its value is shown."""

    pieces: tuple[str | tuple[str, str], ...]
    place: str

    @property
    def variables(self) -> Names:
        """Every name that the text holds."""
        return frozenset(piece[0] for piece in self.pieces if isinstance(piece, tuple))

    @property
    def optional(self) -> Names:
        """None: these styles have no defaults."""
        return frozenset()

    def render(self, values: Mapping[str, Json]) -> str:
        """Put the values in. Raises DataError for a missing one, and for one that its format does not fit."""
        found, size = [], 0
        for piece in self.pieces:
            found.append(piece if isinstance(piece, str) else self._filled(*piece, values))
            size += len(found[-1])
            if size > MAX_OUTPUT:
                raise DataError(f"the rendered prompt is longer than {MAX_OUTPUT:,} characters", place=self.place)
        return "".join(found)

    def _filled(self, name: str, spec: str, values: Mapping[str, Json]) -> str:
        if name not in values:
            hint = f"the case has: {', '.join(sorted(values)) or 'no values'}"
            raise DataError(f"the prompt cannot be filled: '{name}' is not there", place=self.place, hint=hint)
        if not spec:
            return to_text(values[name])
        try:
            return format(values[name], spec)
        except (TypeError, ValueError, OverflowError) as problem:
            raise DataError(f"the prompt cannot be filled: '{name}': {problem}", place=self.place) from None


def _github(text: str, place: str, first_line: int) -> Plain:
    """`{{name}}`, blanks allowed, `{{$name}}` as well; `{% raw %}` keeps literal braces."""
    del first_line
    pieces: list[str | tuple[str, str]] = []
    for piece, raw in raw_pieces(text):
        if raw:
            pieces.append(inside_raw(piece))
            continue
        end = 0
        for match in _GITHUB.finditer(piece):
            pieces += [piece[end : match.start()], (match["name"], "")]
            end = match.end()
        pieces.append(piece[end:])
    return Plain(tuple(pieces), place)


def _fstring(text: str, place: str, first_line: int) -> Plain:
    """Python's `{name}` and `{name:.2f}`, as `str.format` and f-strings read them; `{{` is a literal brace."""
    pieces: list[str | tuple[str, str]] = []
    where = f"{place}:{first_line}"
    try:
        for literal, name, spec, conversion in string.Formatter().parse(text):
            pieces.append(literal)
            if name is None:
                continue
            if not name.isidentifier():
                hint = "only plain names can be filled; a literal brace is written twice: {{ or }}"
                raise DataError(f"'{{{name}}}' is not a name of a column", place=where, hint=hint)
            if conversion not in (None, "s") or not _SPEC.fullmatch(spec or ""):
                raise DataError(f"the format of '{{{name}}}' cannot be used", place=where, hint="leave it out")
            pieces.append((name, spec or ""))
    except ValueError as problem:
        hint = "a literal brace is written twice: {{ or }}"
        raise DataError(f"not a Python format text: {problem}", place=where, hint=hint) from None
    return Plain(tuple(pieces), place)


def _none(text: str, place: str, first_line: int) -> Plain:
    """Nothing is a placeholder."""
    del first_line
    return Plain((text,), place)


STYLES: Mapping[Style, Callable[[str, str, int], Rendering]] = {
    "jinja": compile_template,
    "fstring": _fstring,
    "github": _github,
    "none": _none,
}


@lru_cache(maxsize=4096)
def compile_text(
    text: str, style: Style, place: str = "prompt", first_line: int = 1, partials: tuple[tuple[str, str], ...] = ()
) -> Rendering:
    """Compile one text. `partials` are Handlebars' own, by name. Raises DataError with place:line for bad syntax."""
    if len(text) > MAX_TEMPLATE:
        raise DataError(f"the prompt is longer than {MAX_TEMPLATE:,} characters", place=place)
    if style == "handlebars":
        from promptci.prompts.handlebars import compile_handlebars

        return compile_handlebars(text, place, first_line, dict(partials))
    return STYLES[style](text, place, first_line)
