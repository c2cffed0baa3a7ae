"""Shards and their merge as a user types them."""

from __future__ import annotations

import json

import click
import pytest

from promptci.cli.group import cli
from promptci.cli.scaling import ask_shard
from promptci.errors import PromptciError
from tests.cli.test_cli import OFFLINE
from tests.conftest import Repo


@pytest.fixture
def offline(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    repo.write("promptci.yaml", OFFLINE)
    repo.commit("Use the offline model", push=True)
    repo.write("prompts/say.md", "Say any word.\n\nInput: {{ input }}\n")
    monkeypatch.chdir(repo.path)
    return repo


def run(*args: str) -> int:
    """Run a command in this process and return its exit code."""
    assert callable(ask_shard)
    with pytest.raises(SystemExit) as ended:
        cli.main([*args], standalone_mode=False)
    return int(ended.value.code or 0)


def test_shards_are_merged_into_a_report(offline: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    places = []
    for part in ("1/2", "2/2"):
        assert run("check", "--shard", part, "--json", "--base", "HEAD") == 0
        row = json.loads(capsys.readouterr().out)
        assert (row["shard"]["of"], row["open"]) == (2, 0)
        places.append(row["place"])
    code = run("merge", *places, "--json")
    report = json.loads(capsys.readouterr().out)
    assert report["command"] == "check"
    assert code == {"pass": 0, "inconclusive": 0, "fail": 1, "unmeasured": 3}[report["verdict"]]


def test_a_shard_says_what_comes_next(offline: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--shard", "1/60", "--base", "HEAD") == 0
    assert "nothing is decided" in capsys.readouterr().out


def test_a_shard_that_measured_nothing_is_not_green(offline: Repo) -> None:
    assert run("check", "--shard", "1/2", "--max-calls", "0", "--base", "HEAD") == 3


@pytest.mark.parametrize(
    "more",
    [("--accept",), ("--dry-run",), ("--self",), ("--tag", "x"), ("-o", "x.json")],
    ids=["accept", "dry-run", "self", "tag", "output"],
)
def test_a_shard_beside_what_it_cannot_do_is_refused(more: tuple[str, ...], offline: Repo) -> None:
    with pytest.raises(PromptciError):
        cli.main(["check", "--shard", "1/2", *more], standalone_mode=False)


def test_a_merge_needs_runs(offline: Repo) -> None:
    with pytest.raises(click.UsageError):
        cli.main(["merge"], standalone_mode=False)
