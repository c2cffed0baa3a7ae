"""One search at a time in one clone. The lock ends with its process, however that ends, and says who holds it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from promptci.errors import GitError
from promptci.untrusted import one_line


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock: a process on a host, what it does, and since when (ISO 8601, UTC)."""

    pid: int
    host: str
    since: str
    doing: str


class BusyError(GitError):
    """Another run holds the lock. `holder` is None when it has not yet said who it is."""

    exit_code = 3

    def __init__(self, place: Path, holder: Holder | None) -> None:
        who = "another run"
        if holder is not None:
            where = "" if holder.host == socket.gethostname() else f" on {one_line(holder.host, limit=60)}"
            who = f"{one_line(holder.doing, limit=80)} (process {holder.pid}{where}, since {one_line(holder.since)})"
        super().__init__(f"{who} works in this clone", place=str(place), hint="wait until it has ended, or end it")
        self.holder = holder


@contextmanager
def held(place: Path, doing: str, *, now: datetime | None = None) -> Iterator[Holder]:
    """Hold the lock file `place` and say in it what this process is `doing`. Raises BusyError when another holds it.

    The kernel keeps the lock and drops it with the process, so a file that a killed run left behind locks nothing.
    """
    import fcntl  # not on Windows, and not needed to import this module

    since = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    me = Holder(os.getpid(), socket.gethostname(), since, doing)
    try:
        handle = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise GitError(f"cannot be written: {error.strerror}", place=str(place)) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(place, _holder(handle)) from None
        os.truncate(handle, 0)
        os.pwrite(handle, json.dumps(asdict(me)).encode() + b"\n", 0)
        yield me
    finally:
        os.close(handle)


def _holder(handle: int) -> Holder | None:
    try:
        said = json.loads(os.pread(handle, 4096, 0))
        return Holder(int(said["pid"]), str(said["host"]), str(said["since"]), str(said["doing"]))
    except (ValueError, KeyError, TypeError, OSError):
        return None
