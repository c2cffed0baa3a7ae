"""Where things are: the repository, promptci.yaml in it, and a file at a revision or in the working tree."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path, PurePosixPath

from promptci.config import FILE, Config, expanded, is_pattern, load, matches, parse, patterns
from promptci.core import is_inside
from promptci.errors import ConfigError, DataError
from promptci.gitrepo import Repository
from promptci.untrusted import one_line

MAX_FILE = 100_000_000  # bytes; larger eval sets than memory are not what a merge gate is for


@dataclass(frozen=True, slots=True)
class Project:
    """One promptci.yaml. Its paths are relative to `directory`, which is at `prefix` (`a/b/` or "") in the tree.

    `program_from` is the commit whose programs run where a stranger's change is measured, None for their own. There
    `committed_only` is set, too: a change names files, and what else lies beside them (keys, say) is not its own.
    `stand_in` is the commit whose files stand in for those that are not in the working tree.
    """

    repository: Repository
    directory: Path
    prefix: str
    config_name: str
    config: Config
    program_from: str | None = None
    committed_only: bool = False
    stand_in: str | None = None

    def at(self, rev: str | None, path: str) -> bytes | None:
        """Return a file's bytes at `rev` (None: the working tree), or None when it is not there.

        Raises GitError or DataError for a symbolic link, a directory, a file above 100 MB, a path that leads out of
        the repository or into `.git`, or, where committed files alone are read, one that is not.
        """
        if not is_inside(path):
            raise DataError("not a path inside the repository", place=one_line(path))
        if rev is not None:
            return self.repository.read(rev, self.prefix + path)
        found = _read_inside(self.directory, path)
        if found is None:
            return None if self.stand_in is None else self.at(self.stand_in, path)
        if self.committed_only:
            return self._committed(path, found)
        return self.repository.content(self.prefix + path, found)

    def _committed(self, path: str, found: bytes) -> bytes | None:
        """Return the file as HEAD has it: attributes of the change may check something else out (`found`)."""
        whole = self.prefix + path
        if not self.repository.has("HEAD", whole):
            hint = "commit it: what else lies in the working tree may be a secret of the machine"
            raise DataError("not committed, so not this change's to name", place=one_line(path), hint=hint)
        same = self.repository.stores("HEAD", whole, found)
        return self.repository.content(whole, found) if same else self.repository.read("HEAD", whole)

    def as_committed(self) -> Project:
        """Return the project with its settings as HEAD has them: what is checked out may be encoded otherwise."""
        there = (self.directory / self.config_name).read_bytes()
        if self.repository.stores("HEAD", self.prefix + self.config_name, there):
            return self
        config = self.config_at("HEAD")
        return self if config is None else replace(self, config=config)

    def config_at(self, rev: str) -> Config | None:
        """Return the settings as `rev` has them, None when it has none. Raises ConfigError when they are wrong."""
        content = self.at(rev, self.config_name)
        if content is None:
            return None
        try:
            config = parse(content.decode("utf-8"), f"{rev[:12]}:{self.config_name}")
        except UnicodeDecodeError:
            raise ConfigError("not UTF-8 text", place=f"{rev[:12]}:{self.config_name}") from None
        if not patterns(config):
            return config
        files = [f.removeprefix(self.prefix) for f in self.repository.files(rev) if f.startswith(self.prefix)]
        return expanded(config, files, f"{rev[:12]}:{self.config_name}")


def locate(given: Path | None, start: Path) -> Project:
    """Find the repository and its settings. Raises GitError without a repository, ConfigError without settings.

    Without `given`, promptci.yaml is looked for in `start` and in the directories above it, up to the repository's top.
    """
    token = os.environ.get("GITHUB_TOKEN")  # for pushes over https where the checkout keeps no credentials
    repository = Repository.open((given.parent if given else start).resolve(), token=token)
    top = repository.root.resolve()
    # The last part is never followed: a pull request could link it to settings that the base does not know.
    path = given.parent.resolve() / given.name if given else _upwards(start.resolve(), top)
    if path.is_symlink():
        raise ConfigError("a symbolic link, not a regular file", place=str(path), hint="put the settings there")
    config = load(path)
    if sought := patterns(config):
        config = expanded(config, [f for pattern in sought for f in _below(path.parent, pattern)], path.name)
        _refuse_empty(config, sought, path.name)
    inside = path.parent.relative_to(top).as_posix()
    return Project(repository, path.parent, "" if inside == "." else inside + "/", path.name, config)


def _below(directory: Path, pattern: str) -> list[str]:
    """Return the files below `directory` where those of `pattern` can be, relative to it; links are not followed."""
    fixed = takewhile(lambda part: not is_pattern(part), PurePosixPath(pattern).parts[:-1])
    found = []
    for place, folders, names in os.walk(directory.joinpath(*fixed)):
        folders[:] = [f for f in folders if f not in (".git", ".promptci", "node_modules", ".venv")]
        found += [Path(place, name).relative_to(directory).as_posix() for name in names]
    return found


def _refuse_empty(config: Config, sought: Sequence[str], place: str) -> None:
    """Raise ConfigError for a pattern that stands for no file: whoever wrote it believes that something is tested."""
    for pattern in sought:
        if not any(matches(pattern, p.file) for p in config.prompts):
            problem = f"'{pattern}' stands for no file"
            raise ConfigError(problem, place=place, hint="'*' is one name, '**' any directories, from promptci.yaml on")


def _upwards(start: Path, top: Path) -> Path:
    for directory in (start, *start.parents):
        if (directory / FILE).is_file():
            return directory / FILE
        if directory == top:
            break
    raise ConfigError("no such file", place=str(top / FILE), hint="run `promptci init`, or name the file with -c")


def _read_inside(directory: Path, path: str) -> bytes | None:
    """Read a regular file below `directory`; a link on the way is refused: it could lead out of the repository."""
    place = directory
    for part in Path(path).parts:
        place = place / part
        if place.is_symlink():
            raise DataError("a symbolic link, not a regular file", place=one_line(path))
    if not place.exists():
        return None
    if not place.is_file():
        raise DataError("not a regular file", place=one_line(path))
    if place.stat().st_size > MAX_FILE:
        raise DataError(f"larger than {MAX_FILE // 1_000_000} MB", place=one_line(path))
    return place.read_bytes()
