"""Partials: `{% include "prompts/tone.md" %}` in a prompt stands for the text of that file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from promptci.core import Prompt, is_inside
from promptci.errors import DataError
from promptci.prompts.render import MAX_TEMPLATE
from promptci.prompts.text import front_matter

_INCLUDE = re.compile(r"""\{%-?\s*include\s+(?:"([^"\n]+)"|'([^'\n]+)')\s*-?%\}""")
MAX_NESTED = 5
MAX_INCLUDES = 500  # in a prompt and its partials together, each partial counted once


@dataclass(frozen=True, slots=True)
class Partials:
    """The files that a prompt includes, by path, each with its text as one revision has it."""

    texts: Mapping[str, str]

    def expand(self, template: str) -> str:
        """Return `template` with every include replaced by its text. Raises DataError for one that is not known."""
        return _Expansion(self._known, "prompt").of(template)

    def named(self) -> dict[str, str]:
        """Return the texts by the names that Handlebars calls them by: `_footer.prompt` is `footer`."""
        return {PurePosixPath(path).name.partition(".")[0].removeprefix("_"): text for path, text in self.texts.items()}

    def _known(self, path: str) -> str:
        if path not in self.texts:
            raise DataError(f"includes '{path}', which the prompt did not include before", place="prompt")
        return self.texts[path]


NO_PARTIALS = Partials({})


def partials_of(prompt: Prompt, read: Callable[[str], str | None]) -> Partials:
    """Find every partial of a prompt in the way of its style; `read` gives a file's text, None when it is absent.

    Jinja2 includes a path; Handlebars names `footer`, which is `_footer.prompt` beside the prompt. Raises DataError as
    `included` does.
    """
    if prompt.style == "jinja":
        return included("\n".join(part.whole for part in prompt.parts), read, prompt.path)
    if prompt.style != "handlebars":
        return NO_PARTIALS
    from promptci.prompts.handlebars.parse import partial_names

    folder, texts = PurePosixPath(prompt.path).parent, {}
    waiting = [(name, 1) for part in prompt.parts for name in partial_names(part.whole)]
    while waiting:
        name, level = waiting.pop()
        path = str(folder / f"_{name}.prompt")
        if path in texts:
            continue
        text = read(path) if is_inside(path) and "/" not in name else None
        if text is None:
            raise DataError(f"uses the partial '{name}'", place=prompt.path, hint=f"put its text into {path}")
        texts[path] = text[front_matter(text, path).end :].removesuffix("\n")
        if level > MAX_NESTED or len(texts) > MAX_INCLUDES:
            raise DataError(f"partials in partials more than {MAX_NESTED} deep", place=prompt.path)
        waiting += [(inner, level + 1) for inner in partial_names(texts[path])]
    return Partials(dict(sorted(texts.items())))


def included(template: str, read: Callable[[str], str | None], place: str) -> Partials:
    """Find every partial of `template`, those of partials included; `read` gives a file's text, None when it is absent.

    Raises DataError for a missing file, a path that leaves the repository, a circle, more than 5 levels or 500
    includes, and when the whole is longer than a prompt may be.
    """
    texts: dict[str, str] = {}

    def found(path: str) -> str:
        if not is_inside(path):
            raise DataError(f"includes '{path}', which is not a path inside the repository", place=place)
        text = read(path)
        if text is None:
            raise DataError(f"includes '{path}', and there is no such file", place=place)
        texts[path] = text.removesuffix("\n")
        return texts[path]

    _Expansion(found, place).of(template)
    return Partials(dict(sorted(texts.items())))


@dataclass(slots=True)
class _Expansion:
    """Replaces includes. Each file is expanded once, or a few lines that include each other would take minutes."""

    read: Callable[[str], str]
    place: str
    done: dict[str, tuple[str, int]] = field(default_factory=dict)  # a file's expanded text, and its levels below
    count: int = 0

    def of(self, template: str) -> str:
        """Return the text with every include replaced."""
        return self._expanded(template, ())[0]

    def _expanded(self, text: str, above: tuple[str, ...]) -> tuple[str, int]:
        parts, size, levels, end = [], 0, 0, 0
        self._bounded(len(text))
        for match in _INCLUDE.finditer(text):
            inner, below = self._file(match[1] or match[2], above)
            parts += [text[end : match.start()], inner]
            size += len(parts[-2]) + len(inner)
            self._bounded(size)
            end, levels = match.end(), max(levels, below)
        self._bounded(size + len(text) - end)
        return "".join((*parts, text[end:])), levels

    def _file(self, path: str, above: tuple[str, ...]) -> tuple[str, int]:
        """Return the expanded text of one file and the number of levels that it and its partials make."""
        self.count += 1
        if self.count > MAX_INCLUDES:
            raise DataError(f"more than {MAX_INCLUDES} includes in the prompt and its partials", place=self.place)
        chain = (*above, path)
        if path not in self.done and path not in above and len(chain) <= MAX_NESTED:
            text, levels = self._expanded(self.read(path), chain)
            self.done[path] = text, levels + 1
        if path in above or len(above) + self.done.get(path, ("", MAX_NESTED + 1))[1] > MAX_NESTED:
            raise DataError(f"includes go round in circles or too deep: {' > '.join(chain)}", place=self.place)
        return self.done[path]

    def _bounded(self, size: int) -> None:
        if size > MAX_TEMPLATE:
            problem = f"the prompt with its partials is longer than {MAX_TEMPLATE:,} characters"
            raise DataError(problem, place=self.place)
