"""Git LFS without running git-lfs: a pointer's content from where it lies on this machine, checked by its hash.

Source: the Git LFS specification, sections "The Pointer" and "Intercepting Git" (git-lfs, docs/spec.md).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from promptci.errors import DataError
from promptci.gitrepo.plumbing import Plumbing
from promptci.untrusted import one_line

LONGEST = 1024  # bytes; the specification lets a pointer be no longer
# The specification knows `\n` alone; where nobody set Git LFS up, a checkout may turn it into `\r\n` as in any text.
_VERSION = re.compile(rb"version https://(?:git-lfs\.github\.com/spec|hawser\.github\.com/spec)/v1\r?\n")
_KEYS = re.compile(rb"^oid sha256:([0-9a-f]{64})\r?\nsize (\d{1,15})(?:\r?\n)?\Z", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pointer:
    """What git stores in place of a large file: the SHA-256 of its content (hexadecimal) and its size in bytes.

    With `extended`, a program of the user's made what is stored from the content; promptci does not run it.
    """

    oid: str
    size: int
    extended: bool = False

    def fits(self, content: bytes) -> bool:
        """Whether `content` is what this points at."""
        return len(content) == self.size and hashlib.sha256(content).hexdigest() == self.oid


class NotHereError(DataError):
    """The content behind a pointer is not on this machine. `pointer` says which."""

    def __init__(self, path: str, pointer: Pointer) -> None:
        hint = "run `git lfs pull`; in GitHub Actions, `lfs: true` in actions/checkout"
        super().__init__("a Git LFS pointer, and its content is not here", place=one_line(path), hint=hint)
        self.pointer = pointer


def pointer_in(content: bytes) -> Pointer | None:
    """Return the pointer that `content` is, None when it is a file like any other."""
    if len(content) > LONGEST or not _VERSION.match(content):
        return None
    found = _KEYS.search(content)
    return Pointer(found[1].decode(), int(found[2]), b"\next-" in content) if found else None


def content(git: Plumbing, path: str, stored: bytes) -> bytes:
    """Return `stored`, or where it is a pointer, what it points at. Raises NotHereError when that is not here.

    Looked for in the clone's LFS store (`lfs.storage`, else `.git/lfs`), then in the working tree's own file.
    """
    pointer = pointer_in(stored)
    if pointer is None:
        return stored
    inside = Path("objects") / pointer.oid[:2] / pointer.oid[2:4] / pointer.oid
    for place in (_store(git) / inside, git.root / path):
        found = None if pointer.extended else _read(place, pointer)
        if found is not None:
            return found
    raise NotHereError(path, pointer)


def _store(git: Plumbing) -> Path:
    common = git.common()
    return common / (git.setting("lfs.storage") or "lfs")


def _read(place: Path, pointer: Pointer) -> bytes | None:
    """Return the file at `place` if it is what `pointer` says; its size is looked at first: a lie costs no memory."""
    try:
        if place.is_symlink() or not place.is_file() or place.stat().st_size != pointer.size:
            return None
        found = place.read_bytes()
    except (OSError, ValueError):
        return None
    return found if pointer.fits(found) else None
