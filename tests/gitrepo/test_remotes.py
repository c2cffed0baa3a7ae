"""Remotes: what is pushed, what is refused, and that people's commits are never lost."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promptci.errors import ForgeError, GitError
from promptci.gitrepo import BOT, Repository, plumbing

from .http_remote import serve
from .repos import BRANCH, Sandbox, new_remote


def ends(pid: str) -> bool:
    """Whether a process is gone, or goes within seconds: a signal takes a moment to arrive."""
    for _ in range(500):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "ZX":  # a zombie is dead
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


def by_a_person(pushed: Sandbox, tmp_path: Path) -> str:
    """Someone else commits on our branch and pushes it."""
    subprocess.run(["git", "clone", "-q", str(tmp_path / "origin.git"), str(tmp_path / "ada")], check=True)
    ada = Sandbox(tmp_path / "ada")
    ada.git("checkout", "-q", BRANCH)
    commit = ada.commit("By hand", by_DOT_hand=b"1")
    ada.git("push", "-q", "origin", BRANCH)
    return commit


def test_a_new_branch_is_pushed_once(pushed: Sandbox) -> None:
    opened, commit = pushed.opened, pushed.propose()
    assert opened.remote_tip("origin", BRANCH) is None
    opened.push("origin", commit, BRANCH, None)
    assert opened.remote_tip("origin", BRANCH) == commit
    opened.push("origin", commit, BRANCH, commit)
    assert pushed.git("ls-remote", "--heads", "origin").count("\n") == 1


def test_a_newer_candidate_replaces_the_older_one(pushed: Sandbox) -> None:
    first = pushed.propose(b"one\n")
    pushed.opened.push("origin", first, BRANCH, None)
    second = pushed.propose(b"two\n")
    pushed.opened.push("origin", second, BRANCH, first)
    assert pushed.opened.remote_tip("origin", BRANCH) == second


def test_work_that_someone_pushed_meanwhile_is_never_lost(pushed: Sandbox, tmp_path: Path) -> None:
    first = pushed.propose(b"one\n")
    pushed.opened.push("origin", first, BRANCH, None)
    human = by_a_person(pushed, tmp_path)
    for expected in (first, None):
        with pytest.raises(ForgeError, match="has moved") as caught:
            pushed.opened.push("origin", pushed.propose(b"two\n"), BRANCH, expected)
        assert caught.value.exit_code == 3
    assert pushed.opened.remote_tip("origin", BRANCH) == human


REFUSED = {"nobody": ("$2", "hook declined"), "another": ("MAIN", "has moved"), "the-same": ("$3", None)}


@pytest.mark.parametrize(("now", "said"), REFUSED.values(), ids=REFUSED)
def test_a_refused_push_is_told_by_what_is_there_now(pushed: Sandbox, now: str, said: str | None) -> None:
    """Where two runs push at once, remotes refuse one of them in words of their own."""
    first, second = pushed.propose(b"one\n"), pushed.propose(b"two\n")
    pushed.opened.push("origin", first, BRANCH, None)
    hook = pushed.path.parent / "origin.git/hooks/update"
    hook.parent.mkdir(exist_ok=True)
    there = now.replace("MAIN", pushed.git("rev-parse", "main"))
    hook.write_text(f'#!/bin/sh\n[ "$2" = "{there}" ] || git update-ref "$1" "{there}"\nexit 1\n')
    hook.chmod(0o755)
    if said is None:
        pushed.opened.push("origin", second, BRANCH, first)
        assert pushed.opened.remote_tip("origin", BRANCH) == second
        return
    with pytest.raises(ForgeError, match=said):
        pushed.opened.push("origin", second, BRANCH, first)


def test_peoples_commits_on_the_branch_are_seen(pushed: Sandbox, tmp_path: Path) -> None:
    first = pushed.propose(b"one\n")
    pushed.opened.push("origin", first, BRANCH, None)
    human = by_a_person(pushed, tmp_path)
    before = pushed.git("for-each-ref")
    assert pushed.opened.fetch_branch("origin", BRANCH) == human
    assert pushed.opened.authors("main", human) == {BOT.email, "ada@example.com"}
    assert pushed.git("for-each-ref") == before
    assert not (pushed.path / ".git/FETCH_HEAD").exists()


def test_what_is_expected_there_need_not_be_here(pushed: Sandbox, tmp_path: Path) -> None:
    pushed.opened.push("origin", pushed.propose(b"one\n"), BRANCH, None)
    human = by_a_person(pushed, tmp_path)
    second = pushed.propose(b"two\n")
    pushed.opened.push("origin", second, BRANCH, human)
    assert pushed.opened.remote_tip("origin", BRANCH) == second
    with pytest.raises(GitError, match="not a full commit id"):
        pushed.opened.push("origin", second, BRANCH, "HEAD")


def test_a_tag_or_a_longer_name_is_not_taken_for_the_branch(pushed: Sandbox) -> None:
    pushed.git("push", "-q", "origin", "HEAD:refs/tags/x", "HEAD:refs/heads/a/x", "HEAD:refs/odd/refs/heads/x")
    assert pushed.opened.remote_tip("origin", "x") is None
    assert pushed.opened.fetch_branch("origin", "x") is None


def test_only_the_commit_goes_no_tag_with_it(pushed: Sandbox) -> None:
    pushed.git("config", "push.followTags", "true")
    commit = pushed.propose()
    pushed.git("tag", "-a", "v1", "-m", "v1", commit)
    pushed.opened.push("origin", commit, BRANCH, None)
    assert pushed.git("ls-remote", "--tags", "origin") == ""


def test_a_refusal_by_the_remotes_rules_is_quoted_and_made_safe(pushed: Sandbox, tmp_path: Path) -> None:
    hook = tmp_path / "origin.git/hooks/pre-receive"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nprintf 'Changes must be made \\033[31mthrough review\\n::add-mask::x\\n' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ForgeError, match="pre-receive hook declined") as caught:
        pushed.opened.push("origin", pushed.propose(), BRANCH, None)
    assert "Changes must be made" in str(caught.value)
    assert "\033" not in str(caught.value)
    assert not any(line.startswith("::") for line in str(caught.value).splitlines())
    assert pushed.opened.remote_tip("origin", BRANCH) is None


def test_no_remote_and_another_remotes_name(repo: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="no remote 'origin'") as caught:
        repo.opened.push("origin", "HEAD", BRANCH, None)
    assert "git remote add" in str(caught.value)
    new_remote(repo, tmp_path / "up.git").git("remote", "rename", "origin", "upstream")
    assert repo.opened.remote_names() == ["upstream"]
    with pytest.raises(GitError, match="there are: upstream"):
        repo.opened.remote_url("origin")


def test_a_remote_that_is_gone_is_a_forge_error_without_the_password(repo: Sandbox) -> None:
    repo.git("remote", "add", "origin", "http://user:hunter2@127.0.0.1:9/x.git")
    attempts: list[Callable[[], object]] = [
        lambda: repo.opened.remote_tip("origin", "main"),
        lambda: repo.opened.push("origin", "HEAD", "x", None),
    ]
    for attempt in attempts:
        with pytest.raises(ForgeError) as caught:
            attempt()
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r.git"),
        ("https://x-access-token:secret@github.com/o/r.git", "https://github.com/o/r.git"),
        ("git@github.com:o/r.git", "git@github.com:o/r.git"),
        ("ssh://git@github.com/o/r.git", "ssh://github.com/o/r.git"),
        ("/srv/git/r.git", "/srv/git/r.git"),
    ],
)
def test_the_remotes_url_is_given_without_secrets(repo: Sandbox, url: str, shown: str) -> None:
    repo.git("remote", "add", "origin", url)
    assert repo.opened.remote_url("origin") == shown


def test_a_relative_remote_is_given_whole(pushed: Sandbox, tmp_path: Path) -> None:
    assert pushed.opened.remote_url("origin") == str(tmp_path / "origin.git")


class TestHanging:
    """A remote that never answers: an ssh command that sleeps, and whose process must be gone afterwards."""

    @pytest.fixture
    def asleep(self, repo: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        script = tmp_path / "ssh.sh"
        script.write_text(f"#!/bin/sh\nmkfifo {tmp_path}/never\necho $$ > {tmp_path}/pid\nread x < {tmp_path}/never\n")
        script.chmod(0o755)
        monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
        repo.git("remote", "add", "origin", "ssh://git@example.invalid/x.git")
        yield tmp_path / "pid"
        assert (tmp_path / "pid").exists()
        assert ends((tmp_path / "pid").read_text().strip())

    def test_it_is_given_up_after_the_deadline(
        self, repo: Sandbox, asleep: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(plumbing, "NETWORK_TIMEOUT_S", 2.0)
        with pytest.raises(ForgeError, match="no answer in"):
            repo.opened.push("origin", "HEAD", BRANCH, None)

    def test_an_interrupt_ends_it_at_once(self, repo: Sandbox, asleep: Path) -> None:
        opened, main = repo.opened, threading.get_ident()

        def interrupt_when_it_runs() -> None:
            while not (asleep.exists() and asleep.read_text().strip()):
                time.sleep(0.005)
            signal.pthread_kill(main, signal.SIGINT)

        thread = threading.Thread(target=interrupt_when_it_runs)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            opened.push("origin", "HEAD", BRANCH, None)
        thread.join()


class TestOverHttp:
    """`git http-backend` behind a password, as GitHub is."""

    def test_the_token_opens_the_door_and_shows_nowhere(
        self, pushed: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pushed.git("--git-dir=../origin.git", "config", "http.receivepack", "true")
        trace = tmp_path / "trace"
        with serve(tmp_path, password="s3cret-token") as url:
            pushed.git("remote", "set-url", "origin", f"{url}/origin.git")
            # what actions/checkout leaves behind: a header for the same place, with another token
            pushed.git("config", f"http.{url}/.extraheader", "AUTHORIZATION: basic d3Jvbmc=")
            with pytest.raises(ForgeError, match="credentials"):
                pushed.opened.remote_tip("origin", "main")
            monkeypatch.setenv("GIT_TRACE", str(trace))
            monkeypatch.setenv("GITHUB_SERVER_URL", url)
            opened = Repository.open(pushed.path, token="s3cret-token")
            commit = pushed.propose()
            opened.push("origin", commit, BRANCH, None)
            assert opened.remote_tip("origin", BRANCH) == commit
            assert "s3cret" not in repr(opened)
            with pytest.raises(ForgeError, match="has moved"):
                opened.push("origin", "main", BRANCH, None)
        assert not trace.exists()

    def test_the_token_is_sent_to_github_alone(self, repo: Sandbox) -> None:
        opened = Repository.open(repo.path, token="s3cret-token")
        repo.git("remote", "add", "github", "https://github.com/o/r.git")
        assert opened._git.login("github")[0][0] == "http.https://github.com/.extraheader"
        for url in (
            "http://github.com/o/r.git", "ssh://git@github.com/o/r", "git://github.com/o/r", "/x.git", "ext::x",
            "https://gitlab.com/o/r", "https://github.com.evil.example/o/r", "https://github.com:8443/o/r",
        ):  # fmt: skip
            repo.git("remote", "add", "origin", url)
            assert opened._git.login("origin") == ()
            repo.git("remote", "remove", "origin")
