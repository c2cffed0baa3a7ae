"""Records on a shelf are those that were put there, and names keep their numbers, whatever their hashes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.shelf import Index, Keys, Shelf

TEXTS = st.text(max_size=5)


def rows(count: int, size: int) -> list[tuple[str, dict[str, object]]]:
    return [(f"c{n}", {"text": "x" * (n * size % 4_000), "n": [n, None, 0.5]}) for n in range(count)]


@pytest.mark.parametrize("size", [0, 7, 997, 3_999])
@pytest.mark.parametrize("order", ["forwards", "backwards", "at random"])
def test_every_record_is_found_again_in_any_order(size: int, order: str) -> None:
    shelf, put = Shelf(), rows(600, size)
    assert [shelf.put(row) for row in put] == list(range(600))
    numbers = list(range(600)) if order == "forwards" else list(reversed(range(600)))
    if order == "at random":
        random.Random(1).shuffle(numbers)
    assert [shelf[n] for n in numbers] == [put[n] for n in numbers]
    assert len(shelf) == 600


def test_a_record_longer_than_what_is_read_at_once() -> None:
    shelf, long = Shelf(), "x" * 1_000_000
    for record in (long, "a", long + "y", "b"):
        shelf.put(record)
    assert [shelf[n] for n in (3, 2, 1, 0, 2)] == ["b", long + "y", "a", long, long + "y"]


def test_reading_and_writing_take_turns() -> None:
    shelf, put = Shelf(), rows(400, 13)
    for n, row in enumerate(put):
        shelf.put(row)
        assert shelf[n // 2] == put[n // 2]
    shelf[7]
    shelf.replace(7, "another")
    assert (shelf[6], shelf[7], shelf[8]) == (put[6], "another", put[8])


@pytest.mark.parametrize("number", [0, 1, 5])
def test_a_number_that_was_not_given_is_an_error(number: int) -> None:
    shelf = Shelf()
    with pytest.raises(IndexError):
        shelf[number]


@given(st.lists(TEXTS, max_size=60), st.lists(TEXTS, max_size=10))
@pytest.mark.parametrize("hashed", [hash, len, lambda name: 1], ids=["hash", "few hashes", "one hash"])
def test_a_name_has_the_number_that_it_came_with(hashed: object, names: list[str], others: list[str]) -> None:
    told: list[str] = []
    index: Index[str] = Index(told.__getitem__, hashed)  # type: ignore[arg-type]  # any function of a text to a number
    for name in names:
        if index.add(name) == len(told):
            told.append(name)
    assert told == list(dict.fromkeys(names))
    assert [index.find(name) for name in told] == list(range(len(told)))
    assert len(index) == len(told)
    if hashed is hash:
        assert {name for name in others if index.find(name) is not None} == set(others) & set(names)


def test_many_names_are_found_after_the_table_has_grown() -> None:
    names = [f"case {n}" for n in range(5_000)]
    index: Index[str] = Index(names.__getitem__)
    assert [index.add(name) for name in names] == list(range(5_000))
    assert [index.find(name) for name in names] == list(range(5_000))
    assert index.find("case 5000") is None


@given(st.lists(st.binary(min_size=4, max_size=4), max_size=80))
def test_a_key_is_new_once(keys: list[bytes]) -> None:
    found, seen = Keys(4), set[bytes]()
    for key in keys:
        assert found.add(key) == (key not in seen)
        seen.add(key)
    assert len(found) == len(seen)


def test_a_key_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="a key has 4 bytes"):
        Keys(4).add(b"12345")
