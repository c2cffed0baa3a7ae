"""The exact tests and intervals against scipy and statsmodels, and against whole enumeration."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from promptci.decide.interval import gain_interval, mean_interval, t_quantile
from promptci.decide.paired import Change, as_integers, count, differences, mcnemar_p, sign_flip
from promptci.decide.power import critical_count, power

COUNTS = st.integers(0, 400)


@given(COUNTS, COUNTS)
def test_mcnemar_agrees_with_scipy(losses: int, wins: int) -> None:
    oracle = stats.binom.sf(losses - 1, losses + wins, 0.5)
    assert mcnemar_p(losses, wins) == pytest.approx(oracle, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("losses", "wins"), [(5, 0), (14, 3), (30, 12), (9, 8)])
def test_mcnemar_is_half_of_the_two_sided_test_of_statsmodels(losses: int, wins: int) -> None:
    two_sided = mcnemar([[40, losses], [wins, 20]], exact=True).pvalue
    assert 2 * mcnemar_p(losses, wins) == pytest.approx(two_sided, rel=1e-12)


@given(st.integers(0, 300), st.integers(0, 300))
def test_more_losses_are_never_less_suspicious(losses: int, wins: int) -> None:
    assert mcnemar_p(losses + 1, wins) <= mcnemar_p(losses, wins) <= mcnemar_p(losses, wins + 1)


@given(st.lists(st.sampled_from([-1.0, -2 / 3, -0.5, -1 / 3, 0.0, 1 / 3, 0.5, 2 / 3, 1.0]), max_size=9))
def test_sign_flip_agrees_with_enumeration(values: list[float]) -> None:
    whole = [round(6 * v) for v in values]
    ways = [sum(s * w for s, w in zip(signs, whole, strict=True)) for signs in product((1, -1), repeat=len(whole))]
    assert sign_flip(values).p_value == pytest.approx(sum(w >= sum(whole) for w in ways) / len(ways), abs=1e-12)


@given(st.integers(0, 60), st.integers(0, 60))
def test_sign_flip_of_zeros_and_ones_is_mcnemar(wins: int, losses: int) -> None:
    test = sign_flip([1.0] * wins + [-1.0] * losses + [0.0] * 10)
    assert test.p_value == pytest.approx(mcnemar_p(wins, losses), rel=1e-12)
    assert test.draws == 0


def test_sampled_sign_flip_is_seeded_and_near_the_exact_one() -> None:
    values = [math.sin(i) * 0.1 + 0.01 for i in range(120)]
    first, again = sign_flip(values, seed=3), sign_flip(values, seed=3)
    oracle = stats.permutation_test(
        (values,), np.sum, permutation_type="samples", alternative="greater", n_resamples=5_000, rng=1
    ).pvalue
    assert first == again
    assert first.draws == 20_000
    assert first.p_value == pytest.approx(oracle, abs=0.02)


@given(st.lists(st.floats(-1, 1, allow_nan=False), max_size=30))
def test_flipped_values_give_opposite_integers(values: list[float]) -> None:
    assert as_integers([-v for v in values]) == [-w for w in as_integers(values)]


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 30, 101, 499])
@pytest.mark.parametrize("probability", [0.5, 0.8, 0.95, 0.999])
def test_t_quantiles_agree_with_scipy(probability: float, freedom: int) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(stats.t.ppf(probability, freedom), rel=1e-5, abs=1e-6)


def test_mean_interval_agrees_with_scipy() -> None:
    values = [0.1, -0.2, 0.4, 0.05, 0.3, 0.0]
    oracle = stats.t.interval(0.9, 5, loc=sum(values) / 6, scale=stats.sem(values))
    assert mean_interval(values) == pytest.approx(oracle, rel=1e-5)
    assert mean_interval([1.0]) is None


def test_both_ends_of_a_gain_interval_solve_the_score_equation() -> None:
    interval = gain_interval(Change(losses=0, wins=1, ties=42), confidence=0.95)
    assert interval is not None
    assert _tango_z(1, 0, 43, interval[0]) == pytest.approx(1.959964, abs=1e-4)
    assert _tango_z(1, 0, 43, interval[1]) == pytest.approx(-1.959964, abs=1e-4)


def _tango_z(wins: int, losses: int, n: int, gain: float) -> float:
    """The score statistic with the nuisance parameter found by a numeric search instead of the closed form."""

    def minus_log_likelihood(loss: float) -> float:
        cells = ((wins, loss + gain), (losses, loss), (n - wins - losses, 1 - 2 * loss - gain))
        return -sum(k * math.log(max(p, 1e-300)) for k, p in cells if k)

    low, high = max(0.0, -gain), (1 - gain) / 2
    for _ in range(300):  # golden section
        a, b = high - (high - low) / 1.618034, low + (high - low) / 1.618034
        low, high = (low, b) if minus_log_likelihood(a) < minus_log_likelihood(b) else (a, high)
    loss = (low + high) / 2
    return (wins - losses - n * gain) / math.sqrt(n * (2 * loss + gain - gain * gain))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 200))
def test_gain_interval_solves_its_equation_and_mirrors(losses: int, wins: int, ties: int) -> None:
    interval = gain_interval(Change(losses, wins, ties))
    mirrored = gain_interval(Change(wins, losses, ties))
    if losses + wins + ties == 0:
        assert interval is None
        return
    assert interval is not None
    assert mirrored is not None
    assert interval == pytest.approx((-mirrored[1], -mirrored[0]), abs=1e-6)
    assert -1 <= interval[0] <= (wins - losses) / (wins + losses + ties) <= interval[1] <= 1
    if wins and ties and losses:
        assert _tango_z(wins, losses, wins + losses + ties, interval[0]) == pytest.approx(1.644854, abs=1e-3)


@pytest.mark.parametrize(
    ("cases", "noise", "drop"), [(20, 0.05, 0.3), (100, 0.1, 0.05), (160, 0.05, 0.05), (7, 0, 0.9)]
)
def test_power_agrees_with_scipy(cases: int, noise: float, drop: float) -> None:
    rate, total = noise + drop, 0.0
    for changed in range(cases + 1):
        least = next((c for c in range(changed + 1) if stats.binom.sf(c - 1, changed, 0.5) <= 0.05), changed + 1)
        assert critical_count(changed, 0.05) == least
        blocks = stats.binom.sf(least - 1, changed, (noise / 2 + drop) / rate)
        total += stats.binom.pmf(changed, cases, rate) * blocks
    assert power(cases, noise, drop) == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("alpha", [0.05, 0.04 / 7, 1 / 32, 5 / 16, 1e-6], ids=str)
@pytest.mark.parametrize("changed", [0, 4, 5, 6, 40, 701])
def test_the_critical_count_is_that_of_the_exact_p_value(changed: int, alpha: float) -> None:
    # With 1 / 32 and 5 / 16 a p-value of five or four tosses is the level itself: equal is rare enough.
    least = next((c for c in range(changed + 1) if mcnemar_p(c, changed - c) <= alpha), changed + 1)
    assert critical_count(changed, alpha) == least


def test_counting_keeps_the_third_state() -> None:
    old: list[float | None] = [1, 1, 0, 0, None, 1, 0.5]
    new: list[float | None] = [1, 0, 1, 0, 1, None, 0.49]
    assert count(old, new) == Change(losses=2, wins=1, ties=2, unmeasured=2)
    assert differences(old, new)[:4] == [0, -1, 1, 0]
    assert Change(0, 0, 0, 3).gain is None
    with pytest.raises(ValueError):
        count([1.0], [])
    with pytest.raises(ValueError):
        Change(-1, 0, 0)
