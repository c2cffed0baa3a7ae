"""Marked-off parts of a text, and draws that depend on their key alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from promptci.models.offline.chance import Draws, pick, unit
from promptci.models.offline.marks import Mark, fenced, guarded, tagged, without

TABLE = [
    pytest.param(tagged, "a <x>b</x> c", [("x", "b")], "a  c", id="a-tag"),
    pytest.param(tagged, "<x>\nb\n</x><y>c</y>", [("x", "b"), ("y", "c")], "", id="two-tags"),
    pytest.param(tagged, "<x><y>b</y></x>", [("x", "<y>b</y>")], "", id="the-outermost"),
    pytest.param(tagged, "<x>b <y>c</y>", [("y", "c")], "<x>b ", id="one-never-closed"),
    pytest.param(tagged, "a < b > c </x>", [], "a < b > c </x>", id="no-tag"),
    pytest.param(tagged, "<x>" * 20_000, [], "<x>" * 20_000, id="many-never-closed"),
    pytest.param(guarded, "<<<DATA k7\nb\nDATA k7>>>!", [("DATA k7", "b")], "!", id="a-guard"),
    pytest.param(guarded, "<<<DATA k7\nDATA k8>>>\nDATA k7>>>", [("DATA k7", "DATA k8>>>")], "", id="another-s-end"),
    pytest.param(guarded, "<<<DATA k7 b DATA k7>>>", [], "<<<DATA k7 b DATA k7>>>", id="on-one-line"),
    pytest.param(fenced, "a\n```py\nb\n```\nc", [("", "b")], "a\n\nc", id="a-fence"),
    pytest.param(fenced, "```\n-----\nb\n```", [("", "-----\nb")], "", id="another-fence-inside"),
    pytest.param(fenced, "````\n```\nb\n````", [("", "```\nb")], "", id="a-longer-fence"),
    pytest.param(fenced, "```\nb", [], "```\nb", id="open"),
    pytest.param(fenced, "say ``` here\nand ``` there", [], "say ``` here\nand ``` there", id="inside-a-line"),
]


@pytest.mark.parametrize(("read", "text", "expected", "rest"), TABLE)
def test_parts_are_found_in_one_pass_and_the_rest_stays(
    read: Callable[[str], Iterator[Mark]], text: str, expected: list[tuple[str, str]], rest: str
) -> None:
    found = list(read(text))
    assert [(mark.name, mark.body) for mark in found] == expected
    assert without(text, found) == rest


def test_a_draw_depends_on_its_parts_and_on_where_they_part() -> None:
    assert unit("a", 1) == unit("a", "1")
    assert len({unit("ab", "c"), unit("a", "bc"), unit("abc"), unit("c", "ab")}) == 4
    assert all(0 <= unit("seed", n) < 1 for n in range(200))
    assert unit("\ud800") != unit("?"), "half a surrogate pair is a part like others"


def test_the_nth_draw_depends_on_the_key_and_n_alone() -> None:
    first, second = Draws("k", 1), Draws("k", 1)
    assert [first.unit() for _ in range(5)] == [second.unit() for _ in range(5)]
    assert first.pick("abcdef") == second.pick("abcdef")
    assert Draws("k", 2).unit() != Draws("k", 1).unit()


@pytest.mark.parametrize(
    ("weights", "least", "most"),
    [
        pytest.param({"a": 3.0, "b": 1.0}, 260, 340, id="three-to-one"),
        pytest.param({"a": 0.0, "b": 1.0}, 0, 0, id="never"),
        pytest.param({"a": 1.0, "b": 0.0}, 400, 400, id="always"),
    ],
)
def test_weights_are_shares(weights: dict[str, float], least: int, most: int) -> None:
    draws = Draws("weights")
    met = Counter(draws.weighted(list(weights.items())) for _ in range(400))
    assert least <= met["a"] <= most


@pytest.mark.parametrize(("probability", "least", "most"), [(0.0, 0, 0), (0.25, 70, 130), (1.0, 400, 400)])
def test_a_chance_is_a_share(probability: float, least: int, most: int) -> None:
    draws = Draws("chance")
    assert least <= sum(draws.chance(probability) for _ in range(400)) <= most


def test_a_shuffle_keeps_all_and_leaves_what_it_was_given() -> None:
    items = list(range(50))
    shuffled = Draws("s").shuffled(items)
    assert (sorted(shuffled), items) == (items, list(range(50)))
    assert shuffled != items
    assert {Draws("s", n).shuffled([1, 2])[0] for n in range(20)} == {1, 2}


def test_every_option_is_picked_and_no_other() -> None:
    assert {pick("abc", n) for n in range(60)} == set("abc")
    assert pick(["one"], 7) == "one"
