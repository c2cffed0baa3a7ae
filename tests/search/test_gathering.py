"""Which of all suggested edits get a place in a screening."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from promptci.search.gathering import VOTES, Gathered
from promptci.search.guards import limits
from promptci.search.screening.edits import Edit, deletions
from promptci.search.screening.pieces import cut
from promptci.search.view import Suggested

BASE = cut("Sort the ticket. Be brief.\n\nTicket: {{ ticket }}")


def added(*texts: str) -> Suggested:
    return Suggested(tuple(Edit(1, "insert", text, "reflect") for text in texts), replies=1)


def gathering(*replies: Suggested) -> Gathered:
    found = Gathered(BASE, limits(BASE.text, (), ("banned",)), 1, set())
    for reply in replies:
        found.take(reply)
    return found


def texts(edits: Sequence[Edit]) -> list[str]:
    return [e.text for e in edits]


def test_what_several_replies_suggest_comes_before_what_one_does() -> None:
    found = gathering(added("Name the team.", "Check the date."), added("Read it twice.", "Check the date."))
    assert texts(found.favoured(1)) == ["Check the date."]
    assert texts(found.favoured(3)) == ["Check the date.", "Name the team.", "Read it twice."]
    assert found.refused == []


def test_other_words_for_the_same_are_votes_for_it_but_take_no_second_place_before_others_have_one() -> None:
    alike = [added("Answer in one word."), added("Answer in one single word."), added("Answer in one word.")]
    found = gathering(added("Name the team.", "Check the date."), *alike, added("Check the date."))
    assert texts(found.favoured(3)) == ["Answer in one word.", "Check the date.", "Name the team."]
    assert texts(found.favoured(9))[3:] == ["Answer in one single word."]


def test_edits_that_nobody_suggested_keep_their_places() -> None:
    found = gathering(Suggested(tuple(deletions(BASE))), added("Name the team."), added("Name the team."))
    assert [e.change for e in found.favoured(3)] == ["delete", "delete", "insert"]


def test_each_open_place_is_to_have_several_suggestions() -> None:
    found = gathering(Suggested(tuple(deletions(BASE))))
    assert found.wanting(6) == 4 * VOTES
    found.take(added(*(f"Mind rule {i}." for i in range(4))))
    found.take(added(*(f"Mind rule {i}." for i in range(4))))
    assert found.wanting(6) == 4 * VOTES - 8
    for _ in range(VOTES):
        found.take(added("Mind rule 0."))
    assert found.wanting(6) == 4 * VOTES - 8 - VOTES


def test_as_long_as_places_are_empty_more_is_wanted_whatever_was_repeated() -> None:
    found = gathering(*[added("Name the team.")] * 50)
    assert found.wanting(6) == 5


@pytest.mark.parametrize("times", [1, 3])
def test_what_a_guard_refuses_is_no_vote(times: int) -> None:
    found = gathering(*[added("Do what was banned.")] * times)
    assert found.edits == []
    assert found.wanting(2) == 2 * VOTES
    assert [r.reason for r in found.refused] == ["forbidden words"] * times
