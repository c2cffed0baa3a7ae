"""What each address of `promptci view` shows of the runs on disk, without a server."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.errors import DataError, PromptciError, UsageError
from promptci.project.project import locate
from promptci.report.base import CaseDetail, PromptReport, Report
from promptci.report.json import as_record
from promptci.report.searched import Search
from promptci.view.site import Site
from tests.conftest import Repo, cases

CASE = CaseDetail("c0001", "number 1", expected="yes", new="yes", new_passes=True)
SAY = PromptReport("say", "pass", (), score=0.9, cases_detail=(CASE,))
RUN = Report("check", (SAY,), commit="abc", models=("m",))


@pytest.fixture
def site(repo: Repo) -> Site:
    repo.write("evals/say.jsonl", cases(5))
    return Site(locate(repo.path / "promptci.yaml", Path()), "token")


def kept(site: Site, name: str, report: Report | None) -> None:
    """A run on disk; without a report, one that goes on."""
    place = site.project.directory / ".promptci" / "runs" / name
    place.mkdir(parents=True)
    if report is not None:
        (place / "report.json").write_text(as_record(replace(report, run=name)), encoding="utf-8")


def shown(site: Site, *path: str, **query: str) -> str:
    html, _ = site.get(path, query)
    return html


def test_runs_are_shown_newest_first_and_one_that_goes_on_is_among_them(site: Site) -> None:
    kept(site, "20260101-1", RUN)
    kept(site, "20260102-2", None)
    text = shown(site)
    assert text.index("20260102-2") < text.index("20260101-1")
    assert "running, or interrupted" in text


def test_a_record_that_is_damaged_hides_no_other(site: Site) -> None:
    kept(site, "1", RUN)
    kept(site, "2", None)
    (site.project.directory / ".promptci/runs/2/report.json").write_text("{")
    assert 'href="/run/1"' in shown(site)
    with pytest.raises(DataError):
        shown(site, "run", "2")


def test_a_run_s_page_is_its_report_with_a_policy_of_its_own(site: Site) -> None:
    kept(site, "1", RUN)
    html, is_report = site.get(["run", "1"], {})
    assert is_report
    assert "promptci check" in html


def test_prompts_say_what_the_newest_run_found(site: Site) -> None:
    kept(site, "1", RUN)
    kept(site, "2", replace(RUN, prompts=(replace(SAY, verdict="fail", score=0.4),)))
    text = shown(site, "prompts")
    assert "FAIL" in text
    assert "40.0 %" in text
    assert "prompts/say.md" in text


def test_a_prompt_s_page_shows_the_last_cases_also_after_a_search_that_kept_none(site: Site) -> None:
    kept(site, "1", RUN)
    found = replace(SAY, cases_detail=(), search=Search("improved", "patience", "opro"))
    kept(site, "2", replace(RUN, command="optimize", prompts=(found,)))
    text = shown(site, "prompt", "say")
    assert 'href="/case/1/say/c0001"' in text
    assert "IMPROVED" in text


def test_two_runs_are_compared(site: Site) -> None:
    old = replace(SAY, values={f"c{n:04}": 1.0 for n in range(5)})
    kept(site, "1", replace(RUN, prompts=(old,)))
    kept(site, "2", replace(RUN, prompts=(replace(old, score=0.2, values={f"c{n:04}": 0.0 for n in range(5)}),)))
    html, is_report = site.get(["compare"], {"a": "1", "b": "2"})
    assert is_report
    assert "promptci compare" in html


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(["nothing"], id="no page"),
        pytest.param(["run", "9"], id="no run"),
        pytest.param(["run", "../1"], id="a way out"),
        pytest.param(["prompt", "none"], id="no prompt"),
        pytest.param(["case", "1", "say", "c9"], id="no case"),
        pytest.param(["case", "1", "none", "c0001"], id="no prompt of that run"),
        pytest.param(["label", "1", "none"], id="nothing to grade"),
        pytest.param(["run"], id="half a path"),
    ],
)
def test_what_is_not_there_is_an_error_of_the_user_s(path: list[str], site: Site) -> None:
    kept(site, "1", RUN)
    with pytest.raises(PromptciError):
        site.get(path, {})


def test_a_grade_is_written_after_its_diff_came_back(site: Site) -> None:
    kept(site, "1", RUN)
    evals = site.project.directory / "evals/say.jsonl"
    form = {"token": "token", "grade:c0001": "fail", "grade:c0002": "pass", "grade:c0003": ""}
    before = evals.read_bytes()
    html, _ = site.post(["label", "1", "say"], form)
    assert (evals.read_bytes(), "&quot;human&quot;: &quot;fail&quot;" in html) == (before, True)
    seen = html.split('name="seen" value="')[1].split('"')[0]
    site.post(["label", "1", "say"], {**form, "seen": seen})
    rows = [json.loads(line) for line in evals.read_text().splitlines()]
    assert [row.get("human") for row in rows] == [None, "fail", None, None, None]  # c0002 was not answered in that run


@pytest.mark.parametrize("form", [{}, {"token": "other"}], ids=["no token", "another one"])
def test_a_form_of_another_page_writes_nothing(form: dict[str, str], site: Site) -> None:
    kept(site, "1", RUN)
    with pytest.raises(UsageError):
        site.post(["label", "1", "say"], {"grade:c0001": "pass", **form})


def test_a_report_that_is_written_anew_is_listed_anew(site: Site) -> None:
    kept(site, "1", RUN)
    assert "90.0 %" in shown(site)
    other = replace(RUN, prompts=(replace(SAY, score=0.8),))
    path = site.project.directory / ".promptci/runs/1/report.json"
    before = path.stat().st_mtime_ns
    path.write_text(as_record(replace(other, run="1")), encoding="utf-8")
    os.utime(path, ns=(before + 1, before + 1))
    assert "80.0 %" in shown(site)
    assert "c0001" in shown(site, "prompt", "say")  # its cases are read when they are asked for
