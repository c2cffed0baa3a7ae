"""The steps of the Action with the real tool behind them, on a repository with a remote: every event, its outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Repo, ScriptedModel

from .runner import Runner
from .test_action import OUTPUTS, PYTHON

GOOD = "Is the sentiment of the sentence positive or negative? Answer with one word: {{ text }}\n"
WORSE = "Say something about it: {{ text }}\n"
CONFIG = """\
version: 1
models: {scorer: {model: offline}}
budget: {max_calls: 400}
prompts: [{file: prompts/mood.md, cases: evals/mood.jsonl, metric: exact}]
"""


def row(n: int) -> str:
    return json.dumps({"id": f"c{n}", "text": f"A wonderful film, the best of {n}.", "expected": "positive"}) + "\n"


@pytest.fixture
def mood(tmp_path: Path) -> Repo:
    """A pushed repository for the offline model, in a runner's workspace."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "origin.git")], check=True)
    (tmp_path / "workspace").mkdir()
    repo = Repo(tmp_path / "workspace", ScriptedModel())
    repo.git("init", "-q", "-b", "main")
    repo.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    repo.write("promptci.yaml", CONFIG)
    repo.write("prompts/mood.md", GOOD)
    repo.write("evals/mood.jsonl", "".join(map(row, range(40))))
    repo.commit("First", push=True)
    return repo


def ran(repo: Repo, name: str, payload: dict[str, object], **inputs: str) -> tuple[Runner, dict[str, str]]:
    """Run the action for an event, with the promptci of this environment in the place of an installed one."""
    top = repo.path.parent
    temp, bin_ = top / "temp", top / "bin"
    for folder in (temp, bin_):
        folder.mkdir()
    (temp / "promptci.stub").write_text(f'#!/bin/sh\nexec {Path(sys.executable).with_name("promptci")} "$@"\n')
    (bin_ / "python3").write_text(PYTHON)
    for path in (temp / "promptci.stub", bin_ / "python3"):
        path.chmod(0o755)
    place = top / "event.json"
    place.write_text(json.dumps({"repository": {"default_branch": "main", "full_name": "o/r"}, **payload}))
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(place),
        "GITHUB_REF_NAME": repo.git("rev-parse", "--abbrev-ref", "HEAD").strip(),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "HOME": str(top),
    }
    runner = Runner(temp, repo.path, f"{bin_}:{os.environ['PATH']}", github=github)
    return runner, runner.run({"token": "", **inputs})


def shortened(repo: Repo) -> tuple[str, str]:
    """A branch with a worse prompt; returns the base's commit and its own."""
    base = repo.git("rev-parse", "HEAD").strip()
    repo.git("switch", "--quiet", "-c", "shorter")
    repo.write("prompts/mood.md", WORSE)
    return base, repo.commit("Shorten")


def measured(runner: Runner, outputs: dict[str, str]) -> None:
    assert set(outputs) == set(OUTPUTS)
    assert int(outputs["calls"]) + int(outputs["cache-hits"]) > 0, runner.log
    assert json.loads(Path(outputs["report-path"]).read_text())["verdict"] == outputs["verdict"]
    assert (runner.temp / "GITHUB_STEP_SUMMARY").read_text().strip()


def request(base: str, head: str, home: str = "o/r", **more: object) -> dict[str, object]:
    pull = {
        "number": 1,
        "base": {"sha": base, "ref": "main"},
        "head": {"sha": head, "ref": "shorter", "repo": {"full_name": home}},
    }
    return {"pull_request": pull, **more}


@pytest.mark.parametrize("event", ["pull_request", "merge_group", "command: check"])
def test_a_worse_prompt_fails_the_step_and_fills_its_outputs(event: str, mood: Repo) -> None:
    base, head = shortened(mood)
    if event == "merge_group":
        runner, outputs = ran(mood, event, {"merge_group": {"base_sha": base}})
    else:
        command = "check" if event == "command: check" else "ci"
        runner, outputs = ran(mood, "pull_request", request(base, head), command=command)
    measured(runner, outputs)
    assert (runner.code, outputs["verdict"]) == (1, "fail"), runner.log
    assert float(outputs["delta"]) < 0 < float(outputs["baseline-score"])
    assert outputs["pull-request-operation"] == "none"
    assert "::error file=prompts/mood.md" in runner.log


@pytest.mark.parametrize("command", ["ci", "check"])
def test_a_fork_without_a_key_is_not_scored_and_passes(command: str, mood: Repo) -> None:
    mood.write("promptci.yaml", CONFIG.replace("offline", 'm, base_url: "http://127.0.0.1:9/v1"'))
    mood.commit("Ask a server", push=True)
    base, head = shortened(mood)
    runner, outputs = ran(mood, "pull_request", request(base, head, "evil/r"), command=command)
    assert (runner.code, outputs["verdict"], outputs["calls"]) == (0, "inconclusive", "0"), runner.log
    assert "not scored: no key here" in runner.log


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("push", {}),
        ("schedule", {}),
        ("workflow_dispatch", {"inputs": {"command": "check", "base": "HEAD"}}),
    ],
    ids=["push", "schedule", "by-hand"],
)  # fmt: skip
def test_on_the_default_branch_it_measures_and_says_so(name: str, payload: dict[str, object], mood: Repo) -> None:
    before = mood.git("rev-parse", "HEAD").strip()
    mood.write("evals/mood.jsonl", "".join(map(row, range(41))))
    mood.commit("One more case", push=True)
    runner, outputs = ran(mood, name, {"before": before, **payload})
    measured(runner, outputs)
    assert (runner.code, outputs["verdict"]) == (0, "pass"), runner.log
    assert 0 <= float(outputs["score"]) <= 1
    assert f"promptci ci: {name}: checked 1 of 1 prompt" in runner.log


def test_a_comment_of_nobody_in_particular_spends_nothing(mood: Repo) -> None:
    comment = {"body": "/promptci optimize mood", "user": {"login": "", "type": "User"}}
    runner, outputs = ran(mood, "issue_comment", {"action": "created", "issue": {"number": 1}, "comment": comment})
    assert (runner.code, outputs["calls"], outputs["report-path"]) == (0, "0", ""), runner.log
    assert "has no write access here" in runner.log


def test_an_event_that_is_not_known_is_an_error(mood: Repo) -> None:
    runner, outputs = ran(mood, "pull_request_target", {})
    assert (runner.code, outputs["verdict"]) == (2, "")
    assert "use `pull_request`" in runner.log
