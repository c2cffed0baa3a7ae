"""Small real repositories, and git as a user would run it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from promptci.gitrepo import Repository

WHEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BRANCH = "promptci/main/triage"
PERSON = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Ada"), ("EMAIL", "ada@example.com"), ("DATE", "1760000000 +0200"))
}


@dataclass(frozen=True)
class Sandbox:
    """A working tree: `git` runs git in it as a person would, `opened` is what promptci sees."""

    path: Path

    def git(self, *args: str, **env: str) -> str:
        return self.git_bytes(*args, **env).decode("utf-8", "surrogateescape").rstrip("\n")

    def git_bytes(self, *args: str, **env: str) -> bytes:
        done = subprocess.run(
            ["git", *args], cwd=self.path, env={**os.environ, **PERSON, **env}, capture_output=True, check=True
        )
        return done.stdout

    def write(self, name: str, content: bytes) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_bytes(content)

    def commit(self, message: str, **files: bytes) -> str:
        """Write `files` (`__` in a name is a slash, `_DOT_` a dot), commit everything, return the id."""
        for name, content in files.items():
            self.write(name.replace("__", "/").replace("_DOT_", "."), content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    @property
    def opened(self) -> Repository:
        return Repository.open(self.path)

    def propose(self, content: bytes = b"better\n", *, parent: str = "HEAD", branch: str = BRANCH) -> str:
        return self.opened.commit_on_branch(
            branch=branch, parent=parent, files={"prompts/triage.md": content}, message="Improve triage", when=WHEN
        )


def new_repo(path: Path) -> Sandbox:
    path.mkdir(parents=True)
    sandbox = Sandbox(path)
    sandbox.git("init", "-q", "--template=", "-b", "main")
    sandbox.commit("First", prompts__triage_DOT_md=b"Classify.\n", evals__triage_DOT_jsonl=b"{}\n")
    return sandbox


def new_remote(sandbox: Sandbox, at: Path) -> Sandbox:
    subprocess.run(
        ["git", "init", "-q", "--bare", "--template=", "-b", "main", str(at)], check=True, capture_output=True
    )
    sandbox.git("remote", "add", "origin", f"../{at.name}")
    sandbox.git("push", "-q", "origin", "main")
    return sandbox


def snapshot(root: Path) -> dict[str, bytes | str]:
    """Every file below `root` with its bytes and mode, but for what a commit beside the user's work must add."""
    allowed = (".git/objects/", ".git/refs/heads/promptci/", ".git/logs/refs/heads/promptci/")
    seen: dict[str, bytes | str] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            seen[name] = f"-> {path.readlink()}"
        elif path.is_file() and not name.startswith(allowed):
            seen[name] = oct(path.stat().st_mode).encode() + path.read_bytes()
    return seen
