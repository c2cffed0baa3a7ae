"""Placeholders of other template languages: in a prompt that is read another way they would reach the model as text."""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterator

from promptci.core import Style

_RAW = re.compile(r"\{%-?\s{0,9}(?P<end>end)?raw\s{0,9}-?%\}")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)  # in a text that compiles each is closed, so none is looked for in vain
# How the name of a column may stand in a text without being filled, and what it is called.
_FORMS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("fstring", re.compile(r"(?<![{$#%\w])\{(?P<name>[A-Za-z_]\w*)(?:![rsa])?(?::[^{}\s\"']{0,8})?\}(?!\})"), "{%s}"),
    ("spaced", re.compile(r"(?<![{$#%\w])\{[ \t]{1,3}(?P<name>[A-Za-z_]\w*)[ \t]{1,3}\}(?!\})"), "{ %s }"),
    ("ruby", re.compile(r"(?<![{#%])#\{(?P<name>[A-Za-z_]\w*)\}"), "#{%s}"),
    ("ruby", re.compile(r"(?<![{#%])%\{(?P<name>[A-Za-z_]\w*)\}"), "%%{%s}"),
    ("dollar", re.compile(r"\$\{(?:input:)?(?P<name>[A-Za-z_]\w*)(?::[^{}\n]{0,200})?\}"), "${%s}"),
    ("dollar", re.compile(r"\$(?P<name>[A-Za-z_]\w*)"), "$%s"),
    ("percent", re.compile(r"%\((?P<name>\w+)\)[sdfr]"), "%%(%s)s"),
    ("angle", re.compile(r"<(?P<name>[A-Za-z_]\w*)>"), "<%s>"),
    ("erb", re.compile(r"<%[=-]?\s*(?P<name>[A-Za-z_]\w*)\s*-?%>"), "<%%= %s %%>"),
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


def raw_pieces(text: str) -> list[tuple[str, bool]]:
    """Split a text at its raw blocks: each piece with whether it stands in one, tags and all. One pass."""
    found: list[tuple[str, bool]] = []
    end, opened = 0, None
    for tag in _RAW.finditer(text):
        if tag["end"] is None:
            opened = tag.start() if opened is None else opened
        elif opened is not None:
            found += [(text[end:opened], False), (text[opened : tag.end()], True)]
            end, opened = tag.end(), None
    return [*found, (text[end:], False)]


def inside_raw(piece: str) -> str:
    """Return what a raw block holds, without its tags."""
    tags = list(_RAW.finditer(piece))
    return piece[tags[0].end() : tags[-1].start()]


def unfilled(
    text: str, style: Style, columns: Collection[str], *, any_filled: bool = True
) -> Iterator[tuple[int, str, str]]:
    """Give (position, placeholder as written, column) for each that `style` does not fill and that is a column.

    A `%s` has no name: it counts where nothing else is filled. What stands in a raw block is meant as it is, and what
    stands in a comment is not sent.
    """
    filled = _FILLED[style]
    if style in ("jinja", "github"):
        text = "".join(" " * len(piece) if raw else piece for piece, raw in raw_pieces(text))
    if style == "jinja":
        text = _COMMENT.sub(lambda said: " " * len(said[0]), text)
    if not any_filled and (nameless := re.search(r"(?<!%)%s\b", text)):
        yield nameless.start(), "%s", ""
    for kind, pattern, form in _FORMS:
        if kind == filled:
            continue
        for match in pattern.finditer(text):
            if match["name"] not in columns or _inside_filled(text, match, filled):
                continue
            if kind != "angle" or f"</{match['name']}>" not in text:
                yield match.start(), form % match["name"], match["name"]


def _inside_filled(text: str, match: re.Match[str], filled: str) -> bool:
    """Whether the match is the inner part of a placeholder that is filled, or of a tag."""
    before = text[max(0, match.start() - 2) : match.start()]
    return filled == "braces" and before.endswith(("{{", "{%", "{#", "%", "#"))


_HANDLEBARS = re.compile(r"\{\{\{?~?\s{0,9}[#/^>!](?P<name>\w{0,50})[^{}\n]{0,100}\}\}")
_TRIMMED = re.compile(r"\{\{(?:~\s{0,9}(?P<name>\w{1,50})\s{0,9}~?|\s{0,9}(?P<other>\w{1,50})\s{0,9}~)\}\}")
_WRITE = {
    "each": "{% for item in items %}{{ item }}{% endfor %}",
    "if": "{% if name %} ... {% else %} ... {% endif %}",
    "unless": "{% if not name %} ... {% endif %}",
    "with": "{{ name.part }}",
    **dict.fromkeys(("system", "user", "assistant", "role"), "one message each in a .prompt.yml or .prompt file"),
}


def explain(text: str) -> tuple[str, str] | None:
    """Say which other language a text that is no Jinja2 template seems to be written in, and what to do."""
    if found := _HANDLEBARS.search(text):
        write = _WRITE.get(found["name"], '{% include "path" %} for a partial, {# ... #} for a comment')
        hint = f"write {write}, or set `template: handlebars` for this prompt"
        return f"'{found[0]}' is Handlebars, and this file is read as Jinja2", hint
    if found := _TRIMMED.search(text):
        hint = f"write {{{{- {found['name'] or found['other']} -}}}}, or set `template: handlebars` for this prompt"
        return f"'{found[0]}' is Handlebars, and this file is read as Jinja2", hint
    if named := fields(text):
        hint = f"write {{{{ {named[0]} }}}}, and braces that are meant for the model once; or set `template: fstring`"
        return f"this looks like a Python format text ('{{{named[0]}}}'), and the file is read as Jinja2", hint
    return None


def fields(text: str) -> list[str]:
    """Return the names of the fields of a Python format text; none when it is not one."""
    return list(_parsed(text) or ())


def is_format(text: str) -> bool:
    """Whether a text is a Python format text, with fields or without: its literal braces are written twice."""
    return _parsed(text) is not None


def _parsed(text: str) -> list[str] | None:
    try:
        found = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        return None  # no format text: a brace stands alone in it
    return found if all(name.isidentifier() for name in found) else None
