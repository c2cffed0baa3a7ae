"""A round's budget is cut up in one sum, and never beyond its share."""

from __future__ import annotations

import pytest

from promptci.search.screening.plan import FREE, SMALLEST, Plan, plan, rounds_of, start_cases


@pytest.mark.parametrize("per_answer", [1, 2, 5])
@pytest.mark.parametrize("cases", [1, 20, 400])
@pytest.mark.parametrize("rounds", [1, 3])
def test_no_plan_spends_more_than_its_share(cases: int, per_answer: int, rounds: int) -> None:
    smallest = None
    for left in range(0, 6_000, 37):
        found = plan(left, cases, rounds=rounds, per_answer=per_answer)
        if found is None:
            assert smallest is None, "more calls never make a plan impossible"
            continue
        smallest = smallest or left
        spent = found.asks + per_answer * (found.answers + found.check)
        assert spent <= left // rounds < spent + per_answer  # and what is not spent pays for no answer
        assert sum(found.stages()) == found.answers >= SMALLEST
        assert max(found.stages()) - min(found.stages()) <= 2
        assert 2 <= found.asks <= found.edits
        assert 6 <= found.edits <= 40
        assert 1 <= found.check <= cases
    assert smallest is not None


@pytest.mark.parametrize(
    ("left", "per_answer", "wanted"),
    [
        pytest.param(0, 1, None, id="nothing-left"),
        pytest.param(29, 1, None, id="one-call-too-few"),
        pytest.param(30, 1, Plan(6, 2, 24, 4), id="the-smallest"),
        pytest.param(1_000, 1, Plan(40, 40, 930, 30), id="many"),
        pytest.param(1_000, 4, Plan(25, 25, 235, 8, 4), id="many-of-four-calls"),
        pytest.param(None, 1, Plan(40, 40, FREE - 82, 42), id="no-cap"),
        pytest.param(None, 3, Plan(40, 40, 1344, 42, 3), id="no-cap-of-three-calls"),
    ],
)
def test_the_sum_of_a_round(left: int | None, per_answer: int, wanted: Plan | None) -> None:
    assert plan(left, 100, per_answer=per_answer) == wanted


@pytest.mark.parametrize(("left", "least", "begins"), [(499, 500, False), (500, 500, True), (None, 500, True)])
def test_a_further_round_needs_the_calls_that_make_it_worth_beginning(
    left: int | None, least: int, *, begins: bool
) -> None:
    assert (plan(left, 100, least=least) is not None) == begins


@pytest.mark.parametrize(
    ("left", "cases", "per_answer", "asked"),
    [(None, 100, 1, 100), (0, 100, 1, 8), (0, 5, 1, 5), (60, 100, 1, 10), (600, 100, 1, 100), (600, 100, 4, 25)],
)
def test_a_small_budget_starts_on_few_cases(left: int | None, cases: int, per_answer: int, asked: int) -> None:
    assert start_cases(left, cases, per_answer) == asked


@pytest.mark.parametrize(("left", "rounds"), [(None, 3), (0, 1), (1_700, 1), (2_500, 1), (2_600, 2), (5_100, 3)])
def test_a_second_round_comes_with_a_larger_budget(left: int | None, rounds: int) -> None:
    assert rounds_of(left) == rounds
