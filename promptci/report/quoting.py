"""Untrusted text in Markdown: as prose, as code, as a fence. Nothing quoted can mention, link, embed or end its quote.

Written for GitHub: besides CommonMark and its GFM extensions, a page there links mentions, issue numbers, commit ids
and bare addresses in the text that is left after parsing. Backslashes do not help against those; an invisible blank
inside does. Code and fences are exempt from both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from promptci.untrusted import one_line, shown

_BREAK = "\u200b"  # zero-width space; `shown` has made those of the text itself visible
_EMPTY = "(empty)"
# What GitHub would turn into a link, a mention or a picture, at the place where a break undoes it.
_LIVE = re.compile(
    r"(?<=@)(?=\S|$)"  # @user, @org/team, user@host; at the end, as our own words may follow
    r"|(?<=#)(?=\w)"  # #1, owner/name#1
    r"|(?<=\bgh-)(?=\d)"  # GH-1
    r"|(?<=:)(?=//)"  # any scheme://
    r"|(?<=\bwww)(?=\.)"
    r"|(?<=:)(?=[\w+-]+:)",  # :shortcode: of a picture
    re.IGNORECASE,
)
_COMMIT = re.compile(r"[0-9a-f]{7,}", re.IGNORECASE)  # however long: a cut may leave a length that is linked
_SPECIAL = re.compile(r"[\\`*~\[\]|$]|(?<![^\W_])_|_(?![^\W_])")  # `_` within a word is only a character
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Headings, rules and lists, where a line begins.
_BLOCK = re.compile(r"^(?:#(?=#{0,5}(?: |$))|[-+=](?=[-+= ]|$)|\d{1,9}(?=[.)](?: |$)))")
_CLOSE = re.compile(r"^ {0,3}(`{3,})[ \t]*$")
_OPEN = re.compile(r"^(`{3,})[^`]*$")


class Safe(str):
    """Markdown that may go on a page as it is."""

    __slots__ = ()


def plain(text: str, *, limit: int = 500) -> Safe:
    """Return one line of text for a title, which knows no markup but is linked and announced all the same."""
    line = _LIVE.sub(_BREAK, one_line(text, limit=limit) or _EMPTY)
    return Safe(_COMMIT.sub(lambda found: _BREAK.join(re.findall(".{1,6}", found[0])), line))


def prose(text: str, *, limit: int = 500) -> Safe:
    """Return one line of text that reads as itself: no markup, no HTML, nothing that GitHub would link or announce."""
    escaped = _SPECIAL.sub(lambda found: "\\" + found[0], plain(text, limit=limit))
    escaped = re.sub("[&<>]", lambda found: _ENTITIES[found[0]], escaped)
    return Safe(_BLOCK.sub(_unlisted, escaped))


def _unlisted(found: re.Match[str]) -> str:
    return found[0] + "\\" if found[0][0].isdigit() else "\\" + found[0]


def code(text: str, *, limit: int = 80) -> Safe:
    """Return one line of text as a code span, fit for a table cell too: a `|` appears by its number, like `shown`."""
    line = one_line(text, limit=limit).replace("|", "\\u{7c}") or _EMPTY
    ticks = "`" * (1 + _longest_run(line))
    pad = " " if "`" in line[0] + line[-1] else ""
    return Safe(f"{ticks}{pad}{line}{pad}{ticks}")


def fence(text: str, language: str = "", *, limit: int = 60_000) -> Safe:
    """Return text as a fenced block, cut between lines to about `limit` characters, fences included.

    The fence is longer than any run of backticks inside. A cut is told below the block. `language` must be ours.
    """
    # Twice the limit is enough to look at: what is shown is at least half as long as the text.
    whole = shown(text[: 2 * limit + 2]).rstrip("\n")
    kept = whole
    while (over := len(_fenced(kept, language)) - limit) > 0 and kept:
        kept = _first_lines(kept, max(len(kept) - over, len(kept) // 2))
    block = _fenced(kept, language)
    if kept == whole and len(text) <= 2 * limit + 2:
        return Safe(block)
    left, lines = kept.count("\n") + 1 if kept else 0, text.rstrip("\r\n").count("\n") + 1
    return Safe(f"{block}\n\nCut here: {left:,} of {lines:,} lines are shown.")


def _fenced(text: str, language: str) -> str:
    ticks = "`" * max(3, 1 + _longest_run(text))
    return f"{ticks}{language}\n{text}\n{ticks}"


def _first_lines(text: str, limit: int) -> str:
    """The whole lines among the first `limit` characters; part of the first line when it alone is longer."""
    head = text[:limit]
    return head[: head.rfind("\n")] if "\n" in head else head


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def codes(ids: Sequence[str], limit: int = 20) -> Safe:
    """Return ids as code spans, the first `limit` of them and how many more there are."""
    first = ", ".join(code(i) for i in ids[:limit])
    more = len(ids) - limit
    return Safe(f"{first} and {more:,} more" if more > 0 else first)


_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~-]+)*/?")


def link(text: str, url: str | None) -> Safe:
    """Return a link when the address is a plain one, else the text and the address as code."""
    if url is None:
        return prose(text)
    if _ADDRESS.fullmatch(url):
        return Safe(f"[{prose(text)}]({url})")
    return Safe(f"{prose(text)} {code(url, limit=200)}")


def cut(page: str, limit: int) -> str:
    """Return the first lines of a page, at most `limit` characters; what they leave open is closed."""
    note = "\n\n*Cut here: the page is too long. The JSON report has everything.*\n"
    if len(page) <= limit:
        return page
    room = limit - len(note)
    while True:
        kept = _first_lines(page, max(room, 0))
        closing = _closing(kept)
        if len(kept) + len(closing) + len(note) <= limit or not kept:
            return kept + closing + note
        room = min(room, len(kept)) - max(1, len(kept) + len(closing) + len(note) - limit)


def _closing(page: str) -> str:
    """What ends the fence and the fold-outs that are open at the end of a page."""
    fence_open, folds = "", 0
    for line in page.split("\n"):
        if fence_open:
            closed = _CLOSE.match(line)
            fence_open = "" if closed and len(closed[1]) >= len(fence_open) else fence_open
        elif opened := _OPEN.match(line):
            fence_open = opened[1]
        else:  # only our own lines begin with a tag
            folds += line.startswith("<details>") - line.startswith("</details>")
    return ("\n" + fence_open if fence_open else "") + "\n\n</details>" * max(folds, 0)
