"""What an import gives: the files to write, and all that could not be carried, each by its name and place."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from promptci.core import Json
from promptci.models.base import PLACEHOLDER

Read = Callable[[str], bytes | None]  # a path of the repository to its bytes, None when there is no such file
_ELSEWHERE = re.compile(r"(?!file:)[a-z][a-z0-9+.-]*://\S+")  # langfuse://..., helicone://..., https://...
SCRIPTS = (".js", ".mjs", ".cjs", ".ts", ".py", ".rb", ".go", ".sh")
Glob = Callable[[str], Sequence[str]]  # a pattern to the paths that match it, sorted


@dataclass(frozen=True, slots=True)
class Left:
    """Something that was not carried: where it stands, what it is, and what to do instead."""

    place: str
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}: {self.instead}"


@dataclass(frozen=True, slots=True)
class Imported:
    """`files` are texts by path, promptci.yaml among them; what runs as it is, is named there and not copied."""

    files: Mapping[str, str]
    left: tuple[Left, ...]


@dataclass(slots=True)
class Draft:
    """An import that is being made."""

    files: dict[str, str] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=lambda: {"version": 1})
    graders: list[tuple[str, Any]] = field(default_factory=list)  # places, and providers that are to grade there
    transforms: list[str] = field(default_factory=list)  # of the provider, before those of tests

    def leave(self, place: str, what: str, instead: str) -> None:
        """Note something that is not carried."""
        self.left.append(Left(place, what, instead))

    def done(self) -> Imported:
        """Return the files with promptci.yaml, if there is a prompt to measure at all."""
        files = dict(self.files)
        unnamed = {"models": {"scorer": {"model": PLACEHOLDER, "api_key_env": "OPENAI_API_KEY"}}}
        if self.settings.get("prompts"):
            files["promptci.yaml"] = settings_text({"version": 1, **unnamed, **self.settings})
        return Imported(files, tuple(self.left))


def settings_text(settings: Mapping[str, Json]) -> str:
    """Return promptci.yaml's text."""
    import yaml

    own = json.loads(json.dumps(settings))  # no value twice, or YAML would write it once and point to it
    return yaml.safe_dump(own, sort_keys=False, allow_unicode=True, width=110)


def beside(file: str, said: str) -> str:
    """Return a path as `file` writes it, from the repository's root on; one that leads out begins with `..` or `/`."""
    return posixpath.normpath(PurePosixPath(file).parent / said.removeprefix("file://"))


def is_elsewhere(said: str) -> bool:
    """Whether a source is an address, of a service or a page, and not a file of the repository."""
    return _ELSEWHERE.fullmatch(said) is not None


def name_of(text: str, taken: Sequence[str]) -> str:
    """Return a name for files made of `text`: letters, digits and dashes, unlike those that are taken."""
    words = "".join(c if c.isascii() and c.isalnum() else "-" for c in text.lower()).split("-")
    stem = "-".join(w for w in words if w)[:40].strip("-") or "prompt"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name
