"""The door as everyone above sees it: plain calls in, replies out, nothing sent twice, nothing loaded in vain."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from promptci.errors import ConfigError
from promptci.models.account import Spent
from promptci.models.base import Failure, Reply, Request, Usage
from promptci.models.budget import Limits
from promptci.models.cache import Cache
from promptci.models.executor import Executor

from .conftest import Scripted, asks, door, said, spec_at
from .faultserver import Asked, FaultServer

SPEC = spec_at("http://unused/v1")


def test_replies_come_in_order_and_each_as_it_is_there() -> None:
    seen: list[int] = []
    with FaultServer() as server, door() as asking:
        requests = asks(spec_at(server.url), 30)
        replies = asking.ask_all(requests)
        asking.ask(requests, lambda index, reply: seen.append(index))
    assert sorted(seen) == list(range(30))
    assert len({reply.text for reply in replies}) == 30
    assert replies[0].model == "m-served"
    assert replies[0].fingerprint == "fp_1"


def test_an_empty_asking_is_no_asking() -> None:
    with door(connect=Scripted()) as asking:
        assert asking.ask_all([]) == []


def test_questions_are_pulled_only_as_places_become_free() -> None:
    pulled, answered = 0, 0

    def questions() -> Iterator[Request]:
        nonlocal pulled
        for request in asks(SPEC, 200):
            pulled += 1
            assert pulled - answered <= 4
            yield request

    def each(index: int, reply: Reply) -> None:
        nonlocal answered
        answered += 1

    with door(concurrency=4, connect=Scripted()) as asking:
        asking.ask(questions(), each)
    assert pulled == answered == 200


def test_a_question_may_wait_for_an_answer_that_is_on_its_way() -> None:
    """The second half is there only once the whole first half is answered, in whatever order."""
    answered: list[int] = []
    requests = asks(SPEC, 20)

    def questions() -> Iterator[Request | None]:
        yield from requests[:10]
        while len(answered) < 10:
            yield None
        yield from requests[10:]

    with door(concurrency=4, connect=Scripted()) as asking:
        asking.ask(questions(), lambda index, reply: answered.append(index))
    assert sorted(answered[:10]) == list(range(10))
    assert sorted(answered) == list(range(20))


@pytest.mark.parametrize("first", [0, 3], ids=["at once", "after the last answer"])
def test_waiting_for_an_answer_that_nobody_gives_is_a_mistake_that_is_named(first: int) -> None:
    with door(concurrency=2, connect=Scripted()) as asking, pytest.raises(RuntimeError, match="not on its way"):
        asking.ask([*asks(SPEC, first), None], lambda index, reply: None)


def test_answers_are_given_in_the_thread_that_asks() -> None:
    threads = set()
    with door(connect=Scripted()) as asking:
        asking.ask(asks(SPEC, 5), lambda index, reply: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


def test_asking_from_within_an_answer_is_a_mistake_that_is_named() -> None:
    with door(connect=Scripted()) as asking, pytest.raises(RuntimeError, match="from within its own callback"):
        asking.ask(asks(SPEC, 1), lambda index, reply: asking.ask(asks(SPEC, 1), lambda *_: None))


@pytest.mark.parametrize("cached", [False, True])
def test_what_a_callback_raises_arrives_and_answers_stay(tmp_path: Path, cached: bool) -> None:
    class EnoughError(Exception):
        pass

    def each(index: int, reply: Reply) -> None:
        if index == 7:
            raise EnoughError

    with door(cache=Cache(tmp_path / "c"), connect=Scripted(), concurrency=1) as asking:
        if cached:
            asking.ask_all(asks(SPEC, 10))
        with pytest.raises(EnoughError):
            asking.ask(asks(SPEC, 10), each)
        assert asking.spent.calls == (10 if cached else 8)
        assert asking.ask_all(asks(SPEC, 3))[2].text == "re: question 2"


def test_a_question_is_sent_once_even_when_it_is_asked_twice_at_a_time(tmp_path: Path) -> None:
    with FaultServer() as server, door(cache=Cache(tmp_path / "c"), concurrency=8) as asking:
        replies = asking.ask_all(asks(spec_at(server.url), ["same"] * 8 + ["other"]))
        assert server.calls == 2
        assert asking.spent.calls == 2
        assert asking.spent.cache_hits == 7
    assert {reply.text for reply in replies[:8]} == {replies[0].text}


def test_samples_are_independent_questions(tmp_path: Path) -> None:
    model = Scripted()
    with door(cache=Cache(tmp_path / "c"), connect=model) as asking:
        for sample in (0, 1, 2, 0):
            asking.ask_all(asks(SPEC, 2, sample=sample))
    assert len(model.asked) == 6


def test_a_second_run_pays_nothing(tmp_path: Path) -> None:
    model = Scripted()
    for _ in range(2):
        with door(cache=Cache(tmp_path / "c"), connect=model) as asking:
            replies = asking.ask_all(asks(SPEC, 5))
            spent = asking.spent
    assert len(model.asked) == 5
    assert (spent.calls, spent.cache_hits, spent.cost_usd, spent.usage) == (0, 5, 0.0, Usage())
    assert all(reply.cached and reply.attempts == 0 for reply in replies)


def test_a_replay_sends_nothing_and_says_what_is_missing(tmp_path: Path) -> None:
    model = Scripted()
    with door(cache=Cache(tmp_path / "c"), connect=model) as asking:
        asking.ask_all(asks(SPEC, 2))
    with door(cache=Cache(tmp_path / "c"), connect=model, mode="replay") as asking:
        replies = asking.ask_all(asks(SPEC, 3))
    assert [reply.text for reply in replies] == ["re: question 0", "re: question 1", None]
    assert replies[2].failure is not None
    assert replies[2].failure.kind == "replay"
    assert len(model.asked) == 2


def test_an_answer_of_no_use_stays_with_its_run_and_is_asked_for_again_by_the_next(tmp_path: Path) -> None:
    model = Scripted()

    def run(run_id: str, **changes: Any) -> Spent:
        with door(cache=Cache(tmp_path / "c"), connect=model, run_id=run_id, **changes) as asking:
            asking.ask(asks(SPEC, 2), lambda index, _: asking.forget(asks(SPEC, 2)[index]) if index == 0 else None)
            return asking.spent

    assert (run("a").calls, len(model.asked)) == (2, 2)
    assert (run("a").calls, len(model.asked)) == (2, 2), "resumed: the same answers again, and nothing sent"
    replayed = run("r", mode="replay")
    assert (replayed.calls, replayed.cache_hits, len(model.asked)) == (0, 2, 2)
    second = run("b")
    assert (second.calls, second.cache_hits, len(model.asked)) == (1, 1, 3)
    assert (run("b").calls, len(model.asked)) == (1, 3)
    with door(cache=Cache(tmp_path / "c"), connect=model) as asking:
        assert asking.estimate(asks(SPEC, 2)).calls == 1, "an estimate counts it too"


def test_another_run_s_answer_of_no_use_is_replayed_to_the_run_that_found_it_so(tmp_path: Path) -> None:
    model = Scripted()
    for run_id, sent in (("a", 1), ("b", 1), ("b", 1), ("c", 2)):
        with door(cache=Cache(tmp_path / "c"), connect=model, run_id=run_id) as asking:
            asking.ask_all(asks(SPEC, 1))
            if run_id == "b":
                asking.forget(asks(SPEC, 1)[0])
        assert len(model.asked) == sent, run_id


def test_no_cache_reads_nothing_old_and_keeps_what_is_new(tmp_path: Path) -> None:
    model = Scripted()
    with door(cache=Cache(tmp_path / "c"), connect=model) as asking:
        asking.ask_all(asks(SPEC, 3))
    for run_id in ("a", "a", "b"):
        with door(cache=Cache(tmp_path / "c"), connect=model, mode="no_cache", run_id=run_id) as asking:
            asking.ask_all(asks(SPEC, 3))
            assert asking.spent.calls == 3
    assert len(model.asked) == 9, "run a pays once, and its resume nothing"


def test_paid_for_failures_are_kept_and_passing_ones_are_not(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        kind = "truncated" if "long" in request.messages[0].content else "bad_request"
        return Reply(failure=Failure(kind, "because"), usage=Usage(3, 4))  # type: ignore[arg-type]  # both are kinds

    model = Scripted(answer)
    for _ in range(2):
        with door(cache=Cache(tmp_path / "c"), connect=model) as asking:
            replies = asking.ask_all(asks(SPEC, ["long", "wrong"]))
    assert [request.messages[0].content for request in model.asked] == ["long", "wrong", "wrong"]
    assert replies[0].failure == Failure("truncated", "because")


@pytest.mark.parametrize("kind", ["credentials", "quota"])
def test_a_refused_key_or_an_empty_purse_ends_the_run_at_once(kind: str) -> None:
    def answer(request: Request) -> Reply:
        return Reply(failure=Failure(kind, "no")) if "3" in request.messages[0].content else said(request)  # type: ignore[arg-type]  # parametrized

    model = Scripted(answer)
    with door(connect=model, concurrency=1) as asking:
        replies = asking.ask_all(asks(SPEC, 10))
        assert asking.stopped == Failure(kind, "no")  # type: ignore[arg-type]  # parametrized
    assert len(model.asked) == 4
    assert [reply.failure is None for reply in replies] == [True] * 3 + [False] * 7
    assert replies[9].attempts == 0


def test_a_model_that_answers_nothing_at_all_is_given_up() -> None:
    model = Scripted(lambda request: Reply(failure=Failure("bad_request", "no such model")))
    with door(connect=model) as asking:
        asking.ask_all(asks(SPEC, 100))
        assert asking.stopped is not None
        assert "has answered nothing so far (check its name, its address and its key" in asking.stopped.detail
    assert len(model.asked) < 30


def test_several_answers_are_fetched_one_by_one_where_a_server_gives_one_at_a_time(tmp_path: Path) -> None:
    model = Scripted(lambda request: Reply(texts=(f"sample {request.sample}",), usage=Usage(1, 1)))
    with door(cache=Cache(tmp_path / "c"), connect=model) as asking:
        reply = asking.ask_all(asks(SPEC, 1, n=3))[0]
        assert asking.spent.calls == reply.attempts == 3
        again = asking.ask_all(asks(SPEC, 1, n=3))[0]
    assert len(set(reply.texts)) == 3
    assert again.texts == reply.texts
    assert [request.n for request in model.asked] == [3, 2, 1]


def test_an_estimate_counts_what_is_not_stored(tmp_path: Path) -> None:
    with door(cache=Cache(tmp_path / "c"), connect=Scripted()) as asking:
        asking.ask_all(asks(SPEC, 2))
        estimate = asking.estimate(asks(SPEC, 5) + asks(SPEC, 5))
        assert asking.spent.cache_hits == 0
    assert (estimate.calls, estimate.cached, estimate.output_tokens, estimate.unpriced) == (3, 7, 48, 0)
    assert estimate.usd == pytest.approx((estimate.input_tokens * 0.40 + 48 * 1.60) / 1e6)


def test_what_a_caller_notes_is_told_once() -> None:
    with door(connect=Scripted()) as asking:
        for text in ("cut", "cut", "empty"):
            asking.note(text)
        assert asking.notes == ["cut", "empty"]


def test_clients_are_closed_once_and_closing_twice_is_nothing(tmp_path: Path) -> None:
    model = Scripted()
    asking = door(cache=Cache(tmp_path / "c"), connect=model)
    asking.ask_all(asks(SPEC, 3))
    asking.close()
    asking.close()
    assert model.closed == 1


def test_the_cache_is_closed_whatever_goes_wrong_while_closing(tmp_path: Path) -> None:
    class Stuck(Scripted):
        async def close(self) -> None:
            raise RuntimeError("stuck")

    cache = Cache(tmp_path / "c")
    asking = door(cache=cache, connect=Stuck())
    asking.ask_all(asks(SPEC, 3))
    with pytest.raises(RuntimeError, match="stuck"):
        asking.close()
    asking.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        cache.size()


def test_a_door_whose_way_cannot_be_made_closes_what_it_has(tmp_path: Path) -> None:
    def refused(account: object) -> Executor:
        raise ConfigError("no such way")

    cache = Cache(tmp_path / "c")
    with pytest.raises(ConfigError, match="no such way"), door(cache=cache, executor=refused) as asking:
        asking.ask_all(asks(SPEC, 3))
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        cache.size()


def test_a_door_that_cannot_be_opened_leaves_no_cache_open(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c")
    with pytest.raises(ConfigError, match="no price"):
        door(Limits(max_usd=1.0), cache=cache, specs=[spec_at("http://unused.example/v1", price=None)])
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        cache.size()


def test_stored_answers_need_neither_the_openai_package_nor_an_event_loop(tmp_path: Path) -> None:
    with door(cache=Cache(tmp_path / "c"), connect=Scripted()) as asking:
        asking.ask_all(asks(SPEC, 3))
    script = f"""
import sys
from pathlib import Path
from typing import Any
from tests.models.conftest import asks, spec_at, HASTY
from promptci.models.budget import Budget
from promptci.models.cache import Cache
from promptci.models.executor import Executor
from promptci.models.door import Door
loaded = set(sys.modules)
with Door(budget=Budget(), cache=Cache(Path({str(tmp_path / "c")!r}))) as door:
    assert [r.text for r in door.ask_all(asks(spec_at("http://unused/v1"), 3))][2] == "re: question 2"
late = set(sys.modules) - loaded
assert not late & {{"asyncio", "openai", "aiohttp", "promptci.models.pipeline"}}, late
assert "openai" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])


# The client's own generators stay where the signal struck, and Python says so when it collects them.
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_exit_raised_by_a_signal_sends_nothing_more(tmp_path: Path) -> None:
    def leave(number: int, frame: object) -> None:
        raise SystemExit(143)

    def plan(asked: Asked) -> str | None:
        if int(asked.text.split()[1]) == 12:
            os.kill(os.getpid(), signal.SIGTERM)
        return None

    before = signal.signal(signal.SIGTERM, leave)
    try:
        with FaultServer(plan, delay_s=0.02) as server:
            with (
                pytest.raises(SystemExit),
                door(cache=Cache(tmp_path / "c"), run_id="r", concurrency=4) as asking,
            ):
                asking.ask_all(asks(spec_at(server.url), 40))
            calls = server.calls
            assert calls < 20
            with door(cache=Cache(tmp_path / "c"), run_id="r", concurrency=4) as asking:
                asking.ask_all(asks(spec_at(server.url), 12))
                assert asking.spent.calls == 12
            assert server.calls - calls <= 4, "what was answered before the exit is there"
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_interrupt_leaves_every_answer_committed(tmp_path: Path) -> None:
    def plan(asked: Asked) -> str | None:
        return "hang" if int(asked.text.split()[1]) >= 20 else None

    answered: list[int] = []

    def each(index: int, reply: Reply) -> None:
        answered.append(index)
        if len(answered) == 20:
            os.kill(os.getpid(), signal.SIGINT)

    with FaultServer(plan) as server:
        requests = asks(spec_at(server.url, deadline_s=60), 30)
        asking = door(cache=Cache(tmp_path / "c"), run_id="r", concurrency=4)
        with pytest.raises(KeyboardInterrupt):
            asking.ask(requests, each)
        asking.close()
        server.plan = lambda asked: None
        with door(cache=Cache(tmp_path / "c"), run_id="r", concurrency=4, limits=Limits(max_calls=40)) as asking:
            asking.ask_all(requests)
            assert asking.spent.calls == 30
        assert all(count == 1 for count in server.answered.values())
        assert 30 <= server.calls <= 34
