"""A working tree and its history: everything that the floors above may ask of git, in one place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from promptci.gitrepo import lfs
from promptci.gitrepo.base import Base, Chooser
from promptci.gitrepo.changes import Changes, Commit, moment
from promptci.gitrepo.commits import BOT, Commits, Identity
from promptci.gitrepo.names import branch_ref
from promptci.gitrepo.objects import REGULAR, Objects
from promptci.gitrepo.opening import top_of
from promptci.gitrepo.plumbing import Plumbing
from promptci.gitrepo.remotes import Remotes

if TYPE_CHECKING:
    from promptci.gitrepo.lock import Holder


@dataclass(slots=True)
class Repository:
    """A working tree and its history. `root` is the top level; paths are relative to it, with forward slashes.

    `token`, when given, is the password for remotes on github.com and on GITHUB_SERVER_URL, over https only; no other
    host gets it, and it never shows in a command line, in `repr` or in an error.
    """

    root: Path
    token: str | None = field(default=None, repr=False)
    _git: Plumbing = field(init=False, repr=False)
    _objects: Objects = field(init=False, repr=False)
    _changes: Changes = field(init=False, repr=False)
    _commits: Commits = field(init=False, repr=False)
    _remotes: Remotes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._git = Plumbing(self.root, self.token)
        self._objects = Objects(self._git)
        self._changes = Changes(self._git, self._objects)
        self._commits = Commits(self._git, self._objects)
        self._remotes = Remotes(self._git, self._objects)

    @classmethod
    def open(cls, path: Path, *, token: str | None = None) -> Repository:
        """Return the repository that `path`, a directory, lies in; GitError when there is none or it is bare."""
        return cls(top_of(path), token)

    # -- reading ------------------------------------------------------------------------------------------------------

    def head(self) -> str | None:
        """The commit that is checked out; None in a repository without commits."""
        return self._objects.commit("HEAD")

    def branch(self) -> str | None:
        """The branch that is checked out; None when HEAD is detached."""
        return self._git.branch()

    def resolve(self, rev: str) -> str:
        """Return the full id of the commit that `rev` names. GitError when there is none."""
        return self._objects.resolve(rev)

    def merge_base(self, a: str, b: str) -> str | None:
        """The best common ancestor of two revisions; None when there is none, or when a shallow clone hides it."""
        return self._objects.merge_base(a, b)

    def base(self, asked: str | None = None, environ: Mapping[str, str] | None = None) -> Base:
        """What HEAD is compared with, and how that was chosen. See `Chooser.choose` for the rules and the errors."""
        return Chooser(self._git, self._objects, self._changes).choose(
            asked, os.environ if environ is None else environ
        )

    def default_base(self) -> str | None:
        """The commit of `base` when nobody names one and no CI service is asked."""
        return self.base(None, {}).commit

    def read(self, rev: str, path: str) -> bytes | None:
        """The file as it is at `rev`, None when it is not there. GitError for a symbolic link or a submodule itself.

        What is behind a Git LFS pointer, or in a submodule at the commit that `rev` names, is read where it is here;
        else `lfs.NotHereError` or `submodules.NotHereError`, both DataError, say how to get it.
        """
        return self.read_many(rev, [path])[path]

    def read_many(self, rev: str, paths: Iterable[str]) -> dict[str, bytes | None]:
        """As `read`, for many files at the cost of three processes, however many they are."""
        return self._objects.read_many(rev, paths)

    def content(self, path: str, stored: bytes) -> bytes:
        """What `stored`, read from `path` of the working tree, stands for: itself, or what its pointer points at.

        Raises `lfs.NotHereError`, a DataError, for a Git LFS pointer whose content is not in this clone.
        """
        return lfs.content(self._git, path, stored)

    def files(self, rev: str) -> list[str]:
        """The regular files at `rev`, sorted; symbolic links and submodules are left out."""
        return sorted(path for path, entry in self._objects.entries(rev).items() if entry.mode in REGULAR)

    def links(self, rev: str) -> list[str]:
        """The symbolic links and submodules at `rev`, sorted."""
        return sorted(path for path, entry in self._objects.entries(rev).items() if entry.mode not in REGULAR)

    def stores(self, rev: str, path: str, content: bytes) -> bool:
        """Whether `rev` has a file with exactly these bytes at `path`, a Git LFS pointer being a pointer."""
        return self._objects.stores(rev, path, content)

    def has(self, rev: str, path: str) -> bool:
        """Whether `path` is a file of `rev`, or lies in one of its submodules."""
        return self._objects.has(rev, path)

    def executables(self, rev: str) -> frozenset[str]:
        """The files at `rev` that are programs, for whoever makes a commit without git."""
        return frozenset(path for path, entry in self._objects.entries(rev).items() if entry.mode == "100755")

    def changed(self, base: str, rev: str | None = None) -> list[str]:
        """Files that differ between `base` and `rev`, sorted, deleted ones included; a rename is two of them.

        `rev` None is the working tree: what is committed, staged, edited or new there, except what git ignores.
        """
        return self._changes.changed(base, rev)

    def holding(self, patterns: Sequence[str]) -> list[str]:
        """The files of the working tree in which git finds one of `patterns` (ERE), but those that it ignores."""
        return self._changes.holding(patterns)

    def renames(self, base: str, rev: str | None = None) -> dict[str, str]:
        """New path -> old path of the files that git takes for renamed from `base` to `rev` (None: working tree)."""
        return self._changes.renames(base, rev)

    def history(self, paths: Sequence[str], since: str | None = None) -> list[Commit]:
        """The commits of HEAD that touched one of `paths` after `since` (None: from the beginning), newest first."""
        return self._changes.history(paths, since)

    def trailers(self, base: str, tip: str, key: str) -> list[tuple[str, str]]:
        """The commits of base..tip whose message ends with the trailer `key`, newest first, each with its value.

        Who wrote it, only the forge knows: see `Forge.vouched`.
        """
        return self._changes.trailers(base, tip, key)

    def is_dirty(self, *, untracked: bool = True) -> bool:
        """Whether anything is not committed; `untracked` counts new files that git does not ignore."""
        return bool(self._changes.status(untracked=untracked))

    def is_shallow(self) -> bool:
        """Whether history was cut off when it was cloned."""
        return self._objects.is_shallow()

    def commit_time(self, rev: str) -> datetime:
        """When `rev` was committed, in UTC, from 1970 to 9999.

        As the date of a new commit it makes the same content the same commit id.
        """
        shown = self._git.read("show", "--no-patch", "--no-show-signature", "--format=%ct", self.resolve(rev), "--")
        return moment(shown.decode())

    def authors(self, base: str, tip: str) -> frozenset[str]:
        """E-mail addresses of authors and committers in base..tip: more than BOT's means that people worked there."""
        span = f"{self.resolve(base)}..{self.resolve(tip)}"
        out = self._git.read("rev-list", "--format=%ae%n%ce", "--end-of-options", span, "--")
        lines = os.fsdecode(out).split("\n")
        return frozenset(lines[1::3]) | frozenset(lines[2::3])

    # -- writing ------------------------------------------------------------------------------------------------------

    def commit_on_branch(
        self, *, branch: str, parent: str, files: Mapping[str, bytes], message: str, when: datetime, by: Identity = BOT
    ) -> str:
        """Point the local `branch` at a new commit, made as by `commit`. Returns the commit's id.

        GitError when the branch is checked out somewhere.
        """
        branch_ref(branch)  # a bad name is refused before an object is written
        commit = self._commits.make(parent=parent, files=files, message=message, when=when, by=by)
        self._commits.point(branch, commit, when=when, by=by)
        return commit

    def commit(
        self, *, parent: str, files: Mapping[str, bytes], message: str, when: datetime, by: Identity = BOT
    ) -> str:
        """Make a commit, `parent` with `files` written over it, that no branch points at. Returns its id, for `push`.

        Working tree, index, stash, HEAD and refs are not touched. The same arguments give the same id. A file keeps its
        mode. GitError for a path that is a symbolic link, leaves the tree, or is kept in Git LFS.
        """
        return self._commits.make(parent=parent, files=files, message=message, when=when, by=by)

    @contextmanager
    def locked(self, doing: str) -> Iterator[Holder]:
        """Hold this clone's one lock while `doing` something, a search say. Raises BusyError, naming the holder."""
        from promptci.gitrepo import lock  # searches alone need one

        with lock.held(self._git.common() / "promptci.lock", doing) as holder:
            yield holder

    # -- remotes ------------------------------------------------------------------------------------------------------

    def remote_names(self) -> list[str]:
        """The names of the remotes, sorted."""
        return self._git.remote_names()

    def remote_url(self, name: str) -> str:
        """Where `name` fetches from, without user name or password; a relative path is made absolute."""
        return self._git.remote_url(name)

    def remote_tip(self, remote: str, branch: str) -> str | None:
        """The commit that `branch` has on `remote` now, None if it has none. ForgeError when there is no answer."""
        return self._remotes.tip(remote, branch)

    def fetch_branch(self, remote: str, branch: str) -> str | None:
        """As `remote_tip`, and bring its commits here. No branch, tag or FETCH_HEAD of this repository moves."""
        return self._remotes.fetch(remote, branch)

    def fetch_commit(self, remote: str, commit: str) -> str:
        """Bring one commit, by its full id, here from `remote`. ForgeError when the remote does not give it."""
        return self._remotes.fetch_commit(remote, commit)

    def push(self, remote: str, commit: str, branch: str, expected: str | None) -> None:
        """Make `branch` on `remote` be `commit`, if it is `expected` there now (None: not there).

        ForgeError with the remote's reason when it has moved, and for every other refusal; then nothing has changed.
        """
        self._remotes.push(remote, commit, branch, expected)
