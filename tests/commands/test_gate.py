"""The verdict on other tools' results."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from promptci.commands.gate import gate
from promptci.errors import DataError
from promptci.report.base import Report
from tests.conftest import reasons_of
from tests.results.written import WRITERS, Values, inspect_log, promptfoo_row

Gated = Callable[[Values, Values], Report]


@pytest.fixture(params=list(WRITERS), ids=str)
def gated(request: pytest.FixtureRequest, tmp_path: Path) -> Gated:
    write, ending = WRITERS[request.param]
    return lambda old, new: gate(write(tmp_path / f"new{ending}", new), write(tmp_path / f"old{ending}", old))


def values(failing: int, count: int = 100) -> list[bool]:
    return [n >= failing for n in range(count)]


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        pytest.param(values(0), values(0), "pass", id="the-same"),
        pytest.param(values(0), values(20), "fail", id="worse"),
        pytest.param(values(20), values(0), "pass", id="better"),
        pytest.param(values(0), [None] * 9 + values(0, 91), "unmeasured", id="unreachable"),
        pytest.param(values(0), [None] * 100, "unmeasured", id="none-measured"),
        pytest.param(values(0, 20), values(1, 20), "inconclusive", id="too-few"),
    ],
)
def test_each_tool_s_results_get_the_gate_s_verdict(old: Values, new: Values, verdict: str, gated: Gated) -> None:
    report = gated(old, new)
    assert (report.verdict, report.command, report.calls) == (verdict, "gate", 0)


def test_an_undecided_verdict_says_how_many_tests_are_missing(gated: Gated) -> None:
    (prompt,) = gated(values(0, 20), values(1, 20)).prompts
    (said,) = [r for r in prompt.reasons if getattr(r, "kind", "") == "tests_missing"]
    assert "would show a drop of 5 points 9 times in 10" in str(said)
    assert "more than these 20" in str(said)


def test_harmless_changes_are_rarely_red_and_harmful_ones_mostly(tmp_path: Path) -> None:
    """50 of each: one test in ten passes by a coin; a harmful change also breaks 15 % of those that pass."""
    write, ending = WRITERS["promptfoo"]
    found: dict[float, list[str]] = {0.0: [], 0.15: []}
    for drop, verdicts in found.items():
        for seed in range(50):
            rng = random.Random(seed)
            chances = [rng.choice((0, 0, 1, 1, 1, 1, 1, 1, 1, 0.5)) for _ in range(150)]
            old, new = ([rng.random() < p for p in chances] for _ in range(2))
            new = [ok and rng.random() >= drop for ok in new]
            a, b = write(tmp_path / f"a{ending}", old), write(tmp_path / f"b{ending}", new)
            verdicts.append(gate(b, a).verdict)
    assert found[0.0].count("fail") <= 2
    assert found[0.15].count("fail") >= 45


def rows(path: Path, *given: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in given))
    return path


def test_a_test_is_found_again_when_another_was_put_before_it(tmp_path: Path) -> None:
    old = rows(tmp_path / "a.jsonl", *(promptfoo_row(n, n != 7) for n in range(60)))
    added = promptfoo_row(99, True, testIdx=0)
    moved = (promptfoo_row(n, n != 7, testIdx=n + 1) for n in range(60))
    (prompt,) = gate(rows(tmp_path / "b.jsonl", added, *moved), old).prompts
    assert (prompt.cases, prompt.newly_failing, prompt.newly_passing) == (60, (), ())
    assert "1 case is in one of the two only" in " ".join(reasons_of(prompt))


def test_answers_to_one_test_are_one_case(tmp_path: Path) -> None:
    def repeated(path: Path, ok: bool) -> Path:
        return rows(path, *(promptfoo_row(n, ok or k > 0, testIdx=10 * k + n) for k in range(3) for n in range(10)))

    (prompt,) = gate(repeated(tmp_path / "b.jsonl", False), repeated(tmp_path / "a.jsonl", True)).prompts
    assert prompt.cases == 10
    assert prompt.score == pytest.approx(2 / 3)


def test_a_test_whose_assertions_changed_is_left_out_and_told(tmp_path: Path) -> None:
    old = rows(tmp_path / "a.jsonl", *(promptfoo_row(n, True) for n in range(60)))
    changed = [promptfoo_row(n, True) for n in range(60)]
    changed[3]["testCase"]["assert"] = [{"type": "is-json"}]
    (prompt,) = gate(rows(tmp_path / "b.jsonl", *changed), old).prompts
    assert prompt.cases == 59
    assert [w.kind for w in prompt.warnings] == ["judged_differently"]


def test_a_test_that_asks_something_else_under_the_same_id_is_not_the_same(tmp_path: Path) -> None:
    """A log that lacks a sample pairs by id, and ids are numbers that another sample may have had at the base."""
    old, new = inspect_log([True] * 60), inspect_log([True] * 60)
    new["samples"][3] = {**new["samples"][3], "input": "something else", "scores": {"match": {"value": "I"}}}
    del new["samples"][5]
    (tmp_path / "a.json").write_text(json.dumps(old))
    (tmp_path / "b.json").write_text(json.dumps(new))
    (prompt,) = gate(tmp_path / "b.json", tmp_path / "a.json").prompts
    assert (prompt.cases, prompt.newly_failing) == (59, ())
    assert [w.text for w in prompt.warnings] == ["1 test is asked or judged in another way and left out."]


def test_two_suites_share_the_level(tmp_path: Path) -> None:
    def both(path: Path) -> Path:
        return rows(path, *(promptfoo_row(n, True, promptIdx=k) for k in (0, 1) for n in range(60)))

    report = gate(both(tmp_path / "b.jsonl"), both(tmp_path / "a.jsonl"))
    assert [p.id for p in report.prompts] == ["openai:chat:small / prompt 1", "openai:chat:small / prompt 2"]
    assert report.notes == ("2 suites share the level: each is tested at 0.025.",)
    (only,) = gate(tmp_path / "b.jsonl", tmp_path / "a.jsonl", metrics=["prompt 2"]).prompts
    assert only.id == "openai:chat:small / prompt 2"


def test_a_sample_that_the_log_announces_and_lacks_is_unmeasured(tmp_path: Path) -> None:
    log = inspect_log([True] * 60)
    (tmp_path / "a.json").write_text(json.dumps(log))
    (tmp_path / "b.json").write_text(json.dumps({**log, "status": "cancelled", "samples": log["samples"][:30]}))
    assert gate(tmp_path / "b.json", tmp_path / "a.json").verdict == "unmeasured"


def other_tests(path: Path) -> Path:
    return rows(path, *(promptfoo_row(n, True) for n in range(500, 560)))


def other_asserts(path: Path) -> Path:
    return rows(path, *(promptfoo_row(n, True, testCase={"assert": [{"type": "is-json"}]}) for n in range(60)))


@pytest.mark.parametrize(
    ("write", "said"),
    [
        pytest.param(lambda p: WRITERS["junit"][0](p, [True] * 60), "junit results with promptfoo", id="tool"),
        pytest.param(other_tests, "0 of the base's 60 tests are here", id="other-tests"),
        pytest.param(other_asserts, "60 more are asked or judged in another way", id="other-assertions"),
        pytest.param(lambda p: rows(p, promptfoo_row(1, True)), "1 of the base's 60 tests", id="most-tests-gone"),
        pytest.param(lambda p: rows(p, {"a": 1}), "not the results of a tool", id="unknown"),
        pytest.param(lambda p: p.with_name("none"), "No such file", id="no-file"),
    ],
)
def test_what_cannot_be_compared_is_refused(write: Callable[[Path], Path], said: str, tmp_path: Path) -> None:
    old = rows(tmp_path / "a.jsonl", *(promptfoo_row(n, True) for n in range(60)))
    with pytest.raises(DataError, match=said) as refused:
        gate(write(tmp_path / "b.jsonl"), old)
    assert refused.value.exit_code == 2
