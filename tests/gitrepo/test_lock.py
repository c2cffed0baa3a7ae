"""One search at a time in a clone, and a message that says who is at it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from promptci.errors import GitError
from promptci.gitrepo import BusyError, Repository

from .repos import Sandbox

HOLD = """
import pathlib, sys
from promptci.gitrepo import Repository
with Repository.open(pathlib.Path(sys.argv[1])).locked("a search for 'triage'"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holding(path: Path) -> subprocess.Popen[str]:
    told = [sys.executable, "-c", HOLD, str(path)]
    other = subprocess.Popen(told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    return other


def test_the_second_is_told_who_holds_it_and_a_killed_one_holds_nothing(repo: Sandbox, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "-b", "feature", str(tmp_path / "linked"))
    with holding(repo.path) as other:
        for place in (repo.path, tmp_path / "linked"):
            with pytest.raises(BusyError) as caught, Repository.open(place).locked("another search"):
                pass
            assert caught.value.holder is not None
            assert caught.value.holder.pid == other.pid
            assert f"a search for 'triage' (process {other.pid}, since 20" in str(caught.value)
            assert caught.value.exit_code == 3
        other.send_signal(signal.SIGKILL)
    with repo.opened.locked("another search") as me:
        assert me.pid == os.getpid()
    with repo.opened.locked("and again"):
        said = json.loads((repo.path / ".git/promptci.lock").read_text())
    assert (said["doing"], said["pid"], set(said)) == ("and again", os.getpid(), {"pid", "host", "since", "doing"})


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', "\x00"])
def test_a_holder_that_has_not_said_who_it_is(repo: Sandbox, text: str) -> None:
    with repo.opened.locked("one"):
        (repo.path / ".git/promptci.lock").write_text(text)
        with pytest.raises(BusyError, match="another run works in this clone"), repo.opened.locked("two"):
            pass


def test_a_lock_of_another_machine_names_it(repo: Sandbox) -> None:
    with repo.opened.locked("one"):
        row = {"pid": 7, "host": "build\x1b[31m-3", "since": "2026-01-01T00:00:00+00:00", "doing": "a search"}
        (repo.path / ".git/promptci.lock").write_text(json.dumps(row))
        with pytest.raises(BusyError, match=r"process 7 on build\\u\{1b\}\[31m-3") as caught, repo.opened.locked("two"):
            pass
        assert caught.value.holder is not None


def test_a_link_in_its_place_is_not_followed(repo: Sandbox, tmp_path: Path) -> None:
    (repo.path / ".git/promptci.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(GitError, match="cannot be written"), repo.opened.locked("one"):
        pass
    assert not (tmp_path / "victim").exists()
