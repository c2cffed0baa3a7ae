"""What git inherits is chosen: whatever GIT_* a hook, a job or a person sets, answers and commits are the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from promptci.gitrepo import BOT, Repository
from promptci.gitrepo.changes import moment

from .repos import BRANCH, Sandbox, new_repo, snapshot

HIJACKED = {
    "GIT_DIR": "other/.git", "GIT_WORK_TREE": "other", "GIT_COMMON_DIR": "other/.git", "GIT_NAMESPACE": "elsewhere",
    "GIT_OBJECT_DIRECTORY": "other/.git/objects", "GIT_ALTERNATE_OBJECT_DIRECTORIES": "other/.git/objects",
    "GIT_INDEX_FILE": "work/.git/index", "GIT_INDEX_VERSION": "4", "GIT_PREFIX": "prompts/", "GIT_QUARANTINE_PATH": "x",
    "GIT_AUTHOR_NAME": "CI", "GIT_AUTHOR_EMAIL": "ci@example.com", "GIT_AUTHOR_DATE": "@1 +0000",
    "GIT_COMMITTER_NAME": "CI", "GIT_COMMITTER_EMAIL": "ci@example.com", "GIT_COMMITTER_DATE": "nonsense",
    "GIT_LITERAL_PATHSPECS": "0", "GIT_GLOB_PATHSPECS": "1", "GIT_ICASE_PATHSPECS": "1", "GIT_SHALLOW_FILE": "nowhere",
    "GIT_REPLACE_REF_BASE": "refs/evil/", "GIT_DEFAULT_HASH": "sha256", "GIT_ATTR_SOURCE": "main",
    "GIT_CONFIG": "nowhere", "GIT_CONFIG_PARAMETERS": "'core.bare'='true'", "GIT_TRACE": "traced",
    "GIT_TRACE2_EVENT": "traced", "GIT_EXTERNAL_DIFF": "false", "GIT_DIFF_OPTS": "-u0", "GIT_EDITOR": "false",
    "GIT_FLUSH": "1", "GIT_OPTIONAL_LOCKS": "1", "GIT_CONFIG_COUNT": "1x", "GIT_MERGE_VERBOSITY": "5",
}  # fmt: skip


def use(monkeypatch: pytest.MonkeyPatch, name: str, value: str, home: Path) -> None:
    is_path = "/" in value or value in ("other", "nowhere", "traced", "x")
    monkeypatch.setenv(name, str(home / value) if is_path and name != "GIT_PREFIX" else value)


def answers(repo: Sandbox) -> list[object]:
    opened = Repository.open(repo.path)
    commit = repo.propose(b"better\n")
    return [
        opened.root, opened.head(), opened.branch(), opened.files("HEAD"), opened.changed("HEAD"), opened.is_dirty(),
        opened.read("HEAD", "prompts/triage.md"), commit, opened.authors("HEAD", commit), opened.commit_time(commit),
        opened.renames("HEAD"), opened.base(None, {}), opened.remote_url("origin"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", [*HIJACKED, "all of them"])
def test_an_inherited_variable_changes_no_answer_and_no_byte(
    pushed: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    new_repo(tmp_path / "other")
    pushed.write("staged.txt", b"precious\n")
    pushed.git("add", "staged.txt")
    expected = answers(pushed)
    before = snapshot(tmp_path)
    for each in [name] if name in HIJACKED else HIJACKED:
        use(monkeypatch, each, HIJACKED[each], tmp_path)
    got = answers(pushed)
    assert got == expected
    assert {path: what for path, what in snapshot(tmp_path).items() if "/objects/" not in path} == {
        path: what for path, what in before.items() if "/objects/" not in path
    }


def test_the_users_own_settings_by_environment_still_count(repo: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "url.file:///mirror/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://example.com/")
    repo.git("remote", "add", "origin", "https://example.com/x.git")
    assert repo.opened.remote_url("origin") == "file:///mirror/x.git"


def test_a_person_may_say_where_looking_for_a_repository_ends(repo: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repo.path))
    with pytest.raises(Exception, match="not a git repository"):
        Repository.open(repo.path / "prompts")


def test_without_any_identity_the_commit_is_the_bots(repo: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.git("config", "user.useConfigOnly", "true")
    monkeypatch.setenv("EMAIL", "someone@example.com")
    commit = repo.propose()
    assert repo.opened.authors("main", commit) == {BOT.email}
    assert repo.git("reflog", "--format=%ge", BRANCH) in ("", BOT.email)


def test_working_trees_that_lead_elsewhere_are_refused(repo: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    repo.git("config", "core.worktree", str(tmp_path / "elsewhere"))
    with pytest.raises(Exception, match=r"core\.worktree|work tree"):
        Repository.open(repo.path)


@pytest.mark.parametrize(
    "seconds",
    [-(2**31), -1, 0, 1, 99_999_999, 100_000_000, 2**31 - 1, 2**31, 2**32, 9_999_999_999, 10**10, 253402300799],
)
@pytest.mark.parametrize("zone_h", [-12, 0, 14])
def test_a_commit_of_any_date_is_made_and_read_again(repo: Sandbox, seconds: int, zone_h: int) -> None:
    zone = timezone(timedelta(hours=zone_h)) if seconds < 253402300799 else UTC
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    when = when.astimezone(zone)
    commit = repo.opened.commit(parent="HEAD", files={"a": b"x"}, message="m", when=when)
    assert repo.opened.commit_time(commit) == max(when, datetime(1970, 1, 1, tzinfo=UTC))
    repo.git("fsck", "--no-dangling")


def odd_dates(repo: Sandbox) -> Iterator[tuple[str, str]]:
    raw = repo.git("cat-file", "commit", "HEAD")
    for date in ("253402300800 +0000", "99999999999999999999 +0000", "1700000000 +2500", "1700000000 -9999",
                 "-5 +0000", "0 +0000", "123 +abcd"):  # fmt: skip
        lines = [
            f"{line.rpartition('> ')[0]}> {date}" if line.startswith(("author", "committer")) else line
            for line in raw.split("\n")
        ]
        (repo.path / ".git/odd").write_text("\n".join(lines))
        yield date, repo.git("hash-object", "-t", "commit", "-w", "--literally", ".git/odd")


def test_dates_that_git_keeps_and_python_cannot_are_read_and_written_again(repo: Sandbox) -> None:
    for date, odd in odd_dates(repo):
        when = repo.opened.commit_time(odd)
        assert when.tzinfo is UTC, date
        assert repo.opened.commit(parent=odd, files={"a": b"x"}, message="m", when=when)


@pytest.mark.parametrize(
    ("said", "year"), [("0", 1970), ("-7", 1970), ("", 1970), ("x", 1970), ("1" * 40, 9999), ("253402300800", 9999)]
)
def test_what_git_prints_as_a_date_is_always_one(said: str, year: int) -> None:
    assert moment(said).year == year
