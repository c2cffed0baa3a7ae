"""What is found of the repository and of promptci's own directory."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from promptci.errors import GitError
from promptci.findings import repository
from promptci.findings.base import Finding
from promptci.findings.repository import of_repository
from promptci.project.project import Project
from promptci.records.baseline import dump
from tests.records.test_baseline import BASELINE

SOUND = dump(BASELINE).decode()


@dataclass
class Git:
    """What the findings ask of git."""

    commit: str | None = "abc"
    remotes: list[str] = field(default_factory=lambda: ["origin"])
    problem: GitError | None = None

    def head(self) -> str | None:
        return self.commit

    def remote_names(self) -> list[str]:
        return self.remotes

    def base(self, _: object) -> None:
        if self.problem is not None:
            raise self.problem


@pytest.fixture(autouse=True)
def nothing_tracked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "refuse_tracked", lambda project: None)


def looked_at(place: Path, git: Git | None = None) -> list[Finding]:
    config = SimpleNamespace(prompts=[SimpleNamespace(id="say"), SimpleNamespace(id="team/route")])
    return list(
        of_repository(cast("Project", SimpleNamespace(repository=git or Git(), directory=place, config=config)))
    )


def written(place: Path, name: str, text: str = "{}") -> Path:
    path = place / ".promptci" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_is_found_where_all_is_well(tmp_path: Path) -> None:
    written(tmp_path, "baselines/say.json", SOUND)
    written(tmp_path, "baselines/team/route.json", SOUND)
    written(tmp_path, "ledger/say.jsonl", "")
    assert looked_at(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        pytest.param("baselines/say.json", "{}", "not a baseline", id="another file"),
        pytest.param("baselines/say.json", SOUND[:-9], "not a baseline", id="cut off"),
        pytest.param("ledger/say.jsonl", "{}\n", "", id="a ledger"),
    ],
)
def test_what_a_check_could_not_read_is_an_error(name: str, text: str, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, text)
    (found,) = looked_at(tmp_path)
    assert (found.id, found.level) == ("baseline-unreadable", "error")
    assert found.place.startswith(str(path))
    assert said in found.problem
    assert found.mend


def test_a_missing_remote_is_a_note(tmp_path: Path) -> None:
    (found,) = looked_at(tmp_path, Git(remotes=[]))
    assert (found.id, found.level) == ("no-remote", "note")


@pytest.mark.parametrize(
    ("problem", "place", "mend"),
    [
        pytest.param(GitError("no base"), "git", "name one with --base", id="bare"),
        pytest.param(GitError("no base", place="CI", hint="set it"), "CI", "set it", id="with a place and a hint"),
    ],
)
def test_a_base_that_is_not_known_says_what_git_said(problem: GitError, place: str, mend: str, tmp_path: Path) -> None:
    (found,) = looked_at(tmp_path, Git(problem=problem))
    assert (found.id, found.place, found.problem, found.mend) == ("base-unknown", place, "no base", mend)


def test_before_the_first_commit_no_base_is_looked_for(tmp_path: Path) -> None:
    assert looked_at(tmp_path, Git(commit=None, problem=GitError("no base"))) == []


def test_answers_that_git_tracks_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise GitError("is tracked", place=".promptci/cache/answers.sqlite")

    monkeypatch.setattr(repository, "refuse_tracked", refuse)
    (found,) = looked_at(tmp_path)
    assert (found.id, found.place, found.mend) == (
        "state-committed",
        ".promptci/cache/answers.sqlite",
        "git rm --cached it",
    )


def test_a_baseline_without_a_prompt_is_told_with_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, "baselines/team/old.json")
    written(tmp_path, "baselines/say.json", SOUND)
    (found,) = looked_at(tmp_path)
    assert (found.id, found.place) == ("baseline-orphaned", str(path))
    assert "'team/old'" in found.problem
    assert found.fix is None  # a person knows whether it was renamed


def test_a_ledger_without_a_prompt_is_told_with_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, "ledger/v1.5.jsonl")
    written(tmp_path, "ledger/say.jsonl", "")
    (found,) = looked_at(tmp_path)
    assert (found.id, found.place) == ("baseline-orphaned", str(path))
    assert "'v1.5'" in found.problem


def test_a_schema_of_another_version_is_written_anew_and_then_no_finding(tmp_path: Path) -> None:
    path = written(tmp_path, "schema.json", "{}")
    (found,) = looked_at(tmp_path)
    assert found.id == "schema-stale"
    assert found.fix is not None
    assert found.fix() == "written  schema.json"
    assert '"properties"' in path.read_text(encoding="utf-8")
    assert looked_at(tmp_path) == []


def test_a_directory_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    (found,) = looked_at(tmp_path)
    assert (found.id, found.level, found.place) == ("state-not-writable", "error", str(tmp_path))
