"""Names that come from data: which of them git may be given as a branch, and which as a path to write."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from promptci.errors import GitError
from promptci.untrusted import one_line

_BAD_IN_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
_COMMIT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def branch_ref(name: str) -> str:
    """Return `refs/heads/<name>`; GitError for a name that git refuses (git-check-ref-format) or reads as an option."""
    parts = name.split("/")
    bad = _BAD_IN_BRANCH.search(name) or not name.isprintable() or len(os.fsencode(name)) > 200
    if bad or name.endswith(".") or any(p.startswith((".", "-")) or p.endswith(".lock") or not p for p in parts):
        raise GitError(f"not a branch name: '{one_line(name)}'", hint="see `git help check-ref-format`")
    if name in ("HEAD", "@") or parts[0] == "refs":
        raise GitError(f"not a branch name: '{one_line(name)}'", hint="give the short name, such as main")
    return f"refs/heads/{name}"


def is_commit_id(text: str) -> bool:
    """Whether `text` is a full commit id: 40 hexadecimal digits, or 64 in a SHA-256 repository."""
    return _COMMIT_ID.fullmatch(text) is not None


def refuse_path(path: str, present: Iterable[str]) -> None:
    """Raise GitError for a path to write that leaves the repository, or that would take the place of one `present`."""
    parts = path.split("/")
    bad = "\\" in path or any(p in ("", ".", "..") or p.lower() == ".git" for p in parts)
    if bad or any(ord(c) < 32 or ord(c) == 127 for c in path):
        raise GitError(f"not a path inside the repository: '{one_line(path)}'")
    # git would put the file in place of a folder, or of the symbolic link that its folder is
    above = {str(p) for p in PurePosixPath(path).parents}
    if any(p.startswith(f"{path}/") or p in above for p in present):
        raise GitError("not a regular file, so it is not written", place=one_line(path))
