"""What is stored comes back whole or not at all."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from promptci.core import ToolCall
from promptci.errors import DataError
from promptci.models import keys
from promptci.models.base import Failure, Reply, Usage
from promptci.models.budget import Cost
from promptci.models.cache import Book, Cache
from promptci.models.entry import Entry

from .conftest import asks, spec_at

SPEC = spec_at("http://unused/v1")
REQUEST = keys.canonical(asks(SPEC, 1)[0])
REPLY = Reply(("yes",), usage=Usage(10, 1), model="m-1", fingerprint="f", finish_reason="stop", attempts=2)


def stored(path: Path, reply: Reply = REPLY, request: bytes = REQUEST) -> Path:
    with closing(Cache(path)) as cache:
        cache.put(request, Entry(reply, "run", Cost(2, 11, 0.5)), Book(Cost(3, 20, 0.6), (("m", "gives"),)))
    return path


def found(path: Path, request: bytes = REQUEST) -> tuple[Reply | None, list[str]]:
    with closing(Cache(path)) as cache:
        entry = cache.get(request)
        return entry.reply if entry else None, cache.notes


@pytest.mark.parametrize(
    "reply",
    [
        REPLY,
        Reply(failure=Failure("truncated", "cut"), usage=Usage(1, 2, estimated=True), attempts=1),
        Reply(("", "\ud800 \x00 é"), logprobs=(("a", -0.5), ("b", 0.0)), attempts=1),
        Reply(("half",), finish_reason="length", cut=True, attempts=1),
        Reply(("",), tool_calls=(ToolCall("route", '{"team":"a"}', "c1"),), attempts=1),
        Reply(vectors=((0.1, 1e-300), (-2.0, 3.0)), attempts=1),
    ],
    ids=["answer", "failure", "odd text", "cut", "tool call", "vectors"],
)
def test_a_reply_comes_back_as_it_was(tmp_path: Path, reply: Reply) -> None:
    assert found(stored(tmp_path / "c", reply)) == (reply, [])


def test_a_cut_answer_that_was_stored_without_its_text_is_asked_for_again(tmp_path: Path) -> None:
    old = Reply(failure=Failure("truncated", "the answer was cut at max_tokens"), usage=Usage(1, 2), attempts=1)
    assert found(stored(tmp_path / "c", old)) == (None, [])


def test_everything_that_changes_an_answer_is_in_the_key_and_nothing_else() -> None:
    def text(url: str = "http://a/v1", **changes: Any) -> bytes:
        return keys.canonical(asks(spec_at(url, **changes), 1)[0])

    differing: list[dict[str, Any]] = [
        {"url": "http://b/v1"},
        {"model": "n"},
        {"temperature": 1.0},
        {"seed": 1},
        {"max_tokens": 9},
        {"extra": {"a": 1}},
        {"parameters": {"a": 2}},
        {"temperature": None},
    ]
    same: list[dict[str, Any]] = [
        {"url": "http://user:secret@a/v1/"},
        {"price": None},
        {"deadline_s": 9.0},
        {"rpm": 3},
        {"api_key_env": "K"},
    ]
    assert len({text(**change) for change in [{}, *differing]}) == len(differing) + 1
    assert {text(**change) for change in same} == {text()}
    assert b"secret" not in text(url="http://user:secret@a/v1")
    kinds: list[dict[str, Any]] = [{}, {"n": 2}, {"logprobs": True}, {"kind": "completion"}]
    requests = [asks(SPEC, 1, **change)[0] for change in kinds]
    assert len({keys.canonical(request) for request in requests}) == 4


def test_a_wrong_entry_under_the_right_key_is_a_miss(tmp_path: Path) -> None:
    stored(tmp_path / "c", request=REQUEST + b" ")
    with closing(sqlite3.connect(tmp_path / "c")) as connection:
        connection.execute("UPDATE answers SET key = ?", (keys.key(REQUEST),))
        connection.commit()
    reply, notes = found(tmp_path / "c")
    assert reply is None
    assert notes == ["cache: 1 damaged entries were asked again"]


@pytest.mark.parametrize("column", ["request", "reply", "run", "created", "digest"])
def test_every_flipped_bit_of_an_entry_is_a_miss(tmp_path: Path, column: str) -> None:
    path = stored(tmp_path / "c")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection, closing(Cache(path)) as cache:
        connection.text_factory = bytes
        connection.execute("PRAGMA synchronous=OFF")
        value = connection.execute(f"SELECT {column} FROM answers").fetchone()[0]
        data = value.to_bytes(8, "big") if isinstance(value, int) else value
        for bit in range(len(data) * 8):
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            new = int.from_bytes(flipped, "big", signed=True) if isinstance(value, int) else bytes(flipped)
            kind = "TEXT" if column in ("request", "reply", "run") else "BLOB"
            changed = new if isinstance(new, int) else memoryview(new)
            sql = f"UPDATE answers SET {column} = " + ("?" if isinstance(new, int) else f"CAST(? AS {kind})")
            connection.execute(sql, (changed,))
            assert cache.get(REQUEST) is None, bit
        connection.execute(
            f"UPDATE answers SET {column} = " + ("?" if isinstance(value, int) else f"CAST(? AS {kind})"), (value,)
        )
        assert cache.get(REQUEST) is not None


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: thousands of files are written, and syncing each is slow on a disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


def harmless(path: Path, spoiled: bytes) -> None:
    """The spoiled file gives the right answer or none, takes a new one, and is whole again afterwards."""
    path.write_bytes(spoiled)
    for suffix in ("-wal", "-shm", ".damaged"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with closing(Cache(path)) as cache:
        entry = cache.get(REQUEST)
        assert entry is None or entry.reply == REPLY
        book = cache.book("run")
        assert book.booked.calls in (0, 2, 3)
        cache.put(REQUEST, Entry(REPLY, "run", Cost(2)), Book(Cost(2)))
        again = cache.get(REQUEST)
        assert cache.notes or (again is not None and again.reply == REPLY)


def versioned(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version={version}")


def test_a_file_of_a_later_version_is_set_aside_whole_and_not_used(tmp_path: Path) -> None:
    for _ in range(2):
        versioned(stored(tmp_path / "c"), 7)
        reply, notes = found(tmp_path / "c")
        assert reply is None
        assert "is of version 7, and this promptci knows 2; it lies beside as c.other-version" in notes[0]
    for name in ("c.other-version", "c.other-version-1"):
        versioned(tmp_path / name, 2)
        assert found(tmp_path / name) == (REPLY, [])


def test_a_file_of_the_version_before_is_taken_over(tmp_path: Path) -> None:
    versioned(stored(tmp_path / "c"), 1)
    with closing(sqlite3.connect(tmp_path / "c")) as connection:
        connection.execute("DROP TABLE useless")
    assert found(tmp_path / "c") == (REPLY, [])
    with closing(Cache(tmp_path / "c")) as cache:
        cache.forget(REQUEST, "run")
        assert cache.useless_to(REQUEST, "run", "other")


def small(path: Path) -> bytes:
    """One entry in a file as small as SQLite makes them, everything in the main file."""
    stored(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA page_size=512")
        connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode=WAL")
    return path.read_bytes()


def flips(data: bytes) -> Iterator[bytes]:
    for bit in range(len(data) * 8):
        spoiled = bytearray(data)
        spoiled[bit // 8] ^= 1 << bit % 8
        yield bytes(spoiled)


def cuts(data: bytes) -> Iterator[bytes]:
    for length in range(len(data)):
        yield data[:length]


@pytest.mark.parametrize("spoil", [flips, cuts])
@pytest.mark.parametrize("step", [97, pytest.param(1, marks=pytest.mark.fault)])
def test_a_file_with_any_bit_flipped_or_cut_anywhere_gives_no_wrong_answer(
    quick_path: Path, spoil: Callable[[bytes], Iterator[bytes]], step: int
) -> None:
    data = small(quick_path / "c")
    assert len(data) < 10_000
    for number, spoiled in enumerate(spoil(data)):
        if number % step == 0:
            harmless(quick_path / "c", spoiled)


@pytest.mark.parametrize("step", [1009, pytest.param(1, marks=pytest.mark.fault)])
def test_a_log_that_is_cut_anywhere_gives_no_wrong_answer(quick_path: Path, step: int) -> None:
    path = quick_path / "c"
    with closing(Cache(path)) as cache:
        cache.put(REQUEST, Entry(REPLY, "run", Cost(2)), Book(Cost(2)))
        shutil.copy(path, quick_path / "main")
        log = Path(f"{path}-wal").read_bytes()
    for number in range(0, len(log), step):
        for suffix in ("-shm", ".damaged"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        shutil.copy(quick_path / "main", path)
        Path(f"{path}-wal").write_bytes(log[:number])
        with closing(Cache(path)) as reopened:
            entry = reopened.get(REQUEST)
            assert entry is None or entry.reply == REPLY


def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path) -> None:
    path = tmp_path / "c"
    path.write_bytes(b"not a database, but long enough to look like one " * 100)
    reply, notes = found(path)
    assert reply is None
    assert "was damaged; it lies beside as c.damaged" in notes[0]
    assert found(stored(path)) == (REPLY, [])


def test_damage_that_appears_while_the_file_is_open_is_survived(tmp_path: Path) -> None:
    path = tmp_path / "c"
    with closing(Cache(path)) as cache:
        for number in range(200):
            cache.put(b"[%d]" % number, Entry(REPLY, "run", Cost(2)), Book(Cost(number)))
        with path.open("r+b") as file:
            file.write(b"\xff" * path.stat().st_size)
        Path(f"{path}-wal").write_bytes(b"")
        answers = [cache.get(b"[%d]" % number) for number in range(200)]
        assert all(entry is None or entry.reply == REPLY for entry in answers)
        cache.put(REQUEST, Entry(REPLY, "run", Cost(2)), Book(Cost(1)))
        entry = cache.get(REQUEST)
        assert entry is not None
        assert entry.reply == REPLY


@pytest.mark.parametrize("obstacle", ["directory", "file for a folder"])
def test_where_no_file_can_be_answers_last_for_the_run(tmp_path: Path, obstacle: str) -> None:
    path = tmp_path / "x" / "c"
    if obstacle == "directory":
        path.mkdir(parents=True)
    else:
        path.parent.write_text("in the way")
    with closing(Cache(path)) as cache:
        cache.put(REQUEST, Entry(REPLY, "run", Cost(2)), Book())
        assert cache.get(REQUEST) is not None
        assert "kept for this run only" in cache.notes[0]


def test_an_old_answer_is_a_miss_and_goes_away(tmp_path: Path) -> None:
    now = [0.0]
    with closing(Cache(tmp_path / "c", max_age_days=1, clock=lambda: now[0])) as cache:
        cache.put(REQUEST, Entry(REPLY, "run", Cost(2)), Book())
        now[0] = 86_401
        assert cache.get(REQUEST) is None
        cache.put(b"[2]", Entry(REPLY, "run", Cost(2)), Book())
    with closing(Cache(tmp_path / "c")) as cache:
        assert cache.size().answers == 1


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    now = [1e9]
    with closing(Cache(tmp_path / "c", max_bytes=200_000, max_age_days=1e6, clock=lambda: now[0])) as cache:
        for number in range(300):
            now[0] += 1
            cache.put(b"[%d]" % number, Entry(Reply(("x" * 2000,), attempts=1), "run", Cost(1)), Book())
        assert cache.size().bytes > 400_000
    with closing(Cache(tmp_path / "c", max_age_days=1e6)) as cache:
        kept = [number for number in range(300) if cache.get(b"[%d]" % number) is not None]
        assert cache.size().bytes <= 200_000
    assert kept == list(range(300 - len(kept), 300))
    assert len(kept) > 30
    assert (tmp_path / "c").stat().st_size < 400_000


def test_clear_removes_everything(tmp_path: Path) -> None:
    with closing(Cache(stored(tmp_path / "c"))) as cache:
        assert cache.clear() == 1
        assert cache.size().answers == 0
        assert cache.book("run") == Book()


def test_an_export_can_be_taken_in_elsewhere_and_is_the_same_each_time(tmp_path: Path) -> None:
    stored(tmp_path / "a", request=b"[1]")
    stored(tmp_path / "a")
    with closing(Cache(tmp_path / "a")) as cache:
        assert cache.export(tmp_path / "one.jsonl") == 2
    with closing(Cache(tmp_path / "b")) as cache:
        assert cache.load(tmp_path / "one.jsonl") == 2
        entry = cache.get(REQUEST)
        assert entry is not None
        assert (entry.reply, entry.run) == (REPLY, "run")
        assert cache.export(tmp_path / "two.jsonl") == 2
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_damaged_lines_of_an_export_are_left_out_and_told(tmp_path: Path) -> None:
    with closing(Cache(stored(tmp_path / "a"))) as cache:
        cache.export(tmp_path / "e")
    header, line = (tmp_path / "e").read_text().splitlines()
    row = json.loads(line)
    bad = [
        "",
        "[]",
        line[:-9],
        json.dumps({**row, "reply": row["reply"].replace("yes", "no")}),
        json.dumps({**row, "digest": 1}),
    ]
    (tmp_path / "e").write_text("\n".join([header, *bad, line]))
    with closing(Cache(tmp_path / "b")) as cache:
        assert cache.load(tmp_path / "e") == 1
        assert cache.notes == [f"cache: 5 damaged lines of {tmp_path / 'e'} were not taken"]


@pytest.mark.parametrize("text", ["", "{}", '{"promptci": "cache", "version": 999}', "\xff"])
def test_another_file_is_not_an_export(tmp_path: Path, text: str) -> None:
    (tmp_path / "e").write_bytes(text.encode("latin-1"))
    with closing(Cache(tmp_path / "b")) as cache, pytest.raises(DataError, match="not an exported cache"):
        cache.load(tmp_path / "e")


def test_a_run_book_comes_back_and_a_damaged_one_is_made_up_from_the_answers(tmp_path: Path) -> None:
    path = stored(tmp_path / "c")
    with closing(Cache(path)) as cache:
        assert cache.book("run") == Book(Cost(3, 20, 0.6), (("m", "gives"),))
        assert cache.paid("run") == Cost(2, 11, 0.5)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE runs SET book = replace(book, '3', '0')")
    with closing(Cache(path)) as cache:
        assert cache.book("run").booked == Cost(2, 11, 0.5)
        assert "counted from the answers" in cache.notes[0]


def test_a_file_that_another_begins_at_the_same_moment_is_waited_for(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "c", isolation_level=None, check_same_thread=False)) as other:
        other.executescript("CREATE TABLE begun (x); BEGIN IMMEDIATE; CREATE TABLE more (x)")  # not waited for
        end = threading.Timer(0.2, lambda: other.execute("COMMIT"))
        end.start()
        with closing(Cache(tmp_path / "c")) as cache:
            cache.put(b"[1]", Entry(REPLY, "run", Cost(2)), Book(Cost(1)))
            assert not cache.notes
        end.join()
    with closing(Cache(tmp_path / "c")) as cache:
        assert cache.size().answers == 1


def test_several_connections_write_at_once_without_loss(tmp_path: Path) -> None:
    def write(worker: int) -> None:
        with closing(Cache(tmp_path / "c")) as cache:
            for number in range(50):
                cache.put(b"[%d,%d]" % (worker, number), Entry(REPLY, f"run {worker}", Cost(2)), Book(Cost(number)))
            notes.extend(cache.notes)

    notes: list[str] = []
    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(Cache(tmp_path / "c")) as cache:
        assert cache.size().answers == 200
        assert cache.book("run 3").booked == Cost(49)
    assert not notes
