"""A pair from its first case to what every gate says, on a scripted model: fresh, stored, rolled over, stale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from promptci.core import Reason
from promptci.measure.gates.base import Screen, Screened
from promptci.measure.pair import Pair
from promptci.measure.screen import alone, apart, screened, undecided
from promptci.measure.spot import doubted
from promptci.records.baseline import Baseline
from promptci.run.ask import FIRST_FRESH
from tests.measure.fakes import SPEC, Model, a_run, a_side, an_arm, some_cases

CASES = some_cases(120)
Says = Callable[[str, int, int], str | None]


def steady(name: str, n: int, sample: int) -> str:
    return "yes"


def worse(name: str, n: int, sample: int) -> str:
    return "no" if name == "new" and n % 3 == 0 else "yes"


def half_gone(name: str, n: int, sample: int) -> str | None:
    return None if name == "new" and n % 2 else "yes"


def accepted(value: float = 1.0, *, answered: str = "m-1", times: int = 5) -> Baseline:
    measure = a_side("old", CASES).measure(answered)
    return Baseline(measure, {c.id: (value,) * times for c in CASES}, "2026-01-02T00:00:00Z", 600, 0.0)


def ran(
    says: Says, stored: Baseline | None = None, *, gate: str = "", calls: int | None = None
) -> tuple[Screen, Model]:
    model = Model(says)
    run = a_run(model, calls=calls)
    with run.door:
        found = screened(run, a_side("old", CASES), a_side("new", CASES, gate), stored, level=0.05)
    return found, model


def verdict(found: Screen) -> str:
    return found.gates[0].verdict.name


def test_a_harmless_change_passes_before_the_end_on_fresh_answers_of_both() -> None:
    found, model = ran(steady)
    assert verdict(found) == "pass"
    assert found.pair.done < len(CASES)
    assert model.calls("old") == model.calls("new") == found.pair.done + found.pair.ahead // 2
    assert found.notes == ()


def test_a_drop_is_claimed_with_its_fresh_answers() -> None:
    found, model = ran(worse)
    assert verdict(found) == "fail", "as the screen sees it: the claim is settled beside the run's others"
    (alarm,) = found.gates[0].alarms
    p_value, _ = alarm.p_value(found.pair)
    assert p_value is not None
    assert p_value <= 0.05
    assert any(sample >= FIRST_FRESH for *_, sample in model.asked)


def test_stored_answers_save_the_old_side_and_twenty_of_them_are_asked_again() -> None:
    found, model = ran(steady, accepted())
    assert verdict(found) == "pass"
    assert model.calls("old") == 20
    assert min(sample for name, _, sample in model.asked if name == "old") >= FIRST_FRESH
    assert [note.kind for note in found.notes] == ["baseline_holds"]


def test_stored_answers_of_another_model_are_run_anew() -> None:
    found, model = ran(steady, accepted(answered="m-0"))
    assert [note.kind for note in found.notes] == ["model_rolled"]
    assert found.notes[0].text == (
        "Stored answers are not this model's (m-0 on the old side, m-1 on the new one), so both sides ran anew."
    )
    assert model.calls("old") == 20 + found.pair.done + found.pair.ahead // 2
    assert found.pair.first >= FIRST_FRESH


def test_a_stale_baseline_is_run_anew_and_says_so() -> None:
    found, model = ran(steady, accepted(0.0))
    assert [note.kind for note in found.notes] == ["baseline_stale"]
    assert found.notes[0].text.endswith("The baseline is stale, so both sides ran afresh.")
    assert verdict(found) == "pass"
    assert model.calls("old") > 20


def test_a_drop_against_stored_answers_is_claimed_on_fresh_ones_of_both() -> None:
    found, model = ran(worse, accepted())
    assert verdict(found) == "fail"
    assert [note.kind for note in found.notes] == ["baseline_holds"]
    assert model.calls("old") == 20 + len(found.pair.changed(found.pair.ran))


@pytest.mark.parametrize("says", [steady, worse], ids=["harmless", "worse"])
def test_a_stale_baseline_costs_nothing_of_the_level_and_no_answer_of_the_new_side(says: Says) -> None:
    found, model = ran(says, accepted(0.0))
    assert found.pair.first >= FIRST_FRESH
    assert all(sample >= FIRST_FRESH for *_, sample in model.asked), "the stored answers were never screened"
    assert verdict(found) == ("pass" if says is steady else "fail")
    told = [reason.text for reason in found.gates[0].verdict.told]
    assert says is steady or any("less than 5 times in 100" in text for text in told)


@pytest.mark.parametrize(
    ("stored", "wants_more", "old_calls"),
    [
        pytest.param(None, True, 4, id="nothing-stored"),
        pytest.param(accepted(), True, 20, id="stored-and-holds"),
        pytest.param(accepted(0.0), False, 20, id="stale"),
        pytest.param(accepted(answered="m-0"), False, 20, id="of-another-model"),
    ],
)
def test_a_first_look_rests_on_no_stored_answers_that_do_not_hold(
    stored: Baseline | None, wants_more: bool, old_calls: int
) -> None:
    run = a_run(model := Model(steady))
    with run.door:
        assert undecided(run, a_side("old", CASES), a_side("new", CASES), stored) is wants_more
    assert (model.calls("old"), model.calls("new")) == (old_calls, 4 if wants_more else 0)


@pytest.mark.parametrize("calls", [0, 5, 41])
def test_a_budget_that_ends_decides_nothing(calls: int) -> None:
    found, model = ran(steady, calls=calls)
    assert len(model.asked) == calls
    assert verdict(found) == "unmeasured"
    assert found.pair.stopped is not None
    assert found.pair.stopped.kind == "budget"


def test_cases_without_an_answer_are_no_verdict() -> None:
    found, _ = ran(half_gone)
    assert verdict(found) == "unmeasured"


def test_every_gate_that_is_set_speaks_the_drop_first() -> None:
    found, _ = ran(steady, gate="min_score: 0.8, must_pass: [c3], slices: true, max_length: 9")
    assert [gate.verdict.gate for gate in found.gates] == ["max_drop", "slices", "min_score", "length", "must_pass"]


@pytest.mark.parametrize(("kind", "name"), [("budget", "unmeasured"), ("replay", "pass")])
def test_a_pass_on_stored_answers_that_nobody_could_look_at(kind: str, name: str) -> None:
    found, _ = ran(steady)
    shown = doubted(found.gates[0], Reason(kind, "none may be sent"))
    assert (shown.verdict.name, shown.verdict.told[-1].kind) == (name, "baseline_unchecked")
    red, _ = ran(worse)
    assert doubted(Screened(red.gates[0].verdict), Reason(kind, "none")).verdict.name == "fail"


def test_a_metric_that_asks_somebody_runs_batch_by_batch() -> None:
    assert alone(a_side("new", CASES).grading.combined)


@pytest.mark.parametrize(
    ("stored", "model", "expected"),
    [
        pytest.param("old", "m", True, id="another-answers-under-the-same-name"),
        pytest.param("new", "m", True, id="on-the-new-side"),
        pytest.param("", "m", False, id="both-sides-are-fresh"),
        pytest.param("old", "other", False, id="another-was-asked-for"),
    ],
)
def test_stored_answers_and_new_ones_are_apart(stored: str, model: str, expected: bool) -> None:
    sides = a_side("old", CASES), replace(a_side("new", CASES), spec=replace(SPEC, model=model))
    old, new = (an_arm(side, [1.0]) for side in sides)
    old.values.models, new.values.models = {"m-1"}, {"m-2"}
    for name, arm in (("old", old), ("new", new)):
        arm.values.stored = {"c0"} if name == stored else set()
    assert apart(Pair(old, new, CASES, 1)) is expected
