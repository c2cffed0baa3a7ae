"""Preferences of a judge of planted truth: what it prefers by quality is found, what by length or order is not."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
import statsmodels.api as sm

from promptci.decide.logistic import Row, fit, sigmoid
from promptci.decide.preferred import FEWEST, Preference, change_of, length_controlled, preferred

SPREAD = 600.0


def judged(
    rng: random.Random, cases: int, gains: Sequence[float], *, by_length: float = 0.0, by_order: float = 0.0
) -> list[Preference]:
    """A judge whose log odds are the group's gain, a liking for longer answers, and one for the answer shown first."""
    found = []
    for n in range(cases):
        old = int(rng.lognormvariate(6.5, 0.5))
        new = int(old * rng.lognormvariate(0.25, 0.5))
        own = gains[n % len(gains)] + by_length * math.tanh((new - old) / SPREAD)
        shares = [float(rng.random() < sigmoid(own + order)) for order in (by_order, -by_order)]
        found.append(Preference(f"c{n}", shares[0], shares[1], new, old, f"g{n % len(gains)}"))
    return found


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        pytest.param(1.0, 1.0, 1.0, id="won-in-both"),
        pytest.param(0.0, 0.0, 0.0, id="lost-in-both"),
        pytest.param(1.0, 0.0, 0.5, id="turns-with-the-order"),
        pytest.param(1.0, 0.5, 0.5, id="half-a-win"),
        pytest.param(None, 1.0, None, id="unmeasured"),
    ],
)
def test_a_case_is_won_in_both_orders_or_not_at_all(first: float | None, second: float, value: float | None) -> None:
    assert Preference("a", first, second, 1, 1).value == value


@pytest.mark.parametrize(("losses", "verdict"), [(5, "inconclusive"), (6, "fail")])
def test_harm_has_half_of_the_level_together_and_half_by_group(losses: int, verdict: str) -> None:
    """Five losses to nothing come up once in 32 times, six once in 64."""
    lost = [Preference(f"c{n}", 0.0, 0.0, 9, 9) for n in range(losses)]
    ties = [Preference(f"t{n}", 1.0, 0.0, 9, 9) for n in range(20)]
    assert preferred([*lost, *ties]).verdict.name == verdict


def test_the_fit_is_that_of_another_make() -> None:
    rng = random.Random(3)
    rows, wide, shares, clusters = [], [], [], []
    for n in range(200):
        x, share = rng.gauss(0, 1), float(rng.random() < 0.6)
        rows.append(Row(((0, 1.0), (1, x)), share, n // 2))
        wide.append([1.0, x])
        shares.append(share)
        clusters.append(n // 2)
    found = fit(rows, 2)
    oracle = sm.GLM(np.array(shares), np.array(wide), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": np.array(clusters), "df_correction": False}
    )
    assert found.coefficients == pytest.approx(oracle.params, abs=1e-3)
    assert np.array(found.covariance) == pytest.approx(oracle.cov_params() * 100 / 99, rel=2e-2)


def test_a_side_that_wins_everything_has_a_finite_fit_and_no_shares_have_none() -> None:
    found = fit([Row(((0, 1.0),), 1.0, n) for n in range(30)], 1)
    assert 3 < found.coefficients[0] < 50
    for rows in ([], [Row(((0, 1.0),), 1.5, 0)]):
        with pytest.raises(ValueError, match="shares"):
            fit(rows, 1)


def test_length_alone_wins_ten_points_and_none_at_equal_length() -> None:
    rates, raw, covered = [], [], 0
    for seed in range(40):
        found = judged(random.Random(seed), 200, [0.0], by_length=1.6, by_order=0.4)
        rate, change = length_controlled(found), change_of(found)
        assert rate is not None
        covered += rate.low <= 0.5 <= rate.high
        rates.append(rate.rate)
        raw.append((change.wins + change.ties / 2) / change.measured)
    assert abs(sum(raw) / 40 - 0.6) < 0.02
    assert abs(sum(rates) / 40 - 0.5) < 0.02
    assert 31 <= covered <= 40


def test_a_true_gain_is_found_at_equal_length() -> None:
    found = length_controlled(judged(random.Random(1), 400, [0.8], by_length=-1.0, by_order=0.5))
    assert found is not None
    assert found.low <= sigmoid(0.8) <= found.high
    assert found.low > 0.5


def test_too_few_cases_have_no_rate() -> None:
    assert length_controlled(judged(random.Random(1), FEWEST - 1, [0.0])) is None


def test_lengths_that_do_not_vary_leave_the_plain_rate() -> None:
    cases = [Preference(f"c{n}", float(n % 3 > 0), float(n % 3 > 0), 100, 100) for n in range(60)]
    found = length_controlled(cases)
    assert found is not None
    assert found.rate == pytest.approx(2 / 3, abs=1e-3)


def test_only_groups_that_gain_are_for_shipping() -> None:
    gains = [1.4, 1.4, 0.0, 0.0, -1.4, -1.4]
    wrong = 0
    for seed in range(12):
        found = preferred(judged(random.Random(seed), 420, gains, by_length=0.8, by_order=0.3))
        assert set(found.ships) >= {"g0", "g1"}
        wrong += not set(found.ships) <= {"g0", "g1"}
    assert wrong <= 2


def test_longer_answers_alone_ship_nothing() -> None:
    found = preferred(judged(random.Random(2), 400, [0.0, 0.0], by_length=3.0))
    assert found.change.wins > 1.5 * found.change.losses
    assert found.ships == ()


@pytest.mark.parametrize(
    ("gains", "shipped", "verdict", "kind"),
    [
        pytest.param([1.5], None, "pass", "better", id="better"),
        pytest.param([-1.5], None, "fail", "worse", id="worse"),
        pytest.param([0.0], None, "inconclusive", "undecided", id="the-same"),
        pytest.param([1.2, 1.2, 1.2, -2.0], None, "fail", "slice_worse", id="one-group-worse"),
        pytest.param([1.2, 1.2, 1.2, -2.0], ["g0", "g1", "g2"], "pass", "better", id="that-group-not-shipped"),
        pytest.param([1.2, -2.0], ["g1"], "fail", "worse", id="only-the-bad-one-shipped"),
        pytest.param([1.2], ["none"], "unmeasured", "none_measured", id="nothing-shipped"),
    ],
)
def test_the_verdict(gains: list[float], shipped: list[str] | None, verdict: str, kind: str) -> None:
    found = preferred(judged(random.Random(5), 60 * len(gains), gains), shipped)
    assert found.verdict.name == verdict
    assert found.verdict.told[0].kind == kind


def test_many_unmeasured_cases_are_neither_green_nor_red() -> None:
    good = judged(random.Random(5), 60, [1.5])
    lost = [Preference(f"x{n}", None, None, 0, 0, "g0") for n in range(10)]
    assert preferred([*good, *lost]).verdict.name == "unmeasured"
    assert preferred(lost).verdict.name == "unmeasured"
    assert preferred([]).verdict.name == "unmeasured"


def test_a_harmless_change_is_seldom_red() -> None:
    red = sum(
        preferred(judged(random.Random(s), 120, [0.0] * 4, by_order=0.5)).verdict.name == "fail" for s in range(60)
    )
    assert red <= 7
