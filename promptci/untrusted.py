"""The one way that text from models, eval rows and pull requests is shown to people and to CI logs."""

from __future__ import annotations

import re
import unicodedata

# Characters that draw nothing or turn the text around, though their Unicode category is not "format": line and
# paragraph separators, fillers that look like blanks, and marks that collation (and so a culture-aware search for a
# command's prefix) skips over. The tag block and the supplementary variation selectors can carry a whole hidden text.
_HIDDEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2028\u2029\u2800\u3164\uffa0") | frozenset(
    chr(c) for r in (range(0x180B, 0x1810), range(0xFE00, 0xFE0F), range(0xE0000, 0xE01F0)) for c in r
)
_ASCII_WITH_SELECTOR = re.compile(
    r"(?<=[\x00-\x7f])\ufe0f"
)  # harmless behind an emoji, hides `#` behind an ASCII letter
# GitHub's runner reads `::name::` at the start of a line, after blanks, and the older `##[name]` anywhere in a line
# (actions/runner, src/Runner.Common/ActionCommand.cs).
_COMMAND = re.compile(r"^([^\S\n]*):(?=:)|##(?=\[)", re.MULTILINE)


def is_hidden(char: str) -> bool:
    """Whether a character is a control, half of a pair, or one that draws nothing or turns the text around."""
    return char in _HIDDEN or unicodedata.category(char) in ("Cc", "Cs", "Cf")


def _visible(char: str) -> str:
    if char.isascii():
        return char if char.isprintable() or char in "\n\t" else _escaped(char)
    return _escaped(char) if is_hidden(char) else char


def _escaped(char: str) -> str:
    return f"\\u{{{ord(char):x}}}"


def _disarmed(command: re.Match[str]) -> str:
    return "##\\" if command[1] is None else f"{command[1]}\\:"


def shown(text: str, *, limit: int | None = None) -> str:
    r"""Return `text` safe for a terminal and a CI log: the result holds no control character but \n and \t.

    Control, bidi and hidden characters appear as `\u{hex}`; what a runner would take for a workflow command gets a
    visible backslash inside. With `limit`, at most that many characters are kept, and the cut is marked.
    """
    cut = text if limit is None or len(text) <= limit else text[:limit] + " [cut]"
    plain = _ASCII_WITH_SELECTOR.sub(r"\\u{fe0f}", cut.replace("\r\n", "\n"))
    if not (plain.isascii() and plain.replace("\n", "").replace("\t", "").isprintable()):  # few texts need this look
        plain = "".join(map(_visible, plain))
    return _COMMAND.sub(_disarmed, plain)


def one_line(text: str, *, limit: int = 200) -> str:
    """Return `text` as `shown` would, on one line: line breaks and tabs become single blanks."""
    return shown(" ".join(text.split()), limit=limit)
