"""Tasks answered in their order as far as somebody wants them, whatever comes in first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from promptci.core import Case, Outcome
from promptci.metrics.exact import Exact
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.prompts.conversation import plain
from promptci.scoring import Grading, Task, answer, answer_ahead

SPEC = ModelSpec("m", "http://127.0.0.1:9/v1")
GRADING = Grading(Exact(), SPEC)


class Turning:
    """Answers each round of calls from the last to the first; every third case is wrong."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def connect(self, spec: ModelSpec) -> Turning:
        return self

    async def send(self, request: Request) -> Reply:
        number = int(request.messages[-1].content.split()[-1])
        self.asked.append(number)
        for _ in range(20 - number % 8):  # turns of the loop, no time
            await asyncio.sleep(0)
        return Reply(texts=("no" if number % 3 == 0 else "yes",), model="m-1", attempts=1)

    async def close(self) -> None:
        """Hold nothing."""


def tasks(count: int) -> list[Task]:
    template = plain("Say {{ n }}")
    return [Task(template, Case(f"c{n}", {"n": f"number {n}"}, "yes"), SPEC) for n in range(count)]


def door(model: Turning, *, concurrency: int = 8, calls: int | None = None) -> Door:
    return Door(budget=Budget(Limits(max_calls=calls)), concurrency=concurrency, connect=model.connect)


@pytest.mark.parametrize("concurrency", [1, 4, 8])
def test_the_outcomes_come_in_order_and_are_those_of_a_plain_answering(concurrency: int) -> None:
    found: list[Outcome] = []

    def all_of_them(news: Sequence[Outcome]) -> int:
        found.extend(news)
        return 30

    with door(Turning(), concurrency=concurrency) as asking:
        assert answer_ahead(asking, tasks(30), GRADING, all_of_them) == 30
    with door(Turning()) as asking:
        plainly = answer(asking, tasks(30), GRADING)
    assert [o.case_id for o in found] == [f"c{n}" for n in range(30)]
    assert [o.score for o in found] == [o.score for o in plainly]


@pytest.mark.parametrize("concurrency", [1, 4, 8])
@pytest.mark.parametrize("window", [0, 3, 8])
def test_what_is_asked_rests_on_the_order_alone(concurrency: int, window: int) -> None:
    """Looks at 5, 10, 15, ...; enough at 15: exactly the window behind it is asked as well."""
    found: list[Outcome] = []

    def up_to_fifteen(news: Sequence[Outcome]) -> int:
        found.extend(news)
        return min(15, 5 * (len(found) // 5 + 1)) + window

    model = Turning()
    with door(model, concurrency=concurrency) as asking:
        answer_ahead(asking, tasks(40), GRADING, up_to_fifteen)
    assert sorted(model.asked) == list(range(15 + window))
    assert [o.case_id for o in found] == [f"c{n}" for n in range(15 + window)]


@pytest.mark.parametrize("room", [0, -1, 99], ids=["none", "below none", "more than there are"])
def test_room_beside_the_tasks(room: int) -> None:
    model = Turning()
    with door(model) as asking:
        found = answer_ahead(asking, tasks(6), GRADING, lambda news: room)
    assert found == len(model.asked) == (6 if room > 0 else 0)


def test_room_is_never_taken_back() -> None:
    rooms = iter([6, *[0] * 6])
    with door(Turning()) as asking:
        assert answer_ahead(asking, tasks(9), GRADING, lambda news: next(rooms)) == 6


@pytest.mark.parametrize("calls", [0, 7, 20])
def test_no_call_is_sent_beyond_the_budget(calls: int) -> None:
    found: list[Outcome] = []

    def all_of_them(news: Sequence[Outcome]) -> int:
        found.extend(news)
        return 30

    model = Turning()
    with door(model, calls=calls) as asking:
        answer_ahead(asking, tasks(30), GRADING, all_of_them)
    assert len(model.asked) == calls
    assert sum(o.score.value is not None for o in found) == calls
    kinds = {o.score.reason.kind for o in found if o.score.reason is not None}
    assert kinds == {"budget"}
