"""The one way that text from models, eval rows and pull requests is shown to people and to CI logs."""

from __future__ import annotations

import re
import unicodedata

_BIDI_AND_HIDDEN = frozenset("\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u2060\ufeff") | frozenset(
    chr(c) for r in (range(0x202A, 0x202F), range(0x2066, 0x206A), range(0xE0000, 0xE0080)) for c in r
)
# GitHub reads `::name::` and the older `##[name]` at the start of a line, after blanks, as commands to the runner.
_COMMAND = re.compile(r"^(\s*)(::|##\[)", re.MULTILINE)


def _visible(char: str) -> str:
    if char in "\n\t":
        return char
    if char in _BIDI_AND_HIDDEN or unicodedata.category(char) in ("Cc", "Cs", "Cf"):
        return f"\\u{{{ord(char):x}}}"
    return char


def shown(text: str, *, limit: int | None = None) -> str:
    r"""Return `text` safe for a terminal and a CI log: the result holds no control character but \n and \t.

    Control, bidi and zero-width characters appear as `\u{hex}`; a line that would be a workflow command gets a visible
    backslash before it. With `limit`, at most that many characters are kept, and the cut is marked.
    """
    cut = text if limit is None or len(text) <= limit else text[:limit] + " [cut]"
    plain = cut.replace("\r\n", "\n")
    return _COMMAND.sub(r"\1\\\2", "".join(map(_visible, plain)))


def one_line(text: str, *, limit: int = 200) -> str:
    """Return `text` as `shown` would, on one line: line breaks and tabs become single blanks."""
    return shown(" ".join(text.split()), limit=limit)
