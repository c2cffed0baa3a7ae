"""The contract of the whole table: each metric is written as in its example, grades it so, and survives anything."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptci.core import Case, Json, Message, ToolCall
from promptci.errors import DataError
from promptci.metrics import ALIASES, METRICS
from promptci.metrics.base import Answer, Grade, QuestioningMetric, needs_of
from promptci.metrics.build import build, mistake_in, named
from promptci.metrics.combined import Weighted
from promptci.models.base import Reply
from promptci.options import Mistake
from tests.metrics.test_metrics import HOSTILE

EXAMPLES: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("examples.yaml").read_text("utf-8"))


def no_file(path: str) -> str:
    raise AssertionError(f"{path} was read")


def part_of(name: str) -> Weighted:
    return build([EXAMPLES[name]["metric"]], reader(name)).parts[0]


def reader(name: str) -> Callable[[str], str]:
    found: dict[str, str] = EXAMPLES[name].get("files", {})
    return found.__getitem__


def case_of(example: Json) -> Case:
    return Case("c", example.get("vars", {"input": "When was it sent?"}), example.get("expected"))


def answer_of(text: str, example: Json, **more: Any) -> Answer:
    call = re.fullmatch(r"(\w+)\((\{.*\})\)", text)
    calls = (ToolCall(call[1], call[2]),) if call else ()
    known = {key: example.get(key) for key in ("rival", "latency_s", "cost_usd", "finish_reason")}
    return Answer("" if call else text, text, calls, asked=(Message("user", "Sent when?"),), **{**known, **more})


def replies_to(metric: QuestioningMetric, case: Case, answer: Answer, said: Json) -> list[Reply]:
    questions = metric.questions(case, answer)
    found = []
    for n, question in enumerate(questions):
        text = said[n] if isinstance(said, list) else said or "{}"
        content = question.messages[0].content
        logprobs = tuple((word, -0.5) for word in re.findall(r"\s*\S+", content))
        found.append(Reply((text,), vectors=((1.0, 0.2 * n),), logprobs=logprobs))
    return found


def graded(part: Weighted, case: Case, answer: Answer, said: Json = None) -> Grade:
    grade = part.direct(case, answer)
    if grade is not None:
        return grade
    assert isinstance(part.metric, QuestioningMetric)
    return part.settled(part.metric.read(case, answer, replies_to(part.metric, case, answer, said)))


def test_every_metric_has_an_example_and_every_example_a_metric() -> None:
    assert sorted(EXAMPLES) == sorted(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_each_metric_grades_its_example(name: str) -> None:
    example, part = EXAMPLES[name], part_of(name)
    case = case_of(example)
    build([example["metric"]], reader(name)).refuse([case], "evals/a.jsonl")
    for text in example["right"]:
        assert graded(part, case, answer_of(text, example), example.get("reply")).value == 1.0, text
    for text in example.get("wrong", []):
        grade = graded(part, case, answer_of(text, example))
        assert grade.value is not None, text
        assert grade.value < 1.0, text
    if "bad_reply" in example:
        text = example["right"][0]
        assert graded(part, case, answer_of(text, example), example["bad_reply"]).value == 0.0
    for key, field in (("later", "latency_s"), ("dearer", "cost_usd"), ("ended", "finish_reason")):
        if key in example:
            assert graded(part, case, answer_of("x", example, **{field: example[key]})).value == 0.0


@pytest.mark.parametrize("output", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", METRICS)
def test_no_answer_and_no_reply_breaks_a_metric(name: str, output: str) -> None:
    example, part = EXAMPLES[name], part_of(name)
    first = graded(part, case_of(example), answer_of(output, example), output)
    assert first.value is None or 0 <= first.value <= 1
    assert first.value is not None or first.reason is not None
    assert graded(part, case_of(example), answer_of(output, example), output) == first


@pytest.mark.parametrize("name", METRICS)
def test_turned_round_right_is_wrong(name: str) -> None:
    example = EXAMPLES[name]
    given = example["metric"] if isinstance(example["metric"], dict) else {"name": example["metric"]}
    turned = build([{**given, "not": not given["name"].startswith("not_")}], reader(name)).parts[0]
    if given["name"].startswith("not_"):
        turned = build([{**given, "not": True}], reader(name)).parts[0]
    grade = graded(turned, case_of(example), answer_of(example["right"][0], example), example.get("reply"))
    assert grade.value == 0.0
    assert grade.reason is not None or not turned.inverted


@pytest.mark.parametrize("name", METRICS)
def test_an_option_that_nobody_knows_is_refused(name: str) -> None:
    given = EXAMPLES[name]["metric"]
    wrong = mistake_in({**(given if isinstance(given, dict) else {"name": given}), "ignore_caps": True})
    assert wrong is not None
    assert "unknown option 'ignore_caps'" in wrong.problem


@pytest.mark.parametrize("name", [n for n in METRICS if needs_of(part_of(n).metric).expected])
def test_what_compares_with_an_expected_answer_says_so(name: str) -> None:
    with pytest.raises(DataError, match="no case has an expected answer") as problem:
        build([EXAMPLES[name]["metric"]], reader(name)).refuse(
            [Case("c", {"input": "x", "ideal": "y"})], "evals/a.jsonl"
        )
    assert problem.value.hint == "the columns are: ideal, input; rename 'ideal' to 'expected'"


def test_an_answer_inside_a_column_is_pointed_at_and_named_by_its_path() -> None:
    rows = [Case("c", {"item": {"text": "x", "correct_label": "bug"}}, None)]
    with pytest.raises(DataError, match="no case has an expected answer") as problem:
        build(["exact"], reader("exact")).refuse(rows, "evals/a.jsonl")
    assert "{name: exact, value: '{{ item.correct_label }}'}" in (problem.value.hint or "")
    found = build([{"name": "exact", "value": "{{ item.correct_label }}"}], reader("exact"))
    found.refuse(rows, "evals/a.jsonl")
    assert graded(found.parts[0], rows[0], answer_of("bug", {}), None).value == 1.0
    wrong = build([{"name": "exact", "value": "{{ item.other }}"}], reader("exact"))
    with pytest.raises(DataError, match=r"uses '{{ item.other }}', which case 'c' does not have"):
        wrong.refuse(rows, "evals/a.jsonl")


@pytest.mark.parametrize("name", ALIASES)
def test_another_name_is_the_same_rule(name: str) -> None:
    found = named(name)
    assert not isinstance(found, Mistake)
    assert found.name in METRICS


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"name": "contains", "weight": -1}, "'weight' of metric 'contains' must be at least", id="weight"),
        pytest.param({"name": "contains", "pass_mark": 2}, "must be at least 0 and at most 1", id="pass-mark"),
        pytest.param({"name": "contains", "not": "yes"}, "must be true or false", id="not"),
        pytest.param({"name": "not_contians"}, "unknown metric 'not_contians'", id="a-misspelt-not"),
        pytest.param({"name": "latency"}, "needs the option 'at_most_s'", id="an-option-left-out"),
        pytest.param({"name": "number", "which": "best"}, "must be last or first or any or only", id="one-of-several"),
        pytest.param({"name": "choice", "choices": [1, 2]}, "must be a list of texts", id="a-list-of-numbers"),
        pytest.param({"name": "json_schema", "schema": "../x.json"}, "not a path inside the repository", id="outside"),
        pytest.param({"name": "length", "at_most": True}, "must be a whole number or null", id="true-is-no-number"),
        pytest.param(7, "'metric' must be a name, or a mapping", id="a-number"),
    ],
)
def test_a_mistake_is_said_in_words(given: Json, said: str) -> None:
    wrong = mistake_in(given)
    assert wrong is not None
    assert said in wrong.problem


BAD: list[tuple[str, dict[str, Any]]] = [
    ("regex", {"value": "(("}),
    ("choice", {"choices": ["a"]}),
    ("length", {}),
    ("length", {"at_least": 3, "at_most": 2}),
    ("json_path", {}),
    ("json_schema", {}),
]


@pytest.mark.parametrize(("name", "options"), BAD, ids=[f"{n}-{'-'.join(o) or 'bare'}" for n, o in BAD])
def test_options_that_cannot_work_are_refused_at_their_place(name: str, options: dict[str, Any]) -> None:
    from promptci.errors import ConfigError

    with pytest.raises(ConfigError, match=f"metric '{name}': "):
        build([{"name": name, **options}], no_file, place="promptci.yaml")


def test_files_are_read_where_options_name_them_and_count_in_the_version() -> None:
    texts = {"schemas/a.json": '{"type": "object"}'}
    given = {"name": "json_schema", "schema": "schemas/./a.json"}
    one = build([given], texts.__getitem__)
    assert needs_of(one).files == ("schemas/a.json",)
    other = build([given], lambda path: '{"type": "array"}')
    assert one.version != other.version


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [("levenshtein", "rapidfuzz", "text"), ("bleu", "sacrebleu", "text"), ("json_schema", "jsonschema", "json")],
)
def test_a_package_that_is_not_there_is_asked_for_before_a_call(
    name: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from promptci.errors import ConfigError

    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigError, match=f"needs the package '{package}") as problem:
        build([EXAMPLES[name]["metric"]], reader(name)).refuse([case_of(EXAMPLES[name])], "evals/a.jsonl")
    assert problem.value.hint == f"pip install 'promptci-gate[{extra}]'"
