from __future__ import annotations

import re
from collections import Counter

import pytest

from promptci.search.base import Scored
from promptci.search.proposers.evoprompt import EvoPromptDe, EvoPromptGa
from promptci.search.view import View

from .views import METAPROMPTS, Writer, scored, view

START = scored("start", 0.5, step=0)


def founders() -> list[Scored]:
    return [START, *(scored(f"p{i}", i / 10, step=1) for i in range(9))]


def parents(question: str) -> list[str]:
    return re.findall(r"<parent>\n(.*?)\n</parent>", question, re.DOTALL)


def test_the_first_step_fills_the_population_with_paraphrases() -> None:
    writer = Writer()
    proposals = EvoPromptGa(writer, METAPROMPTS)(view(START, step=1))
    assert len(proposals) == 9
    assert writer.settings[0]["temperature"] == 0.5


def test_an_empty_incumbent_is_founded_on_instructions_inferred_from_pairs() -> None:
    writer = Writer()
    proposals = EvoPromptDe(writer, METAPROMPTS)(view(scored("", 0.1, step=0), step=1))
    assert len(proposals) == 10
    assert "Input:" in writer.questions[0]


def test_human_prompts_are_scored_then_the_top_half_is_paraphrased() -> None:
    starts = [f"h{i}" for i in range(12)]
    ga = EvoPromptGa(Writer(), METAPROMPTS, starts=starts)
    assert [p.text for p in ga(view(START, step=1))] == starts
    humans = [scored(f"h{i}", i / 12, step=1) for i in range(12)]
    writer = Writer()
    proposals = EvoPromptGa(writer, METAPROMPTS, starts=starts)(view(START, *humans, step=2))
    assert [re.findall(r"<INS>\n(.*)\n</INS>", q)[0] for q in writer.questions] == ["h11", "h10", "h9", "h8", "h7"]
    assert len(proposals) == 5


@pytest.mark.parametrize(("initial", "expected"), [("top", {"p8", "p7"}), ("bottom", {"p0", "p1"})])
def test_the_population_may_start_from_the_top_or_the_bottom(initial: str, expected: set[str]) -> None:
    writer = Writer()
    EvoPromptGa(writer, METAPROMPTS, per_step=2, initial=initial)(view(*founders(), step=2))  # type: ignore[arg-type]  # a name
    assert {t for q in writer.questions for t in parents(q)} == expected


def test_a_random_start_is_the_same_in_every_step() -> None:
    def members(step: int) -> set[str]:
        writer = Writer()
        EvoPromptDe(writer, METAPROMPTS, per_step=4, initial="random")(view(*founders(), step=step))
        return {parents(q)[-1] for q in writer.questions}

    assert members(2) == members(3)
    assert len(members(2)) == 4


def test_ga_asks_one_question_per_child_with_two_different_parents_and_a_worked_example() -> None:
    writer = Writer()
    proposals = EvoPromptGa(writer, METAPROMPTS)(view(*founders(), step=2))
    assert len(proposals) == len(writer.questions) == 10
    for question in writer.questions:
        one, two = parents(question)
        assert one != two
        assert question.index("example from another task") < question.index("<parent>")
        assert "Input:" not in question  # EvoPrompt shows no task examples
        assert "score" not in question
    assert len({s["sample"] for s in writer.settings}) == 10


def test_roulette_prefers_the_fit_and_survives_a_population_of_zeros() -> None:
    drawn: Counter[str] = Counter()
    for seed in range(30):
        writer = Writer()
        EvoPromptGa(writer, METAPROMPTS)(view(*founders(), step=2, seed=seed))
        drawn.update(t for q in writer.questions for t in parents(q))
    assert drawn["p8"] > 3 * drawn["p1"]
    assert drawn["p0"] == 0
    zeros = view(*(scored(f"z{i}", 0.0, step=min(i, 1)) for i in range(4)), step=2)
    assert len(EvoPromptGa(Writer(), METAPROMPTS, per_step=4)(zeros)) == 4


def test_selection_by_tournament_and_at_random() -> None:
    def drawn(selection: str) -> Counter[str]:
        seen: Counter[str] = Counter()
        for seed in range(30):
            writer = Writer()
            EvoPromptGa(writer, METAPROMPTS, selection=selection)(view(*founders(), step=2, seed=seed))  # type: ignore[arg-type]  # a name
            seen.update(t for q in writer.questions for t in parents(q))
        return seen

    assert drawn("tournament")["p8"] > 2 * drawn("tournament")["p1"]
    assert drawn("random")["p0"] > 20


def after_one_generation() -> View:
    p = founders()
    child = scored("child", 0.95, step=2, parents=[p[1].candidate.id, p[2].candidate.id])
    poor = scored("poor child", 0.01, step=2, parents=[p[9].candidate.id, p[2].candidate.id])
    return view(*p, child, poor, step=3)


def population(proposer: EvoPromptGa | EvoPromptDe) -> set[str]:
    known = after_one_generation()
    return {s.candidate.text for s in proposer._members(known)}


def test_topk_keeps_the_best_of_old_and_new() -> None:
    kept = population(EvoPromptGa(Writer(), METAPROMPTS))
    assert "child" in kept
    assert "poor child" not in kept
    assert "p0" not in kept
    assert len(kept) == 10


def test_replace_puts_each_child_in_its_slot() -> None:
    kept = population(EvoPromptGa(Writer(), METAPROMPTS, update="replace"))
    assert {"child", "poor child"} <= kept
    assert "p0" not in kept  # the slot of the first child
    assert "p8" not in kept  # the slot of the poor one
    assert len(kept) == 10


def test_de_keeps_the_better_of_member_and_child() -> None:
    kept = population(EvoPromptDe(Writer(), METAPROMPTS))
    assert "child" in kept
    assert "p0" not in kept
    assert "p8" in kept
    assert "poor child" not in kept


def test_de_asks_one_question_per_member_with_two_others() -> None:
    writer = Writer()
    EvoPromptDe(writer, METAPROMPTS)(view(*founders(), step=2))
    assert len(writer.questions) == 10
    for question in writer.questions:
        one, two, third, member = parents(question)
        assert third == "p8"  # the best so far
        assert len({one, two, member}) == 3
        assert "Find the parts in which" in question


def test_de_versions_and_a_random_third() -> None:
    def questions(**options: object) -> list[str]:
        writer = Writer()
        EvoPromptDe(writer, METAPROMPTS, **options)(view(*founders(), step=2))  # type: ignore[arg-type]  # options of many types
        return writer.questions

    assert {len(parents(q)) for q in questions(version=2)} == {3}
    assert all("Mutate Prompt 1 and Prompt 2, each as a whole" in q for q in questions(version=3))
    assert len({parents(q)[2] for q in questions(third="random")}) > 2


def test_small_populations_do_not_stop_it_and_grow() -> None:
    for n in (1, 2, 3):
        known = view(*founders()[:n], step=2)
        assert len(EvoPromptDe(Writer(), METAPROMPTS)(known)) == 10
        assert len(EvoPromptGa(Writer(), METAPROMPTS)(known)) == 10
    children = [scored(f"child {i}", i / 10, step=2, parents=[START.candidate.id]) for i in range(4)]
    members = EvoPromptDe(Writer(), METAPROMPTS)._members(view(START, *children, step=3))
    assert [s.candidate.text for s in members] == ["start", "child 3", "child 2", "child 1", "child 0"]
