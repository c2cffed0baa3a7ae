"""The gate: what blocks, what passes, and what it says."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Reason
from promptci.decide.boundary import crossing
from promptci.decide.evidence import drop_ruled_out
from promptci.decide.gate import Gate, Kind
from promptci.decide.paired import Change
from promptci.decide.plan import EVIDENCE_ENOUGH, Plan, Step, stops


def drive(gate: Gate, values: Sequence[float | None], holes: Sequence[int] = ()) -> Step:
    """Show the gate the differences until it decides or they run out."""
    done = 0
    for batch in gate.batches():
        done += batch
        if done > len(values):
            break
        gate.look(values[:done], [i for i in holes if i < done])
    assert gate.step is not None
    return gate.step


def spread(losses: int, wins: int, cases: int) -> list[float]:
    """Losses and wins among ties, evenly."""
    values = [0.0] * cases
    for i in range(losses):
        values[i * cases // losses] = -1.0
    free = [i for i, v in enumerate(values) if v == 0.0]
    for i in range(wins):
        values[free[i * len(free) // wins]] = 1.0
    return values


def test_no_change_at_all_on_enough_cases_passes_before_the_end() -> None:
    gate = Gate(200)
    assert drive(gate, [0.0] * 200).name == "pass"
    assert gate.seen.done < 150
    assert gate.verdict().reasons[-1] == "A drop of 5 points or more is ruled out by these cases."


def test_what_is_ruled_out_is_no_pass_while_later_cases_could_still_block() -> None:
    gate = Gate(100, batch=60)
    step = gate.look([0.0] * 60)
    assert drop_ruled_out(Change(0, 0, 60), gate.plan.ruled_out, gate.plan.alpha)
    assert step.evidence < EVIDENCE_ENOUGH
    assert step.name is None


def test_a_clear_drop_blocks_before_the_end_and_says_why() -> None:
    gate = Gate(200)
    assert drive(gate, spread(40, 4, 200)).blocked
    verdict = gate.verdict()
    assert verdict.blocked
    assert gate.seen.done < 150
    assert [reason.kind for reason in verdict.told] == ["cases_run", "drop_shown"]
    assert verdict.reasons[1] == (
        "A harmless change would look this bad less than 5 times in 100, counting all our early looks."
    )


@pytest.mark.parametrize(("losses", "wins"), [(4, 0), (5, 1)], ids=["four losses", "five losses and a win"])
def test_nothing_blocks_before_five_losses_without_a_win(losses: int, wins: int) -> None:
    assert Gate(40, looks=1).look(spread(losses, wins, 40)).name == "inconclusive"


def test_five_losses_without_a_win_block() -> None:
    assert Gate(40, looks=1).look(spread(5, 0, 40)).blocked


def test_few_cases_are_inconclusive_even_without_any_change() -> None:
    gate = Gate(20)
    assert drive(gate, [0.0] * 20).name == "inconclusive"
    assert [reason.kind for reason in gate.verdict().told] == ["cases_run", "undecided", "sight"]
    assert "smallest drop" in gate.verdict().reasons[-1]


@pytest.mark.parametrize("drop", [0.05, 0.10])
def test_a_drop_at_the_tolerance_is_seldom_red_and_one_well_above_it_is(drop: float) -> None:
    """Evidence of at least 20 against a drop of at most the tolerated one: one in 20, at any look (Ville)."""
    rng = random.Random(7)

    def red(true: float) -> int:
        runs = ([-float(rng.random() < true) for _ in range(300)] for _ in range(60))
        return sum(drive(Gate(300, max_drop=drop), values).blocked for values in runs)

    assert red(drop) <= 7  # 60 runs at 5 %: P(8 or more) is 1 in 100 at worst
    assert red(drop + 0.15) >= 57


def test_a_tolerance_has_its_sentences() -> None:
    gate = Gate(60, max_drop=0.03, looks=1)
    assert gate.look(spread(30, 0, 60)).blocked
    assert "the tolerated 3 points or less" in gate.verdict().reasons[-1]
    gate = Gate(60, max_drop=0.03, looks=1)
    assert gate.look(spread(3, 1, 60)).name == "inconclusive"
    assert "do not rule out one of 8 points" in gate.verdict().reasons[1]


def test_more_than_a_twentieth_unmeasured_is_no_verdict() -> None:
    gate = Gate(100)
    assert drive(gate, [-1.0] * 12 + [None] * 88).blocked  # decided before the holes came
    gate = Gate(100)
    assert drive(gate, [None] * 6 + [0.0] * 94).name == "unmeasured"
    assert gate.verdict().told[-1].kind == "too_many_unmeasured"


def test_nothing_measured_is_neither_green_nor_worse() -> None:
    assert Gate(0).verdict().name == "unmeasured"
    assert Gate(10).verdict(stopped="the server did not answer").told[0].kind == "no_cases"
    assert drive(Gate(16), [None] * 16).name == "unmeasured"


def test_a_run_that_ends_before_a_decision_is_unmeasured() -> None:
    gate = Gate(200)
    gate.look([-1.0, 1.0, 0.0])
    verdict = gate.verdict(stopped="the budget is spent")
    assert verdict.name == "unmeasured"
    assert verdict.reasons[-1] == "The run ended before a verdict: the budget is spent."


def test_a_block_that_fresh_answers_do_not_confirm_is_taken_back_with_its_reason() -> None:
    gate = Gate(80, looks=1)
    assert gate.look(spread(8, 1, 80)).blocked
    assert gate.withdraw(Reason("not_confirmed", "Fresh answers did not confirm it.")).name == "inconclusive"
    assert gate.verdict().told[1].kind == "not_confirmed"
    gate = Gate(200)
    drive(gate, [-1.0] * 40 + [0.0] * 160)
    done = gate.seen.done
    step = gate.withdraw()
    assert not step.decided
    assert gate.look([-1.0] * (done + step.next_batch)).blocked  # raw differences go on, and may block again


def test_a_block_that_fresh_answers_confirm_stays_and_says_so() -> None:
    gate = Gate(80, looks=1)
    gate.look(spread(9, 0, 80))
    assert gate.confirm(Reason("confirmed", "Fresh answers confirmed it.")).blocked
    assert gate.verdict().told[1].kind == "confirmed"


@pytest.mark.parametrize("act", [Gate.withdraw, Gate.suspend], ids=["withdraw", "suspend"])
def test_only_a_block_can_be_taken_back(act: Callable[[Gate], object]) -> None:
    with pytest.raises(ValueError, match="nothing is blocked"):
        act(Gate(80))


def test_a_block_whose_confirmation_could_not_be_finished_decides_nothing() -> None:
    gate = Gate(80, looks=1)
    gate.look(spread(8, 1, 80))
    gate.suspend()
    assert gate.verdict(stopped="the budget is spent").name == "unmeasured"


def test_no_pass_rests_on_cases_without_a_usable_answer() -> None:
    values = [None] * 6 + [0.0] * 114
    assert Gate(120, looks=1).look(values).name == "pass"
    gate = Gate(120, looks=1)
    assert gate.look(values, holes=range(6)).name == "inconclusive"
    assert "6 cases that passed before got no usable answer" in gate.verdict().reasons[1]
    with pytest.raises(ValueError, match="among the unmeasured"):
        Gate(120, looks=1).look(values, holes=[7])


@pytest.mark.parametrize(
    "looks",
    [[[0.0] * 9, [0.0] * 9], [[0.0] * 101], [[0.0] * 9, [1.0] * 12], [[2.0]]],
    ids=["no more cases", "more than planned", "changed cases", "out of range"],
)
def test_impossible_looks_are_refused(looks: list[list[float]]) -> None:
    gate = Gate(100)
    for values in looks[:-1]:
        gate.look(values)
    with pytest.raises(ValueError):
        gate.look(looks[-1])


VALUES = st.sampled_from([0.0, 0.0, 0.0, 1.0, -1.0, None])


@settings(max_examples=50)
@given(st.lists(VALUES, min_size=1, max_size=90), st.integers(0, 999))
def test_the_order_of_cases_within_a_batch_does_not_matter(values: list[float | None], seed: int) -> None:
    rng, shuffled, done = random.Random(seed), list[float | None](), 0
    for end in stops([1] * len(values)):
        shuffled += rng.sample(values[done:end], end - done)
        done = end
    results = []
    for rows in (values, shuffled):
        gate = Gate(len(rows))
        results.append((drive(gate, rows).name, gate.verdict().reasons))
    assert results[0] == results[1]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=8))
def test_one_more_loss_never_unblocks(batches: list[int]) -> None:
    plan = Plan((800,))
    levels = [plan.level(100 * t) for t in range(1, len(batches) + 1)]
    path = tuple(zip(batches, levels, strict=True))
    one_more = (*path[:-1], (batches[-1] + 1, levels[-1]))
    assert crossing(one_more).critical <= crossing(path).critical + 1


def test_an_improvement_so_large_that_nothing_can_block_passes_early() -> None:
    gate = Gate(100, detect=0.01)  # too small a drop for betting evidence on these cases
    assert drive(gate, [1.0, 0.0] * 50).name == "pass"
    assert gate.seen.done < 100


@pytest.mark.parametrize("planned", [1, 3, 31, 33, 200, 500])
@pytest.mark.parametrize("batch", [1, 16, 64])
def test_batches_cover_the_plan_and_keep_the_pipeline_full(planned: int, batch: int) -> None:
    sizes = list(Gate(planned, batch=batch).batches())
    assert sum(sizes) == planned
    assert len(sizes) <= 32
    assert all(size >= min(batch, planned) for size in sizes[:-1])


def test_batches_end_where_clusters_end() -> None:
    sizes = [7, 1, 1, 30, 2, 9, 5, 5]
    ends = stops(sizes, looks=4)
    assert set(ends) <= {sum(sizes[: i + 1]) for i in range(len(sizes))}
    assert ends[-1] == 60
    assert len(ends) <= 4


@pytest.mark.parametrize(
    ("alpha", "max_drop", "detect"),
    [(0.0, 0, 0.05), (0.5, 0, 0.05), (0.05, 0, 0.0), (0.05, -0.1, 0.2), (0.05, 0.5, 0.5)],
)
def test_settings_out_of_range_are_refused(alpha: float, max_drop: float, detect: float) -> None:
    with pytest.raises(ValueError):
        Gate(10, alpha=alpha, max_drop=max_drop, detect=detect)


def test_a_torn_cluster_and_a_kind_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="stand together"):
        Gate(3, Kind(clusters=("a", "b", "a")))
    with pytest.raises(ValueError, match="every planned case"):
        Gate(3, Kind(stored=(5, 5)))
    with pytest.raises(ValueError):
        Gate(10, looks=0)


@pytest.mark.parametrize("graded", [False, True])
def test_cases_clear_a_gate_by_the_evidence_that_passes_it_whatever_it_looked_at_before(graded: bool) -> None:
    moved = [-0.5 if graded else -1.0] * 4
    gate = Gate(400, Kind(graded=graded), detect=0.06)
    few, many = ((*moved, *[0.0] * n) for n in (20, 396))
    assert not gate.clears(few)
    assert gate.clears(many)
    assert gate.step is None, "it is no look"
    some = (*many[:381], *[None] * 19)
    assert gate.clears(some)
    assert not gate.clears(some, range(381, 400)), "unusable answers count as losses"
    assert not gate.clears((*many[:300], *[None] * 100)), "too many are unmeasured"
