from __future__ import annotations

import math

import pytest

from promptci.search.screening.fit import Estimate, Fit
from promptci.search.screening.stages import Standing, fits, gap, halved, provable, taken


def known(*effects: float, se: float = 0.01, noise: float = 0.08, spread: float = 0.02) -> Fit:
    """A fit with these effects in points, all with the same standard error."""
    n = len(effects)
    covariance = [[se * se if i == k else 0.0 for k in range(n)] for i in range(n)]
    return Fit(tuple(e / 100 for e in effects), covariance, noise, 0.1, spread, 0.03, 1000, 60)


def test_the_better_half_goes_on() -> None:
    seen = known(1, -1, 2, 0, -2, 0.5, -3, 1.5)
    assert halved(Standing(tuple(range(8))), seen) == Standing((0, 2, 5, 7))


def test_at_least_three_go_on() -> None:
    assert halved(Standing((0, 1, 2)), known(1, -1, 2)).alive == (0, 1, 2)


def test_a_plain_effect_is_adopted_and_a_barred_one_goes() -> None:
    seen = known(3.1, 2.9, 5, 0, -1)
    assert halved(Standing((0, 1, 2, 3, 4)), seen) == Standing((1, 3, 4), (2, 0))
    assert halved(Standing((0, 1, 2, 3, 4)), seen, barred=[2]) == Standing((1, 3, 4), (0,))


def test_what_is_adopted_stays() -> None:
    assert halved(Standing((1, 2), (0,)), known(-5, 1, 1)) == Standing((1, 2), (0,))
    assert halved(Standing((1, 2), (0,)), known(5, 1, 1), barred=[0]) == Standing((1, 2))


def test_of_alternatives_one_is_adopted_and_the_others_are_out() -> None:
    seen = known(6, 1, 5, 1, 1)
    assert halved(Standing((0, 1, 2, 3, 4)), seen, rivals=[[0, 1, 2], [3], [4]]) == Standing((3, 4), (0,))
    assert halved(Standing((1, 2, 3), (0,)), seen, rivals=[[0, 1], [2], [3]]) == Standing((3,), (0, 2))


def test_half_a_standard_error_is_enough_and_eight_are_the_most() -> None:
    assert taken(Standing((0, 1, 2)), known(0.6, 0.4, 2)) == [2, 0]
    assert len(taken(Standing(tuple(range(12))), known(*range(1, 13)))) == 8


def test_an_adopted_edit_that_fell_is_not_taken() -> None:
    assert taken(Standing((1,), (0,)), known(0.1, 2)) == [1]


def test_of_alternatives_the_best_is_taken() -> None:
    assert taken(Standing((0, 1, 2)), known(2, 3, 1), [[0, 1], [2]]) == [1, 2]


def test_small_effects_that_make_a_winner_harder_to_confirm_stay_out() -> None:
    seen = known(5, 4, 0.1)
    assert provable([0, 1, 2], seen) == [0, 1]
    ratio = {n: seen.of(range(n)).value / math.sqrt(seen.changed(range(n))) for n in (1, 2, 3)}
    assert ratio[2] == max(ratio.values())
    assert provable([], seen) == []


@pytest.mark.parametrize(
    ("gain", "cases", "expected"), [(0.10, 60, True), (-0.10, 60, False), (0.0, 20, True), (0.5, 0, True)]
)
def test_a_set_is_held_against_its_effects(gain: float, cases: int, expected: bool) -> None:
    assert fits(Estimate(0.12, 0.02), gain, 0.3, cases) is expected


def test_a_gap_is_the_difference_of_two_fits() -> None:
    wide = gap(known(20, 1), known(1, 2), [0])
    assert wide.value == pytest.approx(0.19)
    assert wide.se == pytest.approx(math.hypot(0.01, 0.01))
