"""Fresh answers of both sides, stored baselines and the anchor."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from promptci.decide.anchor import anchor_level, anchor_look
from promptci.decide.confirm import confirm
from promptci.decide.stale import stale, stale_sample


@pytest.mark.parametrize(("losses", "wins"), [(0, 0), (5, 0), (9, 2), (3, 3), (2, 9)])
def test_pass_or_fail_pairs_get_the_exact_mcnemar_test(losses: int, wins: int) -> None:
    pairs = [(1.0, 0.0)] * losses + [(0.0, 1.0)] * wins + [(1.0, 1.0)] * 4 + [(None, 0.0)]
    assert confirm(pairs) == pytest.approx(stats.binom.sf(losses - 1, losses + wins, 0.5))
    if losses > wins:
        both = mcnemar([[0, losses], [wins, 0]], exact=True).pvalue
        assert confirm(pairs) == pytest.approx(both / 2)


def test_clusters_count_once_and_graded_values_are_summed() -> None:
    pairs = [(1.0, 0.0)] * 10
    assert confirm(pairs) == pytest.approx(2**-10)
    assert confirm(pairs, ["a"] * 5 + ["b"] * 5) == pytest.approx(0.25)
    assert confirm([(0.9, 0.4), (0.8, 0.6), (0.5, 0.5)]) == pytest.approx(0.25)
    with pytest.raises(ValueError):
        confirm(pairs, ["a"])


# --- stored baselines ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_stale_test_is_exact_over_all_ways_to_choose_the_fresh_answer(k: int) -> None:
    """Every way in which one of each case's answers is the fresh one, weighted; the level is never exceeded."""
    totals = [1, k, 1, 1, k, 1, 1, 2][: 8 if k < 5 else 7]
    called = Fraction(0)
    for new in product((0, 1), repeat=len(totals)):
        weight = Fraction(1)
        for total, one in zip(totals, new, strict=True):
            weight *= Fraction(total if one else k + 1 - total, k + 1)
        stored = {
            str(i): [1.0] * (t - n) + [0.0] * (k - t + n)
            for i, (t, n) in enumerate(zip(totals, new, strict=True))
            if weight
        }
        fresh = {str(i): float(n) for i, n in enumerate(new)}
        if weight and stale(stored, fresh).stale:
            called += weight
    assert called <= Fraction(1, 100)


@pytest.mark.parametrize(("k", "least"), [(1, 8), (5, 3)])
def test_how_many_cases_must_move_alike(k: int, least: int) -> None:
    stored = {str(i): [0.0] * k for i in range(20)}
    for moved in (least - 1, least):
        found = stale(stored, {str(i): float(i < moved) for i in range(20)})
        assert found.stale == (moved == least)
        assert (found.asked, found.better, found.worse) == (20, moved, 0)
    assert found.said("2026-01-02").kind == "baseline_stale"


def test_the_sample_comes_from_failures_first_and_the_same_seed_draws_the_same() -> None:
    stored = {f"c{i}": [float(i >= 15)] * 5 for i in range(60)} | {"none": [None]}
    drawn = stale_sample(stored, 3)
    assert len(drawn) == 20
    assert {f"c{i}" for i in range(15)} <= set(drawn)
    assert drawn == stale_sample(dict(reversed(stored.items())), 3)
    assert drawn != stale_sample(stored, 4)
    assert len(stale_sample({"a": [1.0], "b": [0.0]}, 1)) == 2


def test_a_baseline_like_its_repeats_holds() -> None:
    rng = random.Random(1)
    called = 0
    for _ in range(300):
        chance = [rng.random() for _ in range(20)]
        stored = {str(i): [float(rng.random() < p) for _ in range(5)] for i, p in enumerate(chance)}
        called += stale(stored, {str(i): float(rng.random() < p) for i, p in enumerate(chance)}).stale
    assert called <= 9


# --- the anchor ---------------------------------------------------------------------------------------------------


def test_the_anchors_looks_keep_their_level_together() -> None:
    assert sum(anchor_level(k) for k in range(1, 10_000)) <= 0.05
    assert anchor_level(1) == 0.025
    with pytest.raises(ValueError):
        anchor_level(0)


def test_every_fifth_change_is_compared_with_the_accepted_version() -> None:
    assert [anchor_look(n) for n in range(12)] == [None] * 5 + [1] + [None] * 4 + [2, None]
