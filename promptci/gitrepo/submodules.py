"""Submodules: the repository that a folder of the superproject stands for, where its objects are in this clone."""

from __future__ import annotations

import re
from pathlib import Path

from promptci.errors import DataError
from promptci.gitrepo.plumbing import Plumbing
from promptci.untrusted import one_line


class NotHereError(DataError):
    """A file lies in a submodule whose commit is not in this clone. `path` is the submodule's."""

    def __init__(self, path: str) -> None:
        hint = "run `git submodule update --init`; in GitHub Actions, `submodules: true` in actions/checkout"
        super().__init__("a submodule, and its commit is not here", place=one_line(path), hint=hint)
        self.path = path


def opened(git: Plumbing, path: str, gitmodules: bytes | None) -> Plumbing:
    """Return the git of the submodule at `path`. Raises NotHereError when this clone does not have it.

    Its repository lies in `.git/modules/<name>`, or, as older gits made them, in the folder itself. No configuration
    that the superproject carries says where: a commit must not lead out of the clone.
    """
    names = dict.fromkeys((_name(path, gitmodules), path))
    for modules in dict.fromkeys((git.inside("modules").resolve(), git.common() / "modules")):
        for place in (modules / name for name in names):
            if _is_repository(place) and place.resolve().is_relative_to(modules):
                return _at(place)
    inner = git.root / path / ".git"
    if _is_repository(inner) and inner.resolve() == git.root.resolve() / path / ".git":
        return _at(inner)
    raise NotHereError(path)


def _at(place: Path) -> Plumbing:
    # Its own work tree, which its settings name, may be gone: objects alone are read.
    return Plumbing(place, env={"GIT_DIR": str(place), "GIT_WORK_TREE": str(place)})


def _is_repository(place: Path) -> bool:
    return (place / "HEAD").is_file() and (place / "objects").is_dir()


def _name(path: str, gitmodules: bytes | None) -> str:
    """Return the name that .gitmodules gives the submodule at `path`; git gives it its path when nobody else does."""
    text = (gitmodules or b"").decode("utf-8", "replace")
    for section in re.split(r"^\s*(?=\[)", text, flags=re.MULTILINE):
        name = re.match(r'\[submodule "([^"\\]+)"\]', section)
        home = re.search(r"^\s*path\s*=\s*(.*?)\s*$", section, re.MULTILINE)
        if name and home and home[1].strip('"') == path:
            return name[1]
    return path
