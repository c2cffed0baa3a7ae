from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest

from promptci.search.screening.design import cycle, subsets


def test_every_edit_is_in_equally_often() -> None:
    drawn = subsets([[i] for i in range(20)], 400, rate=0.25, rng=random.Random(1))
    often = Counter(i for row in drawn for i in row)
    assert set(often.values()) == {100}


def test_at_most_about_six_are_in_a_text() -> None:
    drawn = subsets([[i] for i in range(40)], 300, rate=0.5, rng=random.Random(1))
    assert sum(map(len, drawn)) / 300 == pytest.approx(6, abs=0.2)


def test_alternatives_are_never_in_together_and_take_turns() -> None:
    drawn = subsets([[0, 1, 2], [3]], 120, rate=0.5, rng=random.Random(1))
    assert all(len({0, 1, 2} & set(row)) <= 1 for row in drawn)
    assert Counter(i for row in drawn for i in row) == {0: 20, 1: 20, 2: 20, 3: 60}


def test_few_different_texts_where_a_server_likes_them() -> None:
    drawn = subsets([[i] for i in range(20)], 400, rate=0.25, rng=random.Random(1), kinds=24)
    assert len(drawn) == 400
    assert len(set(drawn)) <= 24


@pytest.mark.parametrize("groups", [[], [[0]]], ids=["none", "one"])
def test_few_edits_make_sets_all_the_same(groups: list[list[int]]) -> None:
    assert len(subsets(groups, 7, rate=0.5, rng=random.Random(1))) == 7


def test_cases_come_equally_often_in_changing_order() -> None:
    drawn = list(itertools.islice(cycle(["a", "b", "c"], random.Random(1)), 30))
    assert Counter(drawn) == {"a": 10, "b": 10, "c": 10}
    assert len({tuple(drawn[i : i + 3]) for i in range(0, 30, 3)}) > 1
    assert list(cycle([], random.Random(1))) == []
