"""Two earlier runs compared without a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptci.errors import DataError
from promptci.report.base import PromptReport, Report
from promptci.report.json import as_json
from promptci.workflow.compare import compare


def record(path: Path, values: dict[str, float | None], prompt: str = "say") -> Path:
    path.write_text(as_json(Report("check", (PromptReport(prompt, "pass", (), values=values),))))
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
