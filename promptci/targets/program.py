"""A program at one revision."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256

from promptci.core import digest

_FUNCTION = re.compile(r"[^\W\d][\w.]*:[^\W\d]\w*")
LIMIT_S = 120.0  # of silence, while a case is open; `models.scorer.deadline_s` sets another


def command_of(run: Sequence[str]) -> tuple[str, ...]:
    """Return the command that `run` means: `[module:function]` is that function in a Python process of its own."""
    if len(run) == 1 and _FUNCTION.fullmatch(run[0]):
        return ("python", "-m", "promptci.target", run[0])
    return tuple(run)


@dataclass(frozen=True)
class Program:
    """A command and the files that it runs among, as one revision has them. Equal programs answer alike.

    `directory` is where the command is started, relative to the files. `programs` are the paths that are executable.
    `environment` names the variables that it gets beside the few that every program needs. `limit_s` is the longest
    silence while a case is open. `code` is a digest of all but the files under test.
    """

    command: tuple[str, ...]
    files: Mapping[str, bytes] = field(repr=False, compare=False, hash=False)
    programs: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    directory: str = ""
    environment: tuple[str, ...] = ()
    limit_s: float = LIMIT_S
    code: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self._name())

    def with_files(self, changed: Mapping[str, bytes]) -> Program:
        """Return the program with other contents of some files, by their paths from the top."""
        return replace(self, files={**self.files, **changed})

    def without(self, path: str) -> Program:
        """Return the program without a file, by its path from the top."""
        return replace(self, files={p: content for p, content in self.files.items() if p != path})

    def _name(self) -> str:
        rows = [[p, _sha256(c)] for p, c in sorted(self.files.items())]
        return digest([list(self.command), self.directory, rows])[:32]


@lru_cache(maxsize=20_000)
def _sha256(content: bytes) -> str:
    """Remembered: a search makes hundreds of programs that differ in one file."""
    return sha256(content).hexdigest()
