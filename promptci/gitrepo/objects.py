"""What commits hold: the files of a revision and their bytes, those behind Git LFS and in submodules included."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from promptci.errors import DataError, GitError
from promptci.gitrepo import lfs, submodules
from promptci.gitrepo.names import is_commit_id
from promptci.gitrepo.plumbing import SHALLOW_HINT, Plumbing
from promptci.untrusted import one_line

MAX_FILE = 100_000_000  # bytes; larger eval sets than memory are not what a merge gate is for
REGULAR = ("100644", "100755")
LINK, SUBMODULE = "120000", "160000"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a tree: what kind of thing it is (`mode`, as git writes it), and its object."""

    mode: str
    oid: str


@dataclass(slots=True)
class Objects:
    """The commits of one repository. What a full commit id means never changes, so it is looked up once."""

    git: Plumbing
    _trees: dict[str, dict[str, Entry]] = field(default_factory=dict)
    _commits: set[str] = field(default_factory=set)

    def commit(self, rev: str) -> str | None:
        """Return the full id of the commit that `rev` names, None when there is none."""
        if rev in self._commits:
            return rev
        found = self.git.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
        if found.code != 0:
            return None
        self._commits.add(found.line)  # a full id that was a commit once is one for good: no second process for it
        return found.line

    def resolve(self, rev: str) -> str:
        """Return the full id of the commit that `rev` names. GitError when there is none.

        And when it is a branch's name that a tag has, too: git takes the tag, and whoever may push one could say what
        others are compared with.
        """
        commit = None if rev.startswith("-") or not rev.isprintable() else self.commit(rev)
        if commit is not None and len(refs := self._called(rev)) > 1:
            hint = f"say which: {' or '.join(map(one_line, refs))}"
            raise GitError(f"'{one_line(rev)}' is a branch and a tag", place=str(self.git.root), hint=hint)
        if commit is None:
            hint = SHALLOW_HINT if self.is_shallow() else "`git branch -a` lists what is there; `git fetch` gets more"
            raise GitError(f"unknown revision '{one_line(rev)}'", place=str(self.git.root), hint=hint)
        return commit

    def _called(self, rev: str) -> list[str]:
        """Return the refs that the name in `rev` may mean; none for a commit's id, HEAD, and a ref's full name."""
        name = re.split(r"[~^@:]", rev, maxsplit=1)[0]
        if name in ("", "HEAD") or rev in self._commits or name.startswith("refs/") or is_commit_id(name):
            return []
        wanted = [f"refs/{kind}/{name}" for kind in ("tags", "heads", "remotes")]
        found = self.git.read("for-each-ref", "--format=%(refname)", *wanted).decode("utf-8", "surrogateescape")
        refs = [ref for ref in found.split("\n") if ref in wanted]
        return refs if wanted[0] in refs else []

    def merge_base(self, a: str, b: str) -> str | None:
        """The best common ancestor of two revisions; None when there is none, or when a shallow clone hides it."""
        one, other = self.resolve(a), self.resolve(b)
        if one == other:
            return one
        found = self.git.attempt("merge-base", "--end-of-options", one, other)
        return found.line.split("\n")[0] if found.code == 0 else None

    def is_shallow(self) -> bool:
        """Whether history was cut off when it was cloned."""
        return self.git.read("rev-parse", "--is-shallow-repository").strip() == b"true"

    def entries(self, rev: str) -> dict[str, Entry]:
        """Return every file, link and submodule of `rev` by its path."""
        commit = rev if rev in self._trees else self.resolve(rev)  # keys are full ids: they need no second look
        if commit not in self._trees:
            rows = self.git.read("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit).split(b"\0")
            pairs = (os.fsdecode(row).split("\t", 1) for row in rows if row)
            self._trees[commit] = {path: Entry(*meta.split(" ")[::2]) for meta, path in pairs}
        return self._trees[commit]

    def read_many(self, rev: str, paths: Iterable[str]) -> dict[str, bytes | None]:
        """Return the bytes of `paths` at `rev`, None for one that is not there; as many processes for many as for one.

        GitError for a symbolic link or a submodule itself; DataError for a file above 100 MB, and `lfs.NotHereError` or
        `submodules.NotHereError` (both DataError) for content that is not in this clone.
        """
        entries, wanted = self.entries(rev), list(dict.fromkeys(paths))
        for path in wanted:
            if path in entries and entries[path].mode not in REGULAR:
                kind = "a symbolic link" if entries[path].mode == LINK else "a submodule"
                raise GitError(f"{kind}, not a regular file", place=f"{one_line(rev)}:{one_line(path)}")
        blobs = self._blobs(list(dict.fromkeys(entries[path].oid for path in wanted if path in entries)))
        found: dict[str, bytes | None] = {}
        for path in wanted:
            if path in entries:
                found[path] = lfs.content(self.git, path, blobs[entries[path].oid])
            else:
                found[path] = self._in_submodule(rev, path)
        return found

    def has(self, rev: str, path: str) -> bool:
        """Whether `path` is a regular file of `rev`, or of the commit of a submodule that it lies in."""
        entry = self.entries(rev).get(path)
        return entry.mode in REGULAR if entry is not None else self._in_submodule(rev, path) is not None

    def stores(self, rev: str, path: str, content: bytes) -> bool:
        """Whether git has exactly `content` at `path`: what is checked out may be encoded or ended otherwise."""
        entry = self.entries(rev).get(path)
        if entry is None or entry.mode not in REGULAR:
            return False
        kind = hashlib.sha1 if len(entry.oid) == 40 else hashlib.sha256  # git's own name for it
        return kind(b"blob %d\0" % len(content) + content).hexdigest() == entry.oid

    def raw(self, rev: str, path: str) -> bytes | None:
        """Return the bytes that git itself stores: a Git LFS pointer as it is."""
        entry = self.entries(rev).get(path)
        return None if entry is None or entry.mode not in REGULAR else self._blobs([entry.oid])[entry.oid]

    def pointers(self, rev: str, paths: Sequence[str]) -> dict[str, bytes]:
        """Return the Git LFS pointers among `paths` at `rev`, as they are stored; two processes for all of them."""
        entries = self.entries(rev) if paths else {}
        oids = {path: entries[path].oid for path in paths if path in entries and entries[path].mode in REGULAR}
        small = [oid for oid, size in self._sizes(list(dict.fromkeys(oids.values()))).items() if size <= lfs.LONGEST]
        blobs = self._blobs(small)
        found = {path: blobs[oid] for path, oid in oids.items() if oid in blobs}
        return {path: stored for path, stored in found.items() if lfs.pointer_in(stored) is not None}

    def _in_submodule(self, rev: str, path: str) -> bytes | None:
        entries = self.entries(rev)
        home = next((str(p) for p in PurePosixPath(path).parents if str(p) in entries), None)
        if home is None or entries[home].mode != SUBMODULE:
            return None
        inner = Objects(submodules.opened(self.git, home, self.raw(rev, ".gitmodules")))
        commit, rest = entries[home].oid, path.removeprefix(f"{home}/")
        if inner.commit(commit) is None:
            raise submodules.NotHereError(home)
        return inner.read_many(commit, [rest])[rest]

    def _blobs(self, oids: Sequence[str]) -> dict[str, bytes]:
        if not oids:
            return {}
        for oid, size in self._sizes(oids).items():
            if size > MAX_FILE:
                raise DataError(f"larger than {MAX_FILE // 1_000_000} MB", place=f"object {oid}")
        out = self.git.read("cat-file", "--batch", stdin=_lines(oids))
        blobs, at = {}, 0
        for oid in oids:
            size = int(out[at : (end := out.index(b"\n", at))].rpartition(b" ")[2])
            blobs[oid] = out[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        return blobs

    def _sizes(self, oids: Sequence[str]) -> dict[str, int]:
        """Return the size of each blob in bytes. GitError for an object that is missing or no blob."""
        sizes = {}
        rows = self.git.read("cat-file", "--batch-check", stdin=_lines(oids)) if oids else b""
        for row in rows.decode().splitlines():
            oid, kind, *size = row.split(" ")
            if kind != "blob":
                raise GitError(f"object {oid} is missing or broken", place=str(self.git.root), hint="run `git fsck`")
            sizes[oid] = int(size[0])
        return sizes


def _lines(oids: Sequence[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode()
