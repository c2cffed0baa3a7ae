"""Two earlier runs compared without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from promptci.commands.compare import Terms, compare, terms_at_hand
from promptci.errors import DataError
from promptci.report.base import PromptReport, Report
from promptci.report.json import as_json
from tests.conftest import CONFIG, Repo, reasons_of


def record(path: Path, values: dict[str, float | None], prompt: str = "say", **more: Any) -> Path:
    path.write_text(as_json(Report("check", (PromptReport(prompt, "pass", (), values=values, **more),))))
    return path


def values(failing: int, count: int = 100) -> dict[str, float | None]:
    return {f"c{n}": float(n >= failing) for n in range(count)}


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        pytest.param(values(0), values(0), "pass", id="the-same"),
        pytest.param(values(0), values(20), "fail", id="worse"),
        pytest.param(values(20), values(0), "pass", id="better"),
        pytest.param(values(0), {**values(0), **{f"c{n}": None for n in range(9)}}, "unmeasured", id="holes"),
        pytest.param(values(0, 20), values(1, 20), "inconclusive", id="too-few"),
    ],
)
def test_the_gate_judges_two_runs(
    old: dict[str, float | None], new: dict[str, float | None], verdict: str, tmp_path: Path
) -> None:
    report = compare(record(tmp_path / "a.json", old), record(tmp_path / "b.json", new))
    assert (report.verdict, report.calls) == (verdict, 0)


def test_directories_of_runs_will_do(tmp_path: Path) -> None:
    for name, failing in (("a", 0), ("b", 20)):
        (tmp_path / name).mkdir()
        record(tmp_path / name / "report.json", values(failing))
    (prompt,) = compare(tmp_path / "a", tmp_path / "b").prompts
    assert set(prompt.newly_failing) == {f"c{n}" for n in range(20)}


def test_runs_of_different_prompts_have_nothing_in_common(tmp_path: Path) -> None:
    a, b = record(tmp_path / "a.json", values(0)), record(tmp_path / "b.json", values(0), "other")
    with pytest.raises(DataError, match="no measured prompt in common"):
        compare(a, b)


MEASURE = {"cases": "c", "metric": "m", "judge": None, "model": "small", "answered": "small-1", "parameters": "p"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"cases": "d"}, "another eval set measured", id="eval-set"),
        pytest.param({"metric": "n", "judge": "j"}, "another metric and another judge measured", id="metric"),
    ],
)
@pytest.mark.parametrize("failing", [0, 20])
def test_runs_that_were_measured_differently_get_no_verdict(
    changed: dict[str, str], said: str, failing: int, tmp_path: Path
) -> None:
    a = record(tmp_path / "a.json", values(0), measure=MEASURE)
    b = record(tmp_path / "b.json", values(failing), measure={**MEASURE, **changed})
    report = compare(a, b)
    assert report.verdict == "inconclusive"
    assert said in " ".join(reasons_of(report.prompts[0]))


def test_another_model_is_judged_and_named(tmp_path: Path) -> None:
    a = record(tmp_path / "a.json", values(0), measure=MEASURE)
    b = record(tmp_path / "b.json", values(20), measure={**MEASURE, "answered": "small-2", "parameters": "q"})
    report = compare(a, b)
    assert report.verdict == "fail"
    assert "model that answered (small-1 to small-2), model parameters." in reasons_of(report.prompts[0])[-1]


def test_clusters_count_as_one(tmp_path: Path) -> None:
    sources = {f"c{n}": f"source {n // 20}" for n in range(100)}
    a, b = record(tmp_path / "a.json", values(0), clusters=sources), record(tmp_path / "b.json", values(20))
    report = compare(a, b)
    assert report.verdict != "fail"
    assert "1 cluster down" in reasons_of(report.prompts[0])[0]


def test_an_early_stopped_side_is_said(tmp_path: Path) -> None:
    a = record(tmp_path / "a.json", values(0, 277), cases=277, planned_cases=277)
    b = record(tmp_path / "b.json", values(0, 69), cases=69, planned_cases=277)
    (prompt,) = compare(a, b).prompts
    assert "The new side is an early-stopped run of 69 of 277 cases." in reasons_of(prompt)


def test_a_pass_must_hold_for_cases_that_lost_their_value(tmp_path: Path) -> None:
    a = record(tmp_path / "a.json", values(0))
    b = record(tmp_path / "b.json", {**values(0), **{f"c{n}": None for n in range(5)}})
    report = compare(a, b)
    assert report.verdict == "inconclusive"
    assert "5 cases that passed before got no usable answer" in reasons_of(report.prompts[0])[1]


def test_the_settings_at_hand_say_what_is_tolerated(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("promptci.yaml", CONFIG.replace("say.jsonl}", "say.jsonl, gate: {max_drop: 0.2, detect: 0.1}}"))
    monkeypatch.chdir(repo.path)
    assert terms_at_hand() == {"say": Terms(0.2, 0.1)}


def test_without_settings_the_usual_terms_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert terms_at_hand() == {}
