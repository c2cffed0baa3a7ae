"""Merge conflicts that were committed: git's markers in a prompt, an eval set or the settings."""

from __future__ import annotations

import re

from promptci.errors import PromptciError

# git's own three lines (git-merge, "How conflicts are presented"). One of them alone may be text: a heading's rule,
# or a mail quoted seven times.
_OPENED = re.compile(r"^<{7}(?: .*)?\r?$", re.MULTILINE)
_MIDDLE = re.compile(r"^={7}\r?$", re.MULTILINE)
_CLOSED = re.compile(r"^>{7}(?: .*)?\r?$", re.MULTILINE)


def refuse_conflict(text: str, place: str, error: type[PromptciError]) -> None:
    """Raise `error` with place:line when `text` holds the markers of a merge conflict."""
    if "=======" not in text and ">>>>>>>" not in text:
        return
    opened, middle = _OPENED.search(text), _MIDDLE.search(text)
    found = None
    if opened and (_MIDDLE.search(text, opened.end()) or _CLOSED.search(text, opened.end())):
        found = opened
    elif middle and _CLOSED.search(text, middle.end()):
        found = middle
    if found:
        line = text.count("\n", 0, found.start()) + 1
        hint = "keep one of the two versions and take the lines with <<<<<<<, ======= and >>>>>>> out"
        raise error("a merge conflict was committed here", place=f"{place}:{line}", hint=hint)
