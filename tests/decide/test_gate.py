"""The gate: what blocks, what passes, and what it says."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.decide.boundary import crossing
from promptci.decide.evidence import betting_evidence
from promptci.decide.gate import Gate
from promptci.decide.paired import Change, count
from promptci.decide.plan import Plan, Step


def drive(gate: Gate, looks: Sequence[tuple[int, int]], unmeasured: Sequence[int] = ()) -> Step:
    """Feed cumulative (losses, wins) until the gate decides or they run out."""
    done, step = 0, None
    for i, batch in enumerate(gate.batches()):
        if i >= len(looks):
            break
        done += batch
        step = gate.look(*looks[i], done, unmeasured[i] if unmeasured else 0)
    assert step is not None
    return step


def test_no_change_at_all_on_enough_cases_passes_before_the_end() -> None:
    gate = Gate(200)
    step = drive(gate, [(0, 0)] * 8)
    assert step.name == "pass"
    assert gate.history[-1].cases_done < 200
    assert gate.verdict().name == "pass"


def test_a_clear_drop_blocks_before_the_end_and_says_why() -> None:
    gate = Gate(200)
    step = drive(gate, [(1, 1), (3, 1), (6, 2), (9, 3), (15, 3), (20, 3)])
    verdict = gate.verdict()
    assert step.blocked
    assert verdict.blocked
    assert verdict.reasons == (
        "125 of 200 cases run: 15 newly failing, 3 newly passing.",
        "A harmless change would look this bad less than 5 times in 100, counting all our early looks.",
    )


@pytest.mark.parametrize(("losses", "wins"), [(4, 0), (5, 1)], ids=["four losses", "five losses and a win"])
def test_nothing_blocks_before_five_losses_without_a_win(losses: int, wins: int) -> None:
    gate = Gate(40, looks=1)
    assert gate.look(losses, wins, 40).name == "inconclusive"


def test_five_losses_without_a_win_block() -> None:
    assert Gate(40, looks=1).look(5, 0, 40).blocked


def test_few_cases_are_inconclusive_even_without_any_change() -> None:
    gate = Gate(20)
    assert drive(gate, [(0, 0)] * 8).name == "inconclusive"
    assert "smallest drop" in gate.verdict().reasons[-1]


def test_more_than_a_twentieth_unmeasured_is_no_verdict() -> None:
    gate = Gate(100)
    assert drive(gate, [(12, 0)] * 8, unmeasured=[0, 1, 4, 6, 6, 6, 6, 6]).blocked  # decided before the holes came
    gate = Gate(100)
    assert drive(gate, [(0, 0)] * 8, unmeasured=[6] * 8).name == "unmeasured"
    assert gate.verdict().name == "unmeasured"


def test_nothing_measured_is_neither_green_nor_worse() -> None:
    assert Gate(0).verdict().name == "unmeasured"
    assert Gate(10).verdict(stopped="the server did not answer").name == "unmeasured"
    gate = Gate(16)
    assert drive(gate, [(0, 0)] * 8, unmeasured=[2] * 8).name == "unmeasured"


def test_a_run_that_ends_before_a_decision_is_unmeasured() -> None:
    gate = Gate(200)
    drive(gate, [(1, 1)])
    verdict = gate.verdict(stopped="the budget is spent")
    assert verdict.name == "unmeasured"
    assert "the budget is spent" in verdict.reasons[-1]


def test_losses_that_the_old_prompt_repeats_do_not_stand() -> None:
    gate = Gate(80, looks=1)
    assert gate.look(8, 1, 80).blocked
    assert gate.rerun(3).name == "inconclusive"
    assert "passed 3 of 8" in gate.verdict().reasons[1]


def test_a_block_whose_rerun_could_not_be_finished_decides_nothing() -> None:
    gate = Gate(80, looks=1)
    with pytest.raises(ValueError, match="nothing is blocked"):
        gate.suspend()
    gate.look(8, 1, 80)
    gate.suspend()
    verdict = gate.verdict(stopped="the budget is spent")
    assert verdict.name == "unmeasured"
    assert verdict.reasons[-1] == "The run ended before a verdict: the budget is spent."


def test_no_pass_rests_on_cases_without_a_usable_answer() -> None:
    assert Gate(120, looks=1).look(0, 0, 120, 6).name == "pass"
    gate = Gate(120, looks=1)
    assert gate.look(0, 0, 120, 6, holes=6).name == "inconclusive"
    assert "6 cases that passed before got no usable answer" in gate.verdict().reasons[1]
    assert Gate(120, looks=1).look(0, 0, 120, 1, holes=1).name == "pass"
    with pytest.raises(ValueError, match="among the unmeasured"):
        Gate(120, looks=1).look(0, 0, 120, 1, holes=2)


def test_losses_that_stand_stay_red_and_an_early_withdrawal_goes_on() -> None:
    gate = Gate(200)
    drive(gate, [(1, 1), (3, 1), (6, 2), (9, 3), (15, 3)])
    assert gate.rerun(15).blocked
    step = gate.rerun(5)
    assert not step.decided
    assert step.next_batch == 25


def test_a_rerun_needs_a_block() -> None:
    gate = Gate(80)
    with pytest.raises(ValueError, match="nothing is blocked"):
        gate.rerun(0)


@pytest.mark.parametrize(
    "history", [[(2, 0, 10), (1, 0, 20)], [(0, 0, 10), (0, 0, 10)], [(0, 0, 101)], [(11, 0, 10)]], ids=str
)
def test_impossible_counts_are_refused(history: list[tuple[int, int, int]]) -> None:
    gate = Gate(100)
    for look in history[:-1]:
        gate.look(*look)
    with pytest.raises(ValueError):
        gate.look(*history[-1])


def run(gate: Gate, old: Sequence[float | None], new: Sequence[float | None]) -> list[Step]:
    """The whole loop as a workflow drives it."""
    done, steps = 0, []
    for batch in gate.batches():
        done += batch
        seen = count(old[:done], new[:done])
        steps.append(gate.look(seen.losses, seen.wins, done, seen.unmeasured))
    return steps


VALUES = st.sampled_from([0.0, 1.0, 1.0, 1.0, None])


@settings(max_examples=50)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=90), st.integers(0, 999))
def test_the_order_of_cases_within_a_batch_does_not_matter(pairs: list[tuple[float, float]], seed: int) -> None:
    rng, shuffled, done = random.Random(seed), [], 0
    for end in Plan(len(pairs)).ends:
        shuffled += rng.sample(pairs[done:end], end - done)
        done = end
    results = []
    for rows in (pairs, shuffled):
        gate = Gate(len(rows))
        results.append((run(gate, [a for a, _ in rows], [b for _, b in rows]), gate.verdict()))
    assert results[0] == results[1]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=8), st.integers(0, 40))
def test_one_more_loss_never_unblocks(batches: list[int], losses: int) -> None:
    plan = Plan(800)
    levels = [plan.level(100 * t) for t in range(1, len(batches) + 1)]
    path = tuple(zip(batches, levels, strict=True))
    one_more = (*path[:-1], (batches[-1] + 1, levels[-1]))
    assert crossing(one_more).critical <= crossing(path).critical + 1


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 200))
def test_losses_are_evidence_for_a_drop_and_wins_against(losses: int, wins: int, ties: int) -> None:
    here = betting_evidence(Change(losses, wins, ties), 0.05)
    assert betting_evidence(Change(losses + 1, wins, ties), 0.05) < here
    assert betting_evidence(Change(losses, wins, ties + 1), 0.05) > here
    assert betting_evidence(Change(losses, wins + 1, ties), 0.05) > here


def test_an_improvement_so_large_that_nothing_can_block_passes_early() -> None:
    gate = Gate(100, max_drop=0.01)  # too small a drop for betting evidence on 75 cases
    step = drive(gate, [(0, 5), (0, 10), (0, 14), (1, 18), (1, 22), (1, 30), (1, 40), (1, 40)])
    assert step.name == "pass"
    assert gate.history[-1].cases_done < 100


@pytest.mark.parametrize("planned", [1, 3, 7, 8, 30, 333, 500])
def test_batches_cover_the_plan(planned: int) -> None:
    sizes = list(Gate(planned).batches())
    assert sum(sizes) == planned
    assert len(sizes) <= 8
    assert min(sizes) > 0
    assert max(sizes) - min(sizes) <= 1


def test_settings_out_of_range_are_refused() -> None:
    for alpha, max_drop in ((0.0, 0.05), (0.5, 0.05), (0.05, 0.0), (0.05, 1.0)):
        with pytest.raises(ValueError):
            Gate(10, alpha=alpha, max_drop=max_drop)
    with pytest.raises(ValueError):
        Gate(10, looks=0)
