"""A text or a chat in a Python program: `app/prompts.py::ROUTER`, also in a class or a function (`Agent.SYSTEM`).

The standard library's `ast` says where a literal stands; the literal alone is replaced. Names in braces of an f-string,
and the fields of a text that is passed to `format`, are the prompt's variables.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptci.core import Part, Style
from promptci.errors import DataError
from promptci.prompts.base import Edit, PromptFile, Slot
from promptci.prompts.chat import ROLES, rewritable, style_of
from promptci.prompts.program import Said, called, find, is_text, spoken, texts, unwrapped

_QUOTES = re.compile(r"(?P<prefix>[A-Za-z]*)(?P<quote>\"\"\"|'''|\"|')")
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # Python's; `splitlines` breaks at ten characters more
_MARGINS = {"dedent": textwrap.dedent, "cleandoc": inspect.cleandoc}  # calls that take the margin off


class Python:
    """One constant of a module."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Find the constant. Raises DataError with place:line when it is not there or is no literal."""
        body = text.removeprefix("\ufeff")
        offset = len(text) - len(body)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an odd escape in the user's program is not our business
                tree = ast.parse(body)
        except (SyntaxError, ValueError, RecursionError) as problem:
            line = getattr(problem, "lineno", None) or 1
            raise DataError(f"not valid Python: {problem}", place=f"{place}:{line}") from None
        if not selector:
            names = ", ".join(dict.fromkeys(texts(tree.body))) or "none"
            raise DataError(
                "a program holds many texts", place=place, hint=f"name one: {place}::NAME; there are: {names}"
            )
        value = find(tree.body, selector.split("."), place, selector)
        said = spoken(value)
        if said is None:
            return _file([_text(Said(None, value), text, offset, place, selector)], place)
        return _file([_text(one, text, offset, place, selector) for one in said], place)


@dataclass(frozen=True, slots=True)
class _Found:
    """A part with its slot, and how its placeholders are written."""

    part: Part
    slot: Slot | None
    style: Style = "jinja"
    braces: bool = False


def _file(found: Sequence[_Found], place: str) -> PromptFile:
    """Several messages have one way of writing placeholders. Raises DataError where they have two."""
    written = [one for one in found if one.braces] or found
    if len({one.style for one in written}) > 1:
        odd = next(one for one in written if one.style == "jinja").part
        hint = "write all of them as fields, {name}, and literal braces twice; or set `template:` for this prompt"
        raise DataError("the messages write placeholders in two ways", place=f"{place}:{odd.first_line}", hint=hint)
    parts, slots = tuple(one.part for one in found), tuple(one.slot for one in found)
    return PromptFile(parts, slots, rewritable(parts), style=written[0].style)


def _text(one: Said, text: str, offset: int, place: str, selector: str) -> _Found:
    """The text of one message, or of a constant alone."""
    if one.role == "history" or one.value is None:
        return _Found(Part("history", ""), None)
    role = ROLES.get(one.role) if one.role is not None else None
    if one.role is not None and role is None:
        hint = f"roles are: {', '.join(ROLES)}"
        raise DataError(f"a message has the role '{one.role}'", place=f"{place}:{one.value.lineno}", hint=hint)
    value, template = unwrapped(one.value)
    literal, call = _literal(value, place, selector)
    said, is_f = _value(literal, place)
    margin = _margin(said, call) if call else None
    said = _MARGINS[call](said) if call else said
    start, end = (offset + n for n in _span(text[offset:], literal))
    inner = said.strip()
    if not inner:
        raise DataError(f"'{selector}' is empty", place=f"{place}:{literal.lineno}")
    at = said.index(inner)
    part = Part(role, inner, literal.lineno, said[:at], said[at + len(inner) :])
    style: Style = "fstring" if is_f or template or one.template else style_of(said)
    return _Found(part, _slot(text, start, end, part, margin), style, "{" in said or "}" in said)


def _margin(said: str, call: str) -> str:
    """The blanks that `dedent` takes off each line, `cleandoc` off each but the first."""
    lines = said.split("\n")[call == "cleandoc" :] or [""]
    bare = textwrap.dedent("\n".join(lines)).split("\n")
    return next((old[: len(old) - len(new)] for old, new in zip(lines, bare, strict=True) if new.strip()), "")


def _literal(value: ast.expr, place: str, selector: str) -> tuple[ast.Constant | ast.JoinedStr, str]:
    """The literal below calls that change only blanks, and which of them takes the margin off; "" when none does.

    `dedent` takes none off a text that was stripped before: its first line has none. What `cleandoc` takes off one, or
    off a text without its margin, is another margin than the literal's: that is left to the program.
    """
    call = ""
    while True:
        if call != "cleandoc" and (inner := _stripped(value)) is not None:
            call = "" if call == "dedent" else call
        elif not call and (inner := _without_margin(value)) is not None:
            call = called(value)
        else:
            break
        value = inner
    if is_text(value):
        return value, call
    hint = "only a literal text can be rewritten; name one, or move the text into a file"
    raise DataError(f"'{selector}' is put together by the program", place=f"{place}:{value.lineno}", hint=hint)


def _stripped(value: ast.expr) -> ast.expr | None:
    """What `strip()` is called on; with arguments it takes off more than blanks."""
    if isinstance(value, ast.Call) and not value.args and isinstance(value.func, ast.Attribute):
        return value.func.value if value.func.attr == "strip" else None
    return None


def _without_margin(value: ast.expr) -> ast.expr | None:
    """What `dedent` or `cleandoc` is called with."""
    if isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords and called(value) in _MARGINS:
        return value.args[0]
    return None


def _value(literal: ast.Constant | ast.JoinedStr, place: str) -> tuple[str, bool]:
    """The text; an f-string as the format text that means the same."""
    if isinstance(literal, ast.Constant):
        return str(literal.value), False
    found = ""
    for piece in literal.values:
        if isinstance(piece, ast.Constant):
            found += str(piece.value).replace("{", "{{").replace("}", "}}")
        elif isinstance(piece, ast.FormattedValue) and isinstance(piece.value, ast.Name) and _plain(piece):
            found += f"{{{piece.value.id}{_spec(piece)}}}"
        else:
            hint = "give it a name first: name = ...; then {name}"
            raise DataError("an f-string may hold names only", place=f"{place}:{literal.lineno}", hint=hint)
    return found, True


def _plain(piece: ast.FormattedValue) -> bool:
    """Whether a field has no conversion, and a format that is written out."""
    spec = piece.format_spec
    written = isinstance(spec, ast.JoinedStr) and all(isinstance(c, ast.Constant) for c in spec.values)
    return piece.conversion == -1 and (spec is None or written)


def _spec(piece: ast.FormattedValue) -> str:
    spec = piece.format_spec
    said = (
        "".join(str(c.value) for c in spec.values if isinstance(c, ast.Constant))
        if isinstance(spec, ast.JoinedStr)
        else ""
    )
    return f":{said}" if said else ""


def _span(text: str, node: ast.expr) -> tuple[int, int]:
    """Positions in characters; `ast` counts bytes of a line."""
    lines = _LINES.findall(text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def at(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    return at(node.lineno, node.col_offset), at(node.end_lineno or node.lineno, node.end_col_offset or 0)


_LEAD = re.compile(r"(?:\\\r?\n|\s)*")  # blanks and a continued first line


def _slot(text: str, start: int, end: int, part: Part, margin: str | None) -> Slot:
    """Ways to write the literal; with a `margin` its lines are indented by it, as `dedent` takes it off again."""
    old, newline = text[start:end], "\r\n" if "\r\n" in text else "\n"

    def inside(new: str, first: re.Match[str], *, below: bool = True) -> Edit:
        """Between the blanks that are there, which stay as they are written; those `below` the text may go."""
        inner = old[first.end() : len(old) - len(first["quote"])]
        lead = _LEAD.match(inner)
        begin = start + first.end() + (lead.end() if lead else 0)
        stop = start + first.end() + len(inner.rstrip() if below else inner)
        lines = new.replace("\n", "\n" + margin) if margin else new
        lines = re.sub(r"\n[ \t]+(?=\n)", "\n", lines) if margin else lines
        raw = "r" in first["prefix"].lower()
        return Edit(begin, stop, (lines if raw else _escaped(lines, first["quote"])).replace("\n", newline))

    def ways(new: str) -> Iterator[Edit]:
        first = _QUOTES.match(old)
        if first is None:
            return
        if len(first["quote"]) == 3:
            yield inside(new, first)
            yield inside(new, first, below=False)  # `cleandoc` of one line keeps the blanks of the line below it
        if margin is None:
            yield from _whole(part.before + new + part.after, first, start, end, newline)

    return ways


def _whole(whole: str, first: re.Match[str], start: int, end: int, newline: str) -> Iterator[Edit]:
    """The literal anew: its own quotes, longer ones, then without the prefix `r`."""
    prefix, quote = first["prefix"], first["quote"]
    marks = (quote, '"""', "'''") if "\n" in whole or len(quote) == 3 else (quote, '"', "'", '"""')
    for mark in dict.fromkeys(marks):
        inner = whole if "r" in prefix.lower() else _escaped(whole, mark)
        yield Edit(start, end, prefix + mark + inner.replace("\n", newline) + mark)
    bare = "".join(c for c in prefix if c not in "rR")
    yield Edit(start, end, f"{bare}{quote[0]}{_escaped(whole, quote[0])}{quote[0]}")


def _escaped(text: str, mark: str) -> str:
    """Return the inside of a literal between `mark`."""
    found = text.replace("\\", "\\\\")
    if len(mark) == 1:
        return found.replace(mark, "\\" + mark).replace("\n", "\\n").replace("\r", "\\r")
    found = found.replace(mark, "".join("\\" + c for c in mark))
    found = found.replace("\r", "\\r")
    return found[:-1] + "\\" + mark[0] if found.endswith(mark[0]) and not found.endswith("\\" + mark[0]) else found


FORMAT = Python()
