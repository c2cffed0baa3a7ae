"""What the held-out cases must show: nobody becomes not worse by saying nothing, and faster is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from promptci.core import Case
from promptci.decide.accept import Acceptance
from promptci.decide.aims import AIMS, Goal
from promptci.decide.notworse import not_worse_graded
from promptci.decide.units import Unit
from promptci.improve.rules import Less
from promptci.run.values import Values

CASES = [Case(f"c{i}", {}, "x") for i in range(140)]


def told(
    new: Sequence[float | None],
    goal: Goal = "length",
    seconds: Sequence[float] = (),
    *,
    plain: bool = True,
    cases: Sequence[Case] = CASES,
) -> Acceptance:
    ids = [c.id for c in cases]
    before = Values(dict.fromkeys(ids, 1.0), latencies=dict.fromkeys(ids, 1.0))
    after = Values(dict(zip(ids, new, strict=True)), latencies=dict(zip(ids, seconds, strict=False)))
    arms = (SimpleNamespace(values=before), SimpleNamespace(values=after))
    return Less(AIMS[goal], 0.05, plain)(cases, arms, 0.04)  # type: ignore[arg-type]  # all that is read of an arm


@pytest.mark.parametrize("plain", [True, False], ids=["pass or fail", "graded"])
def test_what_did_not_change_is_not_worse(plain: bool) -> None:
    assert told([1.0] * 140, plain=plain).outcome == "improved"


def test_bets_on_clusters_are_as_small_as_the_largest_asks_for() -> None:
    together = [replace(case, cluster=f"k{i // 5}") for i, case in enumerate(CASES)]
    found = told([0.0] * 5 + [1.0] * 135, plain=False, cases=together)
    units = [Unit(-5.0, 5), *[Unit(0.0, 5)] * 27]
    assert found.p_value == pytest.approx(not_worse_graded(units, margin=0.05, at=0.04, largest=5).p_value)


@pytest.mark.parametrize("plain", [True, False], ids=["pass or fail", "graded"])
def test_a_case_that_the_new_prompt_leaves_unmeasured_is_a_loss(plain: bool) -> None:
    found = told([None] * 6 + [1.0] * 134, plain=plain)
    assert (found.outcome, found.losses) == ("inconclusive", 6)


def test_more_than_a_twentieth_unmeasured_is_no_answer() -> None:
    assert "could not be measured" in told([None] * 8 + [1.0] * 132).reasons[0]


@pytest.mark.parametrize(
    ("seconds", "outcome", "said"),
    [
        ([0.5] * 140, "improved", "It is faster: chance alone"),
        ([0.5, 1.5] * 70, "inconclusive", "That it is faster is not shown"),
        ([0.5] * 100, "inconclusive", "nobody knows what the answers took"),
    ],
    ids=["faster", "as slow", "stored answers"],
)
def test_faster_is_shown_or_not_claimed(seconds: list[float], outcome: str, said: str) -> None:
    found = told([1.0] * 140, "latency", seconds)
    assert found.outcome == outcome
    assert said in " ".join(found.reasons)


def test_how_many_cases_say_anything_depends_on_the_level() -> None:
    rule = Less(AIMS["length"], 0.05, plain=True)
    assert rule.fewest(0.008) > rule.fewest(0.04) == 63
