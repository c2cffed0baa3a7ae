"""What the simple metrics take a text to be: its members, its size, its whole; and numbers beside a reference."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json
from promptci.metrics.base import Answer
from promptci.metrics.edit import Levenshtein
from promptci.metrics.length import size
from promptci.metrics.lists import SameList, SameSet, members
from promptci.metrics.refusal import Refusal
from promptci.metrics.regex import Regex
from promptci.metrics.similar import cosine
from promptci.metrics.spent import Cost, Latency


def case(expected: Json = None) -> Case:
    return Case("c", {"input": "x"}, expected)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" .\n\t", [], id="no-member"),
        pytest.param("apple", ["apple"], id="one"),
        pytest.param("- apple", ["apple"], id="one-bullet"),
        pytest.param("1. apple\n", ["apple"], id="one-number"),
        pytest.param("* apple, pear", ["apple", "pear"], id="one-bullet-of-two"),
        pytest.param("A. Smith, B. Jones", ["A. Smith", "B. Jones"], id="initials-are-no-bullets"),
        pytest.param("-5, 3", ["-5", "3"], id="a-sign-is-no-bullet"),
        pytest.param("1.5, 2.5", ["1.5", "2.5"], id="a-fraction-is-no-number-of-a-line"),
        pytest.param("apple, pear and plum.", ["apple", "pear", "plum"], id="in-a-sentence"),
        pytest.param("apple, pear, and plum", ["apple", "pear", "plum"], id="comma-before-and"),
        pytest.param("apple; pear", ["apple", "pear"], id="semicolons"),
        pytest.param("apple, pear.\n", ["apple", "pear"], id="a-full-stop-and-a-line-break"),
        pytest.param("sand and land", ["sand", "land"], id="and-inside-a-word"),
        pytest.param("- apple\n\n• pear\n(3) plum\nd) fig", ["apple", "pear", "plum", "fig"], id="all-bullets"),
        pytest.param("apple, red\npear, green", ["apple, red", "pear, green"], id="lines-before-commas"),
        pytest.param("**apple**\n**pear**", ["apple", "pear"], id="bold"),
        pytest.param('["a, b", 1, true]', ["a, b", "1", "true"], id="json"),
        pytest.param('{"a": 1}', ['{"a": 1}'], id="json-that-is-no-list"),
    ],
)
def test_the_members_of_a_list(text: str, wanted: list[str]) -> None:
    assert members(text) == wanted


@pytest.mark.parametrize(
    ("expected", "output", "f1", "same_set", "same_list"),
    [
        pytest.param(["a", "b"], "A, b", 1.0, 1.0, 1.0, id="the-same"),
        pytest.param(["a", "b"], "b, a", 1.0, 1.0, 0.0, id="another-order"),
        pytest.param(["a", "b"], "a, b, b", 1.0, 1.0, 0.0, id="a-repeat"),
        pytest.param(["a", "b"], "a", 2 / 3, 0.0, 0.0, id="one-missing"),
        pytest.param(["a"], "- a\n- b\n- c", 0.5, 0.0, 0.0, id="two-too-many"),
        pytest.param(["a", "b", "c"], "a, c, d, e", 4 / 7, 0.0, 0.0, id="both-ways"),
        pytest.param(["a"], "b", 0.0, 0.0, 0.0, id="none"),
        pytest.param([], "", 1.0, 1.0, 1.0, id="an-empty-list"),
        pytest.param([], "a", 0.0, 0.0, 0.0, id="something-for-nothing"),
    ],
)
def test_lists_are_compared_by_members(
    expected: list[Json], output: str, f1: float, same_set: float, same_list: float
) -> None:
    assert SameSet(partial=True)(case(expected), output) == pytest.approx(f1)
    assert (SameSet()(case(expected), output), SameList()(case(expected), output)) == (same_set, same_list)


@pytest.mark.parametrize(
    ("unit", "text", "count"),
    [
        ("sentences", "Dr. Who came. He left.", 2),
        ("sentences", "It is 3.5 m. Yes!", 2),
        ("sentences", 'He said "go." Then he left', 2),
        ("sentences", "A heading\n\nand a line", 2),
        ("sentences", "one\nsentence on two lines", 1),
        ("sentences", "你好。再见！", 2),
        ("sentences", "", 0),
        ("words", "don't stop", 2),
        ("words", "well-known, e.g. 3.5 -- and", 4),
        ("words", "_ * --", 0),
        ("lines", "a\n\n \n b\r\nc", 3),
        ("characters", "\n a b \n", 3),
    ],
)
def test_the_size_of_a_text(unit: str, text: str, count: int) -> None:
    assert size(text, unit) == count


@pytest.mark.parametrize(
    ("pattern", "text", "found", "whole"),
    [
        pytest.param("yes", "oh yes", 1.0, 0.0, id="inside"),
        pytest.param("yes|no", " no\n", 1.0, 1.0, id="blanks-around"),
        pytest.param("yes|no", "no more", 1.0, 0.0, id="an-alternative-is-whole-too"),
        pytest.param("(?i)yes", "YES", 1.0, 1.0, id="a-flag"),
        pytest.param("(?x) yes  # agreed", "yes", 1.0, 1.0, id="a-comment-at-the-end"),
        pytest.param("(?x) yes  # agreed", "yes, sir", 1.0, 0.0, id="a-comment-hides-no-end"),
        pytest.param("(?s)a.b", "a\nb", 1.0, 1.0, id="dot-all"),
        pytest.param("a.b", "a\nb", 0.0, 0.0, id="a-dot-is-no-line-break"),
        pytest.param("(a)(b)?", "a", 1.0, 1.0, id="a-group-without-a-match"),
    ],
)
def test_a_pattern_is_found_or_is_the_whole(pattern: str, text: str, found: float, whole: float) -> None:
    assert Regex(pattern)(case(), text) == found
    assert Regex(pattern, full=True)(case(), text) == whole


@pytest.mark.parametrize("full", [False, True])
def test_a_pattern_that_is_none_leaves_the_case_unmeasured(full: bool) -> None:
    found = Regex(full=full).grade(case("(yes"), Answer("yes"))
    assert found.value is None
    assert found.reason is not None
    assert found.reason.kind == "bad_pattern"


def distance(a: str, b: str) -> int:
    """By the table of Wagner and Fischer 1974."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]


@settings(max_examples=40)
@given(st.text("abc", max_size=8), st.lists(st.text("abc", max_size=8), min_size=1, max_size=3), st.integers(0, 4))
def test_edits_are_counted_to_the_nearest_answer(given_text: str, wanted: list[str], most: int) -> None:
    nearest = min(distance(given_text, w) for w in wanted)
    shares = [1 - distance(given_text, w) / max(len(given_text), len(w), 1) for w in wanted]
    assert Levenshtein()(case([*wanted]), given_text) == pytest.approx(max(shares))
    assert Levenshtein(at_most=most)(case([*wanted]), given_text) == float(nearest <= most)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=5))
def test_the_cosine_is_that_of_numpy(pairs: list[tuple[int, int]]) -> None:
    one, other = np.array(pairs, dtype=float).T
    sizes = float(np.linalg.norm(one) * np.linalg.norm(other))
    assert cosine([*one], [*other]) == pytest.approx(float(one @ other) / sizes if sizes else 0.0, abs=1e-12)


def test_the_cosine_of_large_vectors_does_not_overflow() -> None:
    assert math.isclose(cosine([1e200, 0.0], [0.0, 1e-200]), 0.0)


@pytest.mark.parametrize(
    ("took", "wanted"),
    [(None, None), (0.0, 1.0), (1.5, 1.0), (1.500001, 0.0)],
)
def test_what_an_answer_took_is_within_its_bound_or_unknown(took: float | None, wanted: float | None) -> None:
    assert Latency(1.5).grade(case(), Answer("x", latency_s=took)).value == wanted
    assert Cost(1.5).grade(case(), Answer("x", cost_usd=took)).value == wanted


@pytest.mark.parametrize(
    ("text", "refuses"),
    [
        pytest.param("", True, id="empty"),
        pytest.param("I’m sorry, but I can’t help with that.", True, id="curly"),
        pytest.param("As an AI language model, I am unable to say.", True, id="as-an-ai"),
        pytest.param("We respectfully decline.", True, id="we"),
        pytest.param("Es tut mir leid, das kann ich nicht.", True, id="german"),
        pytest.param("Je ne peux pas vous aider.", True, id="french"),
        pytest.param("I'm sorry that it broke. Here is the refund.", False, id="sorry-alone"),
        pytest.param("You cannot help but smile.", False, id="another-person"),
        pytest.param("It is open. " * 40 + "I cannot help with the rest.", False, id="late"),
    ],
)
def test_a_refusal_is_told_by_its_beginning(text: str, refuses: bool) -> None:
    assert Refusal()(case(), text) == float(refuses)
