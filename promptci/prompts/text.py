"""Plain text prompts: `.md`, `.txt`, `.j2`, with optional YAML front matter between two `---` lines."""

from __future__ import annotations

import re

from promptci import yamlfile
from promptci.errors import DataError
from promptci.prompts.base import PromptFile

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<yaml>.*?)(?P<end>^---[ \t]*(?:\r?\n|\Z))", re.DOTALL | re.MULTILINE)


class Text:
    """The template is the body without the blank lines around it; they stay in the file as they are."""

    def read(self, text: str, place: str) -> PromptFile:
        """Split front matter from body. Raises DataError for bad front matter or an empty body."""
        front = _FRONT.match(text)
        settings = {}
        if front:
            document = yamlfile.read(front["yaml"], place, error=DataError, first_line=2)
            if not isinstance(document.value, dict | None):
                raise DataError("front matter must be a mapping of names to values", place=f"{place}:2")
            settings = document.value or {}
        start, end = self._span(text)
        if start == end:
            raise DataError("the prompt is empty", place=place, hint="write the instruction below the front matter")
        return PromptFile(text[start:end].replace("\r\n", "\n"), settings)

    def write(self, text: str, template: str) -> str:
        """Return `text` with the body replaced; line ends follow the file's own."""
        start, end = self._span(text)
        newline = "\r\n" if "\r\n" in text else "\n"
        return text[:start] + template.replace("\n", newline) + text[end:]

    @staticmethod
    def _span(text: str) -> tuple[int, int]:
        front = _FRONT.match(text)
        start = front.end() if front else (1 if text.startswith("\ufeff") else 0)
        body = text[start:]
        return start + len(body) - len(body.lstrip()), max(start, len(text.rstrip()))
