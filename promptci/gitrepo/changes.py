"""What differs: between two commits, between a commit and the working tree, and in the history of a file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from promptci.errors import GitError
from promptci.gitrepo import lfs
from promptci.gitrepo.objects import Objects
from promptci.gitrepo.plumbing import Plumbing, names_in

_DIFF = ("-z", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", "--no-color", "--no-relative")
_RENAMES = ("--find-renames=50%", "-l5000", "--diff-filter=R", "--name-status")
_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]{0,60}")
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of a history. `subject` and `author` are untrusted text; `when` is in UTC, from 1970 to 9999."""

    id: str
    when: datetime
    author: str
    subject: str


def moment(seconds: str) -> datetime:
    """Return the date that git prints with `%ct`, in UTC.

    git keeps dates that Python cannot hold, from before 1970 and after the year 9999: these become the nearest that git
    itself can write again.
    """
    digits = seconds.strip()
    known = digits.removeprefix("-").isdecimal()
    value = int(digits) if known and len(digits) < 20 else (0 if digits.startswith("-") or not known else 10**18)
    if value <= 0:
        return _FIRST
    return datetime.fromtimestamp(value, UTC) if value <= int(_LAST.timestamp()) else _LAST


@dataclass(frozen=True, slots=True)
class Changes:
    """Compares. Nothing of the repository is run for it, and the user's index is not written."""

    git: Plumbing
    objects: Objects

    def changed(self, base: str, rev: str | None) -> list[str]:
        """Files that differ between `base` and `rev` (None: the working tree), sorted; a rename is two of them."""
        old = self.objects.resolve(base)
        flags = (*_DIFF, "--name-only", "--no-renames")
        if rev is not None:
            new = self.objects.resolve(rev)
            return sorted(names_in(self.git.read("diff-tree", "-r", *flags, "--end-of-options", old, new, "--")))
        edited = names_in(self.git.compare("diff", *flags, "--end-of-options", old, "--"))
        return sorted({*edited, *self.new_files()} - self._smudged(old, edited))

    def holding(self, patterns: Sequence[str]) -> list[str]:
        """Files of the working tree in which git finds one of `patterns` (ERE); those that it ignores are left out."""
        flags = ("-l", "-z", "-a", "-E", "--untracked", "--full-name", "-f", "-", "--")
        found = self.git.attempt("grep", *flags, stdin="".join(f"{one}\n" for one in patterns).encode())
        if found.code not in (0, 1):  # 1: there is none
            raise GitError(f"git grep: {found.complaint}", place=str(self.git.root))
        return names_in(found.out)

    def new_files(self) -> list[str]:
        """Files of the working tree that nobody added yet and that git does not ignore."""
        found = names_in(self.git.read("ls-files", "--others", "--exclude-standard", "-z"))
        return [name for name in found if not name.endswith("/")]

    def renames(self, base: str, rev: str | None) -> dict[str, str]:
        """New path -> old path of each file that git takes for renamed from `base` to `rev` (None: the working tree).

        git's own measure: at least half of the lines are the same. A file that is still there was not renamed.
        """
        old = self.objects.resolve(base)
        if rev is not None:
            new = self.objects.resolve(rev)
            out = self.git.read("diff-tree", "-r", *_DIFF, *_RENAMES, "--end-of-options", old, new, "--")
        else:
            gone = self.git.compare(
                "diff", *_DIFF, "--name-only", "--no-renames", "--diff-filter=D", "--end-of-options", old, "--"
            )
            if not gone:
                return {}
            also = self.new_files()
            out = self.git.compare("diff", *_DIFF, *_RENAMES, "--end-of-options", old, "--", also=also)
        fields = names_in(out)  # a score, the old name and the new one, for each
        return dict(zip(fields[2::3], fields[1::3], strict=True))

    def status(self, *, untracked: bool) -> list[str]:
        """The paths that are not as they are committed."""
        shown = "--untracked-files=normal" if untracked else "--untracked-files=no"
        rows = self.git.compare("status", "--porcelain", "-z", shown, "--ignore-submodules=dirty", "--no-renames")
        found = [(row[:2], row[3:]) for row in names_in(rows)]
        # Without its filter a file of Git LFS looks edited when git looks at its bytes; whether it is, its hash says.
        smudged = self._smudged("HEAD", [path for sign, path in found if sign == " M"])
        return [path for _, path in found if path not in smudged]

    def history(self, paths: Sequence[str], since: str | None) -> list[Commit]:
        """The commits of HEAD that touched one of `paths` after `since` (None: from the beginning), newest first."""
        span = "HEAD" if since is None else f"{self.objects.resolve(since)}..HEAD"
        if self.objects.commit("HEAD") is None:
            return []
        shape = "--format=%H%x00%ct%x00%ae%x00%s%x00"
        out = self.git.read("log", shape, "--no-show-signature", "--end-of-options", span, "--", *paths)
        fields = [part.removeprefix(b"\n") for part in out.split(b"\0")]
        rows = zip(*(fields[at::4] for at in range(4)), strict=False)
        return [Commit(i.decode(), moment(t.decode()), _text(a), _text(s)) for i, t, a, s in rows]

    def trailers(self, base: str, tip: str, key: str) -> list[tuple[str, str]]:
        """The commits of base..tip whose message ends with the trailer `key`, newest first, each with its value."""
        if not _TRAILER.fullmatch(key):
            raise ValueError(f"a trailer's key is letters and '-', not {key!r}")
        span = f"{self.objects.resolve(base)}..{self.objects.resolve(tip)}"
        shape = f"--format=%H%x00%(trailers:key={key},valueonly=true,unfold=true,separator=%x1f)%x00"
        out = self.git.read("log", shape, "--no-show-signature", "--end-of-options", span, "--")
        fields = [part.removeprefix(b"\n") for part in out.split(b"\0")]
        pairs = zip(fields[::2], fields[1::2], strict=False)
        return [(i.decode(), _text(v).strip()) for i, said in pairs for v in said.split(b"\x1f") if v.strip()]

    def _smudged(self, rev: str, paths: Sequence[str]) -> set[str]:
        """Those of `paths` that are, in the working tree, just what their Git LFS pointer at `rev` points at."""
        stored = self.objects.pointers(rev, paths)
        return {path for path, text in stored.items() if _is_behind(self.git.root / path, text)}


def _is_behind(place: Path, stored: bytes) -> bool:
    pointer = lfs.pointer_in(stored)
    if pointer is None or place.is_symlink() or not place.is_file():
        return False
    if place.stat().st_size not in (pointer.size, len(stored)):
        return False
    found = place.read_bytes()
    return found == stored or pointer.fits(found)


def _text(raw: bytes) -> str:
    return os.fsencode(os.fsdecode(raw)).decode("utf-8", "replace")


def a_month(commits: Sequence[Commit]) -> dict[str, int]:
    """Return how many of `commits` fell into each month (`2026-03`, in UTC), oldest first, empty months left out."""
    months = sorted(commit.when.strftime("%Y-%m") for commit in commits)
    return {month: months.count(month) for month in dict.fromkeys(months)}
