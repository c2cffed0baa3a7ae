"""Noise from stored repeats, small sets, a year, and the test of a set against itself."""

from __future__ import annotations

import random

import pytest

from promptci.decide.noise import noise_of
from promptci.decide.selftest import self_test
from promptci.decide.smallset import outlook
from promptci.decide.year import year


def test_flips_are_counted_over_all_pairs_of_repeats() -> None:
    found = noise_of({"a": [1, 1, 1, 1, 1], "b": [1, 0, 1, 0, 1], "c": [0, 0], "d": [1], "e": [1, None, 0]})
    assert found is not None
    assert found.cases == 4
    assert found.flips == pytest.approx((0 + 0.6 + 0 + 1) / 4)
    assert [coin.case_id for coin in found.coins] == ["e", "b"]
    assert found.without == 0.0
    assert noise_of({"a": [1], "b": []}) is None


def test_flips_estimate_what_two_runs_differ_in() -> None:
    rng = random.Random(3)
    chance = [rng.choice((0.95, 0.9, 0.5)) for _ in range(2_000)]
    found = noise_of({str(i): [float(rng.random() < p) for _ in range(5)] for i, p in enumerate(chance)})
    assert found is not None
    assert found.flips == pytest.approx(sum(2 * p * (1 - p) for p in chance) / 2_000, abs=0.02)


def test_coins_cost_cases() -> None:
    steady = {f"s{i}": [1.0] * 5 for i in range(90)}
    found = noise_of(steady | {f"c{i}": [1.0, 0.0, 1.0, 0.0, 1.0] for i in range(10)})
    assert found is not None
    cost = found.coins_cost(0.05)
    assert cost is not None
    assert cost > 100


def test_repeats_help_where_noise_is_and_not_where_cases_are_few() -> None:
    assert outlook(60, 0.2).repeats_help
    assert not outlook(20, 0.01).repeats_help
    assert not outlook(0, 0.05).repeats_help


@pytest.mark.parametrize("cases", [20, 40, 60])
def test_twenty_cases_more_never_see_less(cases: int) -> None:
    found = outlook(cases, 0.05)
    assert found.now is not None
    assert found.with_more_cases is not None
    assert found.with_more_cases < found.now


def test_a_year_is_arithmetic() -> None:
    assert year(10).false_reds == pytest.approx(6)
    assert year(10).any_false_red == pytest.approx(1 - 0.95**120)
    assert year(0).any_false_red == 0
    with pytest.raises(ValueError):
        year(10, rate=2)


def test_a_steady_set_is_never_red_against_itself() -> None:
    found = self_test({str(i): [float(i % 3 > 0)] * 5 for i in range(90)}, runs=20)
    assert (found.blocked, found.red) == (0, 0)


def test_a_noisy_set_is_red_against_itself_less_often_than_the_level() -> None:
    rng = random.Random(5)
    samples = {str(i): [float(rng.random() < 0.7) for _ in range(5)] for i in range(100)}
    found = self_test(samples, runs=150)
    assert found.red <= found.blocked <= 15
    assert found.rate <= 0.05
    assert found == self_test(samples, runs=150)
    with pytest.raises(ValueError):
        self_test(samples, runs=0)
