"""Metrics of what code makes of the answer: what it sees, what it may fail on, and who may bring it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from promptci.core import Case, Json, ToolCall
from promptci.errors import ConfigError, DataError
from promptci.metrics import sandbox
from promptci.metrics.base import ANY_ANSWER, Answer, Grade, QuestioningMetric, needs_of
from promptci.metrics.build import build, mistake_in, roles_of
from promptci.metrics.combined import Combined
from promptci.metrics.foreign import with_code_of
from promptci.models.base import Reply

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no Node here")
CASE = Case("c", {"input": "x", "key": "label"}, "bug")
EXACT: dict[str, Json] = {"name": "exact", "value": "bug"}
JUDGE: dict[str, Json] = {"name": "judge", "rubric": "good", "choices": {"good": 1, "poor": 0}}


@pytest.fixture(autouse=True)
def _no_helper_is_left() -> Iterator[None]:
    yield
    sandbox.close_all()


def made(options: dict[str, Json], metrics: list[Json] | None = None, text: str = "") -> Combined:
    given = {"name": "transformed", "metrics": metrics or [EXACT], **options}
    assert mistake_in(given) is None
    return build([given], lambda path: text)


def graded(metric: Combined, answer: Answer) -> Grade:
    grade = metric.parts[0].direct(CASE, answer)
    assert grade is not None
    return grade


CALL = ToolCall("find", '{"order":7}', "c1")
TAKEN: dict[str, tuple[dict[str, Json], list[Json], Answer, float | None]] = {
    "a field": ({"code": "JSON.parse(output).label"}, [EXACT], Answer('{"label": "bug"}'), 1.0),
    "another value": ({"code": "JSON.parse(output).label"}, [EXACT], Answer('{"label": "x"}'), 0.0),
    "an answer that it fails on": ({"code": "JSON.parse(output).label"}, [EXACT], Answer("bug"), 0.0),
    "nothing": ({"code": "JSON.parse(output).other"}, [EXACT], Answer('{"label": "bug"}'), 0.0),
    "a case's value": ({"code": "JSON.parse(output)[context.vars.key]"}, [EXACT], Answer('{"label": "bug"}'), 1.0),
    "several lines": ({"code": "const a = output.split(':');\nreturn a[1].trim();"}, [EXACT], Answer("x: bug"), 1.0),
    "a function": ({"code": "(output) => output.toLowerCase()"}, [EXACT], Answer("BUG"), 1.0),
    "an object, as JSON": ({"code": "JSON.parse(output)"}, ["json"], Answer('{"a": 1}'), 1.0),
    "an object, to code": (
        {"code": "JSON.parse(output)"},
        [{"name": "javascript", "code": "output.a === 1"}],
        Answer('{"a": 1}'),
        1.0,
    ),
    "an object, to Python": (
        {"code": "JSON.parse(output)"},
        [{"name": "python", "code": "output['a'] == 1"}],
        Answer('{"a": 1}'),
        1.0,
    ),
    "an object, to another": (
        {"code": "JSON.parse(output)"},
        [{"name": "transformed", "code": "output.label", "metrics": [EXACT]}],
        Answer('{"label": "bug"}'),
        1.0,
    ),
    "one of two": (
        {"code": "output + '!'", "at_least": 0.5},
        [EXACT, {"name": "exact", "value": "bug!"}],
        Answer("bug"),
        1.0,
    ),
    "turned round": ({"code": "output + '!'"}, [{**EXACT, "not": True}], Answer("bug"), 1.0),
    "a tool that is called": (
        {"code": "output[0].function.name"},
        [{"name": "exact", "value": "find"}],
        Answer("", tool_calls=(CALL,)),
        1.0,
    ),
    "what it is called with": (
        {"code": "String(JSON.parse(output[0].function.arguments).order)"},
        [{"name": "exact", "value": "7"}],
        Answer("", tool_calls=(CALL,)),
        1.0,
    ),
    "a call beside a text": (
        {"code": "output.content + output.tool_calls.length"},
        [{"name": "exact", "value": "Hm1"}],
        Answer("Hm", tool_calls=(CALL,)),
        1.0,
    ),
    "no code at all": ({"code": "if ("}, [EXACT], Answer("bug"), None),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_made_is_graded(name: str) -> None:
    options, metrics, answer, value = TAKEN[name]
    grade = graded(made(options, metrics), answer)
    assert grade.value == value
    assert grade.value == 1.0 or grade.reason is not None


@pytest.mark.parametrize(
    ("path", "text", "function", "value"),
    [
        pytest.param("t.js", "module.exports = (o, c) => o.split(': ')[1];", "", 1.0, id="a-function"),
        pytest.param("t.js", "module.exports = { last: (o) => o.split(': ')[1] };", "last", 1.0, id="named"),
        pytest.param("t.py", "def get_transform(o, c):\n    return o.split(': ')[1]\n", "", 1.0, id="python"),
        pytest.param("t.py", "def get_transform(o, c):\n    return o.split(': ')[7]\n", "", 0.0, id="python-raises"),
    ],
)
def test_a_file_makes_it(path: str, text: str, function: str, value: float) -> None:
    metric = made({"file": path, **({"function": function} if function else {})}, text=text)
    metric.refuse([CASE], "e.jsonl")
    assert graded(metric, Answer("label: bug")).value == value
    assert needs_of(metric).files == (path,)


def test_a_judge_is_shown_what_is_made_and_counted_without_running_it() -> None:
    metric = made({"code": "JSON.parse(output).said"}, [JUDGE]).parts[0].metric
    assert isinstance(metric, QuestioningMetric)
    (question,) = metric.questions(CASE, answer := Answer('{"said": "kind words"}'))
    assert "kind words" in question.messages[0].content
    assert "said" not in question.messages[0].content
    assert metric.read(CASE, answer, [Reply(("good",))]).value == 1.0
    assert metric.questions(CASE, Answer("no JSON")) == ()
    assert len(metric.questions(CASE, ANY_ANSWER)) == 1
    assert roles_of({"name": "transformed", "code": "output", "metrics": [JUDGE]}) == ("judge",)


def test_it_is_called_as_its_metrics_unless_it_has_a_label() -> None:
    assert made({"code": "output"}).parts[0].name == "exact 'bug'"
    assert made({"code": "output", "label": "kind"}).parts[0].name == "kind"


@pytest.mark.parametrize("options", [{}, {"code": "output", "file": "t.js"}], ids=["none", "both"])
def test_it_has_one_of_code_and_file(options: dict[str, Json]) -> None:
    with pytest.raises(ConfigError, match="needs one of"):
        build([{"name": "transformed", "metrics": [EXACT], **options}], lambda path: "x")


BASE = "module.exports = (o) => o + '!';"


def test_a_change_s_transform_is_the_base_s_and_its_metrics_are_its_own() -> None:
    old = build([{"name": "transformed", "file": "t.js", "metrics": [EXACT]}], lambda path: BASE)
    said: list[Json] = [{"name": "exact", "value": value} for value in ("bug!", "bug?")]
    new = build(
        [{"name": "transformed", "file": "t.js", "metrics": [one]} for one in said], lambda path: BASE.replace("!", "?")
    )
    judged = with_code_of(old, new)
    assert [graded_part.metric(CASE, "bug") for graded_part in judged.parts] == [1.0, 0.0]
    with pytest.raises(DataError, match="grading code that its base does not have"):
        with_code_of(build([EXACT], str), new)
    inside = build([{"name": "group", "metrics": [{"name": "python", "code": "True"}]}], str)
    with pytest.raises(DataError, match="grading code that its base does not have"):
        with_code_of(old, inside)
    assert with_code_of(inside, inside).parts[0].metric(CASE, "x") == 1.0
