"""Screen, level, the one question to the test split, and overfitting."""

from __future__ import annotations

import pytest

from promptci.decide.accept import accept, accept_graded, level, may_open, not_asked, repeats_on_test, screen
from promptci.decide.overfit import overfit
from promptci.decide.paired import Change


def test_levels_of_all_queries_together_stay_below_alpha() -> None:
    assert level(1) == 0.04
    assert 0.0499 < sum(level(t) for t in range(1, 10_000)) < 0.05
    with pytest.raises(ValueError, match="from 1"):
        level(0)


def test_nothing_changed_is_not_asked() -> None:
    found = screen([0.0] * 50)
    assert not found.passed
    assert not_asked(found).outcome == "no_change"


def test_screen_asks_for_one_and_a_half_standard_errors() -> None:
    assert not screen([1.0] * 2 + [0.0] * 48).passed  # 2 > 1.5 * sqrt(2) fails
    assert screen([1.0] * 3 + [0.0] * 47).passed  # 3 > 1.5 * sqrt(3)
    assert not screen([]).passed
    assert screen([1.0]).reason.startswith("Its gain on 1 development case, +100.0 points,")


def test_a_true_gain_is_accepted_with_its_lower_end_first() -> None:
    answer = accept(Change(losses=2, wins=18, ties=80), at=level(1))
    assert answer.outcome == "improved"
    assert answer.interval is not None
    assert 0 < answer.interval[0] < answer.gain < answer.interval[1]
    assert answer.reasons[0].startswith("The gain is at least")


def test_an_unconfirmed_gain_shows_no_test_numbers_but_can_be_a_draft() -> None:
    answer = accept(Change(losses=4, wins=8, ties=88), at=level(1))
    assert answer.outcome == "inconclusive"
    assert answer.promising
    assert not any(character.isdigit() for reason in answer.reasons for character in reason)
    assert answer.cases_needed is not None
    assert str(answer.cases_needed) in answer.draft_reasons[-1]


def test_holes_in_the_test_split_never_confirm() -> None:
    assert accept(Change(losses=0, wins=30, ties=60, unmeasured=10), at=0.025).outcome == "inconclusive"
    assert accept(Change(0, 0, 0, 0), at=0.025).outcome == "inconclusive"


def test_graded_gains_use_the_size_of_each_difference() -> None:
    assert accept_graded([0.3] * 12 + [-0.1] * 4 + [0.0] * 60, at=0.025).outcome == "improved"
    assert accept_graded([0.1] * 12 + [-0.3] * 4 + [0.0] * 60, at=0.025).outcome == "inconclusive"


def test_small_sets_never_open_and_small_tests_repeat() -> None:
    assert not may_open(59)
    assert may_open(60)
    assert [repeats_on_test(n) for n in (60, 199, 200)] == [3, 1, 1]


def test_a_memoriser_is_labelled_and_a_genuine_gain_is_not() -> None:
    memoriser = overfit([1.0] * 40 + [0.0] * 110, [1.0] * 5 + [-1.0] * 6 + [0.0] * 139)
    genuine = overfit([1.0] * 25 + [-1.0] * 5 + [0.0] * 120, [1.0] * 20 + [-1.0] * 6 + [0.0] * 124)
    assert memoriser.fires
    assert not genuine.fires
    assert not overfit([1.0] * 5 + [-1.0] * 6 + [0.0] * 139, [1.0] * 40 + [0.0] * 110).fires  # more on validation
    assert not overfit([], [1.0]).fires
    assert not overfit([0.0], [0.0]).fires


def test_clusters_give_the_gain_per_case_and_need_more_cases() -> None:
    sums, sizes = [5.0] * 6 + [-5.0] + [0.0] * 13, [5] * 20
    by_cluster = accept_graded(sums, at=0.025, sizes=sizes)
    by_case = accept(Change(losses=5, wins=30, ties=65), at=0.025)
    assert by_cluster.gain == by_case.gain == 0.25
    assert by_cluster.cases == 100
    assert by_case.outcome == "improved"
    assert by_cluster.outcome == "inconclusive"
    assert "6 clusters became better" in by_cluster.draft_reasons[1]
    found = screen(sums, sizes=sizes)
    assert found.gain == 0.25
    assert found.se > screen([1.0] * 30 + [-1.0] * 5 + [0.0] * 65).se


def test_a_level_out_of_range_is_refused() -> None:
    for at in (0.0, 1.5):
        with pytest.raises(ValueError):
            accept(Change(0, 9, 50), at=at)
        with pytest.raises(ValueError):
            accept_graded([1.0] * 9, at=at)
