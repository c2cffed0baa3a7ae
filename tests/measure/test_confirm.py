"""Fresh answers of a harmless change confirm a drop at most as often as the level says, whatever chose the cases."""

from __future__ import annotations

import random
from typing import cast

import pytest

from promptci.core import Case
from promptci.decide.gate import Gate, Kind
from promptci.measure.gates.base import PairTest
from promptci.measure.gates.drop import EARLY, counts, p_of_drop
from promptci.measure.gates.must_pass import reruns_for
from promptci.measure.pair import Pair, shuffled
from promptci.project.side import Side
from promptci.run.arm import Arm
from promptci.run.values import Values

NOBODY = cast("Side", None)  # these tests ask nothing of a side
RUNS = 400


def drawn(rng: random.Random, cases: tuple[Case, ...], chance: float = 0.5, worse: float = 0.0) -> Pair:
    """Fresh answers of two prompts that each pass with `chance`, the new one with `worse` less."""
    old, new = ({c.id: float(rng.random() < p) for c in cases} for p in (chance, chance - worse))
    return Pair(Arm(NOBODY, Values(dict(old))), Arm(NOBODY, Values(dict(new))), cases, len(cases))


def plain(count: int, cluster: int = 0) -> tuple[Case, ...]:
    return tuple(Case(f"c{n}", {}, cluster=f"k{n // cluster}" if cluster else None) for n in range(count))


@pytest.mark.parametrize("cluster", [0, 4], ids=["single", "clusters of 4"])
def test_the_exact_test_of_fresh_pairs_keeps_its_level(cluster: int) -> None:
    rng, cases = random.Random(1), plain(40, cluster)
    red = sum(PairTest(cases)(drawn(rng, cases))[0] <= 0.05 for _ in range(RUNS))
    assert red <= 0.05 * RUNS + 3 * (0.05 * 0.95 * RUNS) ** 0.5


@pytest.mark.parametrize("max_drop", [0.0, 0.05], ids=["no tolerance", "5 points tolerated"])
def test_looking_before_the_end_and_at_it_keeps_the_level(max_drop: float) -> None:
    """As `drop_alarms` does: confirmed early on half of the cases by betting, else on all of them."""
    rng, cases, red = random.Random(2), plain(60), 0
    gate = Gate(60, Kind(), max_drop=max_drop)
    for _ in range(RUNS):
        fresh = drawn(rng, cases, worse=max_drop)
        first = Pair(fresh.old, fresh.new, cases, 30)
        red += min(p_of_drop(first, first, gate, early=True), p_of_drop(fresh, fresh, gate, early=True)) <= 0.05
    assert red <= 0.05 * RUNS + 3 * (0.05 * 0.95 * RUNS) ** 0.5


@pytest.mark.parametrize("low", [0.03, 0.5], ids=["most cases fail", "most cases pass"])
def test_cases_moved_by_coins_keep_the_level_without_any_screen(low: float) -> None:
    """Five stored answers, one new one: a case that passed at times is changed more often than one that never did."""
    rng, cases, red = random.Random(5), plain(120), 0
    gate = Gate(120, Kind(stored=(5,) * 120))
    for _ in range(RUNS // 2):
        chances = {c.id: rng.sample((low, low + 0.47), 2) for c in cases}
        old = {i: sum(rng.random() < a for _ in range(5)) / 5 for i, (a, _) in chances.items()}
        new, again = ({i: float(rng.random() < b) for i, (_, b) in chances.items()} for _ in range(2))
        before = {i: float(rng.random() < a) for i, (a, _) in chances.items()}
        pair = Pair(Arm(NOBODY, Values(dict(old))), Arm(NOBODY, Values(dict(new))), cases, 120)
        changed = tuple(pair.changed(cases))
        fresh = Pair(Arm(NOBODY, Values(dict(before))), Arm(NOBODY, Values(dict(again))), changed, len(changed))
        red += p_of_drop(pair, fresh, gate, early=False) <= 0.05
    assert red <= 0.05 * RUNS / 2 + 3 * (0.05 * 0.95 * RUNS / 2) ** 0.5


def test_a_plain_drop_is_confirmed() -> None:
    fresh = drawn(random.Random(3), plain(60), chance=1.0, worse=0.5)
    assert counts(fresh)[1] == 0
    assert p_of_drop(fresh, fresh, Gate(60, Kind()), early=False) < 0.001


def test_the_share_kept_for_early_looks_costs_the_last_one() -> None:
    fresh = drawn(random.Random(4), plain(60), chance=0.6, worse=0.2)
    alone, both = (p_of_drop(fresh, fresh, Gate(60, Kind()), early=early) for early in (False, True))
    assert alone <= both <= alone / (1 - EARLY) + 1e-12


@pytest.mark.parametrize(("alarms", "reruns"), [(1, 3), (2, 4), (10, 5)], ids=["one", "two", "ten"])
def test_more_alarms_take_more_reruns(alarms: int, reruns: int) -> None:
    """Of 2 k answers, the k new ones are the failing ones with chance 1 / C(2 k, k): below .05 for all together."""
    assert reruns_for(alarms) == reruns


def test_a_pair_counts_only_cases_that_both_sides_have() -> None:
    cases = plain(3)
    old, new = Values({"c0": 1.0, "c1": 1.0, "c2": None}), Values({"c0": 0.0, "c1": None, "c2": 1.0})
    pair = Pair(Arm(NOBODY, old), Arm(NOBODY, new), cases, 3)
    assert pair.gaps(cases) == [-1.0, None, None]
    assert [c.id for c in pair.changed(cases)] == ["c0"]
    assert pair.scores() == (1.0, 0.0)


def test_an_order_keeps_clusters_together_and_is_the_seed_s() -> None:
    cases = plain(40, 4)
    order = [c.cluster for c in shuffled(cases, 7)]
    assert [order[i : i + 4] for i in range(0, 40, 4)] == [[order[i]] * 4 for i in range(0, 40, 4)]
    assert shuffled(cases, 7) != shuffled(cases, 8)
