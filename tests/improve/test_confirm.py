"""The early look of a confirmation with repeats or grades: paid for to the end only where it is not plain before."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from promptci.core import Case, Reason
from promptci.improve.confirm import _in_two
from promptci.improve.rules import Better

AT = 0.04


class Told:
    """Stands in for an arm: the values that a case has once it was asked."""

    def __init__(self, values: dict[str, float | None]) -> None:
        self.all, self.by_case = values, {}  # type: ignore[var-annotated]  # by case id
        self.values = self


def asked(
    old: Sequence[float | None], new: Sequence[float | None], clusters: int = 0, refuse: int | None = None
) -> tuple[str, int, float]:
    """The outcome, how many cases were asked, and the level that was used."""
    cases = [Case(f"c{i}", {}, "x", cluster=str(i % clusters) if clusters else None) for i in range(len(old))]
    arms = tuple(Told({c.id: v for c, v in zip(cases, side, strict=True)}) for side in (old, new))

    def put(some: Sequence[Case], done: int) -> Reason | None:
        if refuse is not None and done >= refuse:
            return Reason("budget", "budget: used up")
        for arm in arms:
            arm.by_case |= {c.id: arm.all[c.id] for c in some}
        return None

    answer, stopped = _in_two(cases, arms, put, AT, Better())  # type: ignore[arg-type]  # all that is read of an arm
    return (stopped.kind if stopped else answer.outcome), len(arms[0].by_case), answer.level


def test_what_is_plain_on_a_third_is_not_paid_for_to_the_end() -> None:
    assert asked([0.0] * 60, [1.0] * 60) == ("improved", 20, 0.2 * AT)


def test_what_is_not_plain_early_is_asked_to_the_end_at_the_rest_of_the_level() -> None:
    new = [1.0 if i % 3 == 2 or i > 40 else 0.0 for i in range(60)]
    new[:20] = [0.0] * 20
    outcome, cases, level = asked([0.0] * 60, new)
    assert (outcome, cases, level) == ("improved", 60, 0.8 * AT)


@pytest.mark.parametrize(("n", "clusters"), [(44, 0), (60, 12), (3, 0)], ids=["few cases", "clusters", "three"])
def test_where_a_third_is_too_little_or_cases_hang_together_all_are_asked_at_once(n: int, clusters: int) -> None:
    _, cases, level = asked([0.0] * n, [1.0] * n, clusters)
    assert (cases, level) == (n, AT)


@pytest.mark.parametrize(("refuse", "cases"), [(0, 0), (20, 20)], ids=["at once", "after the early look"])
def test_a_budget_that_ends_is_no_answer(refuse: int, cases: int) -> None:
    assert asked([0.0, 1.0] * 30, [1.0, 0.0] * 30, refuse=refuse)[:2] == ("budget", cases)


def test_both_looks_together_keep_the_level() -> None:
    rng = random.Random(7)
    runs = 400
    passed = 0
    for _ in range(runs):
        old, new = ([float(rng.random() < 0.5) for _ in range(60)] for _ in range(2))
        passed += asked(old, new)[0] == "improved"
    assert passed <= 0.075 * runs  # three standard errors above .04


def test_unmeasured_cases_take_no_part() -> None:
    assert asked([0.0, None] * 30, [1.0, None] * 30)[0] != "improved"
