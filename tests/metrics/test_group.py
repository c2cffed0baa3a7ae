"""Several metrics as one: how much of their weight must hold, who is asked, and what is unmeasured."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from promptci.core import Case, Json
from promptci.errors import ConfigError, DataError
from promptci.metrics.base import Answer, Grade, QuestioningMetric, needs_of
from promptci.metrics.build import build, mistake_in, roles_of
from promptci.models.base import Failure, Reply

CASE = Case("c", {"input": "x"}, "paid")
A, B, C = ({"name": "contains", "value": v} for v in ("alpha", "beta", "gamma"))
JUDGE: dict[str, Json] = {"name": "judge", "rubric": "good", "choices": {"good": 1, "poor": 0}}
TEXT = "alpha"


def no_file(path: str) -> str:
    raise AssertionError(path)


def graded(metrics: Sequence[Json], at_least: float, text: str = TEXT, replies: Sequence[str | None] = ()) -> Grade:
    metric = build([{"name": "group", "at_least": at_least, "metrics": list(metrics)}], no_file).parts[0].metric
    assert isinstance(metric, QuestioningMetric)
    answer = Answer(text, text)
    questions = metric.questions(CASE, answer)
    assert len(questions) == len(replies)
    said = [Reply((r,)) if r is not None else Reply(failure=Failure("timeout", "60 s")) for r in replies]
    return metric.read(CASE, answer, said)


@pytest.mark.parametrize(
    ("metrics", "at_least", "text", "value"),
    [
        pytest.param([A, B], 0.5, "alpha", 1.0, id="half"),
        pytest.param([A, B], 0.51, "alpha", 0.0, id="just-not"),
        pytest.param([A, B], 1, "alpha beta", 1.0, id="all"),
        pytest.param([A, B, C], 2 / 3, "alpha gamma", 1.0, id="two-of-three"),
        pytest.param([A, {**B, "weight": 3}], 0.5, "alpha", 0.0, id="weights-count"),
        pytest.param([A, {**B, "weight": 3}], 0.75, "beta", 1.0, id="the-heavy-one"),
        pytest.param([A, {**B, "weight": 0}], 1, "alpha", 1.0, id="a-weight-of-zero-decides-nothing"),
        pytest.param([A, {**B, "not": True}], 1, "alpha", 1.0, id="turned-round"),
        pytest.param([{"name": "token_f1", "value": "alpha beta"}, A], 0.8, "alpha", 1.0, id="a-mean-of-grades"),
        pytest.param([{"type": "icontains", "value": "ALPHA"}, B], 0.5, "alpha", 1.0, id="as-promptfoo-writes-them"),
        pytest.param([{"name": "group", "at_least": 0.5, "metrics": [A, B]}, C], 0.5, "beta", 1.0, id="in-one-another"),
        pytest.param([A, B], 0.1, "", 0.0, id="nothing-holds"),
    ],
)
def test_so_much_must_hold(metrics: list[Json], at_least: float, text: str, value: float) -> None:
    assert graded(metrics, at_least, text).value == value


@pytest.mark.parametrize(
    ("metrics", "at_least", "replies", "value"),
    [
        pytest.param([JUDGE, A], 1, ["good"], 1.0, id="the-judge-agrees"),
        pytest.param([JUDGE, A], 1, ["poor"], 0.0, id="the-judge-does-not"),
        pytest.param([A, JUDGE, JUDGE], 0.6, ["poor", "good"], 1.0, id="each-gets-its-own-reply"),
        pytest.param([JUDGE, A], 0.5, [None], 1.0, id="enough-without-the-judge"),
        pytest.param([JUDGE, B], 1, [None], 0.0, id="too-little-whatever-it-says"),
        pytest.param([JUDGE, A], 1, [None], None, id="it-would-decide"),
        pytest.param([JUDGE, A], 1, ["hm"], None, id="a-reply-that-states-nothing"),
    ],
)
def test_what_is_unmeasured_matters_where_it_decides(
    metrics: list[Json], at_least: float, replies: list[str | None], value: float | None
) -> None:
    grade = graded(metrics, at_least, replies=replies)
    assert grade.value == value
    assert grade.value == 1.0 or grade.reason is not None


def test_a_wrong_answer_names_what_was_missed() -> None:
    assert str(graded([A, B, C], 1).reason) == "0.33 of 1 holds; not content: contains 'beta', contains 'gamma'"


def test_it_needs_what_its_metrics_need() -> None:
    inner: list[Json] = [JUDGE, {"name": "json_schema", "schema": "s.json"}, "exact"]
    found = needs_of(build([{"name": "group", "metrics": inner}], lambda path: "{}"))
    assert (found.models, found.files, found.expected) == (("judge",), ("s.json",), True)
    assert roles_of({"name": "group", "metrics": inner}) == ("judge",)
    assert roles_of("exact") == roles_of({"name": "nope"}) == ()


def test_its_version_is_that_of_its_metrics() -> None:
    def version(*metrics: Json, at_least: float = 1.0) -> str:
        return build([{"name": "group", "metrics": list(metrics), "at_least": at_least}], no_file).version

    assert len({version(A, B), version(B, A), version(A), version(A, B, at_least=0.5)}) == 4
    assert version(A, B) == version(dict(A), dict(B))


def test_a_row_may_bring_one() -> None:
    case = Case("c", {}, asserts=({"type": "assert-set", "threshold": 0.5, "assert": [{"type": "is-json"}, A]},))
    metric = build([], no_file, cases=[case])
    assert [metric(case, text) for text in ("alpha", "{}", "beta")] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param({}, "needs 'metrics', a list of metrics", id="none"),
        pytest.param({"metrics": []}, "needs 'metrics', a list of metrics", id="empty"),
        pytest.param({"metrics": "exact"}, "needs 'metrics', a list of metrics", id="no-list"),
        pytest.param({"metrics": ["exactly"]}, "unknown metric 'exactly'", id="an-unknown-one"),
        pytest.param({"metrics": [{**A, "words": 3}]}, "'words' of metric 'contains' must be", id="an-option"),
        pytest.param({"metrics": [A], "at_least": 0}, "'at_least' of metric 'group' must be above 0", id="nothing"),
        pytest.param({"metrics": [A], "at_least": 2}, "must be above 0 and at most 1", id="too-much"),
        pytest.param({"metrics": [{"type": "webhook", "value": "x"}]}, "the assertion 'webhook'", id="not-carried"),
    ],
)
def test_a_mistake_inside_is_said(options: dict[str, Json], said: str) -> None:
    wrong = mistake_in({"name": "group", **options})
    assert wrong is not None
    assert said in wrong.problem


def test_a_group_that_nothing_decides_is_refused() -> None:
    with pytest.raises(ConfigError, match="a metric of a weight above 0"):
        build([{"name": "group", "metrics": [{**A, "weight": 0}]}], no_file)


def test_cases_without_an_answer_are_refused_where_a_metric_wants_one() -> None:
    metric = build([{"name": "group", "metrics": [A, "exact"]}], no_file)
    with pytest.raises(DataError, match="no case has an expected answer"):
        metric.refuse([Case("c", {"input": "x"})], "e.jsonl")
