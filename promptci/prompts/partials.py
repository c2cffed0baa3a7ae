"""Partials: `{% include "prompts/tone.md" %}` in a prompt stands for the text of that file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from promptci.errors import DataError
from promptci.prompts.render import MAX_TEMPLATE

_INCLUDE = re.compile(r"""\{%-?\s*include\s+(?:"([^"\n]+)"|'([^'\n]+)')\s*-?%\}""")
MAX_NESTED = 5


@dataclass(frozen=True, slots=True)
class Partials:
    """The files that a prompt includes, by path, each with its text as one revision has it."""

    texts: Mapping[str, str]

    def expand(self, template: str) -> str:
        """Return `template` with every include replaced by its text. Raises DataError for one that is not known."""
        return _expand(template, self._known, "prompt", ())

    def _known(self, path: str) -> str:
        if path not in self.texts:
            raise DataError(f"includes '{path}', which the prompt did not include before", place="prompt")
        return self.texts[path]


def included(template: str, read: Callable[[str], str | None], place: str) -> Partials:
    """Find every partial of `template`, those of partials included; `read` gives a file's text, None when it is absent.

    Raises DataError for a missing file, a path that leaves the repository, a circle, or more than 5 levels.
    """
    texts: dict[str, str] = {}

    def found(path: str) -> str:
        parts = PurePosixPath(path).parts
        if PurePosixPath(path).is_absolute() or ".." in parts or ".git" in parts or "\\" in path:
            raise DataError(f"includes '{path}', which is not a path inside the repository", place=place)
        text = read(path)
        if text is None:
            raise DataError(f"includes '{path}', and there is no such file", place=place)
        texts[path] = text.removesuffix("\n")
        return texts[path]

    _expand(template, found, place, ())
    return Partials(dict(sorted(texts.items())))


def _expand(template: str, read: Callable[[str], str], place: str, above: tuple[str, ...]) -> str:
    def text_of(match: re.Match[str]) -> str:
        path = match[1] or match[2]
        if path in above or len(above) >= MAX_NESTED:
            raise DataError(f"includes go round in circles or too deep: {' > '.join((*above, path))}", place=place)
        return _expand(read(path), read, place, (*above, path))

    expanded = _INCLUDE.sub(text_of, template)
    if len(expanded) > MAX_TEMPLATE:
        raise DataError(f"the prompt with its partials is longer than {MAX_TEMPLATE:,} characters", place=place)
    return expanded
