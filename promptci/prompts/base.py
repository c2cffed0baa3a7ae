"""What every prompt format is: a file's text to the parts of a prompt, and where each part stands in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from promptci.core import Json, Part, Style


@dataclass(frozen=True, slots=True)
class Edit:
    """The characters of a file from `start` up to `end` become `source`."""

    start: int
    end: int
    source: str


# The ways to write another text where a part's text stands, the one nearest to how the file is written first.
# `write_prompt` takes the first that reads back as that text and leaves everything else as it was.
Slot = Callable[[str], Iterable[Edit]]


@dataclass(frozen=True, slots=True)
class PromptFile:
    """What a file says: its parts, a slot for each that can be written, and all that stands beside them.

    `rewrite` is the part that a search may rewrite unless the settings name another; `evaluators` are
    the judges that the file itself brings; `region` says that the part to rewrite is a marked piece of a message.
    """

    parts: tuple[Part, ...]
    slots: tuple[Slot | None, ...]
    rewrite: int = 0
    parameters: Mapping[str, Json] = field(default_factory=dict)
    notes: Mapping[str, Json] = field(default_factory=dict)
    style: Style = "jinja"
    defaults: Mapping[str, Json] = field(default_factory=dict)
    evaluators: tuple[Mapping[str, Json], ...] = ()
    region: bool = False


class PromptFormat(Protocol):
    """One way of keeping a prompt in a file. There is no `write`: a slot says how."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Parse `text`; raise DataError with `place:line` when it is malformed, or has no such `selector`."""
        ...
