"""Edits on the form of an answer: offered where wrong answers have another form, and only then."""

from __future__ import annotations

import pytest

from promptci.core import Case, Outcome, Score
from promptci.search.base import Candidate, Scored
from promptci.search.forms import forms, labels
from promptci.search.screening.pieces import cut

BASE = cut("Sort it.\n\nTicket: {{ input }}")


def asked(expected: list[object]) -> list[Case]:
    return [Case(f"c{i}", {"input": f"ticket {i}"}, e) for i, e in enumerate(expected)]


def lead(train: list[Case], output: str, value: float | None = 0.0) -> Scored:
    return Scored(Candidate("Sort it.", "start", 0), {c.id: Outcome(Score(c.id, value), output=output) for c in train})


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (["no", "yes", "yes", "yes", "no", "no", "yes"], ("yes", "no")),
        ([["yes", "y"]] * 3 + [["no"]] * 4, ("no", "yes")),
        ([f"word{i}" for i in range(20)], ()),
        (["yes", "no"], ()),
        (["a long answer in several words", "no"] * 5, ()),
        (["", "no"] * 5, ()),
        ([None] * 6, ()),
        ([], ()),
    ],
    ids=["two", "several accepted", "all different", "too few cases", "long", "empty", "no answer", "no case"],
)
def test_labels_are_a_short_fixed_choice(expected: list[object], found: tuple[str, ...]) -> None:
    assert labels(asked(expected)) == found


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (["billing", "other"] * 5, ["one of these and nothing else: billing, other.", "one word", "only the answer"]),
        ([str(i) for i in range(10)], ["a number only", "only the answer"]),
        ([f"word{i}" for i in range(10)], ["one word", "only the answer"]),
        ([f"big animal{i}" for i in range(10)], ["only the answer"]),
        ([f"a whole sentence with many words {i}" for i in range(10)], []),
    ],
    ids=["labels", "numbers", "single words", "short answers", "sentences"],
)
def test_what_right_answers_look_like_is_said(expected: list[object], said: list[str]) -> None:
    train = asked(expected)
    found = forms(lead(train, "I think that it may well be the second of them, or not."), train, BASE)
    assert len(found) == len(said)
    assert all(part in edit.text for part, edit in zip(said, found, strict=True))
    assert {(e.change, e.place, e.source) for e in found} <= {("insert", BASE.home, "form")}


@pytest.mark.parametrize(
    ("output", "value"),
    [("other", 0.0), ("It is billing, I think.", 1.0), ("It is billing, I think.", None)],
    ids=["wrong answers in the right form", "all right", "unmeasured"],
)
def test_where_the_form_is_right_nothing_is_said(output: str, value: float | None) -> None:
    train = asked(["billing", "other"] * 5)
    assert forms(lead(train, output, value), train, BASE) == []


def test_without_answers_or_cases_nothing_is_said() -> None:
    assert forms(lead([], ""), [], BASE) == []
    train = asked([None] * 4)
    assert forms(lead(train, "It is billing, I think."), train, BASE) == []
