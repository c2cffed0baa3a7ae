"""Runs that meet: at most one pull request, and no commit of a person is ever lost. Real git over HTTP throughout."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promptci.errors import ForgeError
from promptci.forge import Change
from promptci.forge.github import GitHubForge
from promptci.gitrepo import BOT, Repository
from tests.gitrepo.repos import WHEN, Sandbox, new_repo

from .fake_github import REPOSITORY, TOKEN
from .hub import Hub, running
from .test_github_talk import together

ROUNDS = int(os.environ.get("ROUNDS", "20"))
BRANCH = "promptci/main/triage"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("HOME", str(tmp_path))
    with running(tmp_path) as hub:
        monkeypatch.setenv("GITHUB_SERVER_URL", hub.url)
        first = new_repo(tmp_path / "first")
        first.git("push", "-q", str(hub.bare), "main")
        yield hub


def cloned(hub: Hub, tmp_path: Path, name: str) -> Sandbox:
    subprocess.run(["git", "clone", "-q", str(hub.bare), str(tmp_path / name)], check=True)
    clone = Sandbox(tmp_path / name)
    clone.git("remote", "set-url", "origin", f"{hub.url}/{REPOSITORY}.git")
    return clone


def nothing() -> None:
    """No one else is there."""


def bot(
    hub: Hub, clone: Sandbox, text: str, before_push: Callable[[], object] = nothing,
    before_propose: Callable[[], object] = nothing, signed: bool = False,
) -> str:  # fmt: skip
    """Do what a run does when it has found a better prompt; return what became of it."""
    repository = Repository.open(clone.path, token=TOKEN)
    forge = GitHubForge("octo/prompts", TOKEN, hub.url, lambda _: None)
    parent = repository.fetch_branch("origin", "main")
    tip = repository.fetch_branch("origin", BRANCH)
    assert parent is not None
    if tip is not None and repository.authors(repository.merge_base(tip, parent) or parent, tip) - {BOT.email, "a@b.c"}:
        return "people work there"
    files = {"prompts/triage.md": text.encode()}
    made = forge.signed(parent, files, "Improve triage") if signed else None
    if made is None:
        commit = repository.commit(parent=parent, files=files, message="Improve triage", when=WHEN)
    else:
        commit = repository.fetch_commit("origin", made)
    before_push()
    try:
        repository.push("origin", commit, BRANCH, tip)
    except ForgeError as error:
        if "has moved" not in error.problem:
            raise
        return "moved"
    before_propose()
    return forge.propose(Change(BRANCH, "main", "Improve triage", text, content=text)).operation


def by_a_person(hub: Hub, tmp_path: Path, name: str = "ada", branch: str = BRANCH) -> str | None:
    """Somebody commits on the branch and pushes it as people do, without force; None when it was refused."""
    at = tmp_path / name
    subprocess.run(["git", "clone", "-q", str(hub.bare), str(at)], check=True)
    ada = Sandbox(at)
    known = ada.git("for-each-ref", "--format=%(refname)", f"refs/remotes/origin/{branch}")
    if known:  # asked of the clone: the remote may have got it since
        ada.git("checkout", "-q", branch)
    else:
        ada.git("checkout", "-q", "-b", branch)
    commit = ada.commit(f"By hand: {name}", **{name: b"1"})
    told = ["git", "push", "-q", "origin", branch]
    done = subprocess.run(told, cwd=at, capture_output=True, check=False)
    return commit if done.returncode == 0 else None


def is_kept(hub: Hub, commit: str) -> bool:
    told = ["git", "-C", str(hub.bare), "merge-base", "--is-ancestor", commit, f"refs/heads/{BRANCH}"]
    return subprocess.run(told, check=False, capture_output=True).returncode == 0


def test_a_run_alone_and_the_next_one(hub: Hub, tmp_path: Path) -> None:
    clone = cloned(hub, tmp_path, "clone")
    assert [bot(hub, clone, text) for text in ("one", "one", "two")] == ["created", "none", "updated"]
    assert hub.git("show", f"{BRANCH}:prompts/triage.md") == "two"
    assert len(hub.pulls) == 1


def test_a_commit_that_the_forge_signs_is_fetched_and_pushed_like_any_other(hub: Hub, tmp_path: Path) -> None:
    clone = cloned(hub, tmp_path, "clone")
    assert bot(hub, clone, "one", signed=True) == "created"
    assert hub.git("show", f"{BRANCH}:prompts/triage.md") == "one"
    assert hub.git("show", "-s", "--format=%an", BRANCH) == "app[bot]"
    assert hub.git("diff", "--name-only", "main", BRANCH) == "prompts/triage.md"
    human = by_a_person(hub, tmp_path)
    assert human is not None
    assert bot(hub, clone, "two", signed=True) == "people work there"


def race(hub: Hub, tmp_path: Path, kind: str) -> None:
    clone = cloned(hub, tmp_path, "clone")
    assert bot(hub, clone, "one") == "created"
    humans: list[str | None] = []

    def person() -> None:
        humans.append(by_a_person(hub, tmp_path))

    def gone() -> None:
        hub.git("update-ref", "-d", f"refs/heads/{BRANCH}")

    def base_moves() -> None:
        by_a_person(hub, tmp_path, "base", "main")

    def closed() -> None:
        hub.pulls[0]["state"] = "closed"

    if kind == "a person commits before the push":
        assert bot(hub, clone, "two", before_push=person) == "moved"
        assert bot(hub, clone, "two") == "people work there"
    elif kind == "the branch is deleted before the push":
        assert bot(hub, clone, "two", before_push=gone) == "moved"
        assert bot(hub, clone, "two") == "updated"
    elif kind == "the base moves before the push":
        assert bot(hub, clone, "two", before_push=base_moves) == "updated"
        assert bot(hub, clone, "two") == "none"  # rebuilt on the new base, the same text
        assert hub.git("merge-base", "main", BRANCH) == hub.git("rev-parse", "main")
    elif kind == "people close it before the update":
        assert bot(hub, clone, "one", before_propose=closed) == "none"
        assert bot(hub, clone, "two") == "created"
    else:
        hub.pulls.clear()
        with pytest.raises(ForgeError, match="was it pushed"):
            bot(hub, clone, "two", before_propose=gone)
        assert bot(hub, clone, "two") == "created"
    assert len(hub.open) == 1
    assert all(commit is not None and is_kept(hub, commit) for commit in humans)


KINDS = [
    "a person commits before the push", "the branch is deleted before the push", "the base moves before the push",
    "people close it before the update", "the branch is deleted before the request",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_someone_steps_in_between(hub: Hub, tmp_path: Path, kind: str) -> None:
    race(hub, tmp_path, kind)


def many(hub: Hub, tmp_path: Path, runs: int, seed: int) -> None:
    """`runs` bots with findings of their own and two people, all at once."""
    clones = [cloned(hub, tmp_path, f"clone{at}") for at in range(runs)]
    kept: list[str] = []
    rng = random.Random(seed)
    people = {rng.randrange(runs) for _ in range(2)}

    def act(at: int) -> None:
        if at < runs:
            done = bot(hub, clones[at], f"text {seed} {at}")
            assert done in ("created", "updated", "none", "moved", "people work there")
        elif (commit := by_a_person(hub, tmp_path, f"person{at}")) is not None:
            kept.append(commit)

    together(runs + len(people), act)
    assert len(hub.open) <= 1
    assert all(is_kept(hub, commit) for commit in kept)
    # whoever comes next finds the house in order
    assert bot(hub, clones[0], "last") in ("created", "updated", "people work there")
    assert len(hub.open) == 1 or kept
    assert all(is_kept(hub, commit) for commit in kept)


@pytest.mark.parametrize("runs", [2, 5, 8])
def test_runs_at_once(hub: Hub, tmp_path: Path, runs: int) -> None:
    many(hub, tmp_path, runs, runs)


@pytest.mark.fault
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_someone_steps_in_between_again_and_again(hub: Hub, tmp_path: Path, kind: str, round_: int) -> None:
    race(hub, tmp_path, kind)


@pytest.mark.fault
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_runs_at_once_again_and_again(hub: Hub, tmp_path: Path, seed: int) -> None:
    many(hub, tmp_path, 2 + seed % 7, seed)
