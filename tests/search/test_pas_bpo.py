from __future__ import annotations

import pytest

from promptci.search.proposers.bpo import Bpo
from promptci.search.proposers.pas import Pas

from .views import METAPROMPTS, Writer, scored, view
from .worlds import World, chance

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


@pytest.mark.parametrize(
    ("strategy", "reasons"),
    [("pas", ["forbidden words", "forbidden words"]), ("bpo", ["lost what is kept", "forbidden words"])],
)
def test_what_is_forbidden_or_loses_what_is_kept_is_refused(strategy: str, reasons: list[str]) -> None:
    world = World(lambda text, case: chance(case.id) < 0.5, [["Kindly speak.", "Kindly answer in one word."]])
    found = world.run("Answer it in one word.", strategy=strategy, keep=["one word"], forbid=["kindly"], per_step=2)
    refused = {r.text.partition("\n")[0]: r.reason for r in found.refused if r.origin == strategy}
    assert [refused.get(text) for text in ("Kindly speak.", "Kindly answer in one word.")] == reasons
