"""The screening search under caps: never one call over, and nothing cut that was known beforehand, traps or not."""

from __future__ import annotations

import random

import pytest

from promptci.core import Case
from promptci.search.stopping import Perfect, Steps

from .worlds import World, chance

REPLIES = [["ADD: Do the trap.\nADD: Give the label.\nADD: Be nice.\nREPLACE 1: Answer me.", "ADD: Use lower-case."]]


def passing(trap: float, gate: bool) -> World:
    """A world whose one edit may help on train alone, and where the form may hide everything until it is right."""

    def passes(text: str, case: Case) -> bool:
        share = 0.45 + trap * ("trap" in text and case.id.startswith("t")) + 0.2 * ("label" in text)
        held = gate and "lower-case" not in text and chance(case.id, "form") > 0.1
        return not held and (chance(case.id) < share) != (chance(case.id, text) < 0.04)

    return World(passes, REPLIES)


def bounded(runs: int, seed: int, most: int) -> None:
    rng = random.Random(seed)
    for _ in range(runs):
        cap = rng.choice((rng.randrange(90), rng.randrange(60, most)))
        world = passing(rng.choice((0.0, 0.5)), rng.random() < 0.3)
        world.cap = cap
        stops = (Perfect(), Steps(3))
        demos = rng.choice((0, 2))
        found = world.run(strategy="edits", stops=stops, max_calls=cap, seed=rng.randrange(99), demos=demos)
        assert world.calls == found.calls == found.ledger.total <= cap
        refused = [o for s in found.candidates for o in s.outcomes.values() if o.score.value is None]
        assert not any(o.score.reason and o.score.reason.kind == "budget" for o in refused)
        assert (found.reason.kind == "budget") == (not found.screens)


def test_no_screening_search_exceeds_its_cap_or_is_cut_in_its_finals() -> None:
    bounded(8, seed=1, most=500)


@pytest.mark.fault
def test_a_thousand_screening_searches_never_exceed_their_caps() -> None:
    bounded(1000, seed=2, most=1500)
