"""A fork's pull request starts no code of the repository, with a key or without one."""

from __future__ import annotations

import pytest

from promptci.commands.check import check
from promptci.commands.ci import ci
from promptci.commands.shard import shard
from promptci.records.shard import Shard
from promptci.report.base import Report
from tests.commands.test_ci import event
from tests.conftest import CONFIG, START, Repo

ENTRY = "{id: say, file: prompts/say.md, cases: evals/say.jsonl}"
PLAIN = "{id: plain, file: prompts/plain.md, cases: evals/say.jsonl}"
CODE = {
    "metric": ENTRY.replace("}", ", metric: {name: python, file: 'checks.py:grade'}}"),
    "program": "{id: say, run: [python3, app.py], files: [prompts/say.md], cases: evals/say.jsonl}",
}
SPY = "import pathlib\npathlib.Path({place!r}).touch()\n\n\ndef grade(output, case):\n    return 1\n"


def of_a_fork(
    code: str, repo: Repo, monkeypatch: pytest.MonkeyPatch, *, home: str = "evil/r", fork: str = "pass", gate: str = ""
) -> Report:
    """Main has code; the change is to both prompts, and to the gate of the one with code."""
    repo.write("promptci.yaml", CONFIG.replace(ENTRY, f"{CODE[code]}\n  - {PLAIN}"))
    for name in ("checks.py", "app.py"):
        repo.write(name, SPY.format(place=str(repo.path.parent / "started")))
    repo.write("prompts/plain.md", START + "\n")
    repo.commit("Grade by code", push=True)
    base = repo.git("rev-parse", "HEAD").strip()
    repo.git("switch", "--quiet", "-c", "theirs")
    for name in ("plain", "say"):
        repo.write(f"prompts/{name}.md", START.replace("Say", "Tell me") + "\n")
    repo.write("promptci.yaml", CONFIG.replace(ENTRY, f"{CODE[code].replace('}', gate + '}', 1)}\n  - {PLAIN}"))
    tip = repo.commit("Reword")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    payload = {
        "repository": {"default_branch": "main", "full_name": "o/r"},
        "pull_request": {"base": {"sha": base}, "head": {"sha": tip, "repo": {"full_name": home}}},
    }
    environ = {**event(repo, "pull_request", payload, monkeypatch), "OPENAI_API_KEY": "k", "PROMPTCI_FORK": fork}
    return ci(repo.options(), environ, lambda _: None)


@pytest.mark.parametrize("code", CODE)
def test_what_would_run_code_is_not_scored_and_the_rest_is(
    code: str, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = of_a_fork(code, repo, monkeypatch)
    found = {p.id: p for p in report.prompts}
    assert (found["plain"].verdict, found["say"].verdict) == ("pass", "inconclusive")
    assert "code_off" in {r.kind for r in found["say"].reasons}
    assert not (repo.path.parent / "started").exists()


def test_it_fails_where_that_is_asked_for(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_a_fork("metric", repo, monkeypatch, fork="fail").verdict == "unmeasured"


def test_people_with_write_access_have_it_run(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    report = of_a_fork("metric", repo, monkeypatch, home="o/r")
    assert all(r.kind != "code_off" for p in report.prompts for r in p.reasons)


def test_what_else_it_edits_is_told_of_a_prompt_that_was_not_started(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = of_a_fork("program", repo, monkeypatch, gate=", gate: {max_drop: 0.9}")
    (say,) = (p for p in report.prompts if p.id == "say")
    assert "gate.max_drop" in " ".join(r.text for r in say.reasons)


@pytest.mark.parametrize("code", CODE)
@pytest.mark.parametrize("fork", ["mallory", ""], ids=["fork", "here"])
def test_a_check_outside_of_the_action_starts_no_stranger_s_code_either(
    code: str, fork: str, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = repo.path.parent / "started"
    repo.write("promptci.yaml", CONFIG.replace(ENTRY, CODE[code]))
    for name in ("checks.py", "app.py"):
        repo.write(name, SPY.format(place=str(started)))
    repo.commit("Grade by code", push=True)
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    repo.commit("Reword")
    for name, value in (("JENKINS_URL", "https://jenkins.example"), ("CHANGE_TARGET", "main"), ("CHANGE_FORK", fork)):
        monkeypatch.setenv(name, value)
    (say,) = check(repo.options()).prompts
    assert ("code_off" in {r.kind for r in say.reasons}) is bool(fork)
    asked = shard(repo.options(), Shard(1, 2)).asked
    assert (asked.questions == 0) is bool(fork)
    assert not (fork and started.exists())
