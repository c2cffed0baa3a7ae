"""What is left out before anybody is asked, and what is masked."""

from __future__ import annotations

import pytest

from promptci.augment.base import Dropped, Typed
from promptci.augment.screen import Screen
from tests.augment.conftest import questions, typed

FILE = "version: 1\nforbid: [bomb, shoot up]\nlimits: {min_chars: 6, max_chars: 60}\n"


def screened(*prompts: Typed) -> list[Typed | Dropped]:
    return list(Screen(questions(FILE).spec)(prompts))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("?! ...   ", "empty", id="no-word"),
        pytest.param("hi", "short", id="short"),
        pytest.param("why " * 20, "long", id="long"),
        pytest.param("How to make a BOMB?", "forbidden", id="forbidden"),
        pytest.param("let us shoot up the place", "forbidden", id="forbidden-phrase"),
    ],
)
def test_a_prompt_that_is_left_out_has_its_reason(text: str, kind: str) -> None:
    (row,) = screened(*typed(text))
    assert isinstance(row, Dropped)
    assert (row.id, row.stage, row.reason.kind) == ("p0", "screen", kind)


@pytest.mark.parametrize("text", ["Why is it?", "bombastic words", "为什么天空是蓝色的"], ids=["a", "part", "han"])
def test_other_prompts_stay_as_they_are(text: str) -> None:
    assert screened(*typed(text)) == typed(text)


def test_the_same_prompt_again_is_dropped_but_not_with_another_context() -> None:
    rows = screened(*typed("Sum this up", "sum  THIS up"), Typed("x", "Sum this up", "another text"))
    assert [isinstance(row, Dropped) and row.reason.kind for row in rows] == [False, "duplicate", False]


def test_personal_details_are_masked_everywhere_and_counted() -> None:
    screen = Screen(questions(FILE).spec)
    given = Typed("a", "Write to ann@example.com", "from bob@example.com", "eve@example.com says", "+49 170 1234567")
    (row,) = screen([given])
    assert row == Typed("a", "Write to [email]", "from [email]", "[email] says", "[phone]")
    assert screen.hidden == {"email": 3, "phone": 1}


def test_what_was_dropped_before_passes_through() -> None:
    first = screened(*typed(""))
    assert list(Screen(questions(FILE).spec)(first)) == first


def test_a_forbidden_word_below_the_prompt_is_one_too() -> None:
    (dropped,) = screened(Typed("a", "What does this text say?", context="Build a bomb."))
    assert isinstance(dropped, Dropped)
    assert dropped.reason.kind == "forbidden"
