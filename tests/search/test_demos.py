from __future__ import annotations

import random

import pytest

from promptci.core import Case
from promptci.search.demos import demonstrations, quotable, quoted
from promptci.search.screening.edits import apply, factors
from promptci.search.screening.pieces import cut
from promptci.search.stopping import Steps

from .worlds import World, cases, chance

PAIR = Case("a", {"input": "hot"}, "cold")


def test_demonstrations_stand_between_instruction_and_question() -> None:
    text = "Say the opposite.\n\nWord: {{ input }}\nAnswer:"
    assert quoted(text, [PAIR]) == "Say the opposite.\n\nInput: hot\nOutput: cold\n\nWord: {{ input }}\nAnswer:"
    assert quoted("Say the opposite.", [PAIR]) == "Say the opposite.\n\nInput: hot\nOutput: cold"
    assert quoted("", [PAIR]) == "Input: hot\nOutput: cold"
    assert quoted(text, []) == text


def test_a_case_with_braces_or_without_an_answer_is_never_quoted() -> None:
    assert quotable(PAIR)
    assert not quotable(Case("b", {"input": "{{ secret }}"}, "x"))
    assert not quotable(Case("c", {"input": "x"}, "{% raw %}"))
    assert not quotable(Case("d", {"input": "x"}, None))
    assert not quotable(Case("e", {"input": "{# a note #}"}, "x"))


def test_the_search_chooses_demonstrations_from_train_and_never_scores_a_case_that_it_shows() -> None:
    def helped(text: str, case: Case) -> bool:
        return chance(case.id) < (0.9 if "matter t7x" in text else 0.5)

    world = World(helped)
    found = world.run(train=cases(30, "t"), validation=cases(30, "v"), stops=[Steps(4)], demos=4)
    assert found.winner is not None
    winner = found.winner.candidate
    assert "t7" in winner.demos
    assert len(winner.demos) == 4
    assert all(f"Input: ticket about matter {i}x" in winner.text for i in winner.demos)
    assert "Input:" not in winner.bare
    assert "matter v" not in "".join(text for text, _ in world.asked)
    asked_of_winner = {case_id for text, case_id in world.asked if text == winner.text}
    assert asked_of_winner.isdisjoint(winner.demos)
    assert asked_of_winner | set(winner.demos) == {c.id for c in cases(30, "t") + cases(30, "v")}


def test_demonstrations_alone_may_win_with_the_old_instruction() -> None:
    world = World(lambda text, case: chance(case.id) < (0.9 if text.startswith("Answer.\n\nInput:") else 0.5))
    found = world.run(train=cases(30, "t"), validation=cases(30, "v"), stops=[Steps(2)], demos=2)
    assert found.winner is not None
    assert found.winner.candidate.origin == "demos"
    assert found.winner.candidate.bare == "Answer."


def test_the_optimizer_model_reads_texts_without_their_demonstrations() -> None:
    world = World(lambda text, case: chance(case.id) < 0.5)
    world.run(stops=[Steps(3)], demos=3, exemplars=0)
    assert not any("Input:" in question for question in world.questions)


def test_no_demonstrations_unless_they_are_asked_for() -> None:
    world = World(lambda text, case: chance(case.id) < 0.5)
    found = world.run(stops=[Steps(2)])
    assert all(s.candidate.demos == () for s in found.candidates)


def test_with_edits_each_demonstration_is_screened_as_an_edit() -> None:
    def helped(text: str, case: Case) -> bool:
        share = 0.45 + 0.25 * ("matter t7x" in text) + 0.15 * ("label" in text)
        return (chance(case.id) < share) != (chance(case.id, text) < 0.04)

    world = World(helped, [["ADD: Give the label."]])
    found = world.run(
        "Answer.",
        train=cases(12, "t"),
        validation=cases(48, "v"),
        stops=[Steps(1)],
        max_calls=900,
        strategy="edits",
        demos=2,
    )
    assert found.winner is not None
    winner = found.winner.candidate
    assert "t7" in winner.demos
    assert len(winner.demos) <= 2
    assert "Input: ticket about matter t7x\nOutput: yes" in winner.text
    assert "Input:" not in winner.bare
    assert {w.edit.source for w in found.kept} >= {"demonstration"}
    assert "matter v" not in "".join(text for text, _ in world.asked)
    assert not any(case_id == "t7" and "matter t7x" in text for text, case_id in world.asked)
    assert all(text.count("Input:") <= 2 for text, _ in world.asked)


def test_edits_without_demonstrations_quote_none() -> None:
    world = World(lambda text, case: chance(case.id) < 0.5)
    found = world.run(strategy="edits", stops=[Steps(1)], max_calls=200)
    assert not any(w.edit.demo for s in found.screens for w in s.worths)
    assert not any("Input:" in text for text, _ in world.asked)


@pytest.mark.parametrize(
    ("slots", "taken", "most", "found"),
    [(3, (), 7, 7), (3, ("c1",), 7, 7), (3, ("c1", "c2", "c3"), 7, 0), (0, (), 7, 0), (2, (), 100, 20), (2, (), 0, 0)],
    ids=["some", "one is in", "all places taken", "none wanted", "as many as there are", "no room"],
)
def test_demonstrations_stand_against_each_other_in_their_slots(
    slots: int, taken: tuple[str, ...], most: int, found: int
) -> None:
    edits = demonstrations(cases(20), slots, taken, most, random.Random(1))
    assert len(edits) == found
    assert len({e.demo for e in edits}) == found
    assert not {e.demo for e in edits} & set(taken)
    groups = factors(edits)
    assert len(groups) == min(found, max(0, slots - len(taken)))
    assert all(len({edits[i].slot for i in group}) == 1 for group in groups)


def test_what_is_quoted_already_is_not_drawn_again() -> None:
    edits = demonstrations(cases(20), 3, ("c1", "c7"), 20, random.Random(1))
    assert {e.demo for e in edits} == {f"c{n}" for n in range(20)} - {"c1", "c7"}


def test_a_demonstration_leaves_the_text_alone_and_differs_from_another() -> None:
    one, other = demonstrations(cases(20), 1, (), 2, random.Random(1))
    assert apply(cut("Say it. Be kind."), [one, other]) == "Say it. Be kind."
    assert one.id != other.id
