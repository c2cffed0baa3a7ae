"""Pull requests as Markdown files beside a local bare remote: `/x/origin.git` -> `/x/origin.pulls/0001-branch.md`.

Each file starts with front matter of JSON values: number, title, branch, base, state, draft, labels. A person closes
one by writing another state into it, "merged" say; the next change of that branch then gets a new number.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promptci.core import Json
from promptci.errors import ForgeError
from promptci.forge.base import Change, Place, Proposal, titled

_FRONT = re.compile(r"---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"(\d{4,})-.*\.md")


@dataclass(frozen=True, slots=True)
class LocalForge:
    """Writes into `directory`, which is made when it is first needed."""

    directory: Path

    @classmethod
    def at(cls, place: Place) -> LocalForge:
        """Return the forge beside the bare repository that the remote's URL (a path or file://) names."""
        remote = Path(place.remote_url.removeprefix("file://"))
        if not remote.is_dir():
            raise ForgeError(
                "no such directory", place=str(remote), hint="`git remote -v` shows where the remote should be"
            )
        return cls(remote.parent / f"{remote.name.removesuffix('.git')}.pulls")

    def propose(self, change: Change) -> Proposal:
        """Write the pull request of `change.branch`, or rewrite the open one in place under its number."""
        with self._locked():
            found = self._open_one(change.branch)
            number = self._last_number() + 1 if found is None else _number(found)
            text = _written(change, number)
            if found is not None and found.read_bytes() == text:
                return Proposal("none", number, found.as_uri(), change.branch)
            path = found or self.directory / f"{number:04}-{_slug(change.branch)}.md"
            _replace(path, text)
        return Proposal("created" if found is None else "updated", number, path.as_uri(), change.branch)

    def _open_one(self, branch: str) -> Path | None:
        for path in self._files():
            front = _front_matter(path)
            if front.get("branch") == branch and front.get("state") == "open":
                return path
        return None

    def _files(self) -> list[Path]:
        return sorted((p for p in self.directory.iterdir() if _FILE.fullmatch(p.name) and p.is_file()), key=_number)

    def _last_number(self) -> int:
        return max((_number(path) for path in self._files()), default=0)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, so that no number is given twice; ends with the process, however that ends."""
        import fcntl  # not on Windows, and not needed to import this module

        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.directory, os.O_RDONLY)
        except OSError as error:
            raise ForgeError(f"cannot be written: {error.strerror}", place=str(self.directory)) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        except OSError as error:
            raise ForgeError(f"cannot be written: {error.strerror}", place=str(self.directory)) from error
        finally:
            os.close(handle)


def _number(path: Path) -> int:
    return int(path.name.split("-")[0])


def _slug(branch: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", branch)[:80].strip("-.") or "branch"


def _written(change: Change, number: int) -> bytes:
    front = {
        "number": number, "title": titled(change.title), "branch": change.branch, "base": change.base, "state": "open",
        "draft": change.draft, "labels": list(change.labels),
    }  # fmt: skip
    head = "".join(f"{key}: {json.dumps(value)}\n" for key, value in front.items())  # JSON is YAML, and on one line
    body = change.body.replace("\r\n", "\n").rstrip()
    return f"---\n{head}---\n\n{body}\n".encode("utf-8", "replace")


def _front_matter(path: Path) -> Mapping[str, Json]:
    """The front matter of a pull request; ForgeError with its line when a person left no JSON there."""
    found = _FRONT.match(path.read_text(encoding="utf-8", errors="replace"))
    front: dict[str, Json] = {}
    for number, line in enumerate(found[1].splitlines() if found else [], start=2):
        key, _, value = line.partition(": ")
        try:
            front[key] = json.loads(value)
        except ValueError as error:
            hint = 'values are JSON, such as state: "closed"'
            raise ForgeError("front matter cannot be read", place=f"{path}:{number}", hint=hint) from error
    return front


def _replace(path: Path, text: bytes) -> None:
    """Write all of the file or nothing, also when interrupted."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
