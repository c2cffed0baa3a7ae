"""The cache's file: all of a transaction or nothing, and no trouble of the file is the caller's."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from promptci.models.store import SCHEMA, Store


class Noted(list[str]):
    def __call__(self, text: str) -> None:
        self.append(text)


def runs(store: Store) -> list[str]:
    return [name.decode() for (name,) in store.rows("SELECT run FROM runs ORDER BY run")]


def put(store: Store, name: str) -> None:
    with store.transaction() as connection:
        connection.execute("INSERT INTO runs VALUES (?, '', '')", (name,))


def test_what_fails_inside_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(tmp_path / "c.sqlite", noted := Noted())
    put(store, "one")
    with pytest.raises(RuntimeError, match="ours"), store.transaction() as connection:  # noqa: PT012 - the second half
        connection.execute("INSERT INTO runs VALUES ('two', '', '')")
        raise RuntimeError("ours")
    assert (runs(store), noted) == (["one"], [])
    put(store, "three")
    assert runs(store) == ["one", "three"], "the store goes on"
    store.close()


def test_a_mistake_of_ours_is_not_taken_for_damage(tmp_path: Path) -> None:
    store = Store(tmp_path / "c.sqlite", noted := Noted())
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.rows("SELECT 1")
    assert (noted, [p.name for p in tmp_path.iterdir()]) == ([], ["c.sqlite"])


def test_another_s_lock_is_waited_for_and_then_told_once(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    store, other = Store(path, noted := Noted()), Store(path, Noted())
    store.rows("PRAGMA busy_timeout = 1")
    with other.transaction():
        put(store, "mine")
        put(store, "mine too")
    assert [note.partition(" (")[0] for note in noted] == [f"cache: {path} cannot be used now"]
    put(store, "later")
    assert runs(store) == ["later"], "the lock is gone, and what could not be kept is not half there"
    store.close()
    other.close()


def test_a_file_that_may_only_be_read_keeps_what_it_has_and_nothing_fails(tmp_path: Path) -> None:
    store = Store(tmp_path / "c.sqlite", noted := Noted())
    put(store, "one")
    store.rows("PRAGMA query_only = 1")  # as a file system that turned read-only: root may write any file
    put(store, "two")
    assert (runs(store), len(noted)) == (["one"], 1)
    assert "an answer may have to be paid again" in noted[0]
    store.close()


def test_two_files_set_aside_lie_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    for text in (b"first damage" * 200, b"second damage" * 200):
        path.write_bytes(text)
        Store(path, noted := Noted()).close()
        assert "was damaged; it lies beside as c.sqlite.damaged" in noted[0]
    assert (tmp_path / "c.sqlite.damaged").read_bytes().startswith(b"first")
    assert (tmp_path / "c.sqlite.damaged-1").read_bytes().startswith(b"second")


def test_a_folder_in_the_file_s_place_leaves_answers_for_this_run(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    path.mkdir()
    store = Store(path, noted := Noted())
    put(store, "one")
    assert runs(store) == ["one"]
    assert "answers are kept for this run only" in noted[-1]
    assert list(path.iterdir()) == []
    store.close()


def test_the_version_is_written_and_pages_that_are_free_do_not_count(tmp_path: Path) -> None:
    store = Store(tmp_path / "c.sqlite", Noted())
    assert store.rows("PRAGMA user_version") == [(SCHEMA,)]
    with store.transaction() as connection:
        connection.execute("INSERT INTO runs VALUES ('big', zeroblob(400000), '')")
    full = store.size_bytes
    with store.transaction() as connection:
        connection.execute("DELETE FROM runs")
    assert store.size_bytes < full - 390_000
    store.shrink()
    assert store.rows("PRAGMA freelist_count") == [(0,)]
    store.close()


def test_a_transaction_that_an_exit_left_open_is_no_damage_and_loses_nothing_else(tmp_path: Path) -> None:
    """A signal's handler may raise between the beginning of a transaction and whoever would end it."""
    notes: list[str] = []
    store = Store(tmp_path / "c", notes.append)
    put(store, "before")
    store._connection.execute("BEGIN IMMEDIATE")
    store._connection.execute("INSERT INTO runs VALUES ('half', '', x'')")
    put(store, "after")
    store.close()
    again = Store(tmp_path / "c", notes.append)
    assert runs(again) == ["after", "before"]
    again.close()
    assert notes == []
    assert [p.name for p in tmp_path.iterdir()] == ["c"]
