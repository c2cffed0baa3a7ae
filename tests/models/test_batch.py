"""Batches against a server that plays every trap: nothing is lost, nothing is paid twice, whatever job collects."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.errors import DataError
from promptci.models.base import Failure, Price, Reply, Request, Usage
from promptci.models.batch.collecting import reply_to
from promptci.models.batch.executor import Batches, BatchPendingError, Terms
from promptci.models.batch.journal import Journal, Posted
from promptci.models.batch.lines import Line, Said, digest_of, read, split
from promptci.models.batch.prices import costs, shared_tokens
from promptci.models.budget import Budget, Limits
from promptci.models.cache import Cache
from promptci.models.door import Door
from promptci.models.learning import Learned
from tests.models.batchserver import TRAPS, BatchServer
from tests.models.conftest import HASTY, PRICE, Scripted, asks, spec_at


async def at_once(_seconds: float) -> None:
    """Wait for nothing."""


class Ticking:
    """A clock that moves by one second with each look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def door(
    place: Path, *, batch: bool, wait_s: float = 1000.0, limits: Limits | None = None, shared: str | None = None
) -> Door:
    def make(account: object) -> Batches:
        terms = Terms(discount=0.5, wait_s=wait_s, pause_s=0)
        return Batches(account, Journal(place / "run"), terms, sleep=at_once, clock=Ticking())  # type: ignore[arg-type]  # it is one

    return Door(
        budget=Budget(limits or Limits()),
        cache=Cache(place / "answers.sqlite"),
        run_id="r",
        policy=HASTY,
        executor=make if batch else None,
        shared=shared,
    )


def told(replies: list[Reply]) -> list[str | None]:
    return [reply.text for reply in replies]


def story(place: Path, questions: list[Request], *, waits: tuple[float, ...]) -> tuple[Door, list[Reply]]:
    """Hand the questions over in as many jobs as there are waits, then ask what is left live, as a check does."""
    for wait_s in waits:
        with door(place, batch=True, wait_s=wait_s) as one:
            try:
                one.ask_all(questions)
            except BatchPendingError:
                assert wait_s < 1000
    with door(place, batch=False) as last:
        return last, last.ask_all(questions)


@pytest.mark.parametrize("waits", [(1000.0,), (0.0, 3.0, 1000.0)], ids=["one job", "three jobs"])
@pytest.mark.parametrize("trap", TRAPS)
def test_whatever_the_server_does_every_answer_is_there_and_paid_once(
    trap: str, waits: tuple[float, ...], tmp_path: Path
) -> None:
    with BatchServer(trap) as server:
        questions = asks(spec_at(server.url, deadline_s=60.0), 23)
        done, replies = story(tmp_path, questions, waits=waits)
        assert all(reply.failure is None for reply in replies)
        assert set(server.billed.values()) == {1}
        assert server.posted == 1
        assert done.booked.calls >= done.spent.calls
        whole = trap in ("none", "doubled", "strangers", "made_twice", "not_there_yet", "files_late", "cut_download")
        assert (server.live == []) == (whole or trap in _FOUND)
        if whole:
            assert (done.spent.sent, done.booked.calls) == (23, 23)


_FOUND = ("error_after_accept", "broken_after_accept", "slow_listing", "wrong_usage", "rate_limited")


@pytest.mark.fault
@pytest.mark.parametrize("trap", TRAPS)
def test_fifty_times_nothing_is_lost_and_nothing_paid_twice(trap: str, tmp_path: Path) -> None:
    for turn in range(50):
        waits = [(1000.0,), (0.0, 1000.0), (float(turn), 1000.0), (2.0, float(turn % 7), 1000.0)][turn % 4]
        with BatchServer(trap, nth=2 + turn % 6) as server:
            questions = asks(spec_at(server.url, deadline_s=60.0), 5 + turn)
            _, replies = story(tmp_path / str(turn), questions, waits=waits)
            assert all(reply.failure is None for reply in replies)
            assert set(server.billed.values()) == {1}


def test_a_batch_costs_its_share_of_the_price_in_every_job(tmp_path: Path) -> None:
    with BatchServer() as server:
        questions = asks(spec_at(server.url), 10)
        with door(tmp_path, batch=True) as one:
            one.ask_all(questions)
            once = one.spent.cost_usd
        with door(tmp_path, batch=False) as last:
            last.ask_all(questions)
            assert last.spent.cost_usd == once == pytest.approx(10 * 0.5 * (10 * 0.40 + 4 * 1.60) / 1e6)
            assert last.spent.cache_hits == 0


def test_what_one_machine_had_in_a_batch_another_does_not_pay_for(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    with BatchServer() as server:
        questions = asks(spec_at(server.url), 40)
        for name, asked in (("a", questions[:35]), ("b", questions)):
            with door(tmp_path / name, batch=True, shared=str(tmp_path / "store")) as one:
                assert all(reply.failure is None for reply in one.ask_all(asked))
        assert (server.posted, set(server.billed.values()), len(server.billed)) == (2, {1}, 40)


@pytest.mark.parametrize("cap", [0, 7, 23])
def test_the_cap_on_calls_holds_for_what_is_handed_over(cap: int, tmp_path: Path) -> None:
    with BatchServer() as server, door(tmp_path, batch=True, limits=Limits(max_calls=cap)) as one:
        replies = one.ask_all(asks(spec_at(server.url), 23))
        assert sum(server.billed.values()) == cap == one.spent.calls
        kinds = {reply.failure.kind for reply in replies if reply.failure is not None}
        assert kinds == ({"budget"} if cap < 23 else set())


def test_an_open_batch_is_in_no_later_jobs_way(tmp_path: Path) -> None:
    with BatchServer() as server:
        questions = asks(spec_at(server.url), 10)
        with door(tmp_path, batch=True, wait_s=0, limits=Limits(max_calls=12)) as one, pytest.raises(BatchPendingError):
            one.ask_all(questions)
        with door(tmp_path, batch=True, limits=Limits(max_calls=12)) as later:
            replies = later.ask_all([*questions, *asks(spec_at(server.url), ["more", "and more", "too much"])])
        assert [reply.failure is None for reply in replies] == [True] * 12 + [False]
        assert (server.posted, sum(server.billed.values()), later.spent.sent) == (2, 12, 12)


def test_the_same_question_is_one_line(tmp_path: Path) -> None:
    with BatchServer() as server, door(tmp_path, batch=True) as one:
        first, second = one.ask_all(asks(spec_at(server.url), ["same", "same"]))
        assert (first.text, sum(server.billed.values())) == (second.text, 1)


def test_what_no_batch_takes_is_left_for_later(tmp_path: Path) -> None:
    with door(tmp_path, batch=True) as one:
        (reply,) = one.ask_all(asks(spec_at("", base_url=None, model="offline"), 1))
    assert reply.failure is not None
    assert (reply.failure.kind, reply.failure.unsent) == ("absent", True)


def test_a_server_without_batches_costs_nothing_and_is_told(tmp_path: Path) -> None:
    with BatchServer() as server, door(tmp_path, batch=True) as one:
        spec = spec_at(server.url.replace("/v1", "/v0"))
        replies = one.ask_all(asks(spec, 3))
        assert {reply.failure.kind for reply in replies if reply.failure} == {"server"}
        assert one.spent.calls == one.booked.calls == 0


def test_a_missing_key_is_no_batch(tmp_path: Path) -> None:
    with door(tmp_path, batch=True) as one:
        (reply,) = one.ask_all(asks(spec_at("", base_url=None), 1))
    assert reply.failure is not None
    assert "OPENAI_API_KEY is not set" in reply.failure.detail


def test_a_line_is_a_request_of_the_protocol() -> None:
    (request,) = asks(spec_at("http://127.0.0.1:1/v1"), ["what?"])
    learned = Learned()
    learned.refused.add("max_tokens")
    row = json.loads(Line("i", request, learned).text)
    assert (row["custom_id"], row["method"], row["url"]) == ("i", "POST", "/v1/chat/completions")
    assert row["body"]["messages"] == [{"role": "user", "content": "what?"}]
    assert row["body"]["max_completion_tokens"] == 16


@pytest.mark.parametrize(("most", "most_bytes", "sizes"), [(2, 10**9, [2, 2, 1]), (9, 10**9, [5]), (9, 1, [1] * 5)])
def test_files_keep_to_the_servers_limits(most: int, most_bytes: int, sizes: list[int]) -> None:
    lines = [Line(str(n), request, Learned()) for n, request in enumerate(asks(spec_at("http://x/v1"), 5))]
    parts = list(split(lines, most=most, most_bytes=most_bytes))
    assert [len(part) for part in parts] == sizes
    assert [line for part in parts for line in part] == lines


def test_a_batchs_name_is_its_content() -> None:
    assert digest_of("s", ["a", "b"]) == digest_of("s", ["b", "a"]) != digest_of("t", ["a", "b"])


ROW = {"custom_id": "a", "response": {"status_code": 200, "body": {"x": 1}}, "error": None}


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([ROW], 200),
        ([ROW, {**ROW, "response": {"status_code": 500, "body": {}}}], 200),
        ([{**ROW, "response": {"status_code": 500, "body": {}}}, ROW], 200),
        ([{**ROW, "response": None, "error": {"code": "batch_expired"}}], 0),
        ([{**ROW, "response": {"status_code": "200", "body": {}}}], 0),
        ([{**ROW, "response": {"status_code": 200, "body": None}}], 0),
    ],
    ids=["answer", "answer first", "answer last", "error", "status as text", "no body"],
)
def test_the_best_that_is_said_of_a_line_counts(rows: list[dict[str, object]], status: int) -> None:
    assert read("\n".join(map(json.dumps, rows)).encode())["a"].status == status


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"nonsense", b"[1]", b"{}", b'{"custom_id": 1}', b"\xff\xfe", b'{"cust']
)
def test_what_is_no_line_says_nothing(content: bytes) -> None:
    assert read(content) == {}


@pytest.mark.parametrize(
    ("said", "status", "kind", "unsent"),
    [
        (None, "completed", "connection", False),
        (None, "expired", "server", True),
        (None, "failed", "server", True),
        (Said(0, b"", "batch_expired"), "expired", "server", True),
        (Said(0, b"", "overloaded"), "completed", "server", False),
        (Said(429, b"{}"), "completed", "rate_limit", False),
        (Said(401, b"{}"), "completed", "credentials", False),
        (Said(500, b'{"error": {"message": "no"}}'), "completed", "server", False),
        (Said(400, b"null"), "completed", "bad_request", False),
        (Said(200, b"{}"), "completed", "malformed", False),
    ],
    ids=["neither", "expired whole", "refused whole", "expired", "error", "429", "401", "500", "400", "no answer"],
)
def test_a_line_without_an_answer_says_why(said: Said | None, status: str, kind: str, unsent: bool) -> None:
    (request,) = asks(spec_at("http://x/v1"), 1)
    reply = reply_to(request, said, status, str)
    assert reply.failure is not None
    assert (reply.failure.kind, reply.failure.unsent, reply.texts) == (kind, unsent, ())


def test_the_journal_keeps_what_was_handed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run")
    first = journal.note(Posted("d", "s", "m", ("a", "b"), file="f"))
    journal.note(Posted("e", "s", "m", ("c",), part=1))
    moved = journal.moved(first, "posted", "batch-1", "batch-1", "batch-2")
    assert list(journal.all()) == [moved, Posted("e", "s", "m", ("c",), part=1)]
    assert (moved.batches, moved.is_open) == (("batch-1", "batch-2"), True)
    assert not journal.moved(moved, "collected").is_open


def test_a_damaged_note_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "batch-x-0.json").write_text("{")
    with pytest.raises(DataError, match="damaged"):
        list(Journal(tmp_path).all())


LONG = "You are careful. " * 400  # 6,800 characters, 1,700 tokens


@pytest.mark.parametrize(
    ("prefix", "cached_input", "cheaper"),
    [("", 0.1, True), (LONG, 1.0, True), (LONG, 0.1, False), (LONG[:2000], 0.1, True)],
    ids=["short", "no discount on cached input", "cached input is cheaper", "too short to be cached"],
)
def test_half_the_price_is_not_always_cheaper(prefix: str, cached_input: float, cheaper: bool) -> None:
    questions = asks(spec_at("http://x/v1"), [f"{prefix}question {n}" for n in range(20)])
    found = costs(questions, discount=0.5, cached_input=cached_input)
    assert found.batch == pytest.approx(found.live / 2)
    assert found.batch_is_cheaper == cheaper
    assert ("cached" in str(found)) == (found.cached < found.live)


def test_what_costs_nothing_may_go_in_a_batch() -> None:
    spec = replace(spec_at("http://127.0.0.1:1/v1"), price=Price(0, 0))
    assert costs(asks(spec, 3), discount=0.5, cached_input=0.5).batch_is_cheaper


def test_only_beginnings_are_shared() -> None:
    questions = asks(spec_at("http://x/v1"), [f"{n}{LONG}" for n in range(5)])
    assert shared_tokens(questions) == 0


def test_an_answer_that_nobody_asked_for_is_booked(tmp_path: Path) -> None:
    with door(tmp_path, batch=False, limits=Limits(max_calls=9)) as one:
        (request,) = asks(spec_at("http://127.0.0.1:1/v1", price=PRICE), 1)
        one._account.book(request, Reply(texts=("x",), usage=Usage(100, 10)))
        assert (one.booked.calls, one.booked.tokens, one.spent.calls) == (1, 110, 1)
        assert one.spent.cost_usd > 0


def test_what_is_withheld_is_never_asked(tmp_path: Path) -> None:
    model = Scripted()
    mine, others = asks(spec_at("http://x/v1"), 4)[:2], asks(spec_at("http://x/v1"), 4)[2:]
    with Door(budget=Budget(Limits()), connect=model) as one:
        one.withhold(others, Failure("absent", "elsewhere", unsent=True))
        replies = one.ask_all([*mine, *others])
    assert [reply.failure is None for reply in replies] == [True, True, False, False]
    assert model.asked == mine
