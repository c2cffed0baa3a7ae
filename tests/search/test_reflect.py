from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from promptci.search.base import Candidate
from promptci.search.proposers.mix import Mix
from promptci.search.proposers.reflect import Reflect, case_winners

from .views import METAPROMPTS, TRAIN, Writer, scored, view

START = scored("Start.", 0.5, step=0)


def inputs(question: str) -> list[str]:
    return re.findall(r"^Input: (.*)$", question, re.MULTILINE)


def test_it_shows_failures_with_expected_and_given_answers_and_some_passes() -> None:
    writer = Writer()
    proposals = Reflect(writer, METAPROMPTS)(view(START))
    assert len(proposals) == 8
    assert [s["n"] for s in writer.settings] == [2, 2, 2, 2]
    question = writer.questions[0]
    shown = set(inputs(question))
    assert {f"in{i}" for i in range(5, 10)} <= shown  # all that the parent failed
    assert len(shown) == 7  # and a quarter of passes
    assert re.search(r"Input: in5\nExpected output: out2\nGiven output: given t5\n", question)
    assert "<INS>\nStart.\n</INS>" in question
    assert "Do not put facts" in question


def test_different_batches_of_failures_are_drawn() -> None:
    writer = Writer()
    Reflect(writer, METAPROMPTS, batch=4)(view(scored("Start.", 0.1, step=0)))
    assert len({tuple(inputs(q)) for q in writer.questions}) > 1


def test_a_perfect_parent_leaves_nothing_to_reflect_on() -> None:
    writer = Writer()
    assert Reflect(writer, METAPROMPTS)(view(scored("Start.", 1.0, step=0))) == []
    assert writer.questions == []


def test_parents_are_the_winners_of_cases_and_not_the_lead_alone() -> None:
    first = scored("first half", {c.id: float(i < 5) for i, c in enumerate(TRAIN)})
    last = scored("last", {c.id: float(i >= 6) for i, c in enumerate(TRAIN)})
    never = scored("never", 0.0)
    known = view(scored("Start.", 0.0, step=0), first, last, never)
    wins = case_winners(known)
    assert wins[first.candidate.id] > wins[last.candidate.id] > wins[never.candidate.id]
    asked: Counter[str] = Counter()
    for seed in range(20):
        writer = Writer()
        Reflect(writer, METAPROMPTS)(view(*known.scored, seed=seed))
        asked.update(re.findall(r"<INS>\n(.*)\n</INS>", "".join(writer.questions)))
    assert asked["first half"] > 10
    assert asked["last"] > 10


def test_a_candidate_that_was_dropped_early_is_no_parent() -> None:
    early = scored("early", 1.0, met=3)
    assert early.candidate.id not in case_winners(view(START, early, lead=START))


def test_edits_that_did_not_help_are_remembered() -> None:
    child = scored("Useless edit.", 0.4, parents=[START.candidate.id])
    good = scored("Useful edit.", 0.9, parents=[START.candidate.id])
    writer = Writer()
    Reflect(writer, METAPROMPTS)(view(START, child, good, lead=START))
    of_start = [q for q in writer.questions if "<INS>\nStart.\n</INS>" in q]
    assert of_start
    assert all("<tried>\nUseless edit.\n</tried>" in q and "Useful edit." not in q for q in of_start)


def test_the_mix_shares_a_round_among_its_sources() -> None:
    proposals = Mix(Writer(), METAPROMPTS)(view(START))
    assert Counter(p.origin for p in proposals) == {"reflect": 3, "opro": 3, "shorten": 1, "paraphrase": 1}


def test_the_mix_gives_opro_the_share_of_a_reflection_without_failures() -> None:
    proposals = Mix(Writer(), METAPROMPTS)(view(scored("Start.", 1.0, step=0)))
    assert Counter(p.origin for p in proposals) == {"opro": 6, "shorten": 1, "paraphrase": 1}


def test_the_mix_varies_a_new_lead_once() -> None:
    lead = scored("Lead.", 0.9)
    writer = Writer()
    proposals = Mix(writer, METAPROMPTS)(view(START, lead))
    varied = [p for p in proposals if p.origin in ("shorten", "paraphrase")]
    assert len(varied) == 2
    assert all(p.parents == (lead.candidate.id,) for p in varied)
    asked = [q for q in writer.questions if "shorter version" in q or "a variation of it" in q]
    assert all("<INS>\nLead.\n</INS>" in q for q in asked)
    shorter = replace(scored("Le.", 0.5), candidate=Candidate("Le.", "shorten", 1, (lead.candidate.id,)))
    later = Mix(Writer(), METAPROMPTS)(view(START, lead, shorter))
    assert Counter(p.origin for p in later) == {"reflect": 4, "opro": 4}


def test_the_mix_has_nothing_to_vary_in_an_empty_prompt() -> None:
    proposals = Mix(Writer(), METAPROMPTS)(view(scored("", 0.1, step=0)))
    assert not {"shorten", "paraphrase"} & {p.origin for p in proposals}


def test_from_an_empty_prompt_the_instruction_is_inferred_from_pairs() -> None:
    writer = Writer()
    proposals = Reflect(writer, METAPROMPTS)(view(scored("", 0.1, step=0)))
    assert len(proposals) == 8
    assert all("What was the instruction?" in q for q in writer.questions)
