"""The gate for clusters and graded values."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from promptci.decide.gate import Gate
from promptci.decide.interval import mean_interval
from promptci.decide.plan import Step
from promptci.decide.unitgate import UnitGate
from promptci.decide.units import Unit, unit_interval, units


def drive(gate: UnitGate, values: Sequence[float], clusters: Sequence[str | None]) -> Step:
    done, step = 0, None
    for batch in gate.batches():
        done += batch
        step = gate.look(units(values[:done], clusters[:done]), done)
    assert step is not None
    return step


def clustered(seed: int, per: int, groups: int, loss: float, win: float) -> tuple[list[float], list[str | None]]:
    """Whole clusters move together: the worst case for judging cases one by one."""
    rng = random.Random(seed)
    moves = [rng.choices((-1.0, 1.0, 0.0), (loss, win, 1 - loss - win))[0] for _ in range(groups)]
    return [m for m in moves for _ in range(per)], [f"c{g}" for g in range(groups) for _ in range(per)]


def test_harmless_clusters_are_seldom_blocked_where_case_by_case_cries_wolf() -> None:
    by_unit = by_case = 0
    for seed in range(20):
        values, clusters = clustered(seed, per=5, groups=40, loss=0.08, win=0.08)
        by_unit += drive(UnitGate([5] * 40, seed=seed), values, clusters).blocked
        gate = Gate(200)
        done = 0
        for batch in gate.batches():
            done += batch
            seen = values[:done]
            gate.look(seen.count(-1.0), seen.count(1.0), done)
        by_case += gate.step is not None and gate.step.blocked
    assert by_unit <= 3
    assert by_case > 2 * max(by_unit, 1)


def test_a_graded_drop_blocks_early_and_no_change_passes_early() -> None:
    rng = random.Random(5)
    dropped = [-0.15 + rng.uniform(-0.2, 0.2) for _ in range(240)]
    gate = UnitGate([1] * 240)
    assert drive(gate, dropped, [None] * 240).blocked
    assert gate.done < 240
    gate = UnitGate([1] * 240)
    assert drive(gate, [0.0] * 240, [None] * 240).name == "pass"
    assert gate.done < 240


def test_the_same_seed_decides_the_same_and_the_order_within_a_batch_does_not_matter() -> None:
    values = [(-1.0) ** i * (i % 7) / 10 for i in range(80)]
    steps = []
    for _ in range(2):
        gate = UnitGate([1] * 80, seed=9)
        steps.append(drive(gate, values, [None] * 80))
    assert steps[0] == steps[1]
    counted = [-1.0, 0.0, 1.0, -1.0, 0.0] * 16
    swapped = [v for i in range(0, 80, 10) for v in reversed(counted[i : i + 10])]
    a, b = UnitGate([1] * 80, seed=1), UnitGate([1] * 80, seed=1)
    assert drive(a, counted, [None] * 80).name == drive(b, swapped, [None] * 80).name


def test_batches_end_where_clusters_end() -> None:
    sizes = [7, 1, 1, 30, 2, 9, 5, 5]
    ends, done = [], 0
    for batch in UnitGate(sizes, looks=4).batches():
        done += batch
        ends.append(done)
    boundaries = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    assert set(ends) <= set(boundaries)
    assert ends[-1] == 60
    assert len(ends) <= 4


def test_reruns_can_take_a_block_back() -> None:
    values = [-1.0] * 9 + [0.0] * 51
    gate = UnitGate([1] * 60, looks=1)
    assert drive(gate, values, [None] * 60).blocked
    assert gate.rerun(units(values, [None] * 60)).blocked
    assert gate.rerun(units([-1.0] * 3 + [0.0] * 57, [None] * 60)).name == "inconclusive"
    with pytest.raises(ValueError, match="nothing is blocked"):
        gate.rerun(())


def test_the_verdict_names_clusters_and_warns_about_few_graded_cases() -> None:
    gate = UnitGate([1] * 40)
    drive(gate, [0.25, -0.3] * 20, [None] * 40)
    verdict = gate.verdict()
    assert verdict.name == "inconclusive"
    assert verdict.reasons[0].startswith("40 of 40 cases run: 20 cases down, 20 up")
    assert "pass mark" in verdict.reasons[-1]
    assert UnitGate([]).verdict().name == "unmeasured"
    assert UnitGate([2, 2]).verdict(stopped="no server").name == "unmeasured"


def test_nothing_measured_is_unmeasured() -> None:
    gate = UnitGate([2] * 8)
    assert gate.look((Unit(0.0, 0),), 2, 2).name == "unmeasured"


def test_no_pass_rests_on_cases_without_a_usable_answer() -> None:
    seen, worst = [Unit(0.0, 2)] * 135 + [Unit(0.0, 1)] * 15, [Unit(0.0, 2)] * 135 + [Unit(-1.0, 2)] * 15
    assert UnitGate([2] * 150, looks=1).look(seen, 300, 15).name == "pass"
    gate = UnitGate([2] * 150, looks=1)
    assert gate.look(seen, 300, 15, 15, worst).name == "inconclusive"
    assert "no usable answer" in gate.verdict().reasons[1]


def test_a_block_whose_rerun_could_not_be_finished_decides_nothing() -> None:
    gate = UnitGate([2] * 20, looks=1)
    assert gate.look([Unit(-1.0, 2)] * 20, 40).blocked
    gate.suspend()
    assert gate.verdict(stopped="no budget").name == "unmeasured"


def test_units_that_change_between_looks_are_refused() -> None:
    gate = UnitGate([1] * 16)
    gate.look((Unit(0.0, 1), Unit(1.0, 1)), 2)
    with pytest.raises(ValueError, match="stay as they were"):
        gate.look((Unit(1.0, 1), Unit(1.0, 1)), 4)


def test_an_interval_of_single_cases_is_the_t_interval() -> None:
    values = [0.1, -0.4, 0.3, 0.2, 0.0]
    assert unit_interval([Unit(v, 1) for v in values]) == pytest.approx(mean_interval(values))
    assert unit_interval([Unit(1.0, 1)]) is None


def test_clusters_are_summed_in_order_of_appearance_and_holes_left_out() -> None:
    found = units([1, -1, None, 1, 1, None], ["a", None, "a", "b", "a", "c"])
    assert found == (Unit(2, 2), Unit(-1, 1), Unit(1, 1), Unit(0, 0))
