"""When a stored baseline may be compared with, why not, and what a report says of a pair."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from promptci.core import Reason
from promptci.decide.verdict import Verdict
from promptci.measure.baseline import made, measured, stored_for
from promptci.measure.describe import Figures, Subject, described, of_arm, of_pair
from promptci.measure.pair import Pair
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.records import baseline
from promptci.run.arm import Arm
from tests.measure.fakes import a_side, an_arm, some_cases

CASES = some_cases(6)
OLD, NEW = a_side("old", CASES), a_side("new", CASES)


def a_project(**files: bytes) -> Project:
    """Every commit has these files, by the prompt's id."""
    known = {baseline.path_of(name): content for name, content in files.items()}
    repository = SimpleNamespace(head=lambda: "abc1234")
    return cast("Project", SimpleNamespace(at=lambda rev, path: known.get(path), repository=repository))


def accepted(days: int = 0, answers: tuple[float | None, ...] = (1.0, 0.0, 1.0)) -> bytes:
    """A baseline of the old side, made so many days ago."""
    arm = an_arm(OLD, [1.0] * 6)
    arm.values.samples, arm.values.models = dict.fromkeys((c.id for c in CASES), answers), {"m-1"}
    found = made(a_project(), OLD, arm.values, calls=18, cost_usd=0.1)
    date = datetime.now(UTC) - timedelta(days=days, minutes=1)
    return baseline.dump(replace(found, date=f"{date:%Y-%m-%dT%H:%M:%SZ}"))


def test_without_a_base_or_a_baseline_there_is_nothing_and_nothing_is_said() -> None:
    assert stored_for(a_project(), "abc", OLD, NEW) == stored_for(a_project(p=accepted()), None, OLD, NEW)
    assert stored_for(a_project(), "abc", OLD, NEW).note is None


@pytest.mark.parametrize(("days", "age"), [(0, "(today"), (1, "(1 day old"), (40, "(40 days old")])
def test_a_comparable_baseline_is_used_and_its_age_said(days: int, age: str) -> None:
    found = stored_for(a_project(p=accepted(days)), "abc", OLD, NEW)
    assert found.baseline is not None
    assert found.baseline.measure.repeats == 3
    assert found.note is not None
    assert (found.note.kind, age in found.note.text) == ("baseline_used", True)


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        pytest.param(a_side("older", CASES), NEW, "prompt", id="another prompt"),
        pytest.param(OLD, a_side("new", CASES[:5]), "cases", id="fewer cases"),
        pytest.param(replace(OLD, spec=replace(OLD.spec, model="m2")), NEW, "model", id="another model asked"),
        pytest.param(replace(OLD, spec=replace(OLD.spec, temperature=0.5)), NEW, "parameters", id="warmer"),
    ],
)
def test_a_baseline_of_another_measure_is_named_and_not_used(old: Side, new: Side, differs: str) -> None:
    found = stored_for(a_project(p=accepted()), "abc", old, new)
    assert found.baseline is None
    assert found.note is not None
    assert found.note.text.startswith(f"The stored baseline is not comparable ({differs}")


def test_how_it_was_measured_names_the_most_answers_of_a_case() -> None:
    arm = an_arm(OLD, [1.0] * 6)
    arm.values.samples["c0"] = (1.0, 0.0)
    assert measured(OLD, arm.values).repeats == 2


# --- reports ---------------------------------------------------------------------------------------------------------


def a_pair() -> Pair:
    old = an_arm(OLD, [1.0, 1.0, 0.0, None, 1.0])
    return Pair(old, an_arm(NEW, [0.0, 1.0, 1.0, 1.0, 1.0]), CASES, 5)


def test_a_pair_is_told_on_the_cases_that_ran_on_both_sides() -> None:
    found = of_pair(a_pair(), {"low": -0.3, "high": 0.2, "detectable_drop": 0.4}, {"c0": "must_pass"})
    assert (found.cases, found.planned_cases, found.unmeasured) == (5, 6, 1)
    assert (found.baseline_score, found.score, found.delta) == (0.75, 0.75, 0.0)
    assert (found.newly_failing, found.newly_passing) == (("c0",), ("c2",))
    assert (found.ci, found.detectable_drop) == ((-0.3, 0.2), 0.4)
    assert (found.passed_of, found.baseline_passed_of) == ((3, 4), (3, 4))  # of what the scores are shares
    assert list(found.values) == ["c0", "c1", "c2", "c3", "c4"]
    assert [detail.gate for detail in found.cases_detail] == ["must_pass", None, None, None, None]
    first = found.cases_detail[0]
    assert (first.old_value, first.new_value, first.old_passes, first.new_passes) == (1.0, 0.0, True, False)
    assert first.expected == "yes"


def test_without_numbers_there_is_no_interval() -> None:
    assert of_pair(a_pair(), {}, {}).ci is None
    nobody = of_pair(Pair(Arm(OLD), Arm(NEW), CASES, 0), {}, {})
    assert (nobody.score, nobody.delta, nobody.cases) == (None, None, 0)


def test_one_arm_alone_has_no_other_side() -> None:
    found = of_arm(an_arm(NEW, [1.0, 0.0, None]), CASES[:3], planned=6)
    assert (found.score, found.unmeasured, found.passed_of) == (0.5, 1, (1, 2))
    assert (found.baseline_score, found.delta) == (None, None)
    assert all(detail.old is None and detail.old_value is None for detail in found.cases_detail)
    assert found.measure["prompt"] == NEW.template.digest


def test_clusters_and_flaky_cases_are_told() -> None:
    cases = some_cases(4, cluster=2)
    arm = an_arm(a_side("new", cases), [1.0] * 4)
    arm.values.samples["c1"] = (1.0, 0.0)
    found = of_arm(arm, cases, planned=4)
    assert dict(found.clusters) == {"c0": "k0", "c1": "k0", "c2": "k1", "c3": "k1"}
    assert found.flaky == ("c1",)


def test_a_report_has_its_gates_and_its_reasons() -> None:
    gate = Verdict("max_drop", "pass", (Reason("drop_ruled_out", "ruled out."),), {"cases": 5.0})
    found = described(
        Subject("p", ("prompt text",), "prompt"), "pass", gate.told, figures=Figures(cases=5), gates=[gate]
    )
    assert (found.id, found.verdict, found.cases) == ("p", "pass", 5)
    assert [(g.name, g.verdict, g.numbers) for g in found.gates] == [("max_drop", "pass", {"cases": 5.0})]
    assert [str(reason) for reason in found.reasons] == ["ruled out."]


def test_nothing_that_ran_moved_nowhere() -> None:
    pair = a_pair()
    pair.done = 0
    assert (pair.moved(to=False), pair.moved(to=True), pair.scores()) == ((), (), (None, None))
    pair.done = 5
    assert [c.id for c in pair.changed(CASES)] == ["c0", "c2"]
    pair.new.values.unusable = {"c1", "c2"}
    assert pair.holes() == [1], "only what passed before counts against a pass"
