"""Chance without a generator: every draw is of its key alone, in its range, and no draw leans to a side."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.models.offline.chance import Draws, pick, unit
from promptci.models.offline.embedder import DIM, embed

PARTS = st.lists(st.text(st.characters(), max_size=5) | st.integers() | st.none(), max_size=4)


@given(PARTS)
def test_a_number_is_of_its_parts_alone_and_below_one(parts: list[object]) -> None:
    found = unit(*parts)
    assert 0 <= found < 1
    assert unit(*parts) == found
    assert unit(*parts, "more") != found


def test_numbers_are_the_same_on_every_machine_and_in_every_release() -> None:
    assert [round(unit("a", n), 6) for n in range(3)] == [round(unit("a", str(n)), 6) for n in range(3)]
    assert unit() == unit("")
    assert unit("a", "b") != unit("ab")
    assert unit("a", "b") != unit("b", "a")


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_numbers_lean_to_no_side(seed: int) -> None:
    found = [unit(seed, n) for n in range(400)]
    assert abs(sum(found) / 400 - 0.5) < 0.1  # seven standard errors
    tenths = Counter(int(10 * number) for number in found)
    assert set(tenths) == set(range(10))


@given(st.lists(st.integers(), min_size=1, max_size=6), PARTS)
def test_one_of_several_is_one_of_them(options: list[int], parts: list[object]) -> None:
    assert pick(options, *parts) in options
    assert Draws(*parts).pick(options) in options
    assert pick(options[:1], *parts) == options[0]


@given(st.lists(st.integers(), max_size=9), PARTS)
def test_a_shuffle_keeps_everything_and_leaves_its_list_alone(items: list[int], parts: list[object]) -> None:
    before = [*items]
    found = Draws(*parts).shuffled(items)
    assert sorted(found) == sorted(items)
    assert items == before
    assert Draws(*parts).shuffled(items) == found


def test_every_order_of_three_comes_up_as_often() -> None:
    orders = Counter(tuple(Draws("order", n).shuffled("abc")) for n in range(1200))
    assert len(orders) == 6
    assert all(abs(count - 200) < 80 for count in orders.values())  # six standard deviations


@pytest.mark.parametrize(("probability", "least", "most"), [(0.0, 0, 0), (1.0, 500, 500), (0.3, 100, 200)])
def test_a_chance_comes_true_in_its_share(probability: float, least: int, most: int) -> None:
    draws = Draws("chance", probability)
    assert least <= sum(draws.chance(probability) for _ in range(500)) <= most


WEIGHTS = st.lists(st.tuples(st.text("abcdef", min_size=1, max_size=1), st.integers(0, 9)), min_size=1, max_size=5)


@given(WEIGHTS.filter(lambda pairs: any(weight for _, weight in pairs)), PARTS)
def test_what_has_no_weight_never_comes(options: list[tuple[str, int]], parts: list[object]) -> None:
    draws = Draws(*parts)
    heavy = {value for value, weight in options if weight}
    assert {draws.weighted(options) for _ in range(10)} <= heavy


def test_weights_are_shares() -> None:
    draws = Draws("weights")
    found = Counter(draws.weighted((("rare", 1), ("often", 3))) for _ in range(800))
    assert 130 < found["rare"] < 270
    assert found["rare"] + found["often"] == 800


def test_a_stream_goes_on_and_two_of_one_key_go_alike() -> None:
    one, other = Draws("k", 1), Draws("k", 1)
    numbers = [one.unit() for _ in range(20)]
    assert [other.unit() for _ in range(20)] == numbers
    assert len(set(numbers)) == 20
    assert Draws("k", 2).unit() not in numbers


@given(st.text(st.characters(), max_size=40))
def test_every_text_is_a_vector_of_length_one(text: str) -> None:
    found = embed(text)
    assert len(found) == DIM
    assert math.isclose(sum(x * x for x in found), 1.0, abs_tol=1e-9)


@pytest.mark.parametrize("text", ["", " ", "?!", "\n\t", "..."])
def test_a_text_without_a_word_points_where_the_empty_one_does(text: str) -> None:
    assert embed(text) == (1.0, *[0.0] * (DIM - 1))


def likeness(a: str, b: str) -> float:
    return sum(x * y for x, y in zip(embed(a), embed(b), strict=True))


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("where is my order", "my order, where is it", "reset the password"),
        ("refund for a broken lamp", "refunds for broken lamps", "opening hours on sundays"),
        ("CAF\u00c9 OL\u00c9", "caf\u00e9 ol\u00e9", "tea"),
    ],
)
def test_texts_that_share_words_point_the_same_way(text: str, near: str, far: str) -> None:
    assert likeness(text, near) > likeness(text, far) + 0.2
    assert likeness(text, text) == pytest.approx(1.0)
