"""The overfit label and the switch: a rule that holds on train only."""

from __future__ import annotations

import re

from promptci.core import Case
from promptci.search.stopping import Steps

from .worlds import World, cases, chance

TRAIN, VALIDATION = cases(80, "t"), cases(80, "v")


def trap(text: str, case: Case) -> bool:
    """`trap` helps on train only; `honest` helps a little everywhere."""
    share = 0.5 + 0.4 * ("trap" in text and case.id.startswith("t")) + 0.12 * ("honest" in text)
    return chance(case.id) < share


def test_a_train_only_gain_is_labelled_and_the_lead_switches_to_the_best_on_validation() -> None:
    world = World(trap, [["Do the trap.", "Be honest."]])
    found = world.run(train=TRAIN, validation=VALIDATION, stops=[Steps(4)])
    assert found.overfit is not None
    assert found.overfit.step == 1
    assert found.overfit.gap > 3 * found.overfit.se > 0
    assert found.winner is not None
    assert found.winner.candidate.text == "Be honest."
    assert found.steps[0].lead == found.winner.candidate.id


def test_a_trap_alone_gives_no_winner() -> None:
    found = World(trap, [["Do the trap."]]).run(train=TRAIN, validation=VALIDATION, stops=[Steps(3)])
    assert found.overfit is not None
    assert found.winner is None


def test_after_the_switch_the_exemplars_are_fresh_and_the_trap_is_forgotten() -> None:
    world = World(trap, [["Do the trap."]])
    world.run(train=TRAIN, validation=VALIDATION, stops=[Steps(4)], exemplars=8)
    first, *later = world.questions
    before = set(re.findall(r"^Input: (.*)$", first, re.MULTILINE))
    assert len(before) == 8
    for question in later:
        assert "Do the trap." not in question
        assert not before & set(re.findall(r"^Input: (.*)$", question, re.MULTILINE))


def test_a_genuine_gain_is_not_labelled() -> None:
    found = World(trap, [["Be honest."]]).run(train=TRAIN, validation=VALIDATION, stops=[Steps(3)])
    assert found.overfit is None
    assert found.winner is not None


def test_without_validation_there_is_no_label() -> None:
    found = World(trap, [["Do the trap."]]).run(train=TRAIN, validation=[], stops=[Steps(2)])
    assert found.overfit is None


def test_a_doubtful_gap_is_settled_on_all_cases_before_the_label_is_put_on() -> None:
    """In the rounds 80 of the 160 cases are met; the trap's gap is over two standard errors there, under three."""
    world = World(trap, [["Do the trap."]])
    world.run(train=TRAIN, validation=VALIDATION, stops=[Steps(1)])
    asked = [case_id for text, case_id in world.asked if text == "Do the trap."]
    assert len(asked) == len(set(asked)) == 160
