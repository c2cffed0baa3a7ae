"""The judge's grades, the embedder's vectors, and log probabilities."""

from __future__ import annotations

import json
import math

import pytest

from promptci.core import Message
from promptci.models.offline.brain import answer
from promptci.models.offline.embedder import DIM, embed
from promptci.models.offline.judge import asks_for_grade, overlap
from promptci.models.offline.likelihood import LEAST, of_answer, of_prompt, of_reply, pieces

SHOWN = "\n\nReference answer:\nParis is the capital of France.\n\nAnswer:\n{}\n"
SAME, OTHER = "Paris is the capital of France.", "Bananas are yellow fruit."


def judged(form: str, text: str) -> str:
    return answer([Message("user", form + SHOWN.format(text))])[0].text


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("Grade the answer from 0 to 10.", "10", "0"),
        ("Rate the answer on a scale of 1 to 5.", "5", "1"),
        ("Evaluate the answer. Say yes or no.", "yes", "no"),
        ("Judge the answer: pass or fail?", "pass", "fail"),
        ("Score the answer between 0 and 1.", "1", "0"),
    ],
)
def test_a_grade_comes_in_the_form_asked_for(form: str, good: str, bad: str) -> None:
    assert (judged(form, SAME), judged(form, OTHER)) == (good, bad)


def test_a_grade_in_json() -> None:
    made = json.loads(judged('Grade the answer. Reply in JSON: {"score": 0.5, "reason": "..."} with 0 to 1.', SAME))
    assert made["score"] == 1
    assert isinstance(made["reason"], str)
    assert json.loads(judged('Grade the output as JSON {"pass": true}.', OTHER)) == {"pass": False}


def test_what_is_no_grading_is_answered_as_a_case() -> None:
    assert not asks_for_grade("Write the answer.\n\nInput: rate the output")
    assert not asks_for_grade("Grade the answer.")


def test_overlap() -> None:
    assert overlap("a b", "a b") == 1.0
    assert overlap("a b", "c d") == 0.0
    assert overlap("", "") == 1.0
    assert overlap("", "x") == 0.0
    assert overlap("a b c d", "a b") == pytest.approx(2 / 3)


def test_vectors_have_length_one_and_near_texts_point_the_same_way() -> None:
    def cosine(a: str, b: str) -> float:
        return sum(x * y for x, y in zip(embed(a), embed(b), strict=True))

    for text in ("", "a", "The parcel is late.", "ü" * 50):
        assert len(embed(text)) == DIM
        assert math.isclose(sum(x * x for x in embed(text)), 1.0)
    assert (
        cosine("where is my parcel", "my parcel, where is it")
        > 0.6
        > cosine("where is my parcel", "export to csv fails")
    )


def test_tokens_are_the_text() -> None:
    for text in ("Write it.\n\nInput: 3 4\nOutput: 7", "", "a_b  c\td", "naïve – “quoted”"):
        assert "".join(piece for piece, _ in pieces(text)) == text
        assert [t.offset for t in of_prompt(text)] == [offset for _, offset in pieces(text)]


def test_a_right_answer_is_likelier_under_a_better_instruction() -> None:
    asked = "\n\nInput: 3 4\nOutput:"
    chances = [
        of_answer(i + asked, "7") for i in ("", "Do it.", "Think about the sum.", "Write the sum of the numbers.")
    ]
    assert chances == sorted(chances)
    assert chances[0] < 0.05 < 0.85 < chances[-1]
    assert LEAST <= of_answer("Write the sum of the numbers." + asked, "banana") < 0.01


def test_the_echo_carries_it() -> None:
    def total(prompt: str) -> float:
        start = prompt.index("Output:") + len("Output:")
        return sum(t.logprob for t in of_prompt(prompt) if t.offset >= start)

    good, bad = "Write the sum.\n\nInput: 3 4\nOutput: 7", "Write the sum.\n\nInput: 3 4\nOutput: 9"
    assert total(good) > total(bad)
    assert all(t.logprob < 0 for t in of_prompt(good))
    assert all(t.logprob <= 0 for t in of_reply("billing"))
