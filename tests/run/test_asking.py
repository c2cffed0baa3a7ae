"""Asking: which answers are asked for, under which sample numbers, and why a run asks no more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Outcome, Reason, Score
from promptci.models.base import ModelSpec
from promptci.models.budget import Cost
from promptci.records.baseline import Baseline, Measure
from promptci.run import ask as asking
from promptci.run.arm import Arm
from promptci.run.ask import FIRST_FRESH, Fresh, Job, ask, ended, fresh, tasks_of
from promptci.run.session import Session, unused
from promptci.run.values import Values
from promptci.scoring import Grading, Task

KINDS: tuple[Fresh, ...] = (
    "anchor", "confirm", "accept", "must_pass", "rollover", "spot", "upgrade", "sentinel",
)  # fmt: skip
GRADING = cast("Grading", None)  # what grades is not looked at here


def run_of(name: str = "r1", *, asks_as: str = "", stopped: Any = None) -> Session:
    door = SimpleNamespace(stopped=stopped)
    return cast("Session", SimpleNamespace(run=name, asks_as=asks_as, door=door, answered=set(), at_once=3))


def arm(name: str) -> Arm:
    return Arm(cast("Any", SimpleNamespace(template=name, spec=ModelSpec(model=name), against=None)))


def jobs(*names: str) -> list[Job]:
    old, new = arm("old"), arm("new")
    return [Job(old if n % 2 == 0 else new, Case(name, {"input": name}, "x")) for n, name in enumerate(names)]


def asked(task: Task) -> tuple[object, str, int]:
    return task.template, task.case.id, task.sample


def put(monkeypatch: pytest.MonkeyPatch, values: dict[tuple[str, int], float | None], **more: Any) -> list[Task]:
    """Stand in for the scorer: its values by case and sample. Returns what it was asked, which grows."""
    seen: list[Task] = []

    def answer(_door: object, tasks: list[Task], _grading: object, *, progress: Any) -> list[Outcome]:
        seen.extend(tasks)
        for count in range(1, len(tasks) + 1):
            progress(count)
        return [Outcome(Score(t.case.id, values[t.case.id, t.sample]), t.sample, **more) for t in tasks]

    monkeypatch.setattr(asking, "answer", answer)
    return seen


@settings(max_examples=40)
@given(st.text(max_size=30), st.sampled_from(KINDS))
def test_fresh_numbers_are_a_hundred_apart_and_fit_what_servers_take(name: str, kind: Fresh) -> None:
    first = fresh(run_of(name), kind)
    assert first % 100 == 0
    assert first >= FIRST_FRESH
    assert first + 99 < 1_000_000_000 < 2**31
    assert fresh(run_of(name), kind) == first


def test_fresh_numbers_are_one_purpose_s_and_one_run_s_own() -> None:
    numbers = {fresh(run_of(name), kind) for name in ("r1", "r2", "r3") for kind in KINDS}
    assert len(numbers) == 3 * len(KINDS)


@pytest.mark.parametrize(
    ("run", "of", "like"),
    [
        pytest.param(run_of("r2", asks_as="r1"), None, "r1", id="goes-on-for-another"),
        pytest.param(run_of("r2"), None, "r2", id="its-own"),
        pytest.param(run_of("r2", asks_as="r1"), "commit", "commit", id="the-same-for-every-run"),
        pytest.param(run_of("r3"), "commit", "commit", id="whoever-asks"),
    ],
)
def test_what_was_paid_for_is_asked_under_the_numbers_of_then(run: Session, of: str | None, like: str) -> None:
    assert fresh(run, "confirm", of=of) == fresh(run_of(like), "confirm")


@pytest.mark.parametrize(
    ("repeats", "first", "expected"),
    [
        (1, 0, [("old", "a", 0), ("new", "b", 0)]),
        (2, 0, [("old", "a", 0), ("old", "a", 1), ("new", "b", 0), ("new", "b", 1)]),
        (1, 700, [("old", "a", 700), ("new", "b", 700)]),
        (2, 700, [("old", "a", 700), ("old", "a", 701), ("new", "b", 700), ("new", "b", 701)]),
    ],
)
def test_every_job_is_asked_in_its_order_under_its_own_arm(
    repeats: int, first: int, expected: list[tuple[str, str, int]]
) -> None:
    tasks = tasks_of(jobs("a", "b"), repeats=repeats, first=first)
    assert [asked(task) for task in tasks] == expected
    assert [task.spec.model for task in tasks] == [name for name, _, _ in expected]
    assert tasks_of([], repeats=repeats, first=first) == []


def test_answers_go_to_the_arm_that_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {("a", 5): 1.0, ("a", 6): 0.0, ("b", 5): 0.5, ("b", 6): None, ("c", 5): None, ("c", 6): None}
    seen = put(monkeypatch, values, model="m-1", judge="j-1")
    run, todo, steps = run_of(), jobs("a", "b", "c"), list[int]()
    assert ask(run, todo, GRADING, steps.append, repeats=2, first=5) is None
    old, new = todo[0].arm.values, todo[1].arm.values
    assert len(seen) == 6
    assert (old.by_case, new.by_case) == ({"a": 0.5, "c": None}, {"b": 0.5})
    assert (old.samples["a"], new.samples["b"]) == ((1.0, 0.0), (0.5, None))
    assert steps == [0, 1, 1, 2, 2, 3]  # of jobs, not of answers
    assert run.answered == {"m-1", "j-1"}


def test_nothing_to_ask_is_nothing_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = put(monkeypatch, {})
    run = run_of()
    assert ask(run, [], GRADING) is None
    assert (seen, run.answered) == ([], set())


def hole(kind: str) -> Outcome:
    return Outcome(Score("c", None, Reason(kind, f"{kind}: said")))


@pytest.mark.parametrize(
    ("outcomes", "kind"),
    [
        pytest.param([], None, id="nothing-asked"),
        pytest.param([Outcome(Score("c", 1.0))], None, id="measured"),
        pytest.param([hole("timeout"), hole("refused")], None, id="one-case-s-own-trouble"),
        pytest.param([Outcome(Score("c", None))], None, id="no-reason"),
        pytest.param([Outcome(Score("c", 1.0)), hole("budget")], "budget", id="budget"),
        pytest.param([hole("timeout"), hole("replay")], "replay", id="replay"),
        pytest.param([hole("replay"), hole("budget")], "replay", id="the-first"),
        pytest.param([Outcome(Score("c", 1.0, Reason("budget", "x")))], None, id="a-value-all-the-same"),
    ],
)
def test_what_every_further_call_would_fail_of_ends_the_asking(outcomes: list[Outcome], kind: str | None) -> None:
    found = ended(run_of(), outcomes)
    assert (found.kind if found else None) == kind


def test_a_door_that_is_shut_says_why_before_any_answer_does() -> None:
    why = Reason("credentials", "credentials: no key")
    assert ended(run_of(stopped=SimpleNamespace(reason=why)), [hole("budget")]) == why
    assert ended(run_of(stopped=SimpleNamespace(reason=why)), []) == why


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (Cost(), []),
        (Cost(0, 5, 0.1), []),
        (Cost(1, 1200, 0.5), ["asked ahead and not needed for the verdict: 1 call, 1,200 tokens, 0.5000 USD"]),
        (Cost(1234, 5, 0), ["asked ahead and not needed for the verdict: 1,234 calls, 5 tokens, 0.0000 USD"]),
    ],
    ids=["nothing", "no-call", "one", "many"],
)
def test_what_was_paid_ahead_is_said(ahead: Cost, said: list[str]) -> None:
    assert unused(ahead) == said


def accepted(answered: str, **samples: tuple[float | None, ...]) -> Baseline:
    return Baseline(Measure("p", "c", "m", None, "m", answered, "x", 2), samples, "2026-01-01", 3, 0.1)


def test_a_baseline_s_holes_are_asked_again() -> None:
    found = Values.of(accepted("m-1, m-1 judged by j-1", a=(1.0, 0.0), b=(None, None), c=(None, 1.0)))
    assert found.by_case == {"a": 0.5, "c": 1.0}
    assert found.samples == {"a": (1.0, 0.0), "c": (None, 1.0)}
    assert found.stored == {"a", "c"}
    assert (found.models, found.answered) == ({"m-1", "m-1 judged by j-1"}, "m-1, m-1 judged by j-1")
    assert (found.repeats, found.flaky) == (2, ("a",))


@pytest.mark.parametrize("baseline", [None, accepted("")], ids=["no-baseline", "an-empty-one"])
def test_without_a_baseline_nothing_is_known(baseline: Baseline | None) -> None:
    found = Values.of(baseline)
    assert found == Values()
    assert (found.answered, found.repeats, found.flaky, found.remarks) == ("", 1, (), ())


@pytest.mark.parametrize(
    ("kind", "output", "counted"),
    [
        ("refused", None, True),
        ("empty", None, True),
        ("truncated", None, True),
        ("timeout", None, False),
        ("refused", "said all the same", False),
    ],
)
def test_a_case_that_the_model_itself_left_open_is_told_from_the_line_s_trouble(
    kind: str, output: str | None, counted: bool
) -> None:
    found = Values()
    found.take([Outcome(Score("c", None, Reason(kind, kind)), output=output)])
    assert found.unusable == ({"c"} if counted else set())
    found = Values()
    found.take([Outcome(Score("c", None, Reason(kind, kind)), output=output), Outcome(Score("c", 1.0), 1)])
    assert found.unusable == set()  # it has a value
