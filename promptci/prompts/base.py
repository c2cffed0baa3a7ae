"""What every prompt format is: read a file, write it back with another template and nothing else changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from promptci.core import Json


@dataclass(frozen=True, slots=True)
class PromptFile:
    """The template (the part a search may rewrite), the settings beside it, and the line of its first character."""

    template: str
    settings: Mapping[str, Json] = field(default_factory=dict)
    first_line: int = 1


class PromptFormat(Protocol):
    """One way of keeping a prompt in a file."""

    def read(self, text: str, place: str) -> PromptFile:
        """Parse `text`; raise DataError with `place:line` when it is malformed."""
        ...

    def write(self, text: str, template: str) -> str:
        """Return `text` with its template replaced by `template`, every other character as it was.

        `read(write(text, t)).template == t` for every template that the format can hold, and the settings stay; raise
        DataError for any other. Writing the template that the file already holds changes no byte.
        """
        ...
