"""What is compared with, and how that was chosen: every rule, every CI service, and never a guess."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from promptci.errors import GitError
from promptci.gitrepo.ciservices import told

from .repos import Sandbox


@pytest.fixture
def feature(pushed: Sandbox) -> tuple[Sandbox, str]:
    """A branch with two commits of its own; main went on meanwhile. Returns where it left main, too."""
    pushed.git("checkout", "-q", "-b", "feature")
    left = pushed.git("rev-parse", "HEAD")
    pushed.commit("Mine")
    pushed.git("checkout", "-q", "main")
    pushed.commit("Theirs", other_DOT_md=b"1")
    pushed.git("push", "-q", "origin", "main")
    pushed.git("checkout", "-q", "feature")
    pushed.commit("Mine too")
    return pushed, left


TARGETS = {
    "GitHub Actions": {"GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "main"},
    "GitLab CI": {"GITLAB_CI": "true", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"},
    "Jenkins": {"JENKINS_URL": "http://x", "CHANGE_TARGET": "main", "BRANCH_NAME": "PR-1"},
    "Buildkite": {"BUILDKITE": "true", "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main"},
    "Azure Pipelines": {"TF_BUILD": "True", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"},
}


@pytest.mark.parametrize("service", TARGETS)
@pytest.mark.parametrize("detached", [False, True], ids=["branch", "detached"])
def test_the_target_of_a_merge_request(feature: tuple[Sandbox, str], service: str, detached: bool) -> None:
    repo, left = feature
    if detached:
        repo.git("checkout", "-q", "--detach")
    base = repo.opened.base(None, TARGETS[service])
    assert (base.commit, base.rule, base.name) == (left, "target", "main")
    assert base.how == f"where this change left `main`, the target that {service} names"


@pytest.mark.parametrize(
    ("said", "fork"),
    [
        ({**TARGETS["GitLab CI"], "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "1"}, True),
        (
            {**TARGETS["GitLab CI"], "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1", "CI_MERGE_REQUEST_PROJECT_ID": "1"},
            False,
        ),
        ({**TARGETS["Jenkins"], "CHANGE_FORK": "mallory"}, True),
        (TARGETS["Jenkins"], False),
        (
            {
                **TARGETS["Buildkite"],
                "BUILDKITE_REPO": "git@github.com:o/r.git",
                "BUILDKITE_PULL_REQUEST_REPO": "https://github.com/mallory/r.git",
            },
            True,
        ),
        (
            {
                **TARGETS["Buildkite"],
                "BUILDKITE_REPO": "git@github.com:o/r.git",
                "BUILDKITE_PULL_REQUEST_REPO": "git://github.com/O/r.git",
            },
            False,
        ),
        ({**TARGETS["Azure Pipelines"], "SYSTEM_PULLREQUEST_ISFORK": "True"}, True),
        ({**TARGETS["Azure Pipelines"], "SYSTEM_PULLREQUEST_ISFORK": "False"}, False),
        ({"CIRCLECI": "true", "CIRCLE_BRANCH": "pull/7", "CIRCLE_PR_REPONAME": "r"}, True),
        ({"CIRCLECI": "true", "CIRCLE_BRANCH": "feature"}, False),
    ],
)
def test_a_merge_request_of_a_fork_is_a_stranger_s(
    feature: tuple[Sandbox, str], said: dict[str, str], fork: bool
) -> None:
    for base in (feature[0].opened.base(None, said), feature[0].opened.base("HEAD~1", said)):
        assert base.of_fork is fork
        assert base.guards or not fork


@pytest.mark.parametrize(
    ("head", "fork"),
    [
        ({"repo": {"full_name": "mallory/r"}}, True),
        ({"repo": None}, True),
        ({"repo": {"full_name": "O/R"}}, False),
        (None, False),
    ],
    ids=["elsewhere", "gone", "here", "unsaid"],
)
def test_github_s_event_says_whose_branch_it_is(
    feature: tuple[Sandbox, str], tmp_path: Path, head: object, fork: bool
) -> None:
    asked = {"base": {"ref": "main"}, **({} if head is None else {"head": head})}
    place = tmp_path / "event.json"
    place.write_text(json.dumps({"repository": {"full_name": "o/r"}, "pull_request": asked}))
    environ = {**TARGETS["GitHub Actions"], "GITHUB_EVENT_PATH": str(place)}
    assert feature[0].opened.base(None, environ).of_fork is fork


@pytest.mark.parametrize("service", TARGETS)
@pytest.mark.parametrize("name", ["gone", "-x", "--help", "a..b", "x\ny"])
def test_a_target_that_is_not_here_is_an_error_that_names_it(
    feature: tuple[Sandbox, str], service: str, name: str
) -> None:
    environ = {key: value.replace("main", name) for key, value in TARGETS[service].items()}
    with pytest.raises(GitError, match="not in this clone") as caught:
        feature[0].opened.base(None, environ)
    assert "--base" in str(caught.value.hint)


def test_a_target_in_a_shallow_clone_names_the_mend(feature: tuple[Sandbox, str], tmp_path: Path) -> None:
    told = ["git", "clone", "-q", "--depth=1", "-b", "feature", f"file://{feature[0].path}", str(tmp_path / "shallow")]
    subprocess.run(told, check=True)
    shallow = Sandbox(tmp_path / "shallow").opened
    for environ in ({}, *TARGETS.values()):
        with pytest.raises(GitError, match="fetch-depth: 0"):
            shallow.base(None, environ)


def github(tmp_path: Path, event: str, payload: object, **more: str) -> dict[str, str]:
    (tmp_path / "event.json").write_text(payload if isinstance(payload, str) else json.dumps(payload))
    return {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(tmp_path / "event.json"), **more,
    }  # fmt: skip


def test_the_base_of_a_pull_request_that_has_no_branch_here(feature: tuple[Sandbox, str], tmp_path: Path) -> None:
    repo, left = feature
    tip = repo.git("rev-parse", "origin/main")
    repo.git("update-ref", "-d", "refs/remotes/origin/main")
    repo.git("branch", "-q", "-D", "main")
    payload = {"pull_request": {"base": {"ref": "main", "sha": tip}}}
    assert repo.opened.base(None, github(tmp_path, "pull_request", payload)).commit == left


def test_a_merge_queue_is_compared_with_its_target(feature: tuple[Sandbox, str], tmp_path: Path) -> None:
    repo, left = feature
    payload = {"merge_group": {"base_ref": "refs/heads/main", "base_sha": left}}
    assert repo.opened.base(None, github(tmp_path, "merge_group", payload)).commit == left


PUSHES = ["github", "gitlab", "jenkins"]


def push_of(service: str, tmp_path: Path, before: str, branch: str) -> dict[str, str]:
    if service == "github":
        payload = {"before": before, "repository": {"default_branch": "main"}}
        return github(tmp_path, "push", payload, GITHUB_REF_NAME=branch)
    if service == "gitlab":
        told = {"CI_COMMIT_BRANCH": branch, "CI_COMMIT_BEFORE_SHA": before, "CI_DEFAULT_BRANCH": "main"}
        return {"GITLAB_CI": "true", **told}
    return {"JENKINS_URL": "x", "BRANCH_NAME": branch, "GIT_PREVIOUS_SUCCESSFUL_COMMIT": before}


@pytest.mark.parametrize("service", PUSHES)
@pytest.mark.parametrize("detached", [False, True], ids=["branch", "detached"])
def test_a_push_to_the_default_branch_is_compared_with_what_was_there(
    pushed: Sandbox, tmp_path: Path, service: str, detached: bool
) -> None:
    before = pushed.git("rev-parse", "HEAD")
    pushed.commit("Second")
    pushed.commit("Third")
    pushed.git("push", "-q", "origin", "main")
    if detached:
        pushed.git("checkout", "-q", "--detach")
    base = pushed.opened.base(None, push_of(service, tmp_path, before, "main"))
    assert (base.commit, base.rule) == (before, "before")
    assert base.how.startswith("what `main` was before this push (")


@pytest.mark.parametrize("service", PUSHES)
def test_a_push_to_a_branch_is_compared_with_where_it_left_main(
    feature: tuple[Sandbox, str], tmp_path: Path, service: str
) -> None:
    """Else a prompt that one push made worse would be green at the next."""
    repo, left = feature
    environ = push_of(service, tmp_path, repo.git("rev-parse", "HEAD~1"), "feature")
    base = repo.opened.base(None, environ)
    assert (base.commit, base.rule, base.how) == (left, "left", "where this branch left `origin/main`")


@pytest.mark.parametrize("service", PUSHES)
@pytest.mark.parametrize("before", ["0" * 40, "f" * 40, "", "--help"], ids=["none", "gone", "empty", "option"])
def test_a_first_or_forced_push_falls_back_to_a_rule(
    pushed: Sandbox, tmp_path: Path, service: str, before: str
) -> None:
    first = pushed.git("rev-parse", "HEAD")
    pushed.commit("Second")
    pushed.git("push", "-q", "origin", "main")
    base = pushed.opened.base(None, push_of(service, tmp_path, before, "main"))
    assert (base.commit, base.rule, base.how) == (first, "parent", "the commit before the last one on `main`")


@pytest.mark.parametrize("payload", ["", "{", "[]", '{"pull_request": 7}', '{"before": 3}', "[" * 100_000])
def test_an_event_that_cannot_be_read_says_nothing(feature: tuple[Sandbox, str], tmp_path: Path, payload: str) -> None:
    repo, left = feature
    assert repo.opened.base(None, github(tmp_path, "push", payload)).commit == left


def test_where_ci_names_no_target_its_branch_and_the_default_one_count(feature: tuple[Sandbox, str]) -> None:
    repo, left = feature
    repo.git("checkout", "-q", "--detach")
    assert repo.opened.base(None, {"CIRCLECI": "true", "CIRCLE_BRANCH": "feature"}).commit == left
    assert repo.opened.base(None, {"BUILDKITE": "true", "BUILDKITE_BRANCH": "feature"}).commit == left
    base = repo.opened.base(None, {})
    assert (base.commit, base.how) == (left, "where this commit left `origin/main`")


def test_outside_ci_its_variables_mean_nothing() -> None:
    assert (
        told({"CHANGE_TARGET": "main", "CI_COMMIT_BEFORE_SHA": "a" * 40, "GITHUB_BASE_REF": "main", "CI": "1"}) is None
    )


def test_what_is_named_goes_first(feature: tuple[Sandbox, str]) -> None:
    repo, _ = feature
    base = repo.opened.base("HEAD~1", TARGETS["Jenkins"])
    assert (base.commit, base.rule, base.how) == (repo.git("rev-parse", "HEAD~1"), "named", "named as `HEAD~1`")
    with pytest.raises(GitError, match="unknown revision"):
        repo.opened.base("nope", {})


class TestWithoutCi:
    def test_a_default_branch_of_another_name_without_remote(self, repo: Sandbox) -> None:
        repo.git("branch", "-m", "main", "trunk")
        first = repo.git("rev-parse", "HEAD")
        repo.commit("Second")
        assert repo.opened.base(None, {}).commit == first  # the only branch that there is
        repo.git("checkout", "-q", "-b", "f")
        repo.commit("Worse", prompts__triage_DOT_md=b"BROKEN\n")
        repo.commit("Another file", x=b"y")
        with pytest.raises(GitError, match="no default branch is known") as caught:
            repo.opened.base(None, {})
        assert "--base" in str(caught.value.hint)

    def test_a_detached_commit_of_the_default_branch(self, pushed: Sandbox) -> None:
        pushed.commit("Second")
        pushed.git("push", "-q", "origin", "main")
        pushed.git("checkout", "-q", "--detach")
        with pytest.raises(GitError, match="HEAD is detached at a commit of origin/main"):
            pushed.opened.base(None, {})
        pushed.write("prompts/triage.md", b"edited\n")
        assert pushed.opened.base(None, {}).rule == "uncommitted"

    def test_a_new_branch_differs_in_nothing_from_where_it_left(self, repo: Sandbox) -> None:
        head = repo.commit("Second")
        repo.git("checkout", "-q", "-b", "feature")
        base = repo.opened.base(None, {})
        assert (base.commit, base.rule) == (head, "left")

    def test_the_sentences(self, pushed: Sandbox) -> None:
        first = pushed.opened.base(None, {})
        assert (first.commit, first.rule, first.how) == (None, "nothing", "`main` has no older commit")
        pushed.commit("Second")
        assert pushed.opened.base(None, {}).how == "the last commit that `origin/main` has, too"
        pushed.write("prompts/triage.md", b"edited\n")
        assert pushed.opened.base(None, {}).how == "the last commit; what is not committed is what is checked"

    def test_the_remotes_own_default_branch_goes_before_a_local_main(self, pushed: Sandbox) -> None:
        left = pushed.git("rev-parse", "HEAD")
        pushed.git("push", "-q", "origin", "main:trunk")
        pushed.git("fetch", "-q")
        pushed.git("remote", "set-head", "origin", "trunk")
        pushed.commit("On main, which is a branch like any other here")
        base = pushed.opened.base(None, {})
        assert (base.commit, base.how) == (left, "where this branch left `origin/trunk`")

    def test_a_remote_of_another_name(self, pushed: Sandbox) -> None:
        pushed.git("remote", "rename", "origin", "upstream")
        left = pushed.git("rev-parse", "HEAD")
        pushed.git("checkout", "-q", "-b", "feature")
        pushed.commit("Mine")
        pushed.git("branch", "-q", "-D", "main")
        assert pushed.opened.base(None, {}).commit == left


def test_what_is_named_in_a_merge_request_s_run_is_still_judged_by_what_it_goes_into(
    feature: tuple[Sandbox, str],
) -> None:
    repo, _ = feature
    target = repo.opened.base(None, TARGETS["Jenkins"])
    base = repo.opened.base("HEAD~1", TARGETS["Jenkins"])
    assert (base.guards, base.tip, target.guards) == (True, target.tip, True)
    assert not repo.opened.base("HEAD~1", {}).guards
