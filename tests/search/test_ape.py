from __future__ import annotations

import re

import pytest

from promptci.search.proposers.ape import Ape

from .views import METAPROMPTS, Writer, scored, view

START = scored("", 0.5, step=0)


def inputs(question: str) -> list[str]:
    return re.findall(r"^Input: (.*)$", question, re.MULTILINE)


def test_the_papers_defaults_fifty_from_five_subsamples_of_five() -> None:
    writer = Writer()
    proposals = Ape(writer, METAPROMPTS)(view(START, step=1))
    assert len(proposals) == 50
    assert [s["n"] for s in writer.settings] == [10] * 5
    assert {s["temperature"] for s in writer.settings} == {0.9}
    assert [len(inputs(q)) for q in writer.questions] == [5] * 5
    assert len({tuple(inputs(q)) for q in writer.questions}) == 5
    assert len({s["sample"] for s in writer.settings}) == 5


def test_one_pass_unless_more_rounds_are_asked_for() -> None:
    assert Ape(Writer(), METAPROMPTS)(view(START, step=2)) == []
    assert Ape(Writer(), METAPROMPTS, rounds=2)(view(START, step=2)) != []


def test_forward_ends_with_the_instruction_and_reverse_has_a_blank_before_the_pairs() -> None:
    def questions(mode: str) -> list[str]:
        writer = Writer()
        Ape(writer, METAPROMPTS, mode=mode, subsamples=2, per_step=4)(view(START, step=1))  # type: ignore[arg-type]  # a mode
        return writer.questions

    forward, reverse = questions("forward")[0], questions("reverse")[0]
    assert forward.index("Output:") < forward.index("What was the instruction?")
    assert reverse.index("[BLANK]") < reverse.index("Input:")
    assert ["[BLANK]" in q for q in questions("both")] == [False, True]


def test_fewer_pairs_than_asked_for_are_enough() -> None:
    writer = Writer()
    Ape(writer, METAPROMPTS, pairs=99)(view(START, step=1))
    assert len(inputs(writer.questions[0])) == 10


def test_in_a_prompt_with_placeholders_the_instruction_goes_before_the_question() -> None:
    start = scored("Old.\n\nText: {{ input }}\nAnswer:", 0.5, step=0)
    proposals = Ape(Writer(), METAPROMPTS, per_step=1)(view(start, step=1))
    assert proposals[0].text == "written 0\n\nText: {{ input }}\nAnswer:"


def test_resampling_paraphrases_the_best_share() -> None:
    known = view(START, *(scored(f"p{i}", i / 10) for i in range(10)), step=2)
    writer = Writer()
    proposals = Ape(writer, METAPROMPTS, per_step=6, resample_rounds=1, keep=0.2)(known)
    assert len(proposals) == 6
    assert [re.findall(r"<INS>\n(.*)\n</INS>", q) for q in writer.questions] == [["p9"], ["p8"]]
    assert [s["n"] for s in writer.settings] == [3, 3]
    assert "variation" in writer.questions[0]
    assert Ape(writer, METAPROMPTS, resample_rounds=1)(view(START, step=3)) == []


def trigger(reply: str, share: float = 0.3) -> tuple[Writer, list[str | None], list[str]]:
    start = scored("Q: {{ q }}\nA: Let's think step by step.", share, step=0)
    writer = Writer(lambda _: reply)
    proposals = Ape(writer, METAPROMPTS, mode="trigger", per_step=2, subsamples=1)(view(start, step=1))
    return writer, [p.text for p in proposals], [p.reason for p in proposals]


def test_a_reasoning_trigger_is_sought_from_the_correct_answers_and_opens_the_answer() -> None:
    writer, found, _ = trigger("<INS>Let's count them one by one.</INS>")
    assert sorted(inputs(writer.questions[0])) == ["in0", "in1", "in2"]  # the cases that the incumbent answered right
    reasoning = re.findall(r"^Output: (.*)$", writer.questions[0], re.MULTILINE)
    assert sorted(reasoning) == ["given t0", "given t1", "given t2"]
    assert found == ["Q: {{ q }}\nA: Let's count them one by one."] * 2


def test_a_trigger_that_begins_otherwise_is_refused_with_its_reason() -> None:
    _, found, reasons = trigger("<INS>Think hard.</INS>")
    assert found == [None, None]
    assert reasons == ['does not begin with "Let\'s"'] * 2


def test_without_a_correct_answer_there_is_no_trigger_to_find() -> None:
    writer, found, _ = trigger("<INS>Let's go.</INS>", share=0.0)
    assert (found, writer.questions) == ([], [])


@pytest.mark.parametrize(("per_step", "subsamples", "expected"), [(7, 3, [3, 2, 2]), (2, 5, [1, 1])])
def test_the_texts_are_shared_among_the_subsamples(per_step: int, subsamples: int, expected: list[int]) -> None:
    writer = Writer()
    Ape(writer, METAPROMPTS, per_step=per_step, subsamples=subsamples)(view(START, step=1))
    assert [s["n"] for s in writer.settings] == expected
