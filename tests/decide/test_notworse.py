"""Not worse: exact at every true share of changed cases, and never by what was not measured."""

from __future__ import annotations

import math

import pytest

from promptci.decide.exactdrop import _binomial, drop_p
from promptci.decide.notworse import fewest_cases, less, not_worse, not_worse_graded
from promptci.decide.paired import Change
from promptci.decide.units import Unit

MARGIN, AT = 0.05, 0.04


def false_rate(n: int, share: float, margin: float) -> float:
    """How often a prompt that truly loses `margin` is accepted, summed over every table of `n` cases."""
    better, rate = (share - margin) / (2 * share), 0.0
    for changed in range(n + 1):
        weight = _binomial(changed, n, share)
        for wins in range(changed + 1):
            chance = weight * _binomial(wins, changed, better)
            if chance > 1e-7 and drop_p(Change(changed - wins, wins, n - changed), margin) <= AT:
                rate += chance
    return rate


@pytest.mark.parametrize(("n", "share"), [(70, 0.0501), (70, 0.08), (70, 0.2), (25, 0.4)])
def test_a_prompt_that_loses_the_margin_is_accepted_at_the_level_at_most(n: int, share: float) -> None:
    margin = MARGIN if n == 70 else 0.2
    assert 0 < false_rate(n, share, margin) <= AT


def test_the_p_value_is_the_plain_one_where_only_one_table_is_as_strong() -> None:
    """No change among 20 cases under a margin of .3: no other table without wins speaks as strongly."""
    assert drop_p(Change(0, 0, 20), 0.3) >= 0.7**20
    assert drop_p(Change(0, 0, 63), MARGIN) == pytest.approx(0.95**63, rel=1e-4)


def test_more_losses_never_speak_more_strongly() -> None:
    found = [drop_p(Change(losses, 3, 137 - losses), MARGIN) for losses in range(12)]
    assert found == sorted(found)


@pytest.mark.parametrize(("losses", "wins", "outcome"), [(2, 2, "improved"), (9, 1, "inconclusive")])
def test_the_answer_says_which_drop_is_ruled_out(losses: int, wins: int, outcome: str) -> None:
    found = not_worse(Change(losses, wins, 140 - losses - wins), margin=MARGIN, at=AT)
    assert found.outcome == outcome
    assert "a drop of 5 points" in found.reasons[0]
    assert (found.p_value <= AT) == (outcome == "improved")
    assert bool(found.draft_reasons) == (outcome != "improved")


def test_too_many_unmeasured_cases_are_never_accepted() -> None:
    assert not_worse(Change(0, 5, 200), margin=MARGIN, at=AT, holes=True).outcome == "inconclusive"


def test_beyond_the_exact_sums_betting_decides() -> None:
    assert not_worse(Change(50, 55, 4000), margin=MARGIN, at=AT).outcome == "improved"
    assert not_worse(Change(260, 55, 4000), margin=MARGIN, at=AT).outcome == "inconclusive"


def test_grades_and_clusters_are_bet_on() -> None:
    steady = [Unit(0.01 * (-1) ** k, 1) for k in range(200)]
    assert not_worse_graded(steady, margin=MARGIN, at=AT).outcome == "improved"
    assert not_worse_graded([Unit(-0.06, 1)] * 200, margin=MARGIN, at=AT).outcome == "inconclusive"
    clusters = [Unit(0.0, 4)] * 10
    assert not_worse_graded(clusters, margin=MARGIN, at=AT, largest=4).p_value > AT


def test_the_fewest_cases_are_those_without_any_change() -> None:
    least = fewest_cases(MARGIN, AT)
    assert 0.95**least <= AT < 0.95 ** (least - 1)
    assert least == math.ceil(math.log(AT) / math.log(0.95))


def test_what_an_answer_takes_is_compared_case_by_case() -> None:
    assert less([2e-6] * 40, [1e-6] * 40) < 0.001
    assert less([1e-6, 2e-6] * 20, [2e-6, 1e-6] * 20) > 0.3
    assert less([1.0], [1.0]) == 1.0


@pytest.mark.parametrize(("margin", "cases"), [(0.0, 10), (1.0, 10), (0.05, 2001)])
def test_what_cannot_be_summed_is_refused(margin: float, cases: int) -> None:
    with pytest.raises(ValueError, match="margin must be"):
        drop_p(Change(0, 0, cases), margin)
