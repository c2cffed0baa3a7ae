"""Which metrics grade a prompt: those that are set, else the file's own, else the rows', else the shape asked for."""

from __future__ import annotations

import json

import pytest

from promptci.config import PromptSettings, parse
from promptci.core import Case, Json
from promptci.errors import ConfigError, DataError

SCHEMA: dict[str, Json] = {"type": "object", "required": ["a"]}
SHAPED: dict[str, Json] = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
OPEN, ANSWERED = Case("o", {"input": "?"}), Case("a", {"input": "?"}, "yes")
OWN = Case("w", {"input": "?"}, asserts=({"name": "contains", "value": "x"},))
EVALUATOR = {"name": "Says x", "string": {"contains": "x"}}


def prompt(**more: Json) -> PromptSettings:
    return parse(json.dumps({"prompts": [{"file": "a.md", "cases": "e.jsonl", **more}]})).prompts[0]


def names(settings: PromptSettings, **given: object) -> list[str]:
    return [part.name.partition(" ")[0] for part in settings.judged_by(str, **given).parts]  # type: ignore[arg-type]  # the names are its own


def test_without_anything_the_answer_is_compared_with_what_is_expected() -> None:
    assert names(prompt()) == ["exact"]
    assert names(prompt(), cases=[ANSWERED, OPEN]) == ["exact"]


@pytest.mark.parametrize(
    ("cases", "shape", "expected"),
    [
        pytest.param([OPEN], SHAPED, ["json_schema"], id="a-schema"),
        pytest.param([OPEN], {"type": "json_object"}, ["json"], id="any-json"),
        pytest.param([OPEN], {"type": "json_schema"}, ["json"], id="a-schema-that-is-not-there"),
        pytest.param([OPEN], {"type": "json_schema", "json_schema": "x"}, ["json"], id="no-mapping"),
        pytest.param([OPEN], {"type": "json_schema", "json_schema": {"schema": 1}}, ["json"], id="no-schema"),
        pytest.param([OPEN], {"type": "text"}, ["exact"], id="text"),
        pytest.param([OPEN], {}, ["exact"], id="nothing-said"),
        pytest.param([OPEN], None, ["exact"], id="no-shape"),
        pytest.param([OPEN, ANSWERED], SHAPED, ["exact"], id="one-has-an-answer"),
        pytest.param([], SHAPED, ["exact"], id="no-cases"),
        pytest.param([OWN], SHAPED, [], id="rows-bring-their-own"),
        pytest.param([OWN, OPEN], SHAPED, ["json_schema"], id="one-row-brings-none"),
    ],
)
def test_answers_to_rows_that_expect_none_are_held_to_the_shape_that_is_asked_for(
    cases: list[Case], shape: Json, expected: list[str]
) -> None:
    assert names(prompt(), cases=cases, shape=shape) == expected
    assert names(prompt(metric="contains"), cases=cases, shape=shape) == ["contains"]  # what is set, is meant


@pytest.mark.parametrize("key", ["metric", "metrics"])
def test_the_file_s_own_evaluators_grade_unless_a_metric_is_set(key: str) -> None:
    written: Json = "exact" if key == "metric" else ["exact"]
    assert prompt().judged_by(str, evaluators=[EVALUATOR]).parts[0].name == "Says x"
    assert names(prompt(**{key: written}), evaluators=[EVALUATOR]) == ["exact"]


def test_the_file_s_own_evaluators_come_before_what_the_rows_bring() -> None:
    found = prompt().judged_by(str, [OWN], [EVALUATOR])
    assert [part.name for part in found.parts] == ["Says x"]
    assert len(found.rows) == 1


def test_an_evaluator_that_nobody_knows_is_a_mistake_of_the_prompt_s_file() -> None:
    with pytest.raises(DataError) as caught:
        prompt().judged_by(str, evaluators=[{"name": "x", "uses": "github/tea-leaves"}])
    assert caught.value.place == "a.md"
    assert "github/tea-leaves" in caught.value.problem


def test_a_row_s_wrong_metric_names_the_row_and_its_file() -> None:
    odd = Case("r7", {"input": "?"}, "x", asserts=({"name": "contians"},))
    with pytest.raises(DataError) as caught:
        prompt().judged_by(str, [ANSWERED, odd])
    assert (caught.value.place, caught.value.problem) == ("e.jsonl", "case 'r7': unknown metric 'contians'")
    assert str(caught.value.hint).startswith("did you mean 'contains'?")


def test_the_file_that_an_option_names_is_read_where_the_caller_says() -> None:
    asked: list[str] = []

    def read(path: str) -> str:
        asked.append(path)
        raise ConfigError("no such file", place=path)

    with pytest.raises(ConfigError, match="no such file"):
        prompt(metric={"name": "judge", "prompt": "./j//rubric.md"}).judged_by(read)
    assert asked == ["j/rubric.md"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, 0.95),
        ({"gate": {"min_score": 0.8}}, 0.8),
        ({"target": 0.9}, 0.9),
        ({"target": 0.5, "gate": {"min_score": 0.8}}, 0.5),
        ({"target": 1}, 1),
        ({"gate": {"min_score": 1e-9}}, 1e-9),
    ],
)
def test_a_search_is_wanted_below_the_target_else_the_gate_s_floor(more: dict[str, Json], expected: float) -> None:
    assert prompt(**more).wanted == expected
