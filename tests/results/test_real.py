"""Files that the tools themselves wrote; their names say which version. Each is a few rows about nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from promptci.commands.gate import gate
from promptci.errors import DataError
from promptci.results.base import Result
from promptci.results.reading import read

REAL = Path(__file__).parent / "real"


def found(path: Path) -> dict[str, list[Result]]:
    return {suite.name: list(suite.results) for suite in read(path) or ()}


def values(path: Path) -> dict[str, list[float | None]]:
    return {name: [r.value for r in results] for name, results in found(path).items()}


@pytest.mark.parametrize(("side", "first"), [("base", 1.0), ("new", 0.0)])
def test_deepeval_s_test_cases_pass_by_the_metrics_that_have_a_threshold(side: str, first: float) -> None:
    results = found(REAL / f"deepeval-4.3.1.{side}.json")["Tone"]
    assert [r.value for r in results] == [first, first, 1.0, 1.0, None, first]
    assert (results[4].id, results[4].reason, results[4].output) == ("test_case_4", "judge is down", "BOOM")
    assert (results[1].input, results[1].expected) == ("text 1", "positive")
    assert results[0].content == results[5].content  # the same test, asked twice
    assert len({r.content for r in results}) == 5
    assert len({r.yardstick for r in results}) == 1


def test_deepeval_s_talks_are_read() -> None:
    (talk,) = found(REAL / "deepeval-4.3.1.talk.json")["Polite"]
    assert (talk.value, talk.input, talk.expected, talk.output) == (1.0, "late parcel", "calm", "There.")


TONE = {"name": "Tone", "threshold": 0.5, "success": True, "score": 1.0}


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        pytest.param([TONE, {**TONE, "success": False, "score": 0.2}], {"Tone": [1.0, 0.0]}, id="one-of-two-failed"),
        pytest.param([TONE, {**TONE, "score": None, "error": "x"}], {"Tone": [1.0, None]}, id="one-of-two-raised"),
        pytest.param([{"name": "Tone", "threshold": 0.5}], {"Tone": [1.0, None]}, id="raised-without-a-word"),
        pytest.param([{**TONE, "success": False, "score": float("nan")}], {"Tone": [1.0, None]}, id="score-is-nan"),
        pytest.param([{**TONE, "success": None}], {"Tone": [1.0, None]}, id="no-verdict"),
        pytest.param(None, {"Tone": [1.0, None]}, id="no-metric-at-all"),
        pytest.param([TONE, {**TONE, "name": "Form", "flaky": True}], {"Tone": [1.0, 1.0]}, id="flaky-metric"),
        pytest.param([TONE, {**TONE, "name": "Form"}], {"Tone": [1.0, 1.0], "Form": [1.0]}, id="another-metric"),
    ],
)
def test_a_test_that_no_metric_judged_is_no_pass(metrics: Any, expected: Any, tmp_path: Path) -> None:
    rows = [{"name": "a", "input": "a", "metricsData": [TONE]}, {"name": "b", "input": "b", "metricsData": metrics}]
    (tmp_path / "run.json").write_text(json.dumps({"testRunData": {"testCases": rows, "metricsScores": []}}))
    assert values(tmp_path / "run.json") == expected


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_promptfoo_s_rows_are_read(ending: str) -> None:
    results = found(REAL / f"promptfoo-0.123.1.{ending}")["promptfoo"]
    graders = "Could not extract JSON from llm-rubric response"
    assert [(r.id, r.value, r.reason) for r in results] == [
        ("test 1", 0.0, None), ("test 2", 0.0, None),  # twice, as with --repeat 2
        ("test 3", 0.0, None), ("test 5", None, graders), ("test 7", None, "503 Service Unavailable"),
        ("test 11", 1.0, None),
    ]  # fmt: skip
    assert results[0].content == results[1].content
    assert (results[0].input, results[0].output) == ('{"text": "text 0"}', "negative")


def test_promptfoo_s_tests_without_an_assertion_are_none(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (REAL / "promptfoo-0.123.1.jsonl").read_text().splitlines()]
    bare = [row for row in rows if not row["testCase"]["assert"]]
    assert [row["success"] for row in bare] == [True]
    (tmp_path / "bare.jsonl").write_text("".join(json.dumps(row) + "\n" for row in bare))
    with pytest.raises(DataError, match="no test has an assertion"):
        read(tmp_path / "bare.jsonl")


def test_inspect_s_log_is_read_with_what_broke_and_what_was_marked_as_invalid() -> None:
    suites = found(REAL / "inspect-0.3.285.json")
    assert list(suites) == ["tone / match", "tone / rubric / fluent", "tone / sometimes"]
    first = {r.id: r for r in suites["tone / match"][:6]}
    assert {i: (r.value, r.reason) for i, r in first.items()} == {
        "sample s0": (0.0, None), "sample s1": (0.0, None), "sample s3": (1.0, None), "sample 5": (1.0, None),
        "sample s2": (None, "marked as invalid: wrong target"),
        "sample 6": (None, "RuntimeError('model is down')"),
    }  # fmt: skip
    assert (first["sample 5"].input, first["sample 5"].expected) == ("text 4", '["positive", "good"]')
    assert (first["sample s0"].output, first["sample s0"].yardstick) == ("negative", "match")
    second = {r.id: r for r in suites["tone / match"][6:]}  # the other epoch
    assert second["sample s2"].value == 1.0
    assert {i: r.content for i, r in first.items()} == {i: r.content for i, r in second.items()}
    sometimes = {r.id: r.value for r in suites["tone / sometimes"]}  # None, NaN and Score.unscored() are no scores
    assert sometimes == dict.fromkeys(first) | {"sample s0": 0.5, "sample 5": 0.5}


def test_inspect_s_packed_log_is_read() -> None:
    assert values(REAL / "inspect-0.3.285.eval") == {"tone": [0.0, 1.0]}


LMEVAL = REAL / "lm-eval-0.4.13"
DATE = "2026-11-27T19-14-08.064419"


@pytest.mark.parametrize(
    ("task", "suites", "output"),
    [
        pytest.param("both", ["exact_match"], "maybe", id="one-runs-the-other-way"),
        pytest.param("gen", ["exact_match, loose", "exact_match, strict"], "maybe", id="two-filters"),
        pytest.param("rep", ["exact_match, first", "exact_match, maj"], "maybe", id="three-answers-each"),
    ],
)
def test_lm_eval_s_samples_are_read(task: str, suites: list[str], output: str) -> None:
    results = found(LMEVAL / f"samples_even_{task}_{DATE}.jsonl")
    assert list(results) == suites
    for rows in results.values():
        assert [r.value for r in rows] == [0.0, 1.0, 0.0, 1.0, 1.0, 1.0]
        assert len({r.content for r in rows}) == 6
    first = results[suites[0]][0]
    assert (first.id, first.expected, first.output, first.yardstick) == ("doc 0", "yes", output, "exact_match")


@pytest.mark.parametrize(
    ("results", "suites", "left"),
    [
        pytest.param(None, ["exact_match", "refusal_rate"], (), id="moved-without-them"),
        pytest.param("{}", ["exact_match", "refusal_rate"], (), id="of-something-else"),
        pytest.param("[", ["exact_match", "refusal_rate"], (), id="cut-off"),
        pytest.param("real", ["exact_match"], ("refusal_rate (less is better)",), id="beside-them"),
    ],
)
def test_which_way_a_metric_runs_stands_in_lm_eval_s_results(
    results: str | None, suites: list[str], left: tuple[str, ...], tmp_path: Path
) -> None:
    samples, beside = f"samples_even_both_{DATE}.jsonl", f"results_{DATE}.json"
    (tmp_path / samples).write_bytes((LMEVAL / samples).read_bytes())
    if results is not None:
        (tmp_path / beside).write_text((LMEVAL / beside).read_text() if results == "real" else results)
    got = read(tmp_path / samples) or ()
    assert [s.name for s in got] == suites
    assert {s.left for s in got} == {left}


@pytest.mark.parametrize(
    ("name", "left"),
    [
        (f"lm-eval-0.4.13/samples_even_gen_{DATE}.jsonl", "bleu (not between 0 and 1)"),
        ("inspect-0.3.285.json", "rubric / words (not between 0 and 1)"),
        ("promptfoo-0.123.1.json", "1 of 7 answers (no assertion)"),
        ("pytest-9.2.0.xml", "2 of 23 tests (skipped)"),
    ],
    ids=["lm-eval", "inspect", "promptfoo", "pytest"],
)
def test_what_is_not_gated_is_told(name: str, left: str) -> None:
    assert f"Not gated: {left}." in gate(REAL / name, REAL / name).notes


def test_pytest_s_report_is_read_with_subtests_and_reruns() -> None:
    results = found(REAL / "pytest-9.2.0.xml")["tests"]
    assert {r.id.partition("::")[2]: r.value for r in results} == {
        "test_n[0]": 1.0, "test_n[1]": 1.0, "test_n[2]": 1.0, "test_n[3]": 1.0,
        "test_setup": None, "test_teardown": 1.0, "test_teardown_failed": 0.0,
        "test_xpass": 1.0, "test_xpass_strict": 0.0,  # those that were expected to fail and did are skipped
        "test_sub": 0.0, "test_sub_ok": 1.0, "test_u": 0.0, "test_conn": None,
        "test_flaky": 1.0, "test_never": 0.0,  # with pytest-rerunfailures 16.7 --reruns 3
    }  # fmt: skip
    assert len(results) == 15


def test_lm_eval_s_averages_are_refused_with_the_file_to_give() -> None:
    with pytest.raises(DataError, match="averages") as refused:
        read(LMEVAL / f"results_{DATE}.json")
    assert "samples_*.jsonl" in str(refused.value.hint)
