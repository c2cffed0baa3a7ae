"""A pair asked up to each look with the next cases on their way: looks by order, one window more, nothing twice."""

from __future__ import annotations

import pytest

from promptci.measure.ahead import answered_ahead
from promptci.measure.pair import Pair
from promptci.run.arm import Arm
from promptci.run.session import Session
from tests.measure.fakes import Model, a_run, a_side, an_arm, some_cases

CASES = some_cases(40)


def a_pair(stored: int = 0) -> Pair:
    """The old side has stored values of the first `stored` cases."""
    return Pair(an_arm(a_side("old", CASES), [1.0] * stored), Arm(a_side("new", CASES)), CASES)


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
    assert (model.calls("old"), model.calls("new")) == (5 + 2, 20 + 2)


@pytest.mark.parametrize("repeat", [2, 3])
def test_repeats_of_a_case_belong_together(repeat: int) -> None:
    model, pair = Model(), a_pair()
    asked(a_run(model, repeat=repeat), pair, enough_at=10)
    assert {len(values) for values in pair.new.values.samples.values()} == {repeat}
    assert {sample for *_, sample in model.asked} == set(range(repeat))


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
