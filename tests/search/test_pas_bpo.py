from __future__ import annotations

import pytest

from promptci.search.proposers.bpo import Bpo
from promptci.search.proposers.pas import Pas
from promptci.search.screening.edits import apply
from promptci.search.screening.pieces import cut

from .views import METAPROMPTS, Writer, scored, view

TEXT = "Answer the question.\n\nQuestion: {{ input }}"
START = scored(TEXT, 0.5, step=0)
REWRITTEN = "<INS>Answer the question with one word.\n\nQuestion: {{ input }}</INS>"


def test_a_complement_is_one_added_sentence_and_the_prompt_stays_to_the_letter() -> None:
    writer = Writer(lambda _: "<INS>Name the number first.</INS>")
    proposals = Pas(writer, METAPROMPTS, per_step=3)(view(START))
    assert [p.text for p in proposals] == ["Answer the question. Name the number first.\n\nQuestion: {{ input }}"] * 3
    assert writer.given == 3
    assert TEXT in writer.questions[0]
    assert "Say how, never what" in writer.questions[0]


def test_a_complement_is_an_edit_for_the_screening_too() -> None:
    base = cut(TEXT)
    found = Pas(Writer(lambda _: "<INS>Name the number first.</INS>"), METAPROMPTS).edits(view(START), base, 4, 0)
    assert {e.change for e in found.edits} == {"insert"}
    assert {e.source for e in found.edits} == {"pas"}
    assert apply(base, found.edits[:1]) == "Answer the question. Name the number first.\n\nQuestion: {{ input }}"
    assert found.replies == 4


def test_a_rewrite_compares_answers_that_passed_with_answers_that_failed() -> None:
    other = scored("Think. {{ input }}", 1.0)
    writer = Writer(lambda _: REWRITTEN)
    proposals = Bpo(writer, METAPROMPTS, per_step=2)(view(START, other, lead=START))
    assert [p.text for p in proposals] == ["Answer the question with one word.\n\nQuestion: {{ input }}"] * 2
    question = writer.questions[0]
    assert question.count("Given output: ") == 4
    good = {o.output for o in other.outcomes.values()}
    assert all(
        line.removeprefix("Expected output: ") in good for line in question.splitlines() if line.startswith("Expected")
    )


def test_without_a_passing_answer_the_expected_one_is_the_good_one() -> None:
    writer = Writer(lambda _: REWRITTEN)
    Bpo(writer, METAPROMPTS, per_step=1, batch=1)(view(scored(TEXT, 0.0, step=0)))
    assert "Expected output: out" in writer.questions[0]


def test_a_text_that_fails_nowhere_is_not_compared() -> None:
    writer = Writer()
    assert Bpo(writer, METAPROMPTS)(view(scored(TEXT, 1.0, step=0))) == []
    assert writer.questions == []


def test_a_rewrite_is_taken_apart_into_edits() -> None:
    base = cut(TEXT)
    found = Bpo(Writer(lambda _: REWRITTEN), METAPROMPTS).edits(view(START), base, 4, 0)
    assert [(e.change, e.text) for e in found.edits[:1]] == [("replace", "Answer the question with one word.")]
    assert apply(base, found.edits[:1]) == "Answer the question with one word.\n\nQuestion: {{ input }}"
    lost = Bpo(Writer(lambda _: "no"), METAPROMPTS).edits(view(START), base, 4, 0)
    assert lost.edits == () or all(e.text == "no" for e in lost.edits)


@pytest.mark.parametrize("start", ["", "Input: {{ input }}"], ids=["empty", "the question alone"])
@pytest.mark.parametrize("strategy", [Pas, Bpo])
def test_a_text_that_says_nothing_gets_an_instruction_from_pairs_first(
    strategy: type[Pas] | type[Bpo], start: str
) -> None:
    writer = Writer(lambda _: "<INS>Name the colour.</INS>")
    proposals = strategy(writer, METAPROMPTS, per_step=3)(view(scored(start, 0.0, step=0)))
    assert [p.text for p in proposals] == ["Name the colour." + f"\n\n{start}" * bool(start)] * 3
    assert {p.origin for p in proposals} == {"ape"}
    assert all("Input: " in question and "Output: " in question for question in writer.questions)
