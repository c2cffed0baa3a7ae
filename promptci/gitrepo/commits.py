"""Commits made beside the user's work: no working tree, index, HEAD or branch but our own is touched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from promptci.errors import GitError
from promptci.gitrepo import lfs
from promptci.gitrepo.names import branch_ref, refuse_path
from promptci.gitrepo.objects import REGULAR, Objects
from promptci.gitrepo.plumbing import Plumbing
from promptci.untrusted import one_line


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a commit is by."""

    name: str
    email: str


BOT = Identity("promptci[bot]", "promptci[bot]@promptci.invalid")


@dataclass(frozen=True, slots=True)
class Commits:
    """Writes commits into one repository."""

    git: Plumbing
    objects: Objects

    def make(self, *, parent: str, files: Mapping[str, bytes], message: str, when: datetime, by: Identity) -> str:
        """Make a commit that no branch points at, and return its id. See `Repository.commit`."""
        first = self.objects.resolve(parent)
        if when.tzinfo is None:
            raise ValueError("the date of a commit needs its time zone")
        if "\0" in message or not message.strip():
            raise GitError("a commit message must have text, and no NUL")
        tree = self._tree(first, files)
        said = message.encode("utf-8", "replace")
        made = self.git.read("commit-tree", "-p", first, "-F", "-", tree, stdin=said, env=signed(by, when))
        return made.decode().strip()

    def point(self, branch: str, commit: str, *, when: datetime, by: Identity) -> None:
        """Make the local `branch` be `commit`. GitError when it is checked out somewhere."""
        ref = branch_ref(branch)
        old = self._movable_tip(ref, branch)
        env = signed(by, when)
        self.git.read("update-ref", "--no-deref", "-m", "promptci", ref, commit, old or "0" * len(commit), env=env)

    def _movable_tip(self, ref: str, branch: str) -> str | None:
        here = self.git.attempt("symbolic-ref", "--quiet", "HEAD").line
        places = self.git.read("for-each-ref", "--format=%(worktreepath)", "--", ref).strip()
        if here == ref or places:
            hint = "check out another branch; promptci writes only to its own"
            raise GitError(f"branch '{branch}' is checked out", place=str(self.git.root), hint=hint)
        return self.objects.commit(ref)

    def _tree(self, parent: str, files: Mapping[str, bytes]) -> str:
        rows = []
        for path in sorted(files):
            mode = self._mode(parent, path)
            oid = self.git.read("hash-object", "-w", "--no-filters", "--stdin", stdin=files[path]).decode().strip()
            rows.append(f"{mode} {oid}\t{path}\0")
        with tempfile.TemporaryDirectory(prefix="promptci-") as scratch:
            env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self.git.read("read-tree", parent, env=env)
            self.git.read("update-index", "--add", "-z", "--index-info", stdin=os.fsencode("".join(rows)), env=env)
            return self.git.read("write-tree", env=env).decode().strip()

    def _mode(self, parent: str, path: str) -> str:
        """Return the mode to write `path` with: the one it has. GitError when it is no file that may be written."""
        entries = self.objects.entries(parent)
        refuse_path(path, entries)
        mode = entries[path].mode if path in entries else "100644"
        if mode not in REGULAR:
            raise GitError("not a regular file, so it is not written", place=one_line(path))
        if path in entries and lfs.pointer_in(self.objects.raw(parent, path) or b"") is not None:
            hint = "take it out of Git LFS (.gitattributes) if promptci shall write it"
            raise GitError("kept in Git LFS, so it is not written", place=one_line(path), hint=hint)
        return mode


def signed(by: Identity, when: datetime) -> dict[str, str]:
    """Return the environment that makes a commit `by` somebody at a moment, whatever the user's own settings say.

    git knows no date before 1970: such a moment is written as its first second. The `@` makes git read every other
    number as seconds, short ones too (git-commit(1), "Date Formats").
    """
    who = {"NAME": by.name, "EMAIL": by.email, "DATE": f"@{max(0, int(when.timestamp()))} +0000"}
    return {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
