"""Stored answers and run records, as a user handles them."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptci.commands import kept as storage
from promptci.commands.check import check
from promptci.errors import UsageError
from tests.conftest import Repo


def test_answers_travel_in_one_file_and_replay_without_a_call(repo: Repo, tmp_path: Path) -> None:
    check(repo.options())
    assert storage.cache_export(repo.options(), tmp_path / "answers.jsonl").startswith("240 answers written")
    assert storage.cache_clear(repo.options()) == "240 answers removed"
    assert check(repo.options(replay=True)).verdict == "unmeasured"
    assert storage.cache_import(repo.options(), tmp_path / "answers.jsonl") == "240 answers taken in"
    repo.model.asked.clear()
    report = check(repo.options(replay=True))
    assert (report.verdict, report.calls, report.cache_hits, repo.model.asked) == ("pass", 0, 240, [])


def test_size_says_how_much_is_kept(repo: Repo) -> None:
    assert storage.cache_size(repo.options()).startswith("0 answers")
    check(repo.options())
    assert storage.cache_size(repo.options()).startswith("240 answers")


def test_runs_are_listed_shown_and_removed(repo: Repo) -> None:
    assert storage.runs(repo.options()) == ["no run yet"]
    report = check(repo.options())
    _, line = storage.runs(repo.options())
    assert line.split()[:5] == [report.run, "check", "say", "pass", "100.0"]
    assert line.split()[-1] == str(report.base)[:7]
    for name in ("last", report.run[:12]):
        assert storage.show_run(repo.options(), name).run == report.run
    assert storage.show_run(repo.options(), report.run).prompts[0].score == 1.0
    storage.remove_run(repo.options(), report.run)
    assert storage.runs(repo.options()) == ["no run yet"]


def test_an_interrupted_run_says_how_to_go_on(repo: Repo) -> None:
    run = check(repo.options()).run
    (repo.path / ".promptci/runs" / run / "report.json").unlink()
    assert storage.runs(repo.options())[1] == f"{run}  interrupted; go on with --resume"


@pytest.mark.parametrize("run", ["none", "..", "../cache", ""])
def test_an_unknown_run_is_refused(run: str, repo: Repo) -> None:
    check(repo.options())
    with pytest.raises(UsageError, match="no run"):
        storage.remove_run(repo.options(), run)
    assert (repo.path / ".promptci/cache").is_dir()
