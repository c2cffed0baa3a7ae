"""A pair asked up to each look with the next cases on their way: looks by order, one window more, nothing twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from promptci.core import Case
from promptci.measure.ahead import answered_ahead
from promptci.measure.pair import Pair
from promptci.metrics.exact import Exact
from promptci.models.base import ModelSpec, Reply, Request, Usage
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.project.side import Side
from promptci.prompts.conversation import plain
from promptci.run.arm import Arm
from promptci.run.session import Session
from promptci.run.values import Values
from promptci.scoring import Grading

SPEC = ModelSpec("m", "http://127.0.0.1:9/v1")
CASES = tuple(Case(f"c{n}", {"n": str(n)}, "yes") for n in range(40))


class Model:
    """Says yes, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def connect(self, spec: ModelSpec) -> Model:
        return self

    async def send(self, request: Request) -> Reply:
        self.asked.append((request.messages[-1].content, request.sample))
        return Reply(texts=("yes",), usage=Usage(1, 1), model="m-1", attempts=1)

    async def close(self) -> None:
        """Hold nothing."""


def side(name: str) -> Side:
    template, grading = plain(f"{name} {{{{ n }}}}"), Grading(Exact(), SPEC)
    return cast("Side", SimpleNamespace(template=template, spec=SPEC, grading=grading, cases=CASES))


def a_run(model: Model, *, calls: int | None = None, at_once: int = 4, repeat: int = 1) -> Session:
    door = Door(budget=Budget(Limits(max_calls=calls)), concurrency=at_once, connect=model.connect)
    options = SimpleNamespace(repeat=repeat, concurrency=at_once)
    return cast("Session", SimpleNamespace(door=door, options=options, answered=set()))


def a_pair(stored: int = 0) -> Pair:
    """The old side has stored values of the first `stored` cases."""
    known = Values({c.id: 1.0 for c in CASES[:stored]}, {c.id: (1.0,) for c in CASES[:stored]})
    return Pair(Arm(side("old"), known), Arm(side("new")), CASES)


def asked(run: Session, pair: Pair, *, enough_at: int) -> tuple[list[int], str | None]:
    """The looks that there were, and why it stopped."""
    looks: list[int] = []

    def look(done: int) -> bool:
        looks.append(done)
        pair.done = done
        return done >= enough_at

    with run.door:
        stopped = answered_ahead(run, pair, (10, 20, 30, 40), look, lambda done: None)
    return looks, None if stopped is None else stopped.kind


@pytest.mark.parametrize(
    ("enough_at", "looks", "calls", "ahead"),
    [
        pytest.param(10, [10], 24, 4, id="at the first look"),
        pytest.param(20, [10, 20], 44, 4, id="at the second"),
        pytest.param(40, [10, 20, 30, 40], 80, 0, id="at the last, behind which there is nothing"),
        pytest.param(99, [10, 20, 30, 40], 80, 0, id="never"),
    ],
)
def test_one_window_more_than_the_looks_needed_is_asked(
    enough_at: int, looks: list[int], calls: int, ahead: int
) -> None:
    model, pair = Model(), a_pair()
    assert asked(a_run(model), pair, enough_at=enough_at) == (looks, None)
    assert (len(model.asked), pair.ahead) == (calls, ahead)
    assert len(pair.new.values.by_case) == len(pair.old.values.by_case) == looks[-1]


@pytest.mark.parametrize("at_once", [1, 2, 16, 100])
def test_the_window_is_as_many_calls_as_go_at_once(at_once: int) -> None:
    model, pair = Model(), a_pair()
    asked(a_run(model, at_once=at_once), pair, enough_at=10)
    assert len(model.asked) == min(20 + at_once, 80)
    assert pair.ahead == min(at_once, 60)


def test_stored_answers_are_not_asked() -> None:
    model, pair = Model(), a_pair(stored=15)
    asked(a_run(model), pair, enough_at=20)
    assert sum(text.startswith("old") for text, _ in model.asked) == 5 + 2
    assert sum(text.startswith("new") for text, _ in model.asked) == 20 + 2


@pytest.mark.parametrize("repeat", [2, 3])
def test_repeats_of_a_case_belong_together(repeat: int) -> None:
    model, pair = Model(), a_pair()
    asked(a_run(model, repeat=repeat), pair, enough_at=10)
    assert {len(values) for values in pair.new.values.samples.values()} == {repeat}
    assert {sample for _, sample in model.asked} == set(range(repeat))


@pytest.mark.parametrize(("calls", "looks"), [(0, []), (19, []), (20, [10]), (50, [10, 20])])
def test_a_budget_that_ends_before_a_look_stops_it(calls: int, looks: list[int]) -> None:
    model, pair = Model(), a_pair()
    assert asked(a_run(model, calls=calls), pair, enough_at=99) == (looks, "budget")
    assert len(model.asked) == calls
    assert pair.done == (looks[-1] if looks else 0)


def test_a_budget_that_ends_in_what_was_asked_ahead_leaves_the_decision() -> None:
    model, pair = Model(), a_pair()
    assert asked(a_run(model, calls=22), pair, enough_at=10) == ([10], None)
    assert len(model.asked) == 22


def test_who_answered_is_noted() -> None:
    run = a_run(Model())
    asked(run, a_pair(), enough_at=10)
    assert run.answered == {"m-1"}
