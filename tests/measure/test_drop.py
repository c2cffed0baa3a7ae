"""The gate `max_drop` from the screen to the claim: what is asked again, how far the pair runs on, and what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from promptci.core import Reason
from promptci.decide.confirm import SCREEN
from promptci.decide.gate import Gate, Kind
from promptci.measure.confirm import Claim, confirmed, drop_alarms
from promptci.measure.gates.base import Alarm, PairTest, settled
from promptci.measure.gates.drop import counts, drop, gate_for, p_of_drop, weighed
from promptci.measure.pair import Pair
from promptci.measure.spot import doubted
from promptci.metrics.base import Metric
from promptci.metrics.exact import Exact
from promptci.metrics.tokens import TokenF1
from promptci.run.arm import Arm
from promptci.run.ask import FIRST_FRESH
from tests.measure.fakes import Model, a_run, a_side, an_arm, some_cases

CASES = some_cases(60)
Says = Callable[[str, int, int], str]


def worse_on(share: int, *, fresh: int | None = None) -> Says:
    """The new prompt fails every `share`-th case; asked afresh every `fresh`-th one."""

    def says(name: str, n: int, sample: int) -> str:
        every = share if sample < FIRST_FRESH or fresh is None else fresh
        return "no" if name == "new" and every and n % every == 0 else "yes"

    return says


def a_pair(done: int, losses: int, wins: int = 0) -> Pair:
    """The first `done` cases have run; of them the first lost, the next won, and the rest stayed."""
    old = [0.0 if losses <= n < losses + wins else 1.0 for n in range(done)]
    new = [0.0 if n < losses else 1.0 for n in range(done)]
    return Pair(an_arm(a_side("old", CASES), old), an_arm(a_side("new", CASES), new), CASES, done)


def looked(pair: Pair, *, gate: str = "") -> Gate:
    """A gate that has looked at the pair once."""
    if gate:
        pair.new = an_arm(a_side("new", CASES, gate), [pair.new.values.by_case[c.id] for c in pair.ran])
    found = gate_for(pair, answers=1, batch=pair.done or 1)
    found.look(pair.gaps(pair.ran))
    return found


def alarms(pair: Pair, gate: Gate, model: Model, *, level: float = 0.05, calls: int | None = None) -> tuple[Alarm, ...]:
    run = a_run(model, calls=calls)
    with run.door:
        return drop_alarms(run, pair, gate, level, lambda done: None)


def test_a_gate_that_shows_nothing_asks_nothing() -> None:
    model, pair = Model(), a_pair(60, losses=2, wins=1)
    assert alarms(pair, looked(pair), model) == ()
    assert model.asked == []


def test_at_the_end_the_changed_cases_are_asked_afresh_of_both() -> None:
    model, pair = Model(worse_on(4)), a_pair(60, losses=0)
    pair = Pair(pair.old, an_arm(a_side("new", CASES), [float(n % 4 > 0) for n in range(60)]), CASES, 60)
    (alarm,) = alarms(pair, looked(pair), model)
    assert (model.calls("old"), model.calls("new")) == (15, 15)
    assert min(sample for *_, sample in model.asked) >= FIRST_FRESH
    p_value, told = alarm.p_value(pair)
    assert p_value == pytest.approx(2**-15)
    assert told == "of 15 cases asked again 15 got worse and 0 better, p < 0.0001"


def test_too_few_changed_cases_let_the_pair_run_on_until_the_drop_is_shown() -> None:
    model, pair = Model(worse_on(2)), a_pair(20, losses=0)
    pair = Pair(pair.old, an_arm(a_side("new", CASES), [float(n % 2) for n in range(20)]), CASES, 20)
    gate = looked(pair)
    assert gate.step is not None
    assert gate.step.blocked
    (alarm,) = alarms(pair, gate, model, level=0.004)
    p_value, _ = alarm.p_value(pair)
    assert pair.done in (40, 60)
    assert p_value is not None
    assert p_value <= 0.004


def test_a_drop_that_fresh_answers_do_not_have_is_given_up_at_ten_of_them() -> None:
    model, pair = Model(worse_on(2, fresh=0)), a_pair(20, losses=0)
    pair = Pair(pair.old, an_arm(a_side("new", CASES), [float(n % 2) for n in range(20)]), CASES, 20)
    (alarm,) = alarms(pair, looked(pair), model)
    assert alarm.p_value(pair) == (1.0, "of 10 cases asked again 0 got worse and 0 better, p = 1")
    assert pair.done == 20


@pytest.mark.parametrize(
    ("detect", "ran", "name"),
    [
        pytest.param(0.05, 20, "inconclusive", id="it cannot be ruled out, whatever the others show"),
        pytest.param(0.4, 60, "pass", id="the others rule it out"),
        pytest.param(0.9, 20, "pass", id="ruled out already"),
    ],
)
def test_an_alarm_that_did_not_hold_lets_the_pair_run_on_while_the_drop_may_be_ruled_out(
    detect: float, ran: int, name: str
) -> None:
    model, pair = Model(), a_pair(20, losses=10)
    gate = looked(pair, gate=f"detect: {detect}")
    found = alarms(pair, gate, model)
    assert pair.done <= ran
    assert (pair.done > 20) is (ran > 20)
    verdict = settled(drop(pair, gate, found), confirmed(a_run(model), [Claim(pair, found[0])], 1))
    assert verdict.name == name
    kinds = ["not_confirmed", "drop_ruled_out"] if name == "pass" else ["not_confirmed"]
    assert [r.kind for r in verdict.told][1:] == kinds
    if name == "pass":
        assert verdict.told[-1].text.startswith(f"The {pair.done} cases that ran rule out a drop of")


def test_stored_answers_that_nobody_could_look_at_again_carry_no_pass_after_an_alarm() -> None:
    model, pair = Model(), a_pair(20, losses=10)
    gate = looked(pair, gate="detect: 0.9")
    shown = drop(pair, gate, alarms(pair, gate, model))
    assert shown.otherwise == "pass"
    assert doubted(shown, Reason("budget", "the budget is spent")).otherwise == "inconclusive"
    assert doubted(shown, Reason("replay", "nothing is sent")).otherwise == "pass"


@pytest.mark.parametrize("calls", [0, 7, 20], ids=["none", "in the fresh answers", "in the cases behind"])
def test_a_budget_that_ends_leaves_the_claim_unfinished(calls: int) -> None:
    model, pair = Model(worse_on(2)), a_pair(20, losses=0)
    pair = Pair(pair.old, an_arm(a_side("new", CASES), [float(n % 2) for n in range(20)]), CASES, 20)
    gate = looked(pair)
    found = alarms(pair, gate, model, level=1e-6, calls=calls)
    assert len(model.asked) == calls
    answers = confirmed(a_run(model), [Claim(pair, alarm) for alarm in found], 1)
    verdict = settled(drop(pair, gate, found), answers)
    assert (verdict.name, verdict.told[-1].kind) == ("unmeasured", "unconfirmed")


def test_the_verdict_counts_what_ran_on_and_what_was_asked_ahead() -> None:
    pair = a_pair(20, losses=10)
    gate = looked(pair)
    whole = a_pair(40, losses=12, wins=1)
    whole.ahead = 16
    verdict = drop(whole, gate, ()).verdict
    assert verdict.told[-1].text == "To confirm that, the run went on to 40 cases: 12 got worse, 1 better."
    assert (verdict.numbers["ran"], verdict.numbers["cases"], verdict.numbers["asked_ahead"]) == (40.0, 20.0, 16.0)
    assert verdict.numbers["low"] < -11 / 40 < verdict.numbers["high"]


def test_only_betting_counts_before_the_end_and_only_a_share_of_the_level() -> None:
    pair = a_pair(20, losses=10)
    gate = looked(pair)
    early = p_of_drop(pair, pair, gate, early=True)
    last = a_pair(60, losses=10)
    exact = p_of_drop(last, last, gate, early=False)
    assert exact == pytest.approx(2**-10)
    assert early > exact
    assert p_of_drop(last, last, gate, early=True) == pytest.approx(exact / 0.8)  # a fifth of the level is the looks'


def test_a_tolerated_drop_is_bet_against_to_the_end() -> None:
    pair = a_pair(60, losses=6)
    strict, lenient = looked(pair), looked(a_pair(60, losses=6), gate="max_drop: 0.1")
    assert p_of_drop(pair, pair, strict, early=False) == pytest.approx(2**-6)
    assert p_of_drop(pair, pair, lenient, early=False) > 0.5, "six losses of sixty are the tolerated tenth"


@pytest.mark.parametrize(("cluster", "expected"), [(0, 2**-8), (4, 2**-2)], ids=["cases", "clusters of four"])
def test_cases_that_belong_together_are_one_coin(cluster: int, expected: float) -> None:
    cases = some_cases(40, cluster=cluster)
    old, new = a_side("old", cases), a_side("new", cases)
    pair = Pair(an_arm(old, [1.0] * 40), an_arm(new, [0.0] * 8 + [1.0] * 32), cases, 40)
    gate = gate_for(pair, answers=1, batch=40)
    gate.look(pair.gaps(pair.ran))
    assert p_of_drop(pair, pair, gate, early=False) == pytest.approx(expected)
    assert gate.largest == (cluster or 1)


@pytest.mark.parametrize(
    ("samples", "answers", "stored"),
    [
        pytest.param((1.0,), 1, (), id="one answer a side"),
        pytest.param((1.0, 0.0, 1.0), 1, (3,) * 10, id="three stored"),
        pytest.param((1.0, None, 1.0), 1, (2,) * 10, id="one of three unmeasured"),
        pytest.param((1.0,), 3, (1,) * 10 + (3,) * 50, id="stored once, asked three times"),
    ],
)
def test_the_gate_knows_how_many_answers_are_behind_a_value(
    samples: tuple[float | None, ...], answers: int, stored: tuple[int, ...]
) -> None:
    pair = a_pair(10, losses=0)
    pair.old.values.samples = {c.id: samples for c in CASES[:10]}
    found = gate_for(pair, answers=answers, batch=1).kind
    assert found.stored[:10] == stored[:10]
    assert found.answers == answers
    assert len(found.stored) in (0, 60)


@pytest.mark.parametrize(
    ("settings", "metric", "alpha", "looks"),
    [
        pytest.param("", Exact(), 0.05, SCREEN - 0.01, id="counted: the fresh answers keep the level"),
        pytest.param("max_drop: 0.03", Exact(), 0.04, 0.04, id="a tolerance"),
        pytest.param("", TokenF1(), 0.04, 0.04, id="graded"),
    ],
)
def test_what_was_spent_is_taken_off_what_the_looks_may_spend(
    settings: str, metric: Metric, alpha: float, looks: float
) -> None:
    pair = Pair(Arm(a_side("old", CASES)), Arm(a_side("new", CASES, settings, metric)), CASES)
    plan = gate_for(pair, answers=1, batch=1, spent=0.01).plan
    assert [plan.alpha, plan.looks_level] == pytest.approx([alpha, looks])


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        pytest.param(Gate(4, Kind(stored=(5,) * 4)), [-1.0, 0.4, None, 0.0], id="by how far they moved at first"),
        pytest.param(Gate(4, Kind(graded=True)), [-1.0, 1.0, None, 0.0], id="a mean of graded values"),
        pytest.param(Gate(4, max_drop=0.05), [-1.0, 1.0, None, 0.0], id="a mean against a tolerance"),
    ],
)
def test_fresh_answers_count_by_how_far_their_cases_had_moved(gate: Gate, expected: list[float | None]) -> None:
    old, new = a_side("old", CASES[:4]), a_side("new", CASES[:4])
    pair = Pair(an_arm(old, [1.0, 0.6, 0.2, 0.8]), an_arm(new, [0.0, 1.0, 0.0, 1.0]), CASES[:4], 4)
    fresh = Pair(an_arm(old, [1.0, 0.0, None, 1.0]), an_arm(new, [0.0, 1.0, 0.0, 1.0]), CASES[:4], 4)
    assert weighed(pair, fresh, gate) == pytest.approx(expected)
    assert weighed(fresh, fresh, gate) == fresh.gaps(fresh.ran), "nothing chose the cases"


def test_counts_leave_out_what_was_not_measured() -> None:
    pair = Pair(
        an_arm(a_side("old", CASES), [1.0, None, 0.0, 1.0]), an_arm(a_side("new", CASES), [0.0, 0.0, 1.0]), CASES, 4
    )
    assert counts(pair) == (1, 1)


def test_a_claim_of_cases_is_asked_of_both_arms_and_tested_on_their_fresh_answers() -> None:
    pair = Pair(Arm(a_side("old", CASES)), Arm(a_side("new", CASES)), CASES, 60)
    model = Model(worse_on(1))
    run = a_run(model)
    with run.door:
        (answer,) = confirmed(run, [Claim(pair, Alarm("slice de", CASES[:8], PairTest(CASES[:8]), among=2))], 3)
    assert (model.calls("old"), model.calls("new")) == (8, 8)
    assert answer.corrected == pytest.approx(3 * 2 * 2**-8)
    assert answer.stands
    assert not answer.by_one_case
