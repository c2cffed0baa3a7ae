"""Files that survive a kill: written beside, flushed, renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from promptci.errors import DataError
from promptci.untrusted import one_line

STATE = ".promptci"


def write_atomically(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write `content` to `path` so that a reader, or a crash at any moment, sees the old file or the new one, whole.

    What is large may come in pieces, made as they are written. A whole-file rewrite in place loses data under kill -9;
    a rename within one directory does not. Raises OSError, and DataError when a directory on the way, from `.promptci`
    on, is a symbolic link.
    """
    _refuse_links(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines((content,) if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner can read; reports and baselines are for everyone on the machine.
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def own_directory(path: Path) -> Path:
    """Make a directory that git ignores by a `.gitignore` of its own, and return it.

    Raises DataError when it, a directory on the way to it from `.promptci` on, or anything in it is a symbolic link: a
    pull request can commit one that leads out of the repository.
    """
    _refuse_links(path)
    path.mkdir(parents=True, exist_ok=True)
    ignore = path / ".gitignore"
    if not ignore.exists():
        write_atomically(ignore, b"# kept by promptci, not for commits\n*\n")
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_symlink():
                raise _link(Path(entry.path))
    return path


def _refuse_links(path: Path) -> None:
    """Raise DataError for a link among the parts of `path` from the last `.promptci` on; those above are the user's."""
    if STATE not in path.parts:
        return
    state = len(path.parts) - 1 - path.parts[::-1].index(STATE)
    for end in range(state, len(path.parts)):
        place = Path(*path.parts[: end + 1])
        if place.is_symlink():
            raise _link(place)


def _link(place: Path) -> DataError:
    hint = "promptci writes only to directories of its own; remove the link"
    return DataError("a symbolic link", place=one_line(str(place)), hint=hint)
