"""Finding the repository that a directory lies in, or saying why there is none."""

from __future__ import annotations

from pathlib import Path

from promptci.errors import GitError
from promptci.gitrepo.process import last_line, run


def top_of(path: Path) -> Path:
    """Return the top of the working tree that `path`, a directory, lies in.

    GitError when there is none, when the repository is bare, and when its settings put the working tree elsewhere.
    """
    if not path.is_dir():
        raise GitError("no such directory", place=str(path))
    found = run(path, ["rev-parse", "--show-toplevel"])
    if found.code != 0 or not found.line:
        raise _not_opened(path, found.err)
    top = Path(found.line)
    if not path.resolve().is_relative_to(top.resolve()):
        hint = "its setting core.worktree leads elsewhere: git config --unset core.worktree"
        raise GitError(f"the working tree of this repository is {top}", place=str(path), hint=hint)
    return top


def _not_opened(path: Path, err: str) -> GitError:
    place = str(path)
    if "dubious ownership" in err:
        hint = f"if you trust it: git config --global --add safe.directory '{path.resolve()}'"
        return GitError("the repository belongs to another user", place=place, hint=hint)
    if "not a git repository" in err:
        return GitError("not a git repository", place=place, hint="run `git init`, or go to your repository first")
    if "must be run in a work tree" in err or "cannot use bare repository" in err:
        return GitError("a bare repository has no files to check", place=place, hint="clone it first")
    return GitError(last_line(err), place=place)
