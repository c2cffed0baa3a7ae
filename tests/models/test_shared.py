"""Answers that several machines share: found, believed only when whole, and missed without harm."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from promptci.errors import UsageError
from promptci.models import keys
from promptci.models.base import Reply, Usage
from promptci.models.budget import Budget, Cost, Limits
from promptci.models.cache import Cache
from promptci.models.door import Door
from promptci.models.entry import Entry
from promptci.models.shared import Shared
from tests.models.conftest import HASTY, Scripted, asks, spec_at

pytest.importorskip("fsspec")
SPEC = spec_at("http://127.0.0.1:1/v1")
REQUEST = keys.canonical(asks(SPEC, ["what?"])[0])
OTHER = keys.canonical(asks(SPEC, ["who?"])[0])
_COUNT = count()
ENTRY = Entry(Reply(texts=("this",), usage=Usage(3, 1), model="m-1", attempts=1), "r", Cost(1, 4, 0.5))


@pytest.fixture(params=["folder", "memory", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store of each kind; S3 is moto's server, where the package is there."""
    if request.param == "folder":
        yield str(tmp_path / "store")
    elif request.param == "memory":
        import fsspec

        yield f"memory://{tmp_path.name}"
        fsspec.filesystem("memory").store.clear()
    else:
        yield from _s3(request)


def _s3(request: pytest.FixtureRequest) -> Iterator[str]:
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    s3fs = pytest.importorskip("s3fs")
    patch = request.getfixturevalue("monkeypatch")
    server.start()
    host, port = server.get_host_and_port()
    settings = {"ENDPOINT_URL": f"http://{host}:{port}", "ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s"}
    for name, value in {**settings, "DEFAULT_REGION": "us-east-1"}.items():
        patch.setenv(f"AWS_{name}", value)
    s3fs.S3FileSystem.clear_instance_cache()
    bucket = f"answers-{port}-{len(request.node.name)}-{next(_COUNT)}"  # moto's servers share their buckets
    s3fs.S3FileSystem().mkdir(bucket)
    yield f"s3://{bucket}/ours"
    server.stop()


def shared(url: str) -> tuple[Shared, list[str]]:
    notes: list[str] = []
    return Shared(url, notes.append), notes


def test_an_answer_is_found_where_another_machine_put_it(url: str) -> None:
    shared(url)[0].put(REQUEST, ENTRY)
    found, notes = shared(url)
    assert found.get(REQUEST) == ENTRY
    assert found.get(OTHER) is None
    assert notes == []


def test_writing_twice_at_once_leaves_one_whole_answer(url: str) -> None:
    stores = [shared(url)[0] for _ in range(4)]
    threads = [threading.Thread(target=one.put, args=(REQUEST, ENTRY)) for one in stores for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found, notes = shared(url)
    assert (found.get(REQUEST), notes) == (ENTRY, [])


def changed(**fields: object) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps({**json.loads(content), **fields}).encode()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "one bit": lambda content: content.replace(b"this", b"thys"),
    "not UTF-8": lambda content: b"\xff" + content,
    "a list": lambda content: b"[]",
    "another's answer": changed(request=OTHER.decode()),
    "another run": changed(run="x"),
    "no digest": changed(digest=""),
    "a digest of another kind": changed(digest=7),
    "deep": lambda content: b"[" * 100_000,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_is_missed_told_once_and_mended(damage: str, url: str) -> None:
    store, notes = shared(url)
    store.put(REQUEST, ENTRY)
    place = store._place(REQUEST)
    store._files.pipe_file(place, DAMAGE[damage](store._files.cat_file(place)))
    assert (store.get(REQUEST), store.get(REQUEST)) == (None, None)
    assert notes == ["shared cache: damaged answers were asked again"]
    store.put(REQUEST, ENTRY)
    assert store.get(REQUEST) == ENTRY


class Broken:
    """A file system that works for a while."""

    def __init__(self, inner: object, works: int, only: str = "") -> None:
        self._inner, self._works, self._only, self.asked = inner, works, only, 0

    def __getattr__(self, name: str) -> object:
        def call(*args: object, **more: object) -> object:
            if self._only in ("", name):
                self.asked += 1
                if self.asked > self._works:
                    raise ConnectionError("no route to the store")
            return getattr(self._inner, name)(*args, **more)

        return call


@pytest.mark.parametrize("works", [0, 1, 7])
def test_a_run_goes_on_without_a_store_that_fails_in_the_middle(works: int, url: str, tmp_path: Path) -> None:
    model = Scripted()
    with door(tmp_path / "a.sqlite", url, model) as one:
        store = one._account.shared
        assert store is not None
        store._files = broken = Broken(store._files, works)
        replies = one.ask_all(asks(SPEC, 60))
        assert all(reply.failure is None for reply in replies)
        assert len(model.asked) == 60
        assert sum("the run goes on without that" in note for note in one.notes) >= 1
        assert broken.asked < 60


def test_who_may_only_read_still_reads(url: str, tmp_path: Path) -> None:
    model = Scripted()
    with door(tmp_path / "a.sqlite", url, model) as one:
        one.ask_all(asks(SPEC, 10))
    with door(tmp_path / "b.sqlite", url, model) as two:
        assert two._account.shared is not None
        two._account.shared._files = Broken(two._account.shared._files, 0, only="pipe_file")
        two.ask_all([*asks(SPEC, ["new", "newer"]), *asks(SPEC, 10)])
        assert (two.spent.calls, two.spent.cache_hits) == (2, 10)
        assert any("it cannot be written" in note for note in two.notes)


def door(path: Path, url: str | None, model: Scripted, **more: object) -> Door:
    return Door(budget=Budget(Limits()), cache=Cache(path), connect=model, policy=HASTY, shared=url, **more)  # type: ignore[arg-type]  # the door's own names


def test_a_second_machine_pays_for_nothing_and_keeps_what_it_found(url: str, tmp_path: Path) -> None:
    model, questions = Scripted(), asks(SPEC, 30)
    with door(tmp_path / "a.sqlite", url, model, run_id="a") as one:
        first = one.ask_all(questions)
    with door(tmp_path / "b.sqlite", url, model, run_id="b") as two:
        second = two.ask_all(questions)
        assert (two.spent.calls, two.spent.cache_hits, two.booked.calls) == (0, 30, 0)
    assert [reply.texts for reply in second] == [reply.texts for reply in first]
    with door(tmp_path / "b.sqlite", None, model, run_id="c") as alone:
        alone.ask_all(questions)
        assert alone.spent.calls == 0
    assert len(model.asked) == 30


def test_one_question_asked_many_times_at_once_is_looked_for_first(tmp_path: Path) -> None:
    model, question = Scripted(), asks(SPEC, ["what?"])
    with door(tmp_path / "a.sqlite", str(tmp_path / "store"), model) as one:
        one.ask_all(question)
    with door(tmp_path / "b.sqlite", str(tmp_path / "store"), model, concurrency=4) as two:
        assert {reply.text for reply in two.ask_all(question * 8)} == {"re: what?"}
        assert (two.spent.calls, len(model.asked)) == (0, 1)


def test_without_stored_answers_nothing_is_asked_of_the_store(tmp_path: Path) -> None:
    model = Scripted()
    for mode in ("cache", "no_cache"):
        with door(tmp_path / f"{mode}.sqlite", str(tmp_path / "store"), model, mode=mode) as one:
            one.ask_all(asks(SPEC, 5))
    assert len(model.asked) == 10


def test_a_local_answer_comes_first(tmp_path: Path) -> None:
    model = Scripted()
    with door(tmp_path / "a.sqlite", None, model) as one:
        one.ask_all(asks(SPEC, 5))
    with door(tmp_path / "a.sqlite", str(tmp_path / "store"), model) as two:
        assert two._account.shared is not None
        two._account.shared._files = broken = Broken(None, 0)
        two.ask_all(asks(SPEC, 5))
        assert (broken.asked, two.spent.calls) == (0, 0)


@pytest.mark.parametrize("url", ["nonsense://x", "sftp2://host/x"])
def test_an_address_that_nobody_knows_is_refused_before_a_call(url: str) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        shared(url)


def test_many_answers_are_exported_a_few_at_a_time(tmp_path: Path) -> None:
    model = Scripted()
    with door(tmp_path / "a.sqlite", None, model, run_id="a") as one:
        one.ask_all(asks(SPEC, 50))
        cache = one._account.cache
        assert cache is not None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cache._store, "rows", None)  # not all at once
            assert cache.export(tmp_path / "all.jsonl") == 50
