"""What another model is worth: better only as far as the number of prompts allows, worse by whatever gate is red."""

from __future__ import annotations

import pytest

from promptci.core import VerdictName
from promptci.improve.standing import Name, standing
from promptci.measure.pair import Pair
from promptci.report.base import GateReport, PromptReport
from tests.measure.fakes import a_side, an_arm, some_cases


def a_pair(wins: int, *, cluster: int = 0) -> Pair:
    """The new side passes `wins` of sixty cases that the old one fails; the rest pass on both."""
    cases = some_cases(60, cluster=cluster)
    old = [0.0] * wins + [1.0] * (60 - wins)
    return Pair(an_arm(a_side("old", cases), old), an_arm(a_side("new", cases), [1.0] * 60), cases, 60)


def named(pair: Pair, *, verdict: VerdictName = "pass", compared: int = 1) -> Name:
    return standing(PromptReport("p", verdict, ()), pair, compared=compared).name


@pytest.mark.parametrize(("compared", "name"), [(1, "better"), (20, "same")])
def test_what_is_better_for_one_prompt_is_not_for_the_best_of_twenty(compared: int, name: Name) -> None:
    assert named(a_pair(8), compared=compared) == name


def test_without_a_gain_it_is_the_same_and_unmeasured_nobody_can_tell() -> None:
    assert named(a_pair(0)) == "same"
    assert named(a_pair(20), verdict="unmeasured") == "cannot_tell"


def test_whatever_gate_is_red_makes_it_worse() -> None:
    report = PromptReport("p", "fail", (), gates=(GateReport("max_drop", "pass"), GateReport("min_score", "fail")))
    assert standing(report, a_pair(20), compared=1).name == "worse"


def test_two_clusters_of_wins_are_not_twenty_wins() -> None:
    assert named(a_pair(20)) == "better"
    assert named(a_pair(20, cluster=10)) == "same"
