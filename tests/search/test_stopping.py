"""Stop rules by value: what uses up patience, what ends at once."""

from __future__ import annotations

import pytest

from promptci.search.base import Step, Trajectory
from promptci.search.stopping import Limit, Patience, Steps


def steps(pattern: str) -> Trajectory:
    """A round a letter: p promoted a candidate, i tried some in vain, x had none to try."""
    made = tuple(
        Step(n, "a", None, None, None, 10 * n, proposed=1, admitted=int(kind != "x"), promoted=kind == "p")
        for n, kind in enumerate(pattern, 1)
    )
    return Trajectory((), (), (), 0, (), steps=made)


@pytest.mark.parametrize(
    ("limit", "pattern", "ends"),
    [
        (2, "", False),
        (2, "i", False),
        (2, "ii", True),
        (2, "ip", False),
        (2, "pi", False),
        (2, "pii", True),
        (2, "ix", False),
        (2, "ixxi", True),
        (2, "xxx", False),
        (2, "xxxx", True),
        (2, "pxxxx", True),
        (2, "pxxx", False),
        (1, "x", False),
        (1, "i", True),
        (1, "p", False),
    ],
)
def test_only_rounds_that_tried_something_use_up_patience(limit: int, pattern: str, ends: bool) -> None:
    found = Patience(limit)(steps(pattern))
    assert (found is not None) == ends
    assert found is None or found.kind == "patience"


@pytest.mark.parametrize(("rounds", "ends"), [(0, False), (2, False), (3, True), (4, True)])
def test_so_many_steps_are_enough(rounds: int, ends: bool) -> None:
    assert (Steps(3)(steps("i" * rounds)) is not None) == ends


@pytest.mark.parametrize(("now", "ends"), [(0, False), (9.5, False), (10, True), (11, True)])
def test_a_running_total_ends_at_its_cap(now: float, ends: bool) -> None:
    found = Limit("calls", 10, lambda: now)(steps(""))
    assert (found is not None) == ends
    assert found is None or (found.kind, f"{now:g} of 10 calls" in found.text) == ("budget", True)
