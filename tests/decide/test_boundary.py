"""The boundary: its total crossing probability by whole enumeration, and against paths tried one by one."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.decide.boundary import Path, can_cross, crossing, level_at

ALPHA = 0.05


def spending(batches: list[int], alpha: float = ALPHA) -> Path:
    """Changed cases per batch with the level that equal batches may spend."""
    return tuple((size, level_at(t, len(batches), alpha)) for t, size in enumerate(batches, start=1))


def crossed_by_hand(path: Path, tosses: tuple[int, ...]) -> int | None:
    """The look at which one sequence of losses (1) and wins (0) first reaches the boundary."""
    done = 0
    for t in range(1, len(path) + 1):
        done += path[t - 1][0]
        if sum(tosses[:done]) >= crossing(path[:t]).critical:
            return t
    return None


@pytest.mark.parametrize("alpha", [0.05, 0.2])
@pytest.mark.parametrize("looks", [1, 2, 3, 4])
def test_no_history_of_changed_cases_spends_more_than_alpha(looks: int, alpha: float) -> None:
    """Every way in which up to 12 changed cases can fall into the looks, every outcome of each."""
    for batches in product(range(5), repeat=looks):
        if sum(batches) > 12:
            continue
        path = spending(list(batches), alpha)
        by_look = [0] * (looks + 1)
        for tosses in product((0, 1), repeat=sum(batches)):
            look = crossed_by_hand(path, tosses)
            by_look[look or 0] += 1
        total = Fraction(sum(by_look[1:]), 2 ** sum(batches))
        assert total <= Fraction(alpha)
        assert float(total) == crossing(path).level_spent
        for t in range(1, looks + 1):
            assert Fraction(sum(by_look[1 : t + 1]), 2 ** sum(batches)) <= Fraction(path[t - 1][1])


@settings(max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.sampled_from([0.01, 0.05, 0.2]))
def test_long_histories_spend_at_most_alpha_and_one_loss_fewer_would_not_fit(batches: list[int], alpha: float) -> None:
    path = spending(batches, alpha)
    edge = crossing(path)
    assert edge.level_spent <= alpha
    assert sum(edge.survivors) + edge.spent == edge.whole
    if edge.critical > 0:
        assert Fraction(edge.spent + edge.survivors[edge.critical - 1], edge.whole) > Fraction(path[-1][1])


def test_five_losses_and_no_win_are_the_least_that_blocks() -> None:
    assert crossing(((4, ALPHA),)).critical == 5
    assert crossing(((5, ALPHA),)).critical == 5
    assert crossing(((6, ALPHA),)).critical == 6


def test_a_first_look_blocks_only_on_overwhelming_losses() -> None:
    edge = crossing(((10, level_at(1, 32, ALPHA)),))
    assert edge.critical == 10


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_what_cannot_cross_with_losses_alone_cannot_cross_at_all(past: list[int], future: list[int]) -> None:
    """Against every split of the later cases into losses, wins and ties, look by look."""
    looks = len(past) + len(future)
    levels = [level_at(t, looks, ALPHA) for t in range(1, looks + 1)]
    path = tuple(zip(past, levels, strict=False))
    later = tuple(zip(future, levels[len(past) :], strict=True))
    losses = sum(past) // 2
    if can_cross(losses, sum(past), path, later):
        return
    states = {(path, losses)}
    for size, level in later:
        states = {
            ((*before, (up + down, level)), lost + down)
            for before, lost in states
            for down in range(size + 1)
            for up in range(size - down + 1)
            if up in (0, size - down)  # wins fill the rest or there are none: the extremes
        }
        assert not any(lost >= crossing(before).critical for before, lost in states)


def test_a_score_boundary_keeps_its_level_too() -> None:
    """A prompt that truly passes 4 in 5: failures in two looks of 6 cases, by enumeration."""
    path = spending([6, 6])
    first, both = crossing(path[:1], (1, 5)), crossing(path, (1, 5))
    total = Fraction(0)
    for tosses in product((0, 1), repeat=12):
        if sum(tosses[:6]) >= first.critical or sum(tosses) >= both.critical:
            total += Fraction(1, 5) ** sum(tosses) * Fraction(4, 5) ** (12 - sum(tosses))
    assert float(total) == pytest.approx(both.level_spent, rel=1e-12)
    assert total <= Fraction(ALPHA)
