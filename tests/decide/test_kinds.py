"""The gate for values that are not one coin each: clusters, stored answers, graded values."""

from __future__ import annotations

import random
from itertools import product

import pytest

from promptci.decide.bounds import Batch, Both, Exchange, Pairs, Signs
from promptci.decide.gate import Gate, Kind
from promptci.decide.units import Unit, units
from promptci.decide.walk import Walk, lattice
from tests.decide.test_gate import drive


def batch(values: tuple[float, ...], level: float, k: int = 1, per: int = 1) -> Batch:
    sums = tuple(Unit(sum(values[i : i + per]), per) for i in range(0, len(values), per))
    return Batch(values, sums, (k,) * len(values), level)


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_signs_spend_at_most_the_level_over_all_sign_vectors(alpha: float) -> None:
    """Every sign of ten unequal sums in three looks; the crossings are counted one by one."""
    sizes = ((3.0, 1.0, 1.0), (2.0, 5.0, 1.0), (4.0, 1.0, 2.0, 1.0))
    crossed, spent = 0, 0.0
    for signs in product((-1, 1), repeat=10):
        signed, at, hit = iter(signs), Signs(1), False
        for t, part in enumerate(sizes, 1):
            edge = at.look(Batch((), tuple(Unit(next(signed) * x, 5) for x in part), (), alpha * t / 3))
            hit, spent = hit or edge.crossed, edge.level_spent
        crossed += hit
    assert crossed / 2**10 == spent <= alpha


@pytest.mark.parametrize("k", [2, 5])
def test_exchange_spends_at_most_the_level_over_all_ways_to_choose_the_new_answer(k: int) -> None:
    """Six cases of k + 1 answers: whichever of them is the new one, in two looks."""
    passes = [1, k, 1, 2, k, 1]
    crossed, spent = 0, 0.0
    for chosen in product(range(k + 1), repeat=6):
        at, hit = Exchange(k), False
        gaps = tuple((1 - (s - 1) / k) if c < s else -s / k for c, s in zip(chosen, passes, strict=True))
        for t, part in enumerate((gaps[:3], gaps[3:]), 1):
            edge = at.look(batch(part, 0.2 * t / 2, k))
            hit, spent = hit or edge.crossed, edge.level_spent
        crossed += hit
    assert crossed / (k + 1) ** 6 == pytest.approx(spent)
    assert spent <= 0.2


def test_signs_of_single_cases_are_the_pairs_of_mcnemar() -> None:
    rng = random.Random(2)
    for _ in range(20):
        pairs, signs, n = Pairs(), Signs(1), rng.randint(5, 25)
        for t in range(1, 5):
            part = tuple(rng.choice((-1.0, -1.0, 1.0, 0.0)) for _ in range(n))
            one, other = pairs.look(batch(part, 0.05 * t / 4)), signs.look(batch(part, 0.05 * t / 4))
            assert one.crossed == other.crossed
            assert one.level_spent == other.level_spent


def test_both_cross_once_each_has() -> None:
    few = batch((0.2,) * 8 + (-1.0,), 0.2, 5)  # exchange sees a gain here, and nothing crosses
    both = Both(Signs(5), Exchange(5))
    assert not both.look(few).crossed
    assert both.look(batch((-1.0,) * 30, 0.2, 5)).crossed


def test_many_small_gains_of_a_failing_prompt_do_not_block() -> None:
    """One stored answer in five passed by luck on 12 cases: signs alone would cross, exchange knows better."""
    values = (-0.2,) * 12 + (0.0,) * 48
    assert Signs(5).look(batch(values, 0.05, 5)).crossed
    assert not Exchange(5).look(batch(values, 0.05, 5)).crossed
    gate = Gate(60, Kind(stored=(5,) * 60), looks=1)
    assert not gate.look(values).blocked


def test_five_stored_answers_see_a_drop_that_one_pair_of_answers_does_not() -> None:
    values = [-1.0] * 12 + [0.2] * 18 + [-0.2] * 6 + [0.0] * 84
    assert Gate(120, Kind(stored=(5,) * 120), looks=1).look(values).blocked


def test_a_walk_that_cannot_reach_the_level_has_no_boundary() -> None:
    walk = Walk()
    walk.add(-1, 1)
    assert walk.cut(0.05) == 2
    assert walk.level_spent == 0.0


@pytest.mark.parametrize(("counts", "unit"), [([], 1), ([1], 1), ([5], 5), ([4, 5], 20), ([3, 4, 5], 60), ([7, 9], 60)])
def test_the_lattice_holds_the_means_of_its_numbers_of_answers(counts: list[int], unit: int) -> None:
    assert lattice(counts) == unit


def test_harmless_clusters_are_seldom_blocked_where_case_by_case_cries_wolf() -> None:
    """Whole clusters move together: the worst case for judging cases one by one."""
    by_unit = by_case = 0
    names = tuple(f"c{g}" for g in range(40) for _ in range(5))
    for seed in range(30):
        rng = random.Random(seed)
        moves = [rng.choices((-1.0, 1.0, 0.0), (0.08, 0.08, 0.84))[0] for _ in range(40)]
        values = [m for m in moves for _ in range(5)]
        by_unit += drive(Gate(200, Kind(clusters=names)), values).blocked
        by_case += drive(Gate(200), values).blocked
    assert by_unit <= 4
    assert by_case > 2 * max(by_unit, 1)


def test_eighty_quiet_clusters_of_five_pass_early() -> None:
    gate = Gate(400, Kind(clusters=tuple(i // 5 for i in range(400))))
    assert drive(gate, [0.0] * 400).name == "pass"
    assert gate.seen.done < 400
    assert "0 clusters down, 0 up" in gate.verdict().reasons[0]


def test_a_graded_drop_on_every_case_is_red_and_never_ruled_out() -> None:
    """Token F1 from 1 to .667 everywhere: no case changes sides of any mark, and every case is worse."""
    gate = Gate(100, Kind(graded=True))
    assert drive(gate, [-0.333] * 100).blocked
    assert gate.seen.done < 60


def test_a_graded_pass_needs_the_interval_of_the_mean_to_clear_the_drop() -> None:
    rng = random.Random(4)
    for _ in range(10):
        gate = Gate(240, Kind(graded=True))
        step = drive(gate, [max(-1.0, min(1.0, rng.gauss(-0.01, 0.15))) for _ in range(240)])
        low = gate.verdict().numbers["low"]
        assert (step.name == "pass") == (low > -0.05)


def test_a_graded_harmless_change_with_rare_big_moves_is_seldom_red() -> None:
    """One case in 30 falls by 1, the others rise a little: the mean stays. t tests and ranks cry wolf here."""
    rng = random.Random(11)
    red = 0
    for _ in range(60):
        values = [-1.0 if rng.random() < 1 / 30 else 1 / 29 for _ in range(200)]
        red += drive(Gate(200, Kind(graded=True)), values).blocked
    assert red <= 7


def test_clusters_are_summed_in_order_of_appearance_and_holes_left_out() -> None:
    found = units([1, -1, None, 1, 1, None], ["a", None, "a", "b", "a", "c"])
    assert found == (Unit(2, 2), Unit(-1, 1), Unit(1, 1), Unit(0, 0))
