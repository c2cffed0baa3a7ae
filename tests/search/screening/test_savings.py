"""What can go: planted sentences, of which some are needed; chosen is what saves and can be shown to be no worse."""

from __future__ import annotations

import random

import pytest

from promptci.search.screening.edits import Edit, apply, factors, removals
from promptci.search.screening.fit import Answer, Estimate
from promptci.search.screening.pieces import cut
from promptci.search.screening.savings import Lean, harm, harmless, leanest, written

AIM = Lean(read=1.0, written=0.0, margin=0.05, held=200, level=0.04)
NEEDED = (0, 3)


def answers(n: int, seed: int = 0) -> list[Answer]:
    """Answers under random deletions of eight sentences, of which those in NEEDED are worth 20 points."""
    rng = random.Random(seed)
    found = []
    for k in range(n):
        gone = tuple(i for i in range(8) if rng.random() < 0.4) if k % 6 else ()
        found.append(Answer(gone, f"c{k % 60}", float(rng.random() < 0.85 - 0.2 * sum(i in gone for i in NEEDED))))
    return found


def test_useless_sentences_are_chosen_and_needed_ones_are_not() -> None:
    seen = harm(answers(900), 8)
    saved = dict.fromkeys(range(8), 10.0)
    chosen = leanest(harmless(range(8), seen), seen, saved, [], AIM)
    assert not set(chosen) & set(NEEDED)
    assert len(chosen) >= 5


def test_harm_that_shows_is_hardly_shrunk() -> None:
    seen = harm(answers(3000), 8)
    assert all(-0.26 < seen.effects[i] < -0.14 for i in NEEDED)
    assert all(abs(seen.effects[i]) < 0.03 for i in range(8) if i not in NEEDED)


def test_what_saves_nothing_is_left_alone_and_of_alternatives_one_is_in() -> None:
    seen = harm(answers(900), 8)
    assert leanest(range(8), seen, dict.fromkeys(range(8), 0.0), [], AIM) == []
    saved = {**dict.fromkeys(range(8), 0.0), 1: 5.0, 2: 9.0}
    assert leanest(range(8), seen, saved, [[1, 2]], AIM) == [2]


def test_a_larger_saving_is_worth_a_smaller_chance() -> None:
    sure, unsure = AIM.chance(Estimate(0.0, 0.01), 0.08), AIM.chance(Estimate(-0.03, 0.02), 0.08)
    assert 0.5 < sure < 1
    assert unsure < 0.4
    assert AIM.chance(Estimate(0.0, 0.0), 0.0) > 0.99


def test_an_edit_that_shortens_answers_is_seen() -> None:
    told = [(a.edits, a.case_id, 20 if 1 in a.edits else 80) for a in answers(600)]
    found = written(told, 8)
    assert found[1] == pytest.approx(-60, abs=8)
    assert all(abs(found[i]) < 5 for i in range(8) if i != 1)
    assert written([], 3) == [0.0] * 3


TEXT = "Sort the ticket. Be brief.\n\nInput: a broken lamp\nOutput: returns\n\nInput: {{ ticket }}\nOutput:"


def test_an_example_goes_as_a_whole_and_the_question_stays() -> None:
    base = cut(TEXT)
    edits = removals(base)
    assert [(e.place, e.span) for e in edits] == [(2, 2), (0, 1), (1, 1), (5, 1)]
    assert apply(base, [edits[0]]) == "Sort the ticket. Be brief.\n\nInput: {{ ticket }}\nOutput:"
    assert edits[0].old(base) == "Input: a broken lamp\nOutput: returns"
    assert len({e.id for e in (*edits, Edit(2, "delete"))}) == 5


def test_a_deleted_block_is_an_alternative_to_every_change_inside_it() -> None:
    block, inside, outside = Edit(2, "delete", span=2), Edit(3, "replace", "Output: other"), Edit(1, "delete")
    assert factors([block, inside, outside]) == [[0, 1], [2]]
