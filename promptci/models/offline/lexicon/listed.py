"""Tables written as running words."""

from __future__ import annotations


def listed(text: str) -> tuple[str, ...]:
    """Return the words of `text`; an underscore inside a word stands for a blank."""
    return tuple(word.replace("_", " ") for word in text.split())
