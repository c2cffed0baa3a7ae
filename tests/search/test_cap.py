"""What a search may spend, and when it is given more."""

from __future__ import annotations

import pytest

from promptci.search.desk import Cap


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
