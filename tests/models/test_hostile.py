"""What nobody honest sends: numbers that fit no float, whole records of nonsense, a server that is none."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from promptci.core import Message
from promptci.errors import DataError, MeasureError
from promptci.models import entry as entries
from promptci.models import keys
from promptci.models.answers import MalformedError, reply_of
from promptci.models.base import Reply, Request, Usage
from promptci.models.batch import lines
from promptci.models.batch.journal import Journal, Posted
from promptci.models.budget import Cost
from promptci.models.cache import Book, Cache
from promptci.models.entry import Entry
from promptci.models.retirement import offered
from promptci.models.shared import _read as read_shared

from .conftest import asks, spec_at

SPEC = spec_at("http://unused/v1")
REQUEST = keys.canonical(asks(SPEC, 1)[0])
REPLY = Reply(("yes",), usage=Usage(10, 1), model="m-1", attempts=2)
HUGE = "1" + "0" * 400  # a whole number that JSON may hold and no float can


def chat(body: str, **changes: Any) -> Reply:
    return reply_of(body.encode(), asks(SPEC, ["q"], **changes)[0], str)


def embedding(index: str, number: str) -> Reply:
    body = f'{{"data": [{{"index": {index}, "embedding": [{number}]}}]}}'
    return reply_of(body.encode(), Request(SPEC, "embedder", (Message("user", "q"),), kind="embedding"), str)


@pytest.mark.parametrize("number", [HUGE, f"-{HUGE}", "NaN", "Infinity", "1e999", '"x"', "[]", "{}"])
def test_a_probability_that_is_no_number_is_none_and_the_answer_stays(number: str) -> None:
    token = f'{{"token": "a", "logprob": {number}}}'
    reply = chat(
        f'{{"choices": [{{"message": {{"content": "yes"}}, "logprobs": {{"content": [{token}]}}}}]}}', logprobs=True
    )
    assert (reply.texts, reply.logprobs, reply.failure) == (("yes",), None, None)


@pytest.mark.parametrize("number", [HUGE, "NaN", "-Infinity", "1e999", "null", "[]", '"x"'])
def test_a_vector_that_no_float_holds_is_malformed(number: str) -> None:
    with pytest.raises(MalformedError, match="the vectors are not lists of numbers"):
        embedding("0", number)


@pytest.mark.parametrize("index", ["Infinity", "-Infinity", "NaN", "null", "[]", '"first"'])
def test_a_place_that_is_none_is_malformed(index: str) -> None:
    with pytest.raises(MalformedError, match="the vectors are not lists of numbers"):
        embedding(index, "1")


@pytest.mark.parametrize("index", ["1", "-1", "true", HUGE])
def test_a_place_that_no_input_has_is_malformed(index: str) -> None:
    with pytest.raises(MalformedError, match="which input"):
        embedding(index, "1")


@pytest.mark.parametrize("depth", [100, 900, 10_000])
@pytest.mark.parametrize("place", ["arguments", "content", "error"])
def test_an_answer_of_any_depth_is_read_or_malformed(place: str, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    message = {"arguments": f'{{"content": "a", "tool_calls": [{{"function": {{"name": "f", "arguments": {deep}}}}}]}}'}
    body = f'{{"choices": [{{"message": {message.get(place, f"""{{"content": {deep}}}""")}}}]}}'
    body = f'{{"error": [{deep}]}}' if place == "error" else body
    try:
        found = chat(body).texts
    except MalformedError:
        found = ("malformed",)
    assert found == ("a",) if place == "arguments" and depth < 900 else found in (("a",), ("malformed",))


def export(place: Path, **changes: Any) -> Path:
    """An export with one whole line, but for `changes`, under which the check fits again: whoever wrote it knew how."""
    with closing(Cache(place / "from")) as cache:
        cache.put(REQUEST, Entry(REPLY, "run", Cost(2, 11, 0.5)), Book())
        cache.export(place / "e")
    header, line = (place / "e").read_text().splitlines()
    row = {**json.loads(line), **changes}
    parts = row["request"].encode(), row["reply"].encode(), row["run"].encode(), row["created"]
    row["digest"] = entries.check(*parts).hex()
    (place / "e").write_text(f"{header}\n{json.dumps(row)}\n")
    return place / "e"


def spoiled(**changes: Any) -> str:
    return json.dumps(json.loads(entries.to_bytes(REPLY, Cost(2, 11, 0.5))) | changes)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"created": 2**63}, id="a-time-that-sqlite-cannot-hold"),
        pytest.param({"created": 2**53}, id="a-time-after-every-clock"),
        pytest.param({"created": -1}, id="a-time-before-there-were-clocks"),
        pytest.param({"created": True}, id="a-time-that-is-true"),
        pytest.param({"reply": spoiled(cost=[1, 2, float("nan")])}, id="a-cost-that-no-cap-meets"),
        pytest.param({"reply": spoiled(texts="yes")}, id="letters-for-texts"),
        pytest.param({"reply": spoiled(usage=[-10, 1, False])}, id="tokens-below-nothing"),
        pytest.param({"reply": "[]"}, id="no-reply"),
        pytest.param({"reply": "[" * 100_000}, id="a-reply-without-a-bottom"),
        pytest.param({"request": "q\u00e9"}, id="a-request-that-no-key-is-made-of"),
    ],
)
def test_a_line_of_nonsense_with_a_check_that_fits_is_a_damaged_line(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = export(tmp_path, **changes)
    with closing(Cache(tmp_path / "to")) as cache:
        assert cache.load(path) == 0
        assert cache.notes == [f"cache: 1 damaged lines of {path} were not taken"]
        assert cache.get(REQUEST) is None


@pytest.mark.parametrize(
    "line", ["[" * 100_000, '{"a":' * 50_000, "1" * 5000, "\x00\x1b"], ids=["deep", "keys", "long", "odd"]
)
def test_a_line_that_json_readers_choke_on_is_a_damaged_line(tmp_path: Path, line: str) -> None:
    path = export(tmp_path)
    path.write_text(path.read_text() + line + "\n")
    with closing(Cache(tmp_path / "to")) as cache:
        assert cache.load(path) == 1
        assert cache.get(REQUEST) == Entry(REPLY, "run", Cost(2, 11, 0.5))
        assert cache.notes == [f"cache: 1 damaged lines of {path} were not taken"]


def test_whose_answers_they_are_may_be_named_anew_and_the_check_holds_under_the_new_name(tmp_path: Path) -> None:
    path = export(tmp_path)
    with closing(Cache(tmp_path / "to")) as cache:
        assert cache.load(path, paid_by={"run": "merged", "other": "x"}) == 1
        assert cache.get(REQUEST, run="merged") is not None
        assert cache.get(REQUEST, run="run") is None
        assert cache.paid("merged") == Cost(2, 11, 0.5)


@pytest.mark.parametrize("reply", [spoiled(cost=[1, 2, float("inf")]), spoiled(texts=[1]), "{}", "[" * 9999])
def test_what_a_shared_store_holds_of_nonsense_is_no_answer(reply: str) -> None:
    digest = entries.check(REQUEST, reply.encode(), b"r").hex()
    row = {"request": REQUEST.decode(), "reply": reply, "run": "r", "digest": digest}
    assert read_shared(json.dumps(row).encode(), REQUEST) is None
    whole = entries.to_bytes(REPLY, Cost(1))
    row |= {"reply": whole.decode(), "digest": entries.check(REQUEST, whole, b"r").hex()}
    assert read_shared(json.dumps(row).encode(), REQUEST) == Entry(REPLY, "r", Cost(1))


@contextmanager
def saying(data: bytes) -> Iterator[str]:
    """A server that answers one connection with these bytes, whatever it is asked, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(2**16)
                connection.sendall(data)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        thread.join(10)


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"", "ended the connection before", id="silence"),
        pytest.param(b"220 mail ready\r\n", "does not speak HTTP (220 mail ready)", id="another-protocol"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\r\n", "does not speak HTTP", id="tls"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "was whole", id="a-chunk-that-is-none"),
        pytest.param(OK + b"A: b\r\n" * 200 + b"\r\n{}", "more than 100 headers", id="headers-without-end"),
        pytest.param(b"HTTP/1.1 200 " + b"x" * 70_000, "more than 65536 bytes", id="a-line-without-end"),
        pytest.param(OK + b"\r\n" + b"[" * 100_000, "no JSON", id="a-body-without-a-bottom"),
        pytest.param(OK + b"\r\n<html>", "no JSON", id="a-page"),
        pytest.param(OK + b"\r\n\xff\xfe{", "no JSON", id="no-text"),
        pytest.param(b"HTTP/1.1 401 No\r\n\r\n", "status 401", id="no-entry"),
        pytest.param(b"HTTP/1.1 302 Go\r\nLocation: http://evil/\r\n\r\n", "status 302", id="a-redirect"),
    ],
)
def test_a_list_of_models_from_what_is_no_such_server_is_one_message(data: bytes, said: str) -> None:
    with saying(data) as url, pytest.raises(MeasureError) as caught:
        offered(spec_at(url), date(2026, 1, 1), 10)
    assert caught.value.place == f"{url}/models"
    assert caught.value.problem.startswith("the server's list of models cannot be read: ")
    assert said in caught.value.problem


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b'{"data": 5}', b'{"data": [5, {"id": 5}, {"id": ""}]}'])
def test_a_list_without_models_offers_none(body: bytes) -> None:
    with saying(OK + b"\r\n" + body) as url:
        found = offered(spec_at(url), date(2026, 1, 1), 10)
    assert (found.names, found.retirements) == ((), ())


NOTE = {"digest": "d", "server": "s", "model": "m", "ids": ["1"], "state": "posted", "file": "f", "batches": ["b"]}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"state": "lost"}, id="a-state-that-would-count-as-settled"),
        pytest.param({"state": None}, id="no-state"),
        pytest.param({"state": ["posted"]}, id="a-list-of-states"),
        pytest.param({"ids": "12"}, id="letters-for-lines"),
        pytest.param({"ids": [1]}, id="numbers-for-lines"),
        pytest.param({"ids": None}, id="no-lines"),
        pytest.param({"batches": "b1"}, id="letters-for-batches"),
        pytest.param({"batches": {"b": 1}}, id="batches-by-name"),
        pytest.param({"part": "0"}, id="a-part-that-does-not-sort"),
        pytest.param({"part": True}, id="a-part-that-is-true"),
        pytest.param({"paid": 1}, id="a-field-of-a-later-version"),
    ],
)
def test_a_note_of_a_batch_that_means_nothing_is_not_taken_for_settled(changes: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "batch-d-0.json").write_text(json.dumps({**NOTE, "part": 0, **changes}))
    with pytest.raises(DataError, match="the note of a batch is damaged") as caught:
        list(Journal(tmp_path).all())
    assert "asks and pays again" in str(caught.value.hint)


def test_a_folder_in_the_place_of_a_note_is_a_damaged_note(tmp_path: Path) -> None:
    (tmp_path / "batch-d-0.json").mkdir()
    with pytest.raises(DataError, match="Is a directory"):
        list(Journal(tmp_path).all())


def test_notes_come_back_in_the_order_of_posting_with_every_name_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run")
    notes = [journal.note(Posted(digest, "s", "m", ("1", "2"), part=part)) for part, digest in ((2, "a"), (10, "b"))]
    notes.insert(1, journal.note(Posted("c", "s", "m", (), part=2)))
    assert list(journal.all()) == notes
    moved = journal.moved(journal.moved(notes[0], "posted", "x"), "posted", "y", "x")
    assert (moved.batches, moved.is_open) == (("x", "y"), True)
    assert not journal.moved(moved, "collected").is_open
    assert [posted.state for posted in journal.all()] == ["collected", "posting", "posting"]


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"error": {"code": "batch_expired", "message": "late"}}, "batch_expired"),
        ({"error": {"message": "late"}}, "late"),
        ({"error": {}}, "no answer"),
        ({"error": {"code": None, "message": None}}, "no answer"),
        ({"error": "late"}, "no answer"),
        ({}, "no answer"),
        ({"response": None}, "no answer"),
        ({"response": {"status_code": "200", "body": {}}}, "no answer"),
        ({"response": {"status_code": True, "body": {}}}, "no answer"),
        ({"response": {"status_code": 200, "body": None}}, "no answer"),
    ],
)
def test_a_line_without_an_answer_says_what_is_known_of_it(row: dict[str, Any], error: str) -> None:
    found = lines.read(json.dumps({"custom_id": "a", **row}).encode() + b"\r\n")
    assert found == {"a": lines.Said(0, b"", error)}
