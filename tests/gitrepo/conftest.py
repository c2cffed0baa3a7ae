"""Real repositories in tmp_path, with a configuration that owes nothing to the machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .repos import Sandbox, new_remote, new_repo


@pytest.fixture(autouse=True)
def _plain_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One repository with its remote, made once and copied for every test: a tenth of the time."""
    home = tmp_path_factory.mktemp("template")
    new_remote(new_repo(home / "work"), home / "origin.git")
    return home


@pytest.fixture
def repo(tmp_path: Path, _template: Path) -> Sandbox:
    """A repository with one commit on main, prompts/triage.md and evals/triage.jsonl, and no remote."""
    shutil.copytree(_template / "work", tmp_path / "work")
    sandbox = Sandbox(tmp_path / "work")
    sandbox.git("remote", "remove", "origin")
    return sandbox


@pytest.fixture
def pushed(tmp_path: Path, _template: Path) -> Sandbox:
    """The same with `origin`, a bare repository beside it that has its main."""
    shutil.copytree(_template, tmp_path, dirs_exist_ok=True)
    return Sandbox(tmp_path / "work")
