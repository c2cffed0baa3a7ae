"""Placeholders of other template languages: in a prompt that is read another way they would reach the model as text."""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterator

from promptci.core import Style

_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}", re.DOTALL)
# How the name of a column may stand in a text without being filled, and what it is called.
_FORMS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("fstring", re.compile(r"(?<![{$#%\w])\{(?P<name>[A-Za-z_]\w*)(?:![rsa])?(?::[^{}\s\"']{0,8})?\}(?!\})"), "{%s}"),
    ("dollar", re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)\}"), "${%s}"),
    ("dollar", re.compile(r"\$(?P<name>[A-Za-z_]\w*)"), "$%s"),
    ("percent", re.compile(r"%\((?P<name>\w+)\)[sdfr]"), "%%(%s)s"),
    ("angle", re.compile(r"<(?P<name>[A-Za-z_]\w*)>(?!.*</(?P=name)>)", re.DOTALL), "<%s>"),
    ("square", re.compile(r"\[\[(?P<name>\w+)\]\]"), "[[%s]]"),
    ("braces", re.compile(r"\{\{\{?\s*(?P<name>[A-Za-z_]\w*)\s*\}?\}\}"), "{{%s}}"),
)
_FILLED: dict[Style, str] = {
    "jinja": "braces",
    "handlebars": "braces",
    "github": "braces",
    "fstring": "fstring",
    "none": "",
}


def unfilled(
    text: str, style: Style, columns: Collection[str], *, any_filled: bool = True
) -> Iterator[tuple[int, str, str]]:
    """Give (position, placeholder as written, column) for each that `style` does not fill and that is a column.

    A `%s` has no name: it counts where nothing else is filled. What stands in a raw block is meant as it is.
    """
    filled = _FILLED[style]
    if style in ("jinja", "github"):
        text = _RAW.sub(lambda raw: " " * len(raw[0]), text)
    if not any_filled and (nameless := re.search(r"(?<!%)%s\b", text)):
        yield nameless.start(), "%s", ""
    for kind, pattern, form in _FORMS:
        if kind == filled:
            continue
        for match in pattern.finditer(text):
            if match["name"] in columns and not _inside_filled(text, match, filled):
                yield match.start(), form % match["name"], match["name"]


def _inside_filled(text: str, match: re.Match[str], filled: str) -> bool:
    """Whether the match is the inner part of a placeholder that is filled, or of a tag."""
    before = text[max(0, match.start() - 2) : match.start()]
    return filled == "braces" and before.endswith(("{", "%", "#"))


def fields(text: str) -> list[str]:
    """Return the names of the fields of a Python format text; none when it is not one."""
    try:
        found = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        return []
    return found if all(name.isidentifier() for name in found) else []
