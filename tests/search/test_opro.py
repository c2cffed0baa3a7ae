from __future__ import annotations

import re

import pytest

from promptci.search.layout import Position
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers.opro import Opro
from promptci.search.view import View

from .views import METAPROMPTS, TRAIN, Writer, scored, view

START = scored("Start.", 0.5, step=0)


def asked(step: int = 2, known: View | None = None, **options: object) -> str:
    writer = Writer()
    Opro(writer, METAPROMPTS, **options)(known or view(START, scored("High.", 0.9), scored("Low.", 0.2), step=step))  # type: ignore[arg-type]  # options of many types
    return writer.questions[0]


def texts(question: str) -> list[str]:
    return re.findall(r"<INS>\n(.*?)\n</INS>", question, re.DOTALL)


def inputs(question: str) -> list[str]:
    return re.findall(r"^Input: (.*)$", question, re.MULTILINE)


def test_the_papers_defaults() -> None:
    writer = Writer()
    proposals = Opro(writer, METAPROMPTS)(view(START))
    assert len(proposals) == 8
    assert writer.settings == [{"n": 8, "temperature": 1.0, "sample": 2, "max_tokens": 1024}]
    assert len(inputs(writer.questions[0])) == 3


def test_the_history_is_ascending_and_cut_to_the_best() -> None:
    assert texts(asked()) == ["Low.", "Start.", "High."]
    many = view(START, *(scored(f"p{i}", i / 30) for i in range(30)))
    shown = texts(asked(known=many))
    assert len(shown) == 20
    assert shown[-1] == "p29"
    assert texts(asked(known=many, history=2)) == ["p28", "p29"]


def test_texts_below_the_threshold_are_not_shown() -> None:
    assert texts(asked(min_score=0.3)) == ["Start.", "High."]


@pytest.mark.parametrize(
    ("buckets", "expected"),
    [(100, ["20", "50", "90"]), (20, ["4", "10", "18"]), (None, ["20.000", "50.000", "90.000"]), (0, [])],
)
def test_scores_come_in_buckets(buckets: int | None, expected: list[str]) -> None:
    question = asked(buckets=buckets)
    assert re.findall(r"^score: (.*)$", question, re.MULTILINE) == expected
    scale = {100: "0 to 100", 20: "0 to 20", None: "0 to 100"}.get(buckets)
    assert scale is None or f"Scores go from {scale};" in question


def test_random_exemplars_are_redrawn_each_step_and_constant_ones_are_not() -> None:
    assert len({tuple(inputs(asked(step=s))) for s in range(1, 9)}) > 4
    assert len({tuple(inputs(asked(step=s, choice="constant"))) for s in range(1, 9)}) == 1
    assert asked(step=5) == asked(step=5)


def test_the_hardest_exemplars_so_far_or_among_those_shown() -> None:
    fails_0 = scored("fails 0", {c.id: float(c.id != "t0") for c in TRAIN})
    fails_7 = [scored(f"fails 7 {i}", {c.id: float(c.id != "t7") for c in TRAIN[:8]}, met=8) for i in range(2)]
    good = scored("good", 1.0, step=0)
    known = view(good, fails_0, *fails_7)
    assert inputs(asked(known=known, choice="wrong_overall", exemplars=1)) == ["in7"]
    assert inputs(asked(known=known, choice="wrong_shown", exemplars=1, history=2)) == ["in0"]


def test_no_exemplars_leave_no_empty_block() -> None:
    question = asked(exemplars=0)
    assert inputs(question) == []
    assert "data" not in question


def test_the_temperature_may_rise() -> None:
    writer = Writer()
    for step in (1, 6, 11, 50):
        Opro(writer, METAPROMPTS, temperature=0.5, end_temperature=1.5, rise_steps=11)(view(START, step=step))
    assert [s["temperature"] for s in writer.settings] == [0.5, 1.0, 1.5, 1.5]


@pytest.mark.parametrize(
    ("position", "place"),
    [
        ("before_question", "before the question"),
        ("question_begin", "at the start of the question"),
        ("question_end", "after the question"),
        ("answer_begin", "at the start of the model's own answer"),
    ],
)
def test_at_a_position_only_the_instruction_is_written(position: Position, place: str) -> None:
    start = scored("Sort it.\n\nTicket: {{ ticket }}\nLabel:", 0.5, step=0)
    writer = Writer()
    proposals = Opro(writer, METAPROMPTS, position=position)(view(start))
    assert place in writer.questions[0]
    assert "{{ ticket }}" not in writer.questions[0]
    assert all("written" in str(p.text) and "{{ ticket }}" in str(p.text) for p in proposals)


def test_labels_make_question_and_answer() -> None:
    start = scored("{{ q }}", 0.5, step=0)
    proposals = Opro(Writer(), METAPROMPTS, position="question_end", labels=True)(view(start))
    assert proposals[0].text == "Q: {{ q }}\nwritten 0\n\nA:"


def test_several_starting_points_are_scored_first() -> None:
    writer = Writer()
    opro = Opro(writer, METAPROMPTS, starts=["One.", "Two."])
    assert [p.text for p in opro(view(START, step=1))] == ["One.", "Two."]
    assert writer.questions == []
    opro(view(START, step=2))
    assert len(writer.questions) == 1


def test_the_form_for_pretrained_models_has_scores_and_texts_only() -> None:
    question = asked(form="pretrained")
    assert texts(question) == ["Low.", "Start.", "High."]
    assert inputs(question) == []
    assert question.index("score: 20") < question.index("Low.")


def test_the_two_blocks_may_be_swapped() -> None:
    first = asked()
    second = asked(order="exemplars_first")
    assert first.index("score:") < first.index("Input:")
    assert second.index("score:") > second.index("Input:")


def test_a_candidate_that_the_race_dropped_shows_its_estimate() -> None:
    dropped = scored("Dropped.", 1.0, met=2)
    known = view(START, dropped)
    assert "score: 100" in asked(known=known)


def test_an_empty_text_is_not_shown_as_something_to_learn_from() -> None:
    assert texts(asked(known=view(scored("", 0.0, step=0), scored("One.", 0.2)))) == ["One."]


def test_a_text_dropped_early_never_leads_the_history_and_says_how_few_cases_it_met() -> None:
    writer = Writer()
    known = [scored("start", 0.4, step=0), scored("whole", 0.6), scored("lucky", 1.0, met=2)]
    Opro(writer, METAPROMPTS)(view(*known))
    question = writer.questions[0]
    assert question.index("lucky") < question.index("start") < question.index("whole")
    assert "score: 100 (from 2 cases only)" in question
    assert "score: 60\n" in question


def test_how_answers_are_compared_is_told() -> None:
    writer = Writer()
    told = MetaPrompts(METAPROMPTS.paths, compared="exactly equal")
    Opro(writer, told)(view(scored("start", 0.4)))
    assert "How answers are compared: exactly equal" in writer.questions[0]
