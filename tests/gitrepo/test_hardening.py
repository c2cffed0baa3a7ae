"""Nothing that a repository carries is run: every place where git would start a program holds a canary."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

import pytest

from promptci.errors import ForgeError, GitError
from promptci.gitrepo import Repository

from .repos import Sandbox

HOOKS = [
    "pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "pre-push", "post-checkout", "post-index-change",
    "reference-transaction", "update", "post-rewrite", "pre-auto-gc", "fsmonitor-watchman",
]  # fmt: skip


PROGRAMS = [
    "core.fsmonitor", "core.pager", "core.editor", "core.askPass", "diff.external", "diff.evil.textconv", "gpg.program",
    "diff.evil.command", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "merge.evil.driver",
    "pager.show", "interactive.diffFilter", "gc.recentObjectsHook", "sequence.editor",
]  # fmt: skip
SETTINGS = {
    "filter.evil.required": "true", "commit.gpgSign": "true", "push.gpgSign": "if-asked", "log.showSignature": "true",
    "gc.auto": "1",
}  # fmt: skip


@pytest.fixture
def trapped(pushed: Sandbox, tmp_path: Path) -> Sandbox:
    """A repository with a program in each of its traps; every one that runs leaves its name in `fired`."""
    traps = tmp_path / "traps"
    traps.mkdir()
    (pushed.path / ".git/hooks").mkdir()
    for name in (*HOOKS, *PROGRAMS, "alias", "environment"):
        (traps / name).write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/fired\ncat\n")
        (traps / name).chmod(0o755)
    for hook in HOOKS:
        (pushed.path / ".git/hooks" / hook).symlink_to(traps / hook)
    pushed.commit("Attributes", _DOT_gitattributes=b"* filter=evil diff=evil merge=evil\n")
    for key, value in {
        **{name: str(traps / name) for name in PROGRAMS},
        **SETTINGS,
        "core.hooksPath": str(traps),
        "alias.rev-parse": f"!{traps}/alias",
        "alias.push": f"!{traps}/alias",
    }.items():
        pushed.git("config", key, value)
    (tmp_path / "fired").unlink()
    return pushed


def do_everything(repo: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_EDITOR"):
        monkeypatch.setenv(variable, str(repo.path.parent / "traps/environment"))
    opened = repo.opened
    repo.write("prompts/triage.md", b"Classifx.\n")  # of the same length: git must compare the content
    repo.write("new.md", b"new\n")
    assert opened.is_dirty()
    assert opened.changed("HEAD") == ["new.md", "prompts/triage.md"]
    assert opened.changed("HEAD~1", "HEAD") == [".gitattributes"]
    assert opened.default_base() is not None
    assert opened.read("HEAD", "prompts/triage.md") == b"Classify.\n"
    commit = repo.propose(b"better\n")
    assert opened.read(commit, "prompts/triage.md") == b"better\n"
    opened.push("origin", commit, "promptci/main/triage", None)
    assert opened.fetch_branch("origin", "promptci/main/triage") == commit
    assert opened.authors("HEAD", commit)
    assert opened.commit_time(commit)


def test_no_canary_fires(trapped: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    do_everything(trapped, monkeypatch)
    assert not (tmp_path / "fired").exists(), (tmp_path / "fired").read_text()


def test_the_canaries_fire_for_git_itself(trapped: Sandbox, tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    trapped.git("config", "--unset", "filter.evil.process")  # it would speak a protocol that the canary does not know
    run = partial(subprocess.run, cwd=trapped.path, capture_output=True, check=False)
    run(["git", "status"])
    trapped.git("config", "--unset", "core.fsmonitor")  # it has said that nothing changed, which git believes
    trapped.write("prompts/triage.md", b"Classifx.\n")
    for args in (["diff", "HEAD"], ["push", "-q", "origin", "HEAD:x"], ["update-ref", "refs/heads/y", "HEAD"]):
        run(["git", *args])
    fired = set((tmp_path / "fired").read_text().split())
    assert fired >= {"core.fsmonitor", "diff.evil.command", "filter.evil.clean", "pre-push", "reference-transaction"}


def test_a_remote_that_is_a_command_is_refused(repo: Sandbox, tmp_path: Path) -> None:
    repo.git("remote", "add", "origin", f"ext::sh -c touch% {tmp_path}/fired")
    with pytest.raises(ForgeError, match="not allowed"):
        repo.opened.remote_tip("origin", "main")
    with pytest.raises(ForgeError, match="not allowed"):
        repo.opened.push("origin", "HEAD", "x", None)
    assert not (tmp_path / "fired").exists()


def test_a_bare_repository_hidden_in_a_folder_is_not_opened(repo: Sandbox, tmp_path: Path) -> None:
    trap = repo.path / "docs"
    trap.mkdir()
    Sandbox(trap).git("init", "-q", "--bare", "--template=", ".")
    Sandbox(trap).git("--git-dir=.", "config", "core.fsmonitor", f"touch {tmp_path}/fired")
    Sandbox(trap).git("--git-dir=.", "config", "core.worktree", str(repo.path))
    with pytest.raises(GitError, match="bare repository"):
        Repository.open(trap)
    assert not (tmp_path / "fired").exists()


ODD_FILTERS = ["x", "a=b", "a.b", "a.clean", "A-B/ü", "a b", "=", "a=b.required=false", "X"]
WAYS = ["config", "include", "conditional include", "include by branch", "worktree config", "global"]


def set_filter(repo: Sandbox, home: Path, way: str, name: str, kind: str, program: Path) -> str:
    """Put a filter into a configuration file that git reads, as a person's editor would; return what names it."""
    text = f'[filter "{name}"]\n\t{kind} = {program}\n\trequired = true\n'
    extra = home / "extra.config"
    extra.write_text(text)
    heads = {
        "config": text,
        "include": f"[include]\n\tpath = {extra}\n",
        "conditional include": f'[includeIf "gitdir:{repo.path}/"]\n\tpath = {extra}\n',
        "include by branch": f'[includeIf "onbranch:main"]\n\tpath = {extra}\n',
    }
    place = repo.path / ".git/config"
    if way == "worktree config":
        repo.git("config", "extensions.worktreeConfig", "true")
        place = repo.path / ".git/config.worktree"
    elif way == "global":
        place = home / "global.config"
    with place.open("a") as file:
        file.write(heads.get(way, text))
    return str(place)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["clean", "process"])
@pytest.mark.parametrize("name", ODD_FILTERS)
def test_no_filter_runs_whatever_its_name_and_wherever_it_is_set(
    repo: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str, way: str
) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/fired\ncat\n")
    trap.chmod(0o755)
    attribute = f'* "filter={name}"\n' if " " in name else f"* filter={name}\n"
    repo.commit("Attributes", _DOT_gitattributes=attribute.encode())
    place = set_filter(repo, tmp_path, way, name, kind, trap)
    if way == "global":
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", place)
    repo.write("prompts/triage.md", b"Classifx.\n")
    opened = repo.opened
    assert opened.changed("HEAD") == ["prompts/triage.md"]
    assert opened.is_dirty()
    (repo.path / "prompts/triage.md").rename(repo.path / "prompts/new.md")
    opened.renames("HEAD")
    repo.propose()
    assert not (tmp_path / "fired").exists()


def test_a_filter_that_is_not_switched_off_would_run(repo: Sandbox, tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    repo.commit("Attributes", _DOT_gitattributes=b"* filter=a=b\n")
    set_filter(repo, tmp_path, "config", "a=b", "clean", tmp_path / "trap")
    (tmp_path / "trap").write_text(f"#!/bin/sh\ntouch {tmp_path}/fired\ncat\n")
    (tmp_path / "trap").chmod(0o755)
    repo.write("prompts/triage.md", b"Classifx.\n")
    repo.git("diff", "HEAD")
    assert (tmp_path / "fired").exists()


def test_the_refs_of_a_borrowed_store_are_listed_by_no_program(pushed: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "trap").write_text(f"#!/bin/sh\ntouch {tmp_path}/fired\n")
    (tmp_path / "trap").chmod(0o755)
    lender = Sandbox(tmp_path / "lender")
    subprocess.run(["git", "clone", "-q", str(pushed.path), str(lender.path)], check=True)
    pushed.write(".git/objects/info/alternates", f"{lender.path}/.git/objects\n".encode())
    pushed.git("config", "core.alternateRefsCommand", str(tmp_path / "trap"))
    other = Sandbox(tmp_path / "other")
    subprocess.run(["git", "clone", "-q", str(tmp_path / "origin.git"), str(other.path)], check=True)
    other.commit("Theirs", theirs=b"x")
    other.git("push", "-q", "origin", "HEAD:refs/heads/theirs")
    assert pushed.opened.fetch_branch("origin", "theirs") == other.git("rev-parse", "HEAD")
    assert not (tmp_path / "fired").exists()


def test_grafts_do_not_bend_history(repo: Sandbox) -> None:
    first = repo.git("rev-parse", "HEAD")
    second = repo.commit("Second")
    repo.git("checkout", "-q", "--orphan", "other")
    root = repo.commit("Other")
    repo.write(".git/info/grafts", f"{root} {second}\n{second}\n".encode())
    assert repo.opened.merge_base(root, second) is None
    assert repo.opened.merge_base(first, second) == first


def test_a_protocol_that_runs_commands_stays_refused_where_the_environment_allows_it(
    repo: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file:ext:https")
    repo.git("config", "protocol.ext.allow", "always")
    repo.git("remote", "add", "origin", f"ext::sh -c touch% {tmp_path}/fired")
    with pytest.raises(ForgeError, match="not allowed"):
        repo.opened.remote_tip("origin", "main")
    assert not (tmp_path / "fired").exists()
