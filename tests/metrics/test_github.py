"""Each kind of `.prompt.yml` evaluator gives its documented verdict; the two traps are mended and can be had back."""

from __future__ import annotations

from typing import Any

import pytest

from promptci.core import Case
from promptci.errors import DataError
from promptci.metrics.base import Answer, Grade, QuestioningMetric
from promptci.metrics.build import build
from promptci.metrics.github import as_template, metrics_of
from promptci.models.base import Reply


def no_file(path: str) -> str:
    raise AssertionError(path)


def verdict(evaluator: dict[str, Any], output: str, reply: str = "", *, as_github: bool = False, **row: Any) -> Grade:
    expected = row.pop("expected", None)
    case = Case("c", {"input": "x", **row}, expected)
    metric = build(metrics_of([evaluator], "a.prompt.yml", as_github=as_github), no_file)
    metric.refuse([case], "a.prompt.yml")
    part = metric.parts[0]
    answer = Answer(output)
    grade = part.direct(case, answer)
    if grade is not None:
        return grade
    assert isinstance(part.metric, QuestioningMetric)
    return part.settled(part.metric.read(case, answer, [Reply((reply,)) for _ in part.metric.questions(case, answer)]))


# (kind, value, output, passes): "equals" minds case, the others do not; blanks at the output's ends never count.
STRINGS = [
    ("equals", "Paris", "Paris", True), ("equals", "Paris", " Paris\n", True), ("equals", "Paris", "paris", False),
    ("equals", "Paris", "Paris.", False), ("equals", "Paris", "In Paris", False), ("equals", "42", "42", True),
    ("equals", "a b", "a  b", False), ("equals", "{{expected}}", "blue", True),
    ("equals", "{{expected}}", "Blue", False),
    ("equals", "é", "é", True), ("equals", "x", "", False),
    ("contains", "world", "Hello World!", True), ("contains", "WORLD", "hello world", True),
    ("contains", "orl", "world", True), ("contains", "valid", "invalid", True), ("contains", "mars", "world", False),
    ("contains", "{{expected}}", "It is BLUE.", True), ("contains", "{{expected}}", "It is red.", False),
    ("contains", "a.c", "abc", False), ("contains", ",", "a, b", True),
    ("contains", "{{city}}", "in rome", True), ("contains", "x", "", False),
    ("startsWith", "Hello", "hello there", True), ("startsWith", "HELLO", "Hello", True),
    ("startsWith", "Hel", "Hello", True), ("startsWith", "Hello", "Oh, hello", False),
    ("startsWith", "Hello", "  Hello", True), ("startsWith", "-", "- item", True), ("startsWith", "1", "10", True),
    ("startsWith", "{{city}}", "Rome is old", True), ("startsWith", "{{city}}", "Old Rome", False),
    ("startsWith", "Hello", "", False), ("startsWith", "Hello there", "Hello", False),
    ("endsWith", "done.", "All DONE.", True), ("endsWith", "done", "All done.", False),
    ("endsWith", "ne", "done", True), ("endsWith", "done", "undone", True), ("endsWith", "done", "done\n", True),
    ("endsWith", "?", "Really?", True), ("endsWith", "{{expected}}", "it is blue", True),
    ("endsWith", "{{expected}}", "blue it is", False), ("endsWith", "done", "", False),
    ("endsWith", "all done", "done", False),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "output", "passes"), STRINGS, ids=range(len(STRINGS)))
def test_string_evaluators(kind: str, value: str, output: str, passes: bool) -> None:
    grade = verdict({"name": "s", "string": {kind: value}}, output, expected="blue", city="Rome")
    assert grade.value == float(passes)


def test_the_first_string_that_is_not_empty_counts() -> None:
    evaluator = {"name": "s", "string": {"equals": "", "contains": "b", "startsWith": "z"}}
    assert verdict(evaluator, "abc").value == 1.0


CHOICES = [{"choice": "1", "score": 0}, {"choice": "2", "score": 0.25}, {"choice": "5", "score": 1}]
WORDS = [{"choice": "good", "score": 1}, {"choice": "fair", "score": 0.5}, {"choice": "bad", "score": 0}]
# (choices, reply, ours, theirs): None is unmeasured.
LLM = [
    (CHOICES, "5", 1, 1), (CHOICES, "1", 0, 0), (CHOICES, "2", 0, 1), (CHOICES, " 5\n", 1, 1), (CHOICES, "5.", 1, 1),
    (CHOICES, "**5**", 1, 1), (CHOICES, "10", None, 0), (CHOICES, "15", None, 0), (CHOICES, "25", None, 1),
    (CHOICES, "", None, 0), (CHOICES, "three", None, 0), (CHOICES, "Score: 5", 1, 1), (CHOICES, "Score: 2", 0, 1),
    (CHOICES, "It is 5 of 5", None, 1), (CHOICES, '{"score": 5}', 1, 1), (CHOICES, "In 2024 it was good: 5", None, 1),
    (CHOICES, "All of it holds.\n5", 1, 1), (CHOICES, "(2)", 0, 1), (CHOICES, "5/5", None, 1), (CHOICES, "-1", None, 0),
    (WORDS, "good", 1, 1), (WORDS, "Good", 1, 1), (WORDS, "GOOD.", 1, 1), (WORDS, "fair", 1, 1), (WORDS, "bad", 0, 0),
    (WORDS, "not good", None, 1), (WORDS, "goodness", None, 1), (WORDS, "bad, not good", None, 1),
    (WORDS, "unfair", None, 1), (WORDS, "Verdict: bad", 0, 0), (WORDS, "verdict: fair", 1, 1), (WORDS, "", None, 0),
    (WORDS, "excellent", None, 0), (WORDS, '"good"', 1, 1), (WORDS, "`bad`", 0, 0), (WORDS, "good or bad", None, 1),
    (WORDS, '{"choice": "fair"}', 1, 1), (WORDS, "It reads badly.", None, 0), (WORDS, "The tone is fair.\nbad", 0, 1),
    (WORDS, "<think>good?</think>bad", 0, 1), (WORDS, "I cannot say", None, 0), (WORDS, "ok", None, 0),
]  # fmt: skip


@pytest.mark.parametrize(("choices", "reply", "ours", "theirs"), LLM, ids=range(len(LLM)))
def test_llm_evaluators(choices: list[dict[str, Any]], reply: str, ours: float | None, theirs: float) -> None:
    evaluator = {"name": "j", "llm": {"modelId": "m", "prompt": "Grade {{completion}}", "choices": choices}}
    assert verdict(evaluator, "out", reply).value == ours
    assert verdict(evaluator, "out", reply, as_github=True).value == theirs


PLUGINS = ["similarity", "coherence", "fluency", "relevance", "groundedness"]
# (reply, ours, theirs): 1 to 5 are worth 0, 0.25, 0.5, 0.75, 1; ours pass from 0.5, theirs above 0.
RATINGS = [
    ("1", 0, 0),
    ("2", 0, 1),
    ("3", 1, 1),
    ("4", 1, 1),
    ("5", 1, 1),
    ("10", None, 0),
    ("", None, 0),
    ("4.", 1, 1),
]


@pytest.mark.parametrize(("reply", "ours", "theirs"), RATINGS, ids=[r or "nothing" for r, _, _ in RATINGS])
@pytest.mark.parametrize("plugin", PLUGINS)
def test_built_in_evaluators(plugin: str, reply: str, ours: float | None, theirs: float) -> None:
    evaluator = {"name": "p", "uses": f"github/{plugin}"}
    assert verdict(evaluator, "out", reply, expected="ref").value == ours
    assert verdict(evaluator, "out", reply, expected="ref", as_github=True).value == theirs


def test_a_judge_s_prompt_sees_the_row_and_the_output_and_other_braces_stay() -> None:
    evaluator = {
        "name": "j",
        "llm": {
            "prompt": "{{input}} {{ city }} {{completion}} {% x %} {{7}}",
            "systemPrompt": "Be strict.",
            "choices": WORDS,
        },
    }
    metric = build(metrics_of([evaluator], "a.prompt.yml"), no_file)
    judge = metric.parts[0].metric
    assert isinstance(judge, QuestioningMetric)
    (question,) = judge.questions(Case("c", {"input": "IN", "city": "Rome"}), Answer("OUT"))
    assert [m.role for m in question.messages] == ["system", "user"]
    for text in ("IN", "Rome", "OUT", "{% x %}", "{{7}}", "Be strict."):
        assert text in question.messages[0].content + question.messages[1].content


def test_names_become_labels() -> None:
    assert (
        build(metrics_of([{"name": "polite", "string": {"contains": "please"}}], "x"), no_file).parts[0].name
        == "polite"
    )


@pytest.mark.parametrize(
    ("evaluator", "said"),
    [
        pytest.param({"name": "a", "uses": "github/tone"}, "uses 'github/tone'", id="unknown-plugin"),
        pytest.param({"name": "a", "string": {}}, "nothing to compare with", id="empty-string"),
        pytest.param({"name": "a", "llm": {"prompt": "x"}}, "needs 'choices'", id="no-choices"),
        pytest.param(
            {"name": "a", "llm": {"prompt": "x", "choices": [{"choice": "a"}]}}, "needs 'choices'", id="no-score"
        ),
    ],
)
def test_what_cannot_be_carried_is_refused(evaluator: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        metrics_of([evaluator], "a.prompt.yml")


def test_a_needle_of_blanks_alone_is_found_in_nothing_but_an_empty_answer() -> None:
    assert verdict({"name": "s", "string": {"contains": "\n"}}, "a\nb").value == 0.0


def test_a_template_without_braces_stays_as_it_is() -> None:
    assert as_template("Grade {{completion}}.") == "Grade {{ output }}."
