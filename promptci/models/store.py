"""One SQLite file that several processes share and that no damage can crash: it is set aside, and a new one begun."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

SCHEMA = 2  # 1 had no `useless`; it is taken over as it is
_TABLES = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, request TEXT, reply TEXT, run TEXT, created INTEGER, digest BLOB);
CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, book TEXT, digest BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS useless (key BLOB PRIMARY KEY, run TEXT, found_by TEXT) WITHOUT ROWID;
"""
# The file is whole, but it cannot be used now: disk full, no right to write, someone else's lock for half a minute.
_PASSING = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOMEM,
}  # fmt: skip

_WAIT_S = 30  # for others who hold the file
_TURN_S = 0.02
_LOG_PAGES = 8000  # 32 MB; moving the log into the file waits for the disk, and every call in flight with it
# Python decodes SQLite's message, which may quote a damaged page.
_Trouble = (sqlite3.DatabaseError, UnicodeDecodeError)


class OtherVersionError(sqlite3.DatabaseError):
    """The file is whole, but a later promptci wrote it: what stands in it may mean something else."""


class Store:
    """The file's connection. Text comes back as bytes, so that a damaged entry cannot fail to decode.

    WAL with synchronous=NORMAL: what is committed survives the end of the process at any moment; a loss of power may
    take the last commits, never the file.
    """

    def __init__(self, path: Path, note: Callable[[str], None]) -> None:
        self.path = path
        self._note = note
        self._writes = True
        self._inode: int | None = None
        self._connection = self._open()

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run a query; nothing when the file turns out to be damaged (which is noted)."""
        try:
            return self._connection.execute(sql, values).fetchall()
        except _Trouble as error:
            self._survive(error)
            return []

    def stream(self, sql: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """As `rows`, a few at a time: for queries whose answer memory should not hold. Ends early at damage."""
        try:
            yield from self._connection.execute(sql, values)
        except _Trouble as error:
            self._survive(error)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is executed inside is committed together at the end, or nothing is, and the reason is noted."""
        connection = self._begun()
        try:
            yield connection
            connection.commit()
        except _Trouble as error:
            _rollback(connection)
            self._survive(error)
        except BaseException:
            _rollback(connection)
            raise
        finally:
            if connection is not self._connection:
                connection.close()

    @property
    def size_bytes(self) -> int:
        """Bytes of the file, without what deleted entries left free."""
        pages = [self.rows(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")]
        count, free, size = (rows[0][0] if rows else 0 for rows in pages)
        return int((count - free) * size)

    def shrink(self) -> None:
        """Give pages that deleted entries left free back to the disk; put off when another process is at work."""
        try:
            self._connection.executescript("PRAGMA incremental_vacuum")  # execute() would free one page and stop
        except _Trouble as error:
            if _code(error) not in _PASSING:  # else nothing is lost: the next run shrinks it
                self._survive(error)

    def close(self) -> None:
        """Release the file; safe to call twice."""
        self._connection.close()

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._in_turn()
            self._inode = _inode(self.path)
            return connection
        except (*_Trouble, OSError) as error:
            if not isinstance(error, OSError) and _code(error) not in _PASSING and self._set_aside(error):
                with suppress(*_Trouble):
                    return self._prepared(str(self.path))
            self._note(f"cache: {self.path} cannot be used ({error}); answers are kept for this run only")
            return self._prepared(":memory:")

    def _in_turn(self) -> sqlite3.Connection:
        """The file's connection: SQLite itself does not wait for another that gives the same new file its journal."""
        until = time.monotonic() + _WAIT_S
        while True:
            try:
                return self._prepared(str(self.path))
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            time.sleep(_TURN_S)

    def _prepared(self, name: str) -> sqlite3.Connection:
        connection = sqlite3.connect(name, timeout=_WAIT_S, isolation_level=None)
        connection.text_factory = bytes
        try:
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA:
                raise OtherVersionError(f"version {version}, and this promptci knows {SCHEMA}")  # noqa: TRY301  # closed below
            if version != SCHEMA:
                connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
                connection.execute("PRAGMA journal_mode=WAL")
                connection.executescript(_TABLES)
                connection.execute(f"PRAGMA user_version={SCHEMA}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _begun(self) -> sqlite3.Connection:
        """Begin to write: in the file, in the new one after damage; else in one that is thrown away."""
        for _ in range(2):
            connection = self._connection
            try:
                if connection.in_transaction:  # an exit that a signal's handler raised left it open: none of it counts
                    connection.rollback()
                connection.execute("BEGIN IMMEDIATE")
            except _Trouble as error:
                self._survive(error)
            else:
                return connection
            if connection is self._connection:  # locked, full or read-only, and still is
                break
        return self._prepared(":memory:")

    def _survive(self, error: Exception) -> None:
        if isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError):
            raise error  # our own mistake, such as use after close: nothing is wrong with the file
        if _code(error) in _PASSING:
            if self._writes:
                self._note(f"cache: {self.path} cannot be used now ({error}); an answer may have to be paid again")
            self._writes = False
            return
        self._connection.close()
        if self._inode == _inode(self.path):  # else another process has set it aside already, and begun a new one
            self._set_aside(error)
        self._connection = self._open()

    def _set_aside(self, why: Exception) -> bool:
        """Move the file out of the way, so that it can be looked at; its answers are misses from now on."""
        other = isinstance(why, OtherVersionError)
        was = f"is of {why}" if other else "was damaged"
        aside = self._free_name(".other-version" if other else ".damaged")
        try:
            self.path.replace(aside)
            for suffix in ("-wal", "-shm"):  # the log of a whole file goes with it, that of a damaged one is damage
                log = self.path.with_name(self.path.name + suffix)
                if other and log.exists():
                    log.replace(aside.with_name(aside.name + suffix))
                log.unlink(missing_ok=True)
        except OSError as error:
            self._note(f"cache: {self.path} {was} and cannot be moved ({error})")
            return False
        self._note(f"cache: {self.path} {was}; it lies beside as {aside.name}, and its answers are asked again")
        return True

    def _free_name(self, ending: str) -> Path:
        """A name beside the file that nothing has: what was set aside before is kept."""
        names = (self.path.name + ending + (f"-{n}" if n else "") for n in range(1000))
        return next(place for name in names if not (place := self.path.with_name(name)).exists())


def _rollback(connection: sqlite3.Connection) -> None:
    with suppress(*_Trouble):  # the transaction is gone already, or the file is
        connection.rollback()


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
