"""Every event, on GitHub and on GitLab: what it leads to, and the one line that says so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from promptci.commands.ci import ci
from promptci.commands.events import event_of
from promptci.errors import ConfigError, DataError, UsageError
from promptci.forge.base import Access, Change
from promptci.forge.local import LocalForge
from promptci.gitrepo import BOT
from promptci.models.base import Failure, Reply, Request
from promptci.report.base import Report
from tests.commands.test_ci import WORSE, assigned, event
from tests.commands.test_optimize import BETTER, grading, proposing
from tests.conftest import Repo, reasons_of


@dataclass
class Runs:
    """`promptci ci` in the clone; keeps what it printed."""

    repo: Repo
    monkeypatch: pytest.MonkeyPatch
    environ: dict[str, str]
    said: list[str]

    def __call__(self, name: str, payload: dict[str, object] | None = None, **more: str) -> Report:
        self.said.clear()
        self.environ = {**event(self.repo, name, payload or {}, self.monkeypatch), **more}
        return ci(self.repo.options(), self.environ, self.said.append)

    @property
    def line(self) -> str:
        return self.said[-1]

    @property
    def summary(self) -> str:
        return Path(self.environ["GITHUB_STEP_SUMMARY"]).read_text()


@pytest.fixture
def run(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Runs:
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    return Runs(repo, monkeypatch, {}, [])


def change(repo: Repo, home: str = "o/r") -> dict[str, object]:
    """A branch that makes the prompt worse, and the payload of its pull request."""
    base = repo.git("rev-parse", "main").strip()
    repo.git("switch", "--quiet", "-c", "change")
    repo.write("prompts/say.md", WORSE)
    head = repo.commit("Shorten")
    repo.model.score = grading("the word", 0.9, 0.2)
    pull = {"number": 1, "base": {"sha": base}, "head": {"sha": head, "repo": {"full_name": home}}}
    return {"repository": {"default_branch": "main", "full_name": "o/r"}, "pull_request": pull}


def test_a_schedule_checks_every_prompt_and_improves_what_is_below_its_target(run: Runs) -> None:
    report = run("schedule")
    assert report.prompts[0].search is not None
    assert report.prompts[0].why == ("all prompts were asked for",)
    assert assigned(run.environ)["pull-request-operation"] == "created"
    assert run.line == "promptci ci: schedule: checked 1 of 1 prompt; searched for a better version of say."


def test_a_merge_queue_is_gated_as_its_pull_requests_are(run: Runs) -> None:
    payload = change(run.repo)
    base = run.repo.git("rev-parse", "main").strip()
    report = run("merge_group", {"repository": payload["repository"], "merge_group": {"base_sha": base}})
    assert report.verdict == "fail"
    assert "checked 1 of 1 prompt that changed since" in run.line


def test_a_start_by_hand_does_what_its_inputs_say(run: Runs) -> None:
    report = run("workflow_dispatch", {"inputs": {"command": "optimize", "prompts": "say", "dry-run": "true"}})
    search = report.prompts[0].search
    assert search is not None
    assert (search.outcome, search.pull_request.operation) == ("improved", "none")
    assert run.line.endswith("searched for a better version of say, as asked by hand.")


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        pytest.param({"command": "check"}, "checked 1 of 1 prompt, as asked by hand", id="check"),
        pytest.param({"command": "ci", "prompts": "say"}, "checked 1 of 1 prompt; searched", id="ci"),
        pytest.param({}, "checked 1 of 1 prompt; searched", id="no-input"),
    ],
)
def test_a_start_by_hand_may_leave_inputs_out(inputs: dict[str, str], said: str, run: Runs) -> None:
    run("workflow_dispatch", {"inputs": inputs})
    assert said in run.line


@pytest.mark.parametrize(
    "inputs",
    [{"command": "rm -rf"}, {"command": "optimize", "strategy": "none"}, {"command": "check", "prompts": "nobody"}],
    ids=["command", "strategy", "prompt"],
)
def test_an_input_that_means_nothing_is_refused(inputs: dict[str, str], run: Runs) -> None:
    with pytest.raises((UsageError, ConfigError)):
        run("workflow_dispatch", {"inputs": inputs})
    assert run.repo.model.asked == []


def comment(body: str, kind: str = "User") -> dict[str, object]:
    said = {"body": body, "user": {"login": "dana", "type": kind}}
    return {"action": "created", "issue": {"number": 7}, "comment": said}


def test_a_comment_by_somebody_with_write_access_starts_a_search(run: Runs) -> None:
    report = run("issue_comment", comment("/promptci optimize say\nplease"))
    assert report.prompts[0].search is not None
    assert run.line.endswith("searched for a better version of say, as asked by dana.")


@pytest.mark.parametrize(
    ("body", "kind", "access", "why"),
    [
        pytest.param("/promptci optimize say", "User", "read", "dana has no write access", id="reader"),
        pytest.param("/promptci optimize say", "User", "unknown", "dana has no write access", id="unknown"),
        pytest.param("/promptci optimize say", "Bot", "write", "by a bot", id="bot"),
        pytest.param("nice work", "User", "write", "no command of ours", id="other-words"),
        pytest.param("I said /promptci optimize", "User", "write", "no command of ours", id="quoted"),
        pytest.param("/promptci deploy", "User", "write", "'deploy' cannot be asked for", id="other-command"),
        pytest.param("/promptci optimize nobody", "User", "write", "nobody", id="unknown-prompt"),
    ],
)
def test_other_comments_spend_nothing(
    body: str, kind: str, access: Access, why: str, run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalForge, "access", lambda self, user: access)
    report = run("issue_comment", comment(body, kind))
    assert (report.prompts, run.repo.model.asked) == ((), [])
    assert run.line.startswith("promptci ci: issue_comment: nothing to do: ")
    assert why in run.line
    assert assigned(run.environ)["report-path"] == ""


def no_key(run: Runs) -> None:
    async def send(request: Request) -> Reply:
        return Reply(failure=Failure("credentials", "OPENAI_API_KEY is not set", unsent=True), attempts=0)

    run.repo.model.send = send  # type: ignore[method-assign]  # a fork's run has no key


def test_a_fork_s_pull_request_without_a_key_is_not_scored_and_not_failed(run: Runs) -> None:
    payload = change(run.repo, "stranger/r")
    no_key(run)
    report = run("pull_request", payload)
    assert (report.verdict, report.calls) == ("inconclusive", 0)
    assert "Not scored: no key here. OPENAI_API_KEY" in reasons_of(report.prompts[0])[0]
    assert "not scored: no key here" in run.line
    assert "not scored" in run.summary


def test_a_fork_s_pull_request_can_be_made_to_fail(run: Runs) -> None:
    payload = change(run.repo, "stranger/r")
    no_key(run)
    assert run("pull_request", payload, PROMPTCI_FORK="fail").verdict == "unmeasured"


def test_a_missing_key_at_home_is_no_excuse(run: Runs) -> None:
    payload = change(run.repo, "O/R")
    no_key(run)
    assert run("pull_request", payload).verdict == "unmeasured"


def test_a_fork_s_pull_request_is_judged_by_stored_answers(run: Runs) -> None:
    payload = {**change(run.repo), "sender": {"login": "dependabot[bot]"}}
    run.repo.model.score = lambda text, sample: "yes"
    assert run("pull_request", payload).verdict == "pass"
    no_key(run)
    report = run("pull_request", payload)
    assert (report.verdict, report.calls) == ("pass", 0)


def test_a_push_to_our_own_branch_starts_nothing(run: Runs) -> None:
    run.repo.git("switch", "--quiet", "-c", "promptci/main/say")
    report = run("push", {"before": "0" * 40})
    assert (report.prompts, run.repo.model.asked) == ((), [])
    assert run.line == (
        "promptci ci: push: nothing to do: promptci/main/say is a branch of ours; its pull request is checked."
    )


def test_our_own_commit_starts_no_search(run: Runs) -> None:
    before = run.repo.git("rev-parse", "HEAD").strip()
    run.repo.write("prompts/say.md", WORSE)
    run.repo.git("add", "--all")
    run.repo.git("commit", "--quiet", "--message", "Ours", f"--author={BOT.name} <{BOT.email}>")
    run.repo.git("push", "--quiet", "origin", "HEAD")
    run("push", {"before": before})
    assert run.repo.model.calls("optimizer") == 0
    assert run.line.endswith("no search: the push brings a commit of ours.")


def opened(repo: Repo) -> Path:
    """Open pull request 1 for the branch `change`; return where what is said on it lies."""
    pulls = repo.path.parent / "origin.pulls"
    LocalForge(pulls).propose(Change("change", "main", "Shorten", "It is shorter."))
    return pulls / "0001"


def test_an_old_red_comment_is_rewritten_once_the_run_passes(run: Runs) -> None:
    payload = change(run.repo)
    note = opened(run.repo) / "comments/promptci.md"
    assert run("pull_request", payload, PROMPTCI_COMMENT="failures").verdict == "fail"
    assert "FAIL" in note.read_text().upper()
    red = note.read_text()
    run.repo.git("revert", "--no-edit", "HEAD")
    assert run("pull_request", payload, PROMPTCI_COMMENT="failures").verdict == "pass"
    assert note.read_text() != red


def test_a_run_that_passes_writes_no_comment_where_failures_are_wanted(run: Runs) -> None:
    payload = change(run.repo)
    place = opened(run.repo)
    run.repo.git("reset", "--quiet", "--hard", "main")
    run("pull_request", payload, PROMPTCI_COMMENT="failures")
    assert not (place / "comments").exists()
    assert "nothing to measure: no prompt changed since" in run.line


GITLAB = {"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main", "CI_MERGE_REQUEST_PROJECT_PATH": "o/r"}


def test_a_merge_request_on_gitlab_is_gated(run: Runs) -> None:
    change(run.repo)
    target = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_IID": "7"}
    run.monkeypatch.chdir(run.repo.path)
    environ = {**GITLAB, **target, "CI_PIPELINE_SOURCE": "merge_request_event"}
    run.repo.git("fetch", "--quiet", "origin")
    report = ci(run.repo.options(), environ, run.said.append)
    assert report.verdict == "fail"
    assert run.line.startswith("promptci ci: pull_request: checked 1 of 1")
    assert not any(line.startswith("::") for line in run.said)


def test_a_push_on_gitlab_improves_the_default_branch(run: Runs) -> None:
    before = run.repo.git("rev-parse", "HEAD^").strip()
    environ = {**GITLAB, "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": before}
    run.monkeypatch.chdir(run.repo.path)
    report = ci(run.repo.options(), environ, run.said.append)
    assert report.prompts[0].search is not None
    assert report.prompts[0].search.pull_request.operation == "created"


@pytest.mark.parametrize("content", ["", "[]", "{", '"text"', "[" * 100_000])
def test_a_damaged_event_is_said_to_be_one(content: str, tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text(content)
    with pytest.raises(DataError, match="the event cannot be read"):
        event_of({"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(tmp_path / "event.json")})


@pytest.mark.parametrize("name", ["push", "pull_request", "merge_group", "schedule", "workflow_dispatch"])
def test_a_payload_of_another_form_is_no_crash(name: str, run: Runs) -> None:
    odd = json.loads('{"pull_request": [1], "merge_group": "x", "before": 3, "inputs": [2], "repository": null}')
    try:
        run(name, odd)
    except DataError as problem:
        assert "the event has no" in str(problem)  # noqa: PT017 - some names need what is not there
