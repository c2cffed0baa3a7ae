"""What the held-out cases said in looks, as an acceptance."""

from __future__ import annotations

import random

import pytest

from promptci.decide.accept import foreseen
from promptci.decide.answered import answered
from promptci.decide.heldout import HeldOut
from promptci.decide.paired import Change, mcnemar_p


def change_of(values: list[int], holes: int = 0) -> Change:
    return Change(values.count(-1), values.count(1), values.count(0), holes)


def looked(values: list[int], at: float = 0.04) -> tuple[HeldOut, Change]:
    held, done, change = HeldOut(len(values), at=at), 0, Change(0, 0, 0)
    for size in held.batches():
        done += size
        change = change_of(values[:done])
        held.look(change)
    return held, change


@pytest.mark.parametrize("seed", range(30))
def test_the_p_value_is_at_most_the_level_just_when_the_gain_is_confirmed(seed: int) -> None:
    rng = random.Random(seed)
    values = rng.choices([-1, 0, 1], [6, 100 - 6 - 2 * seed, 2 * seed], k=120)
    held, change = looked(values)
    assert (held.p_value() <= held.at) == (held.answer == "improved")
    # An early look counts for more than it shows; at the last one the looks before cost something, too.
    assert held.p_value() >= mcnemar_p(change.wins, change.losses) * 0.99


def test_an_improvement_has_the_conditional_interval_and_says_so() -> None:
    held, change = looked(([1, 0] * 9 + [-1, 0] * 2) * 10)
    found = answered(held, change)
    assert (found.outcome, found.size is None) == ("improved", False)
    assert found.size is not None
    assert found.interval == (found.size.low, found.size.high)
    assert found.size.estimate <= found.gain
    assert "at least" in found.reasons[0]
    assert found.draft_reasons == ()


def test_a_gain_whose_size_is_not_known_is_said_to_be_so() -> None:
    values = [1] * 8 + [0] * 40 + [-1] * 3 + [0] * 60 + [1] * 9
    held, change = looked(values)
    found = answered(held, change)
    if found.size is not None and not found.size.known:
        assert found.reasons[0].startswith("Confirmed better, size not known: between ")
    else:
        assert found.outcome == "inconclusive" or "at least" in found.reasons[0]


def test_an_unconfirmed_gain_is_told_to_a_draft_alone() -> None:
    held, change = looked([0] * 40 + [1, 1, 1, -1] + [0] * 40 + [1, 1, -1] + [0] * 30)
    found = answered(held, change)
    assert (found.outcome, found.size, found.promising) == ("inconclusive", None, True)
    assert not any(c.isdigit() for c in " ".join(found.reasons))
    assert "better with probability" in found.draft_reasons[0]
    assert found.cases_needed is not None


def test_too_many_holes_confirm_nothing() -> None:
    held = HeldOut(100, at=0.04)
    held.look(Change(0, 20, 2, 3))
    found = answered(held, Change(0, 20, 2, 3))
    assert (held.answer, found.outcome) == ("improved", "inconclusive")
    assert "could not be measured" in found.reasons[0]


@pytest.mark.parametrize(("gain", "passed"), [(0.001, True), (0.0, False), (-0.02, False)])
def test_a_screened_winner_is_asked_about_when_it_should_gain_anything(gain: float, passed: bool) -> None:
    seen = foreseen(gain, 0.02)
    assert seen.passed is passed
    assert ("so it was tried" in seen.reason) is passed
