"""Answers that were paid for once, in one SQLite file; and each run's own book, for resuming it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from promptci.errors import DataError
from promptci.models import entry as entries
from promptci.models import keys
from promptci.models.budget import Cost
from promptci.models.entry import Entry
from promptci.models.store import Store

_encoded = json.JSONEncoder().encode  # made once: it is called for every call that is sent
_DAY_S = 86_400
_LATEST = 2**53  # seconds since 1970 that a clock can say; what SQLite holds ends beyond
_TIDY_ROUNDS = 20  # answers differ in size, so the share to remove is a guess that is made again
_HEADER = {"promptci": "cache", "version": keys.SCHEMA}


@dataclass(frozen=True, slots=True)
class Size:
    """How much is stored: answers, and bytes on disk."""

    answers: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Book:
    """What a run had booked when it last sent something, and what it had learned of servers (lane, mend)."""

    booked: Cost = field(default_factory=Cost)
    learned: tuple[tuple[str, str], ...] = ()


class Cache:
    """Finds an answer by its request, and believes it only when request and content are whole.

    `max_bytes` and `max_age_days` bound what is kept (oldest first out, when the cache closes). `clock` is in seconds
    since 1970. Damage of any kind is a miss, told in `notes`; it is never an exception and never a wrong answer.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int = 2**30,
        max_age_days: float = 90,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self.notes: list[str] = []
        self.used: set[bytes] | None = None  # keys of the answers that were read or written, where somebody wants them
        self._max_bytes = max_bytes
        self._max_age_s = max_age_days * _DAY_S
        self._clock = clock
        self._wrote = False
        self._damaged = 0
        self._useless: dict[tuple[bytes, bytes], bytes] | None = None
        self._store = Store(path, self._note)

    def get(self, request: bytes, *, run: str | None = None) -> Entry | None:
        """The stored answer to the canonical `request`, or None; with `run`, only one that this run paid for."""
        rows = self._store.rows(_GET, (keys.key(request),))
        if not rows:
            return None
        stored, reply, payer, created, digest = rows[0]
        if stored != request or not _whole(stored, reply, payer, created, digest):
            self._damage()
            return None
        if self._clock() - created > self._max_age_s or (run is not None and payer != run.encode()):
            return None
        try:
            answer, cost = entries.from_bytes(reply)
            found = None if answer.failure == entries.TEXTLESS else Entry(answer, payer.decode(), cost)
            if found is not None and self.used is not None:
                self.used.add(keys.key(request))
            return found
        except (ValueError, KeyError, TypeError):  # written whole by something that is not this version
            self._damage()
            return None

    def forget(self, request: bytes, run: str) -> None:
        """Note that `run` could make nothing of the answer to `request`: it stays paid for; no other run gets it."""
        with self._store.transaction() as connection:
            connection.execute(_FORGET, (run, keys.key(request)))
        self._useless = None

    def useless_to(self, request: bytes, payer: str, run: str) -> bool:
        """Whether another run than `run` could make nothing of the answer that `payer` paid for."""
        if self._useless is None:
            rows = self._store.rows("SELECT key, run, found_by FROM useless")
            self._useless = {(key, payer): finder for key, payer, finder in rows}
        finder = self._useless.get((keys.key(request), payer.encode())) if self._useless else None
        return finder is not None and finder != run.encode()

    def put(self, request: bytes, entry: Entry, book: Book) -> None:
        """Commit an answer together with the book of the run that paid for it."""
        row = _row(request, entries.to_bytes(entry.reply, entry.cost), entry.run.encode(), int(self._clock()))
        with self._store.transaction() as connection:
            connection.execute(_INSERT, row)
            connection.execute(_BOOK, _book_row(entry.run, book))
        self._wrote = True
        if self.used is not None:
            self.used.add(row[0])

    def take(self, request: bytes, entry: Entry) -> None:
        """Keep an answer that another machine paid for; it is that run's, not the one's that found it."""
        row = _row(request, entries.to_bytes(entry.reply, entry.cost), entry.run.encode(), int(self._clock()))
        with self._store.transaction() as connection:
            connection.execute(_INSERT, row)
        self._wrote = True

    def intend(self, run: str, book: Book) -> None:
        """Commit what a run will have booked with the call that it is about to send."""
        with self._store.transaction() as connection:
            connection.execute(_BOOK, _book_row(run, book))

    def book(self, run: str) -> Book:
        """What `run` had booked; an empty book for a run that is not known."""
        rows = self._store.rows("SELECT book, digest FROM runs WHERE run = ?", (run,))
        if not rows:
            return Book()
        text, digest = rows[0]
        if not isinstance(text, bytes) or digest != entries.check(run.encode(), text):
            self._note(
                f"cache: the book of run {run} is damaged; its calls are counted from the answers that it paid for"
            )
            return Book(self.paid(run))
        row = json.loads(text)
        return Book(Cost(*row["booked"]), tuple((lane, mend) for lane, mend in row["learned"]))

    def paid(self, run: str) -> Cost:
        """What `run` had booked for the answers of its that are still stored."""
        total = Cost()
        for _, reply, *_ in self._whole_rows(_OF_RUN, (run,)):
            try:
                total += entries.from_bytes(reply)[1]
            except (ValueError, KeyError, TypeError):  # as in `get`
                self._damage()
        return total

    def size(self) -> Size:
        """Answers and bytes."""
        rows = self._store.rows("SELECT count(*) FROM answers")
        return Size(rows[0][0] if rows else 0, self._store.size_bytes)

    def clear(self) -> int:
        """Remove every answer and every run's book; return how many answers there were."""
        before = self.size().answers
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM answers")
            connection.execute("DELETE FROM runs")
            connection.execute("DELETE FROM useless")
        self._useless = None
        self._store.shrink()
        return before

    def export(self, path: Path, *, only: Container[bytes] | None = None) -> int:
        """Write every whole answer, or those with a key in `only`, into one portable file (JSON lines).

        Returns how many. Replaces `path` at the end.
        """
        part = path.with_name(path.name + ".part")
        count = 0
        with part.open("w", encoding="ascii", newline="\n") as file:
            file.write(json.dumps(_HEADER) + "\n")
            for request, reply, run, created, digest in self._whole_rows(_ALL):
                if only is not None and keys.key(request) not in only:
                    continue
                line = {"request": request.decode(), "reply": reply.decode(), "run": run.decode(), "created": created}
                file.write(json.dumps({**line, "digest": digest.hex()}) + "\n")
                count += 1
        part.replace(path)
        return count

    def load(self, path: Path, *, paid_by: Mapping[str, str] | None = None) -> int:
        """Take in what `export` wrote, over what is stored; return how many answers.

        `paid_by` has other names for runs: what one of them paid for is taken in as paid for by the run named. Damaged
        lines are noted, not taken. Raises DataError when the file is not an export of this version.
        """
        taken = damaged = 0
        with path.open(encoding="utf-8", errors="replace") as file:
            if _parsed(file.readline()) != _HEADER:
                raise DataError("this is not an exported cache of this version", place=str(path))
            with self._store.transaction() as connection:
                for line in file:
                    row = _from_line(line, paid_by or {})
                    if row is None:
                        damaged += 1
                        continue
                    connection.execute(_INSERT, row)
                    taken += 1
        if damaged:
            self._note(f"cache: {damaged} damaged lines of {path} were not taken")
        return taken

    def close(self) -> None:
        """Remove what is too old or too much, and release the file; safe to call twice."""
        try:
            if self._wrote:
                self._wrote = False
                self._tidy()
        finally:
            self._store.close()

    def _tidy(self) -> None:
        oldest = int(self._clock() - self._max_age_s)
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM answers WHERE created < ?", (oldest,))
            connection.execute("DELETE FROM useless WHERE key NOT IN (SELECT key FROM answers)")
        for _ in range(_TIDY_ROUNDS):
            size = self.size()
            if size.bytes <= self._max_bytes or not size.answers:
                break
            surplus = 1 - 0.9 * self._max_bytes / size.bytes
            with self._store.transaction() as connection:
                connection.execute(_DELETE_OLDEST, (max(1, round(size.answers * surplus)),))
        self._store.shrink()

    def _whole_rows(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        for row in self._store.stream(query, values):
            if _whole(*row):
                yield row
            else:
                self._damage()

    def _damage(self) -> None:
        self._damaged += 1
        note = f"cache: {self._damaged} damaged entries were asked again"
        self.notes = [old for old in self.notes if not old.endswith("damaged entries were asked again")] + [note]

    def _note(self, text: str) -> None:
        self.notes.append(text)


_GET = "SELECT request, reply, run, created, digest FROM answers WHERE key = ?"
_ALL = "SELECT request, reply, run, created, digest FROM answers ORDER BY key"
_OF_RUN = "SELECT request, reply, run, created, digest FROM answers WHERE run = ? ORDER BY key"
_INSERT = "INSERT OR REPLACE INTO answers (key, request, reply, run, created, digest) VALUES (?, ?, ?, ?, ?, ?)"
_FORGET = "INSERT OR REPLACE INTO useless (key, run, found_by) SELECT key, run, ? FROM answers WHERE key = ?"
_BOOK = "INSERT OR REPLACE INTO runs (run, book, digest) VALUES (?, ?, ?)"
_DELETE_OLDEST = "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY created, key LIMIT ?)"


def _row(request: bytes, reply: bytes, run: bytes, created: int) -> tuple[Any, ...]:
    digest = entries.check(request, reply, run, created)
    return keys.key(request), request.decode(), reply.decode(), run.decode(), created, digest


def _book_row(run: str, book: Book) -> tuple[Any, ...]:
    booked = book.booked
    text = _encoded({"booked": [booked.calls, booked.tokens, booked.usd], "learned": book.learned})
    return run, text, entries.check(run.encode(), text.encode())


def _whole(request: Any, reply: Any, run: Any, created: Any, digest: Any) -> bool:
    """Every part has its type and the check fits: what SQLite gives back from a damaged page may be anything."""
    typed = isinstance(request, bytes) and isinstance(reply, bytes) and isinstance(run, bytes) and type(created) is int
    return typed and bool(digest == entries.check(request, reply, run, created))


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _from_line(line: str, paid_by: Mapping[str, str]) -> tuple[Any, ...] | None:
    row = _parsed(line)
    if not isinstance(row, dict):
        return None
    try:
        parts = row["request"].encode("ascii"), row["reply"].encode("ascii"), row["run"].encode(), row["created"]
        whole = _whole(*parts, bytes.fromhex(row["digest"]))
        entries.from_bytes(parts[1])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    run = paid_by.get(row["run"], row["run"]).encode()
    return _row(parts[0], parts[1], run, parts[3]) if whole and 0 <= parts[3] < _LATEST else None
