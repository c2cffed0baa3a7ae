"""A commit beside the user's work: what is in it, and that nothing else moved by a byte."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from promptci.errors import GitError
from promptci.gitrepo import BOT, branch_ref

from .repos import BRANCH, WHEN, Sandbox, snapshot


def clean(repo: Sandbox) -> None:
    """Nothing is going on."""


def edited(repo: Sandbox) -> None:
    repo.write("prompts/triage.md", b"half a thought")
    repo.write("scratch/notes.txt", b"untracked")
    (repo.path / "evals/triage.jsonl").unlink()


def staged(repo: Sandbox) -> None:
    repo.write("prompts/triage.md", b"staged\n")
    repo.write("new.md", b"new and staged\n")
    repo.git("add", "-A")
    repo.write("prompts/triage.md", b"and edited again\n")


def stashed(repo: Sandbox) -> None:
    repo.write("prompts/triage.md", b"put away\n")
    repo.git("stash")
    staged(repo)


def detached(repo: Sandbox) -> None:
    repo.commit("Second")
    repo.git("checkout", "-q", "--detach", "HEAD~1")
    edited(repo)


def in_the_middle_of_a_conflict(repo: Sandbox) -> None:
    repo.git("checkout", "-q", "-b", "other")
    repo.commit("Theirs", prompts__triage_DOT_md=b"theirs\n")
    repo.git("checkout", "-q", "main")
    repo.commit("Ours", prompts__triage_DOT_md=b"ours\n")
    with contextlib.suppress(subprocess.CalledProcessError):
        repo.git("merge", "other")
    assert (repo.path / ".git/MERGE_HEAD").exists()


def split_index(repo: Sandbox) -> None:
    repo.git("config", "core.splitIndex", "true")
    staged(repo)


STATES = [clean, edited, staged, stashed, detached, in_the_middle_of_a_conflict, split_index]


@pytest.mark.parametrize("state", STATES, ids=lambda s: s.__name__)
def test_the_users_work_is_untouched_byte_for_byte(repo: Sandbox, state: Callable[[Sandbox], None]) -> None:
    state(repo)
    head, before = repo.opened.head(), snapshot(repo.path)
    commit = repo.propose()
    assert snapshot(repo.path) == before
    assert repo.opened.head() == head
    assert repo.git("rev-parse", BRANCH) == commit
    assert repo.git("diff", "--name-only", "HEAD", commit) == "prompts/triage.md"


@pytest.mark.parametrize("state", STATES, ids=lambda s: s.__name__)
def test_looking_at_the_users_work_changes_no_byte(repo: Sandbox, state: Callable[[Sandbox], None]) -> None:
    state(repo)
    for path in (repo.path / "prompts").iterdir():
        os.utime(path, (1, 1))
    before = snapshot(repo.path)
    opened = repo.opened
    opened.is_dirty()
    opened.changed("HEAD")
    opened.default_base()
    opened.read_many("HEAD", opened.files("HEAD"))
    assert snapshot(repo.path) == before


def test_the_commit_is_the_bots_and_says_what_it_was_told(repo: Sandbox) -> None:
    repo.git("config", "user.name", "Someone")
    commit = repo.propose()
    shown = repo.git("show", "-s", "--format=%an|%ae|%cn|%ce|%at|%ct|%P|%B", commit)
    stamp = str(int(WHEN.timestamp()))
    parent = repo.git("rev-parse", "main")
    assert shown.strip() == "|".join([BOT.name, BOT.email, BOT.name, BOT.email, stamp, stamp, parent, "Improve triage"])
    assert repo.opened.authors("main", commit) == {BOT.email}
    assert repo.opened.commit_time(commit) == WHEN


def test_the_same_arguments_give_the_same_commit(repo: Sandbox) -> None:
    first = repo.propose()
    reflog = repo.git("reflog", BRANCH)
    assert repo.propose() == first
    assert repo.git("reflog", BRANCH) == reflog


def test_the_next_candidate_replaces_the_one_before(repo: Sandbox) -> None:
    repo.propose(b"one\n")
    second = repo.propose(b"two\n")
    assert repo.git("rev-list", "--count", f"main..{second}") == "1"
    assert repo.git("rev-parse", BRANCH) == second


def test_bytes_modes_and_neighbours_are_kept(repo: Sandbox) -> None:
    repo.commit("Script", _DOT_gitattributes=b"* text=auto eol=lf\n", run_DOT_sh=b"#!/bin/sh\n")
    (repo.path / "run.sh").chmod(0o755)
    repo.commit("Executable")
    commit = repo.opened.commit_on_branch(
        branch=BRANCH, parent="HEAD", message="Größe\n\nBody.\n", when=WHEN,
        files={"run.sh": b"#!/bin/sh\r\n", ".promptci/baselines/größe.json": b"{}\r\n", "prompts/triage.md": b"\xff\0"},
    )  # fmt: skip
    rows = dict(
        line.split("\t")[::-1] for line in repo.git("-c", "core.quotePath=false", "ls-tree", "-r", commit).split("\n")
    )
    assert rows["run.sh"].startswith("100755")
    assert rows[".promptci/baselines/größe.json"].startswith("100644")
    assert "evals/triage.jsonl" in rows
    assert repo.git_bytes("cat-file", "blob", f"{commit}:run.sh") == b"#!/bin/sh\r\n"
    assert repo.opened.read(commit, "prompts/triage.md") == b"\xff\0"
    assert repo.git("show", "-s", "--format=%B", commit).rstrip() == "Größe\n\nBody."


def test_a_large_repository_of_people_is_told_from_the_bot(repo: Sandbox) -> None:
    tip = repo.propose()
    repo.git("checkout", "-q", BRANCH)
    repo.git("commit", "-q", "--amend", "--no-edit")  # the author stays the bot, the committer is Ada
    assert repo.opened.authors("main", "HEAD") == {BOT.email, "ada@example.com"}
    repo.commit("By hand")
    assert repo.opened.authors(tip, "HEAD") == {BOT.email, "ada@example.com"}
    assert repo.opened.authors("HEAD", "HEAD") == frozenset()


def test_a_branch_that_is_checked_out_is_refused(repo: Sandbox, tmp_path: Path) -> None:
    repo.propose()
    repo.git("checkout", "-q", BRANCH)
    with pytest.raises(GitError, match="is checked out"):
        repo.propose(b"again\n")
    repo.git("checkout", "-q", "main")
    repo.git("worktree", "add", "-q", str(tmp_path / "second"), BRANCH)
    with pytest.raises(GitError, match="is checked out"):
        repo.propose(b"again\n")


def test_a_branch_that_another_branch_is_in_the_way_of_says_so(repo: Sandbox) -> None:
    repo.git("branch", "promptci/main")
    with pytest.raises(GitError, match=r"promptci/main"):
        repo.propose()


def test_a_branch_that_points_at_another_is_replaced_and_the_other_stays(repo: Sandbox) -> None:
    main = repo.git("rev-parse", "main")
    repo.git("symbolic-ref", f"refs/heads/{BRANCH}", "refs/heads/main")
    repo.git("checkout", "-q", "--detach")
    commit = repo.propose()
    assert (repo.git("rev-parse", "main"), repo.git("rev-parse", BRANCH)) == (main, commit)


def test_symbolic_links_are_not_written_through_or_over(repo: Sandbox, tmp_path: Path) -> None:
    (repo.path / "link.md").symlink_to(tmp_path / "victim")
    (repo.path / "folder").symlink_to(tmp_path)
    repo.commit("Links")
    for path in ("link.md", "folder/victim", "folder"):
        with pytest.raises(GitError):
            repo.opened.commit_on_branch(branch=BRANCH, parent="HEAD", files={path: b"x"}, message="m", when=WHEN)
    assert not (tmp_path / "victim").exists()
    assert repo.opened.remote_names() == []


BAD_PATHS = [
    "", "/etc/passwd", "../x", "a/../../x", "a/./b", "a//b", "a/", ".git/config", ".GIT/hooks/pre-commit", "a/.git/x",
    "a\\b", "a\nb", "a\0b", "..", ".", "prompts", "prompts/triage.md/below",
]  # fmt: skip


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_path_that_is_no_file_inside_is_refused_and_no_branch_is_made(repo: Sandbox, path: str) -> None:
    with pytest.raises(GitError):
        repo.opened.commit_on_branch(branch=BRANCH, parent="HEAD", files={path: b"x"}, message="m", when=WHEN)
    assert repo.git("branch", "--list", BRANCH) == ""


def test_a_date_without_zone_and_a_message_without_text_are_refused(repo: Sandbox) -> None:
    with pytest.raises(ValueError, match="time zone"):
        repo.opened.commit_on_branch(
            branch=BRANCH,
            parent="HEAD",
            files={"a": b""},
            message="m",
            when=datetime(2026, 1, 1),
        )
    with pytest.raises(GitError, match="commit message"):
        repo.opened.commit_on_branch(branch=BRANCH, parent="HEAD", files={"a": b""}, message=" \n", when=WHEN)


HOSTILE = [
    "", "-", "--", "-x", "--help", "-b", "--orphan=z", "--output=canary", "--upload-pack=touch canary", "--exec",
    "--receive-pack=touch canary", "-o", "a..b", "..", ".", ".hidden", "a/.hidden", "a/..", "../a", "a.", "a.lock",
    "a.lock/b", "a//b", "/a", "a/", "a b", "a\tb", "a\nb", "a\r", "a\0b", "a\x7f", "a\x1b[31m", "a~1", "a^", "a:b",
    ":a", "a?", "a*", "a[b", "a\\b", "a@{0}", "@", "@{u}", "HEAD", "refs/heads/a", "refs/../x", "a/-x", "!a:",
    "a\u202eb", "a\u200bb", "a\u2028b", "x" * 300, "$(touch canary)~", "`touch canary`:", "; touch canary", "{}..",
    "a && touch canary", "| touch canary", "%(objectname)^", "\ud800", "ext::sh -c touch% canary", "file:///etc/passwd",
]  # fmt: skip


def _escapes(repo: Sandbox, name: str) -> Iterator[Callable[[], object]]:
    opened = repo.opened
    yield lambda: branch_ref(name)
    yield lambda: repo.propose(branch=name)
    yield lambda: opened.remote_tip("origin", name)
    yield lambda: opened.fetch_branch("origin", name)
    yield lambda: opened.push("origin", "HEAD", name, None)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_branch_name_is_refused_everywhere(
    pushed: Sandbox, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pushed.path)
    before = snapshot(pushed.path)
    for attempt in _escapes(pushed, name):
        with pytest.raises(GitError, match="not a branch name"):
            attempt()
    assert snapshot(pushed.path) == before


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in ("HEAD", "@", "refs/heads/a", "@{u}")])
def test_a_hostile_revision_remote_or_path_is_only_ever_data(
    pushed: Sandbox, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pushed.path)
    opened, before = pushed.opened, snapshot(pushed.path)
    for attempt in (opened.resolve, opened.files, opened.changed, opened.commit_time):
        with pytest.raises(GitError, match="unknown revision"):
            attempt(name)
    for remote in (
        opened.remote_url,
        lambda r: opened.remote_tip(r, "main"),
        lambda r: opened.push(r, "HEAD", "x", None),
    ):
        with pytest.raises(GitError, match="no remote"):
            remote(name)
    assert opened.read("HEAD", name) is None
    assert snapshot(pushed.path) == before


@pytest.mark.parametrize(
    "name", ["main", "promptci/main/triage", "release-1.2", "a@b", "a+b", "größe", "feature/x_y", "+a", "a,b"]
)
def test_a_good_branch_name_is_one_for_git_too(repo: Sandbox, name: str) -> None:
    assert branch_ref(name) == f"refs/heads/{name}"
    repo.git("check-ref-format", branch_ref(name))
