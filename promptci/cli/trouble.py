"""Trouble of the machine, not of promptci: a full disk, a read-only tree, a closed pipe, a path that is too long."""

from __future__ import annotations

import errno
import os
import sqlite3

from promptci.errors import MeasureError, PromptciError

_HINTS = {
    errno.ENOSPC: "make room on that disk and run again; every answer that was stored is used again",
    errno.EDQUOT: "make room in your quota and run again; every answer that was stored is used again",
    errno.EROFS: "promptci keeps its records in .promptci/ beside promptci.yaml: work on a copy that can be written",
    errno.EACCES: "give yourself the right to it",
    errno.EPERM: "give yourself the right to it",
    errno.ENAMETOOLONG: "use a shorter path",
    errno.EMFILE: "raise the limit on open files (`ulimit -n`), or lower -j",
    errno.ENFILE: "close other programs",
    errno.EIO: "the disk does not answer as it should",
    errno.ENOTDIR: "a file stands where a directory is needed",
    errno.EISDIR: "a directory stands where a file is needed",
    errno.ENOENT: "something that was there is gone: another program may have removed it",
    errno.ENOTCONN: "the file system that holds it is not connected",
    errno.ESTALE: "the file system that holds it has changed under promptci: run again",
    errno.ELOOP: "its symbolic links lead in a circle",
    errno.ENOMEM: "close other programs",
    errno.ENOEXEC: "the program that should run cannot",
}
_STORE = (
    ("full", "make room on that disk and run again; every answer that was stored is used again"),
    ("readonly", "promptci keeps its answers in .promptci/cache/: work on a copy that can be written"),
    ("unable to open", "promptci keeps its answers in .promptci/cache/: give yourself the right to write there"),
    ("disk i/o", "the disk does not answer as it should, or is full"),
    ("locked", "another promptci works here: wait until it is done"),
)


def as_error(problem: BaseException) -> PromptciError | None:
    """Return what a user can act on when `problem` is trouble of the machine, None when it may be a bug of ours."""
    if isinstance(problem, sqlite3.OperationalError):
        said = str(problem).lower()
        hint = next((hint for words, hint in _STORE if words in said), None)
        return (hint and MeasureError(f"the stored answers cannot be used: {problem}", hint=hint)) or None
    if isinstance(problem, MemoryError):
        return MeasureError("no memory left", hint="use a smaller eval set, or lower -j")
    if not isinstance(problem, OSError) or problem.errno not in _HINTS:
        return None
    place = problem.filename if isinstance(problem.filename, str) else None
    said = problem.strerror or os.strerror(problem.errno)
    return MeasureError(said[:1].lower() + said[1:], place=place, hint=_HINTS[problem.errno])


def hides_interrupt(problem: BaseException) -> bool:
    """Whether `problem` is ^C that reached pydantic while it built a model.

    Its core is not written in Python and makes an error of its own of what is raised meanwhile: the text is all that it
    leaves, neither cause nor context.
    """
    return type(problem).__name__ == "SchemaError" and "KeyboardInterrupt" in str(problem)
