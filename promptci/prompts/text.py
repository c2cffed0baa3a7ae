"""Plain text prompts: `.md`, `.txt`, `.j2`, with optional YAML front matter between two `---` lines."""

from __future__ import annotations

import re
from collections.abc import Mapping

from promptci import yamlfile
from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.base import PromptFile

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)(?P<end>^---[ \t]*(?:\r?\n|\Z))", re.DOTALL | re.MULTILINE)


class Text:
    """The template is the body without the blank lines around it; they stay in the file as they are."""

    def read(self, text: str, place: str) -> PromptFile:
        """Split front matter from body. Raises DataError for bad front matter or an empty body."""
        settings: Mapping[str, Json] = {}
        front = _FRONT.match(text)
        if front:
            settings = _settings(front["yaml"], place)
        start, end = _span(text)
        if start >= end:
            raise DataError("the prompt is empty", place=place, hint="write the instruction below the front matter")
        return PromptFile(text[start:end].replace("\r\n", "\n"), settings, text.count("\n", 0, start) + 1)

    def write(self, text: str, template: str) -> str:
        """Return `text` with the body replaced, blanks around `template` left out; line ends follow the file's own.

        A template that the file already holds changes nothing. Raises DataError for an empty one, and for one that
        would be read back as something else, such as a body that begins like front matter.
        """
        start, end = _span(text)
        wanted = template.strip().replace("\r\n", "\n")
        if text[start:end].replace("\r\n", "\n") == wanted:
            return text
        if not wanted:
            raise DataError("the new prompt is empty")
        newline = "\r\n" if "\r\n" in text else "\n"
        head, tail = text[:start], text[end:] if start < end else ""
        written = head + wanted.replace("\n", newline) + tail
        if _span(written) != (start, len(written) - len(tail)):
            raise DataError("this prompt cannot be written: its beginning would be read as front matter")
        return written


def _settings(front: str, place: str) -> Mapping[str, Json]:
    document = yamlfile.read(front, place, error=DataError, first_line=2)
    if not isinstance(document.value, dict | None):
        raise DataError("front matter must be a mapping of names to values", place=f"{place}:2")
    return document.value or {}


def _span(text: str) -> tuple[int, int]:
    """Where the body begins and ends, the blanks around it left out; an empty body begins at or behind its end."""
    front = _FRONT.match(text)
    start = front.end() if front else text.startswith("\ufeff")
    body = text[start:]
    return start + len(body) - len(body.lstrip()), max(start, len(text.rstrip()))
