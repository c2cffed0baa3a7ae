"""`.md`, `.txt`, `.j2`, `.hbs`: a text, or a chat kept as one: a JSON list, or blocks `{{#system}}...{{/system}}`.

A Jinja2 file that begins with a line `system:` (prompt flow) is a chat as in `.prompty`.

A text with tags of Handlebars, which Jinja2 cannot read, is read as Handlebars.

The blocks are those of the first Guidance (github.com/guidance-ai/guidance, before 0.1): `{{gen 'name' temperature=0}}`
stands where the model speaks. What it says there is the answer, so it may stand once, and last.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.base import PromptFile
from promptci.prompts.chat import JSON, rewritable
from promptci.prompts.kernel import has_messages, is_kernel, problem_of
from promptci.prompts.parameters import ALIASES, RULES, check
from promptci.prompts.text import Text

if TYPE_CHECKING:
    from promptci.prompts.roles import Piece

_CHAT = re.compile(r"\A\ufeff?\s*\[\s*(?:\{%[^{}]*%\}\s*)*\{\s*\"role\"\s*:")
_BLOCKS = re.compile(r"\{\{~?#\s*(?:system|user|assistant)\s*~?\}\}")
_JINJA = (".jinja2", ".jinja", ".j2")
_LINES = re.compile(
    r"\A\ufeff?\s*(?:\{#.{0,5000}?#\}\s*)?(?P<line>#?[ \t]*system[ \t]*:[ \t]*\r?\n)", re.IGNORECASE | re.DOTALL
)
_HANDLEBARS = re.compile(r"\{\{~?\s*[#/^>!][^{}\n]*\}\}|\{\{\{\s*[A-Za-z_][\w.]*\s*\}\}\}")  # what Jinja2 cannot read
_GEN = re.compile(r"\{\{~?\s*gen\b(?P<said>[^{}]*?)~?\}\}")
_OPTION = re.compile(r"(?P<name>\w+)\s*=\s*(?P<value>\"[^\"]*\"|'[^']*'|[-\w.]+)")


def holds_chat(text: str) -> bool:
    """Whether a text is a JSON list of messages, or a template of one."""
    return _CHAT.match(text) is not None


class Plain:
    """A text file by what it holds."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Read the text, or the chat. Raises DataError with place:line."""
        if selector is None and holds_chat(text):
            return JSON.read(text, place, None)
        if selector is None and _BLOCKS.search(text):
            return _blocks(text, place)
        if selector is None and place.endswith(_JINJA) and (line := _LINES.match(text)):
            return _lines(text, line.start("line"), place)
        found = Text().read(text, place, selector)
        if is_kernel(text):
            if (problem := problem_of(text, "github")) is not None:
                raise DataError(problem, place=place)
            if has_messages(text):
                parts = tuple(replace(part, role=part.role or "turns") for part in found.parts)
                return replace(found, style="github", parts=parts, slots=tuple(None for _ in parts))
            return replace(found, style="github")
        if "{%" not in text and any(_HANDLEBARS.search(part.whole) for part in found.parts):
            return replace(found, style="handlebars")
        return found


def _lines(text: str, begin: int, place: str) -> PromptFile:
    from promptci.prompts.roles import marked_by_lines, parts_of  # as in `_blocks`

    parts, slots = parts_of(text, marked_by_lines(text, begin, place), place)
    return PromptFile(parts, slots, rewritable(parts))


def _blocks(text: str, place: str) -> PromptFile:
    from promptci.prompts.roles import marked_by_blocks, parts_of  # brings all of Handlebars, which few texts need

    pieces = marked_by_blocks(text, place)
    spoken = list(_GEN.finditer(text))
    parameters: dict[str, Json] = {}
    if spoken:
        where = f"{place}:{text.count(chr(10), 0, spoken[0].start()) + 1}"
        if len(spoken) > 1 or not _last(text, pieces, spoken[0]):
            hint = "measure each call of the model as a prompt of its own"
            raise DataError("the model speaks more than once, or in front of other text", place=where, hint=hint)
        parameters = _options(spoken[0]["said"], where)
        pieces = pieces[:-1]
    parts, slots = parts_of(text, pieces, place)
    return PromptFile(parts, slots, rewritable(parts), parameters, style="handlebars")


def _last(text: str, pieces: list[Piece], spoken: re.Match[str]) -> bool:
    """Whether the model's turn is a message of its own behind all others."""
    last = pieces[-1]
    alone = text[last.start : last.end].strip() == spoken[0].strip()
    return last.role == "assistant" and last.start <= spoken.start() and alone


def _options(said: str, where: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for option in _OPTION.finditer(said):
        name, value = ALIASES.get(option["name"], option["name"]), option["value"].strip("\"'")
        if name == "name":
            continue
        if name not in RULES:
            known = f"known: {', '.join(RULES)}"
            raise DataError(f"the option '{name}' of 'gen' is not known", place=where, hint=known)
        found[name] = check(name, _number(value), where)
    return found


def _number(value: str) -> Json:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue  # the next kind; what is no number stays a text, and is checked as one
    return value


class Handlebars:
    """A text file that its ending calls Handlebars."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Read the text, or the chat of its blocks. Raises DataError with place:line."""
        return replace(Plain().read(text, place, selector), style="handlebars")


PLAIN, HANDLEBARS = Plain(), Handlebars()
