"""The question to the held-out cases in four looks, and the size of a confirmed gain."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import pytest

from promptci.decide.conditional import size_of
from promptci.decide.draft import promise
from promptci.decide.heldout import HeldOut
from promptci.decide.paired import Change


def asked(values: list[int], at: float = 0.04) -> HeldOut:
    question, done = HeldOut(len(values), at=at), 0
    for size in question.batches():
        done += size
        seen = values[:done]
        question.look(Change(seen.count(-1), seen.count(1), seen.count(0)))
    return question


@pytest.mark.parametrize("at", [0.04, 0.2])
def test_no_way_to_fall_confirms_more_often_than_the_level(at: float) -> None:
    """Twelve changed cases, every sign of each, three a look."""
    confirmed = sum(asked(list(signs), at).answer == "improved" for signs in product((-1, 1), repeat=12))
    assert Fraction(confirmed, 2**12) <= Fraction(at)


def test_a_clear_gain_is_confirmed_early_and_a_loser_is_given_up_at_half() -> None:
    early = asked([1, 0] * 50)
    assert early.answer == "improved"
    assert early.history[-1].done < 100
    loser = asked([0, -1, 0, 1] * 25)
    assert loser.answer == "futile"
    assert loser.history[-1].done == 50
    tied = asked([1, -1] * 50)
    assert (tied.answer, tied.history[-1].done) == ("futile", 50)
    assert asked([1, 0, 0, 0, 0, 0, 0, 0, 0, -1] * 2 + [1] + [0] * 79).answer == "inconclusive"


def test_shrinking_counts_and_levels_out_of_range_are_refused() -> None:
    question = HeldOut(40, at=0.04)
    question.look(Change(1, 2, 7))
    with pytest.raises(ValueError, match="cumulative"):
        question.look(Change(0, 2, 18))
    with pytest.raises(ValueError):
        HeldOut(40, at=0.0)
    with pytest.raises(ValueError, match="only a confirmed"):
        question.size(10)


def enumerated(looks: list[tuple[int, int, int]], theta: float) -> dict[int, float]:
    """P(wins | confirmed at the last look) by trying every sequence of wins and losses."""
    law: dict[int, float] = {}
    for tosses in product((0, 1), repeat=sum(batch for batch, _, _ in looks)):
        done = 0
        for i, (batch, critical, least) in enumerate(looks):
            done += batch
            wins = sum(tosses[:done])
            last = i == len(looks) - 1
            if (last and wins < critical) or (not last and not least <= wins < critical):
                break
        else:
            chance = theta ** sum(tosses) * (1 - theta) ** (len(tosses) - sum(tosses))
            law[sum(tosses)] = law.get(sum(tosses), 0.0) + chance
    whole = sum(law.values())
    return {wins: chance / whole for wins, chance in law.items()}


@pytest.mark.parametrize(
    "looks", [[(10, 8, 0)], [(5, 6, 0), (7, 9, 0)], [(4, 4, 0), (4, 7, 5), (4, 9, 7)]], ids=["one", "two", "futility"]
)
def test_the_bounds_invert_the_law_of_the_confirmed(looks: list[tuple[int, int, int]]) -> None:
    changed = sum(batch for batch, _, _ in looks)
    for wins in enumerated(looks, 0.5):
        size = size_of(looks, wins, cases=changed)
        assert size.low <= size.estimate <= max(size.high, 0.0) + 1e-9
        if -0.999 < size.low < 0.999:
            law = enumerated(looks, (size.low + 1) / 2)
            assert sum(p for w, p in law.items() if w >= wins) == pytest.approx(0.05, abs=1e-6)
        if 0 < size.estimate < 0.999:
            law = enumerated(looks, (size.estimate + 1) / 2)
            assert sum(p for w, p in law.items() if w > wins) + law[wins] / 2 == pytest.approx(0.5, abs=1e-6)


def test_the_size_is_given_the_ways_that_this_question_leaves() -> None:
    """Every sign of ten changed cases, most of them late: what is given up at half never comes to be confirmed."""
    ways: dict[int, dict[int, float]] = {}
    sizes = {}
    for signs in product((-1, 1), repeat=10):
        question = asked([signs[0], 0, 0, 0, signs[1], 0, 0, 0, *signs[2:]], 0.2)
        last = question.history[-1]
        if question.answer == "improved":
            law = ways.setdefault(last.done, {})
            law[last.wins] = law.get(last.wins, 0.0) + 0.5 ** (16 - last.done)
            sizes[last.done, last.wins] = question.size(last.wins + last.losses).low, last.losses
    assert 16 in ways
    for (done, wins), (low, losses) in sizes.items():
        if low > -0.999:
            theta, changed = (low + 1) / 2, wins + losses
            law = {w: n * theta**w * (1 - theta) ** (changed - w) for w, n in ways[done].items()}
            assert sum(p for w, p in law.items() if w >= wins) == pytest.approx(0.05 * sum(law.values()), abs=1e-6)


def test_a_gain_just_confirmed_has_no_known_size_and_a_large_one_has() -> None:
    assert not size_of([(20, 15, 0)], 15, 100).known
    large = size_of([(20, 15, 0)], 20, 100)
    assert large.known
    assert 0 < large.low < large.estimate <= 0.2
    with pytest.raises(ValueError, match="do not confirm"):
        size_of([(20, 15, 0)], 14, 100)


def test_at_least_is_right_among_the_confirmed() -> None:
    rng, wrong, confirmed = random.Random(9), 0, 0
    while confirmed < 150:
        values = rng.choices((1, -1, 0), (0.13, 0.05, 0.82), k=100)
        question = asked(values)
        if question.answer == "improved":
            confirmed += 1
            wrong += question.size(question.history[-1].done).low > 0.08
    assert wrong <= 15


def test_a_draft_says_how_likely_and_how_much_shrunk() -> None:
    good = promise(Change(losses=4, wins=9, ties=87))
    assert 0.8 < good.better < 0.95
    assert 0 < good.gain < 0.05
    assert promise(Change(0, 0, 50)).better == 0.5
    assert promise(Change(0, 0, 0)).gain == 0.0
    assert promise(Change(9, 4, 87)).better == pytest.approx(1 - good.better)
