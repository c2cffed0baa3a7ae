"""A gate's verdict in sentences and numbers, and the small pieces that they are made of."""

from __future__ import annotations

import math

import pytest

from promptci.decide.explain import interval_of, numbers, reasons
from promptci.decide.gate import Gate, Kind
from promptci.decide.plan import Plan, Step
from promptci.decide.seen import Seen
from promptci.decide.verdict import chances, points, too_many_unmeasured
from promptci.decide.wording import asked_again, counted, meaning, sight, unusable

PLAN = Plan((50, 100))
MANY = "More than 5 % of the cases could not be measured, so there is no verdict."
STEP = Step(None, 9.0, 1.5, 0.01, 50)


def kinds(seen: Seen, step: Step, *, counted: bool = True, stopped: str | None = None) -> list[str]:
    return [reason.kind for reason in reasons(PLAN, seen, step, None, stopped, counted=counted)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fail", ["cases_run", "drop_shown"]),
        ("pass", ["cases_run", "drop_ruled_out"]),
        ("inconclusive", ["cases_run", "undecided", "sight"]),
        ("unmeasured", ["cases_run", "too_many_unmeasured"]),
        (None, ["cases_run", "ended_early"]),
    ],
    ids=str,
)
def test_each_verdict_has_its_sentences(name: str | None, expected: list[str]) -> None:
    seen = Seen((-1.0,) * 3 + (0.0,) * 97)
    assert kinds(seen, Step(name, 9.0, 1.5, 0.01, 0)) == expected  # type: ignore[arg-type]  # the names are verdicts


def test_cases_without_a_usable_answer_are_spoken_of() -> None:
    assert kinds(Seen((None,) + (0.0,) * 49, frozenset({0})), STEP) == ["cases_run", "unusable_answers", "ended_early"]


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        pytest.param(Kind(), (-1.0, 1.0, -1.0), "2 newly failing, 1 newly passing", id="counted"),
        pytest.param(Kind(graded=True), (-0.5, 0.25, 0.0), "1 case down, 1 up, -8.3 points on average", id="graded"),
        pytest.param(Kind(graded=True), (0.5, 0.5, 0.5), "0 cases down, 3 up, +50 points on average", id="all up"),
        pytest.param(
            Kind(clusters=("a", "a", "b")), (-1.0, -1.0, 0.0), "1 cluster down, 0 up, -66.7 points on average", id="two"
        ),
    ],
)
def test_what_was_run_is_said_in_the_words_of_its_kind(kind: Kind, values: tuple[float, ...], said: str) -> None:
    gate = Gate(3, kind, looks=1)
    gate.look(values)
    assert gate.verdict().reasons[0] == f"3 of 3 cases run: {said}."


@pytest.mark.parametrize(
    ("unmeasured", "done", "stopped", "kind", "text"),
    [
        (50, 50, None, "none_measured", "None of the cases could be measured, so there is no verdict."),
        (9, 50, None, "too_many_unmeasured", MANY),
        (0, 50, None, "ended_early", "The run ended before a verdict."),
        (0, 50, "the budget is spent.", "ended_early", "The run ended before a verdict: the budget is spent."),
    ],
    ids=["none", "too many", "ended", "ended by the budget"],
)  # fmt: skip
def test_why_there_is_no_verdict(unmeasured: int, done: int, stopped: str | None, kind: str, text: str) -> None:
    said = meaning(PLAN, None, done, unmeasured, stopped)
    assert (said.kind, said.text) == (kind, text)


@pytest.mark.parametrize(
    ("holes", "begins"), [(1, "1 case that passed before got"), (7, "7 cases that passed before got")], ids=["one", "7"]
)
def test_unusable_answers_by_number(holes: int, begins: str) -> None:
    assert unusable(holes).text.startswith(begins)


@pytest.mark.parametrize(
    ("asked", "passed", "ends"),
    [
        (1, 1, "newly failing case; it passed it."),
        (1, 0, "newly failing case; it passed it no more."),
        (20, 20, "20 newly failing cases; it passed all of them."),
        (20, 7, "20 newly failing cases; it passed 7 of them."),
    ],
    ids=["one held", "one gone", "all held", "some held"],
)
def test_what_asking_again_showed_by_number(asked: int, passed: int, ends: str) -> None:
    assert asked_again(asked, passed).text.endswith(ends)


@pytest.mark.parametrize(
    ("cases", "noise", "text"),
    [
        (1, 0.05, "1 case is too few to see any drop while so many flip for no reason."),
        (4, 0.05, "4 cases are too few to see any drop while so many flip for no reason."),
        (50, 0.05, "The smallest drop that 50 cases would show 4 times in 5 is 17.5 points; about "),
        (200, 0.05, "The smallest drop that 200 cases would show 4 times in 5 is 6.5 points; about "),
    ],
    ids=["one", "too few", "50", "200"],
)
def test_the_sight_of_a_set(cases: int, noise: float, text: str) -> None:
    assert sight(cases, noise, 0.05).text.startswith(text)


def test_holes_are_counted_beside_the_outcome() -> None:
    assert counted(PLAN, 50, "1 newly failing, 0 newly passing", 2).text == (
        "50 of 100 cases run: 1 newly failing, 0 newly passing, 2 could not be measured."
    )


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_counted_cases_have_all_their_numbers() -> None:
    found = numbers(PLAN, Seen((-1.0,) * 6 + (1.0,) + (0.0,) * 43), STEP, graded=False)
    assert (found["cases"], found["planned_cases"], found["losses"], found["wins"]) == (50, 100, 6, 1)
    assert found["gain"] == pytest.approx(-0.1)
    assert found["low"] < -0.1 < found["high"] < 0.03
    assert found["p_value"] == pytest.approx(8 / 128)
    assert found["detectable_drop"] > 0.05
    assert (found["critical_losses"], found["level_spent"], found["evidence"]) == (9.0, 0.01, 1.5)


def test_graded_values_have_an_interval_and_no_counts() -> None:
    found = numbers(PLAN, Seen((-0.3, 0.1) * 25), STEP, graded=True)
    assert "losses" not in found
    assert found["low"] <= -0.1 <= found["high"]
    nothing = numbers(PLAN, Seen((None,) * 5), STEP, graded=True)
    assert "low" not in nothing


def test_the_interval_fits_the_values() -> None:
    single, means = Seen((-1.0, 0.0, 1.0, 0.0)), Seen((-0.5, 0.0, 0.25, 0.0))
    clustered = Seen((-1.0, -1.0, 0.0, 1.0), clusters=("a", "a", "b", "c"))
    widths = []
    for seen, graded in ((single, False), (means, False), (clustered, False), (means, True)):
        found = interval_of(seen, graded=graded)
        assert found is not None
        widths.append(found[1] - found[0])
    assert widths[0] > widths[1], "counts of whole cases say less than means"
    assert interval_of(Seen(), graded=False) is None


@pytest.mark.parametrize(
    ("share", "said"), [(0.05, "5"), (0.175, "17.5"), (-0.0333, "-3.3"), (0.0, "0"), (1.0, "100"), (0.00049, "0")]
)
def test_points(share: float, said: str) -> None:
    assert points(share) in (said, f"-{said}", f"{said}.0")


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (0.05, "5 times in 100"),
        (0.0312, "3.12 times in 100"),
        (0.001, "1 time in 1,000"),
        (0.00004, "4 times in 100,000"),
        (1e-9, "0.001 times in 1,000,000"),
    ],
)
def test_chances(level: float, said: str) -> None:
    assert chances(level) == said


@pytest.mark.parametrize(
    ("unmeasured", "cases", "many"), [(0, 0, True), (0, 1, False), (1, 20, False), (2, 20, True), (20, 20, True)]
)
def test_too_many_unmeasured(unmeasured: int, cases: int, many: bool) -> None:
    assert too_many_unmeasured(unmeasured, cases) is many
    assert math.isfinite(cases)
