"""A judge's rates are told from people's grades, and their intervals cover as often as they say."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from promptci.decide.certify import Certificate, certificate, corrected, kappa, rate, self_agreement

SENSITIVITY, SPECIFICITY, PREVALENCE, LABELLED = 0.8, 0.9, 0.5, 200


def graded(draw: random.Random, n: int) -> list[tuple[bool, bool]]:
    """(judge, people) grades of a judge with the planted rates."""
    found = []
    for _ in range(n):
        people = draw.random() < PREVALENCE
        found.append((draw.random() < (SENSITIVITY if people else 1 - SPECIFICITY), people))
    return found


def planted_kappa() -> float:
    a, d = PREVALENCE * SENSITIVITY, (1 - PREVALENCE) * SPECIFICITY
    judge = a + (1 - PREVALENCE) * (1 - SPECIFICITY)
    chance = judge * PREVALENCE + (1 - judge) * (1 - PREVALENCE)
    return (a + d - chance) / (1 - chance)


@pytest.mark.parametrize(
    "seed", [pytest.param(0), *(pytest.param(n, marks=pytest.mark.fault) for n in range(1, 5))], ids=str
)
def test_intervals_cover_the_planted_rates_in_90_of_100_runs(seed: int) -> None:
    draw = random.Random(seed)
    runs, hits = 1500, dict.fromkeys(("sensitivity", "specificity", "kappa", "corrected"), 0)
    for _ in range(runs):
        found = certificate("judge", graded(draw, LABELLED))
        passes = sum(judge for judge, _ in graded(draw, 1000))
        told = {
            "sensitivity": (found.sensitivity, SENSITIVITY),
            "specificity": (found.specificity, SPECIFICITY),
            "kappa": (found.kappa, planted_kappa()),
            "corrected": (corrected(passes, 1000, found), PREVALENCE),
        }
        for name, (interval, truth) in told.items():
            hits[name] += interval.low <= truth <= interval.high
    assert all(0.87 <= count / runs <= 0.93 for count in hits.values()), hits


@given(st.integers(0, 60), st.integers(1, 60))
def test_a_rate_is_wilson_s(hits: int, more: int) -> None:
    found = rate(hits, hits + more)
    low, high = proportion_confint(hits, hits + more, alpha=0.1, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


@given(st.tuples(*[st.integers(1, 40)] * 4))
def test_kappa_and_its_spread_are_those_of_the_oracle(table: tuple[int, int, int, int]) -> None:
    a, b, c, d = table
    theirs = cohens_kappa([[a, b], [c, d]])
    ours = kappa(a, b, c, d)
    assert ours.value == pytest.approx(float(theirs.kappa), abs=1e-9)
    if ours.low > -1 and ours.high < 1:
        assert (ours.high - ours.low) / 2 == pytest.approx(1.6448536 * float(theirs.std_kappa), rel=1e-6)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(Certificate("j", 45, 45, 5, 5), None, id="above"),
        pytest.param(Certificate("j", 35, 45, 5, 15), "its sensitivity is 70 %", id="misses-passes"),
        pytest.param(Certificate("j", 45, 30, 20, 5), "its specificity is 60 %", id="passes-fails"),
        pytest.param(Certificate("j", 5, 45, 5, 0), "hold 5 passes", id="few-passes"),
        pytest.param(Certificate("j", 45, 3, 0, 5), "hold 3 fails", id="few-fails"),
        pytest.param(Certificate("j", 0, 0, 0, 0), "hold 0 passes", id="no-labels"),
    ],
)
def test_a_judge_below_its_floor_is_said_to_be(found: Certificate, said: str | None) -> None:
    reason = found.below(0.8)
    assert reason is None if said is None else said in str(reason)


def test_a_score_is_corrected_for_what_the_judge_gets_wrong() -> None:
    judge = Certificate("j", 80, 90, 10, 20)
    found = corrected(450, 1000, judge)
    assert found.value == pytest.approx((0.45 - 0.1) / 0.7)
    assert found.low < 0.5 < found.high
    assert corrected(50, 1000, judge).value == 0.0
    assert corrected(1, 2, Certificate("j", 5, 5, 5, 5)).value is None


def test_repeats_tell_how_far_a_judge_agrees_with_itself() -> None:
    found = self_agreement([[1, 1, 1], [1, 0], [0, 0], [1]])
    assert found.value == pytest.approx(2 / 3)
    assert found.n == 3
    assert self_agreement([[1]]).value is None


def test_without_labels_the_report_says_so() -> None:
    assert str(certificate("j", [])) == "The judge was never compared with people."
    assert "sensitivity 80 %" in str(Certificate("j", 80, 90, 10, 20))


@pytest.mark.parametrize("table", [(10, 0, 0, 0), (0, 0, 0, 10)], ids=["all pass", "all fail"])
def test_where_all_grades_are_alike_nobody_knows_what_agreement_is_beyond_chance(
    table: tuple[int, int, int, int],
) -> None:
    assert kappa(*table).value is None
