"""Which of all suggested edits get a place in a screening."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from promptci.core import Outcome, Score
from promptci.search.base import Candidate, Proposal, Scored, Trajectory
from promptci.search.gathering import VOTES, Gathered, gathered
from promptci.search.guards import limits
from promptci.search.metaprompts import NO_REPLY
from promptci.search.screening.edits import Edit, deletions
from promptci.search.screening.pieces import Pieces, cut
from promptci.search.view import EditSource, Suggested, View
from tests.search.worlds import cases

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


class Mute:
    """Nobody answers."""

    name, keep, forbid, demos, asked = "mute", (), (), 0, 0

    def edits(self, view: View, base: Pieces, wanted: int, number: int, /) -> Suggested:
        self.asked += 1
        silent = Proposal("reflect", None, reason=NO_REPLY)
        return Suggested(unread=(silent,) * 4, replies=4)


def test_an_optimizer_model_that_never_answers_is_asked_once() -> None:
    train = tuple(cases(4, "t"))
    lead = Scored(Candidate(BASE.text, "start", 0), {c.id: Outcome(Score(c.id, 0.0)) for c in train})
    begun, source = Trajectory(train, (), tuple(c.id for c in train), 4, (lead,)), Mute()
    asked = cast("EditSource", source)
    done, _ = gathered(begun, lead, BASE, asked, (), wanted=6, asks=99, seed=0, calls=lambda: 0)
    assert source.asked == 1
    assert done.ended is not None
    assert done.ended.kind == "no_reply"
