"""A search that is killed anywhere, up to its pull request, is carried out by the next run; nothing is paid twice."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from promptci.commands.optimize import optimize
from promptci.models.base import Reply, Request
from promptci.report.base import Report
from tests.commands.test_optimize import BETTER, grading, proposing
from tests.conftest import CONFIG, Repo, ScriptedModel, cases

IN_FLIGHT = 16  # calls that may be on their way when a run is killed: the default concurrency
KILLS = int(os.environ.get("KILLS", "30"))


@dataclass
class Dying(ScriptedModel):
    """Notes every request that is paid for in a file, and every moment at which the run may be killed."""

    log: Path = Path()
    moments: list[str] = field(default_factory=list)
    last: int | None = None

    async def send(self, request: Request) -> Reply:
        paid = hash((request.role, request.sample, tuple(m.content for m in request.messages)))
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"{paid}\n")
        self.moment("call")
        return await ScriptedModel.send(self, request)

    def moment(self, kind: str) -> None:
        self.moments.append(kind)
        if self.last is not None and len(self.moments) > self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every git process and every file that takes its place is such a moment, too, before and after."""

        def noting(kind: str, real: Callable[..., Any]) -> Callable[..., Any]:
            def noted(*args: Any, **kwargs: Any) -> Any:
                self.moment(f"before {kind}")
                found = real(*args, **kwargs)
                self.moment(f"after {kind}")
                return found

            return noted

        monkeypatch.setattr(subprocess.Popen, "__init__", noting("git", subprocess.Popen.__init__))
        monkeypatch.setattr(Path, "replace", noting("file", Path.replace))


PROPOSALS = {"mix": proposing(BETTER), "edits": lambda text, sample: "ADD: Say it with care.\nADD: Say it in time."}


def small(repo: Repo, log: Path, strategy: str = "mix") -> Repo:
    """The fixture's repository with 100 cases and a short search, that better words win."""
    model = Dying(score=grading("with care", 0.95, 0.5), propose=PROPOSALS[strategy], log=log)
    repo.model = model
    repo.write("evals/say.jsonl", cases(100))
    short = CONFIG.replace("steps: 4, per_step: 4", "steps: 2, per_step: 3")
    repo.write("promptci.yaml", short.replace("strategy: mix", f"strategy: {strategy}"))
    repo.commit("A small search", push=True)
    return repo


def copied(repo: Repo, place: Path) -> Repo:
    """The same repository and its remote elsewhere: the same commits, nothing stored yet."""
    for name in ("clone", "origin.git"):
        shutil.copytree(repo.path.parent / name, place / name)
    model = repo.model
    assert isinstance(model, Dying)
    copy = Repo(place / "clone", Dying(score=model.score, propose=model.propose, log=place / "paid"))
    copy.git("remote", "set-url", "origin", str(place / "origin.git"))
    return copy


def killed(repo: Repo, monkeypatch: pytest.MonkeyPatch, last: int) -> bool:
    """Run the search in a process of its own that kills itself after `last` moments; False if it ended before."""
    child = os.fork()
    if child == 0:
        try:
            model = repo.model
            assert isinstance(model, Dying)
            model.last = last
            model.watch(monkeypatch)
            optimize(repo.options(), mode="pr")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def moments_of(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    model = repo.model
    assert isinstance(model, Dying)
    with monkeypatch.context() as patched:
        model.watch(patched)
        optimize(repo.options(), mode="pr")
    return list(model.moments)


def proposed(report: Report) -> int | None:
    (prompt,) = report.prompts
    assert prompt.search is not None
    assert prompt.search.outcome == "improved"
    return prompt.search.pull_request.number


def paid_twice(repo: Repo) -> int:
    model = repo.model
    assert isinstance(model, Dying)
    return sum(count - 1 for count in Counter(model.log.read_text().split()).values())


def lines(repo: Repo) -> int:
    model = repo.model
    assert isinstance(model, Dying)
    return len(model.log.read_text().split())


@pytest.mark.fault
@pytest.mark.parametrize("strategy", PROPOSALS)
@pytest.mark.parametrize("way", ["resume", "again"])
def test_a_search_killed_anywhere_ends_in_one_pull_request(
    way: str, strategy: str, repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = small(repo, tmp_path / "paid", strategy)
    moments = moments_of(copied(start, tmp_path / "whole"), monkeypatch)
    late = [at for at, kind in enumerate(moments) if kind != "call" and at > len(moments) // 2]
    rng = random.Random(way)
    died = 0
    for kill in range(KILLS):
        at = rng.choice(late) if kill % 2 else rng.randrange(3, len(moments))
        here = copied(start, tmp_path / f"{kill:03}")
        died += killed(here, monkeypatch, at)
        runs = sorted((here.path / ".promptci/runs").glob("2*"))
        left = way == "resume" and any((run / "search-say.jsonl").exists() for run in runs)
        here.model.asked.clear()
        again = {"resume": runs[-1].name} if left and not finished(runs[-1]) else {}
        assert proposed(optimize(here.options(**again), mode="pr")) == 1, (at, moments[at])
        assert paid_twice(here) <= IN_FLIGHT, (at, moments[at])
        before = lines(here)
        assert proposed(optimize(here.options(), mode="pr")) == 1
        assert lines(here) == before, (at, moments[at])
        shutil.rmtree(here.path.parent)
    assert died > KILLS / 2  # the calls of two runs differ by a few, so the last moments may not come


def finished(run: Path) -> bool:
    return '"outcome": "improved"' in (run / "intention-say.json").read_text()


def test_a_kill_between_the_report_and_the_pull_request_costs_nothing(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = small(repo, tmp_path / "paid")
    moments = moments_of(copied(start, tmp_path / "whole"), monkeypatch)
    here = copied(start, tmp_path / "here")
    assert killed(here, monkeypatch, len(moments) - 12)
    (run,) = (here.path / ".promptci/runs").glob("2*")
    assert (run / "report.json").exists()
    before = lines(here)
    assert proposed(optimize(here.options(resume=run.name), mode="pr")) == 1
    here.git("commit", "--quiet", "--allow-empty", "--message", "Something else")
    here.git("push", "--quiet", "origin", "HEAD")
    assert proposed(optimize(here.options(), mode="pr")) == 1
    assert lines(here) == before
    assert here.remote("merge-base", "main", "promptci/main/say") == here.git("rev-parse", "HEAD")
