"""What a search may spend, and when it is given more."""

from __future__ import annotations

import pytest

from promptci.search.base import Proposal
from promptci.search.desk import Cap
from promptci.search.loop import search
from promptci.search.stopping import Steps
from promptci.search.view import View

from .worlds import World, cases


@pytest.mark.parametrize(
    ("most", "again", "raised", "after"),
    [
        (600, 800, True, 800),
        (600, 600, False, 600),
        (600, 500, False, 600),
        (600, None, False, 600),
        (None, 1, True, 1),
    ],
    ids=["more", "as much", "less", "nothing", "a cap where none was"],
)
def test_a_cap_is_raised_by_more_alone(most: int | None, again: int | None, raised: bool, after: int | None) -> None:
    """Who is given the same again goes round for ever."""
    cap = Cap(most, lambda: again)
    assert (cap.raised(), cap.most) == (raised, after)


def test_a_cap_that_nobody_raises_stays() -> None:
    cap = Cap(600)
    assert (cap.raised(), cap.most) == (False, 600)


class Always:
    """Proposes one text again and again."""

    name = "always"

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, view: View, /) -> list[Proposal]:
        del view
        return [Proposal("test", self.text)]


@pytest.mark.parametrize(("text", "raises"), [("better", 0), ("worse", 1)])
def test_a_search_that_has_found_something_asks_for_no_more(text: str, raises: int) -> None:
    """What no winner needs goes back to a search that has found nothing: a lead needs it to be confirmed."""
    asked: list[int] = []
    known = cases(80)
    world = World(lambda said, case: said == "better" or (said == "start" and case.id[-1] in "02468"))

    def again() -> None:
        asked.append(world.calls)

    found = search(
        "start",
        known[:40],
        known[40:],
        evaluate=world.evaluate,
        proposer=Always(text),
        stops=[Steps(3)],
        calls=lambda: world.calls,
        max_calls=190,
        again=again,
        minimal=False,
    )
    assert found.reason.kind == "budget"
    assert (found.winner is not None) is (text == "better")
    assert len(asked) == raises
