from __future__ import annotations

import pytest

from promptci.core import Outcome, Reason, Score
from promptci.search.account import CUT_SHORT, Ledger, nothing_judged, refused_by_door
from promptci.search.stopping import Steps

from .worlds import World, chance


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("budget: 4 calls are used up", "budget"), ("replay: not stored", "replay"), ("timeout: 60 s", None)],
)
def test_what_the_door_refuses_has_a_kind(reason: str, kind: str | None) -> None:
    refused = Score("b", None, Reason(reason.partition(":")[0], reason))
    said = refused_by_door([Outcome(Score("a", 1.0)), Outcome(refused)])
    assert (said and said.kind, said and said.text) == (kind, reason if kind else None)


def test_nothing_judged_is_said_only_when_nothing_was() -> None:
    assert nothing_judged([]) is None
    assert nothing_judged([Outcome(Score("a", 0.0)), Outcome(Score("b", None, Reason("refused", "x")))]) is None
    said = nothing_judged([Outcome(Score("b", None, Reason("timeout", "timeout: 60 s")))])
    assert said is not None
    assert (said.kind, str(said)) == ("no_case", "no case could be judged: timeout: 60 s")


@pytest.mark.parametrize("reply", ["I cannot.", "<INS></INS>"])
def test_a_search_that_could_read_no_reply_is_cut_short(reply: str) -> None:
    world = World(lambda text, case: chance(case.id) < 0.5)
    world.write = lambda messages, **kw: [reply] * kw["n"]  # type: ignore[method-assign]  # scripted
    found = world.run(stops=[Steps(1)])
    assert (found.reason.kind, found.cut_short, found.winner) == ("unreadable", True, None)
    assert "could not be read" in found.stop_reason


LONG, AGAIN, HEARD = f"<INS>{'long ' * 200}</INS>", "<INS>Answer.</INS>", "I cannot."


@pytest.mark.parametrize(
    ("replies", "kind", "said"),
    [
        ([LONG], "refused", "the one proposal was refused: too long (1)"),
        ([LONG, AGAIN, LONG], "refused", "all 3 proposals were refused: too long (2), duplicate (1)"),
        ([AGAIN, AGAIN], "nothing_left", "all 2 proposals were refused: duplicate (2)"),
        ([AGAIN, HEARD], "refused", "all 2 proposals were refused: duplicate (1), unreadable reply"),
    ],
    ids=["one", "too-long", "seen-before", "half-unread"],
)
def test_a_search_whose_proposals_were_all_refused_says_so(replies: list[str], kind: str, said: str) -> None:
    world = World(lambda text, case: chance(case.id) < 0.5)
    world.write = lambda messages, **kw: list(replies)  # type: ignore[method-assign]  # scripted
    found = world.run(stops=[Steps(1)])
    assert (found.reason.kind, found.cut_short) == (kind, kind == "refused")
    assert found.stop_reason.startswith(said)


def test_where_deletions_were_screened_what_was_refused_is_said_beside_the_end() -> None:
    world = World(lambda text, case: chance(case.id) < 0.5)
    world.write = lambda messages, **kw: ["ADD: Say forbidden things."] * kw["n"]  # type: ignore[method-assign]  # scripted
    found = world.run("Answer now. Be kind.", strategy="edits", forbid=["forbidden"], stops=[Steps(2)], max_calls=600)
    assert (found.reason.kind, found.cut_short) == ("done", False)
    assert "edits screened; all " in found.stop_reason
    assert "forbidden words (" in found.stop_reason


def test_a_search_that_read_some_is_not() -> None:
    found = World(lambda text, case: chance(case.id) < 0.5).run(stops=[Steps(1)])
    assert (found.reason.kind, found.cut_short) == ("steps", False)
    assert "patience" not in CUT_SHORT


def test_a_ledger_adds_up_and_says_what_is_left() -> None:
    spent = Ledger(start=60, proposals=8, screening=400)
    assert spent.total == 468
    whole = spent.closed(confirmation=200, max_calls=1000)
    assert (whole.confirmation, whole.unused, whole.total) == (200, 332, 668)
    assert str(whole) == "start 60, proposals 8, screening 400, confirmation 200, unused 332"
    assert spent.closed(confirmation=1, max_calls=None).unused == 0
