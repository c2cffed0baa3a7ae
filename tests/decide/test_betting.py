"""The betting bound and its evidence: exact where every outcome can be counted, right in each of ten distributions."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from itertools import combinations_with_replacement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.decide.betting import betting_interval
from promptci.decide.evidence import BETS, BOLD, FINE, above_evidence, score_evidence, worse_evidence
from promptci.decide.units import Unit

VALUES = st.lists(st.floats(-1, 1, allow_nan=False), max_size=20)


def units_of(values: list[float]) -> list[Unit]:
    return [Unit(v, 1) for v in values]


@pytest.mark.parametrize("cases", [8, 24])
@pytest.mark.parametrize(
    ("loss", "win"), [(0.05, 0.05), (0.3, 0.3), (0.5, 0.5), (0.2, 0.1), (0.01, 0.0)], ids=lambda share: str(share)
)
def test_the_bound_is_too_high_with_less_than_five_in_a_hundred(loss: float, win: float, cases: int) -> None:
    """By counting every outcome of so many cases that lose, win or stay."""
    wrong = 0.0
    for losses in range(cases + 1):
        for wins in range(cases - losses + 1):
            ties = cases - losses - wins
            seen = [Unit(-1.0, 1)] * losses + [Unit(1.0, 1)] * wins + [Unit(0.0, 1)] * ties
            if above_evidence(seen, win - loss) >= 20:  # then the lower end is above the truth
                ways = math.factorial(cases) // (math.factorial(losses) * math.factorial(wins) * math.factorial(ties))
                wrong += ways * loss**losses * win**wins * (1 - loss - win) ** ties
    assert wrong <= 0.05


@pytest.mark.parametrize("bets", [FINE, BETS, BOLD], ids=["fine", "usual", "bold"])
def test_the_evidence_is_one_in_the_mean_where_nothing_is_above(bets: tuple[float, ...]) -> None:
    """An e-value: its expectation at the mean that is tested is 1, here over all outcomes of five steps."""
    values, odds = (-1.0, 0.0, 1.0), (0.3, 0.4, 0.3)
    total = 0.0
    for drawn in combinations_with_replacement(range(3), 5):
        counts = Counter(drawn)
        ways = math.factorial(5) // math.prod(math.factorial(n) for n in counts.values())
        chance = ways * math.prod(odds[i] ** n for i, n in counts.items())
        total += chance * above_evidence(units_of([values[i] for i in drawn]), 0.0, bets=bets)
    assert total == pytest.approx(1.0, abs=1e-9)


Draw = Callable[[random.Random], float]
TEN: dict[str, tuple[Draw, float]] = {
    "bell": (lambda r: max(-1.0, min(1.0, r.gauss(-0.05, 0.3))), -0.05),
    "narrow": (lambda r: r.gauss(0.0, 0.02), 0.0),
    "rare losses": (lambda r: -1.0 if r.random() < 0.02 else 0.02 / 0.98, 0.0),
    "very rare losses": (lambda r: -1.0 if r.random() < 0.005 else 0.005 / 0.995, 0.0),
    "rare wins": (lambda r: 1.0 if r.random() < 0.02 else -0.02 / 0.98, 0.0),
    "coins": (lambda r: r.choice((-1.0, 1.0)), 0.0),
    "pass or fail, flips": (lambda r: r.choices((-1.0, 1.0, 0.0), (0.025, 0.025, 0.95))[0], 0.0),
    "pass or fail, drop": (lambda r: r.choices((-1.0, 1.0, 0.0), (0.075, 0.025, 0.9))[0], -0.05),
    "flat": (lambda r: r.uniform(-1, 1), 0.0),
    "two betas": (lambda r: r.betavariate(0.2, 0.2) - r.betavariate(0.2, 0.2), 0.0),
}


@pytest.mark.parametrize("name", TEN)
def test_any_look_in_any_distribution_is_wrong_in_five_of_a_hundred_at_most(name: str) -> None:
    """Looked at after every tenth of 60 values: the evidence ever reaches 20 in at most a twentieth of the runs."""
    draw, truth = TEN[name]
    rng, runs, wrong = random.Random(name), 120, 0
    for _ in range(runs):
        seen = units_of([draw(rng) for _ in range(60)])
        wrong += any(above_evidence(seen[:end], truth) >= 20 for end in range(10, 61, 10))
    assert wrong <= 0.05 * runs + 3 * (0.05 * 0.95 * runs) ** 0.5


@settings(max_examples=30)
@given(VALUES)
def test_the_interval_mirrors_and_holds_the_mean(values: list[float]) -> None:
    low, high = betting_interval(units_of(values))
    mirrored = betting_interval(units_of([-v for v in values]))
    assert (low, high) == pytest.approx((-mirrored[1], -mirrored[0]), abs=1e-5)
    mean = sum(values) / max(1, len(values))
    assert -1 <= low <= mean + 1e-5
    assert mean - 1e-5 <= high <= 1


@settings(max_examples=30)
@given(VALUES, st.randoms())
def test_the_order_of_cases_does_not_matter(values: list[float], rng: random.Random) -> None:
    mixed = rng.sample(values, len(values))
    assert worse_evidence(units_of(values), 0.0) == pytest.approx(worse_evidence(units_of(mixed), 0.0))


@pytest.mark.parametrize("confidence", [0.0, 1.0, 1.5, -0.1])
def test_a_confidence_out_of_range_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        betting_interval([Unit(0.1, 1)], confidence=confidence)


def test_a_wider_confidence_is_a_wider_interval() -> None:
    seen = units_of([0.1, -0.2, 0.3, 0.0] * 30)
    (low, high), (lower, higher) = (betting_interval(seen, confidence=c) for c in (0.8, 0.95))
    assert lower < low < high < higher


def test_clusters_are_bet_on_as_one() -> None:
    single, together = units_of([-1.0] * 20), [Unit(-5.0, 5)] * 4
    assert worse_evidence(single, 0.0) > worse_evidence(together, 0.0, largest=5) > 1


def test_a_tolerance_takes_more_losses() -> None:
    seen = units_of([-1.0] * 12 + [0.0] * 88)
    assert worse_evidence(seen, 0.0) > worse_evidence(seen, 0.05) > worse_evidence(seen, 0.12)
    assert worse_evidence(seen, 0.12) < 2


@pytest.mark.parametrize(("score", "least", "most"), [(0.5, 20, math.inf), (0.8, 0, 3), (1.0, 0, 1)])
def test_a_low_score_is_evidence_and_one_at_the_target_is_not(score: float, least: float, most: float) -> None:
    passes = round(60 * score)
    assert least <= score_evidence([1.0] * passes + [0.0] * (60 - passes), 0.8) <= most


def test_much_evidence_does_not_overflow() -> None:
    assert math.isfinite(worse_evidence(units_of([-1.0] * 20_000), 0.0))
    assert above_evidence([], 0.0) == 1.0
