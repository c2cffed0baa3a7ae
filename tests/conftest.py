"""Shared fixtures: a real repository with a real remote, and a scripted model that keeps what it was asked."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings

from promptci.core import Message
from promptci.models.base import ModelSpec, Reply, Request, Usage
from promptci.project.project import Project, locate
from promptci.report.base import PromptReport
from promptci.run.options import Options

# Examples take as long as the machine is busy, and are the same each time: what turns red is what a commit changed.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

# Before anything else: in a hook or a bisection these name the developer's own repository, where no test may write.
for _name in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[_name]

START = "Say the word.\n\nInput: {{ input }}"


# A shell starts what it puts in the background with SIGINT ignored, and children inherit that: tests that send one
# would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Nothing that a test commits has to survive a power cut, and no test's git goes on in the background.
GIT_SETTINGS = "[core]\n\tfsync = none\n[init]\n\ttemplateDir =\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"


@pytest.fixture(scope="session")
def git_settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The only git configuration that tests have beside a repository's own."""
    place = tmp_path_factory.mktemp("git") / "config"
    place.write_text(GIT_SETTINGS, encoding="utf-8")
    return place


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, git_settings: Path) -> None:
    """No test sees the developer's git settings, keys or CI variables."""
    for name in list(os.environ):
        if name.startswith(("GIT_", "GITHUB_", "PROMPTCI_", "OPENAI_")) or name == "CI":
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(git_settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@dataclass
class ScriptedModel:
    """Answers by two functions of the text it gets, and keeps every request. The scorer's gets (text, sample)."""

    score: Callable[[str, int], str] = lambda text, sample: "yes"
    propose: Callable[[str, int], str] = lambda text, sample: "<INS>Say the word.\n\nInput: {{ input }}</INS>"
    judge: Callable[[str], str] = lambda text: '{"score": 1}'
    name: str = "scripted-1"
    asked: list[Request] = field(default_factory=list)

    def connect(self, spec: ModelSpec) -> ScriptedModel:
        return self

    async def send(self, request: Request) -> Reply:
        self.asked.append(request)
        text = "\n".join(m.content for m in request.messages)
        if request.role == "judge":
            said = self.judge(text)
        else:
            said = (self.score if request.role == "scorer" else self.propose)(text, request.sample)
        return Reply(texts=(said,), usage=Usage(len(text) // 4, 1), model=self.name, attempts=1)

    async def close(self) -> None:
        """Hold nothing."""

    def calls(self, role: str) -> int:
        return sum(r.role == role for r in self.asked)


# Random numbers are drawn from the commit: one that is made at the same time is the same, and so is what it decides.
DATED = {"GIT_AUTHOR_DATE": "2026-01-15T12:00:00Z", "GIT_COMMITTER_DATE": "2026-01-15T12:00:00Z"}


@dataclass
class Repo:
    """A clone with one prompt, a bare `origin` beside it, and a scripted model."""

    path: Path
    model: ScriptedModel

    def git(self, *args: str) -> str:
        command = ["git", "-C", str(self.path), "-c", "user.name=Dana", "-c", "user.email=dana@example.com", *args]
        return subprocess.run(command, check=True, capture_output=True, text=True, env={**DATED, **os.environ}).stdout

    def write(self, name: str, text: str) -> None:
        place = self.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def commit(self, message: str, *, push: bool = False) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        if push:
            self.git("push", "--quiet", "origin", "HEAD")
        return self.git("rev-parse", "HEAD").strip()

    def options(self, **changes: object) -> Options:
        return Options(config=self.path / "promptci.yaml", connect=self.model.connect, quiet=True, **changes)  # type: ignore[arg-type]  # the names are Options' own

    def remote(self, *args: str) -> str:
        command = ["git", "-C", str(self.path.parent / "origin.git"), *args]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def cases(count: int, expected: Callable[[int], str] = lambda n: "yes") -> str:
    """An eval set whose inputs are the numbers from 0."""
    rows = ({"id": f"c{n:04}", "input": f"number {n}", "expected": expected(n)} for n in range(count))
    return "".join(json.dumps(row) + "\n" for row in rows)


def reasons_of(prompt: PromptReport) -> list[str]:
    """What a report says of a prompt, as people read it."""
    return [str(reason) for reason in prompt.reasons]


CONFIG = """\
version: 1
models: {scorer: {model: scripted, base_url: "http://127.0.0.1:9/v1"}}
budget: {max_calls: 20000}
prompts:
  - {id: say, file: prompts/say.md, cases: evals/say.jsonl}
search: {strategy: mix, steps: 4, per_step: 4, patience: 3}
"""


def small_project(place: Path, count: int) -> Project:
    """Make a small repository at `place` with so many cases, to be read only; return its project."""
    subprocess.run(["git", "init", "-q", str(place)], check=True)
    for name, text in (("promptci.yaml", CONFIG), ("prompts/say.md", START + "\n"), ("evals/say.jsonl", cases(count))):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text)
    return locate(place / "promptci.yaml", place)


@pytest.fixture(scope="session")
def _begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of `repo` with its remote, made once and copied for every test: a tenth of the time."""
    home = tmp_path_factory.mktemp("begun")
    found = Repo(home / "clone", ScriptedModel())
    found.path.mkdir()
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(home / "origin.git")], check=True)
    found.git("init", "-q", "-b", "main")
    found.git("remote", "add", "origin", "../origin.git")
    found.write("README.md", "a repository\n")
    found.commit("Begin")
    found.write("promptci.yaml", CONFIG)
    found.write("prompts/say.md", START + "\n")
    found.write("evals/say.jsonl", cases(240))
    found.commit("Add a prompt", push=True)
    return home


@pytest.fixture
def repo(tmp_path: Path, _begun: Path) -> Repo:
    """A pushed repository with the prompt `say` and 240 cases; the first commit has the README alone."""
    shutil.copytree(_begun, tmp_path, dirs_exist_ok=True)
    return Repo(tmp_path / "clone", ScriptedModel())


def text_of(messages: Sequence[Message]) -> str:
    """All of a request's text."""
    return "\n".join(m.content for m in messages)
