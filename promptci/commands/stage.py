"""A demo's stage: a throw-away repository with a bare remote beside it, and git as its user runs it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from promptci.errors import PromptciError, UsageError
from promptci.report.base import Report
from promptci.report.terminal import as_text

_SETTINGS = (("user.name", "Dana Demo"), ("user.email", "dana@example.com"), ("commit.gpgsign", "false"))


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story is told: the user's repository, its bare remote, and who prints. `color` is for terminals."""

    place: Path
    name: str
    say: Callable[[str], None]
    color: bool

    @property
    def repository(self) -> Path:
        """The user's clone."""
        return self.place / self.name

    @property
    def remote(self) -> Path:
        """What stands in for the hosting service: a bare repository, with its pull requests in a folder beside it."""
        return self.place / "origin.git"

    def git(self, *args: str) -> str:
        """Run git as the user would, and show the command; return what it printed."""
        self.say("$ git " + " ".join(a if " " not in a else f"'{a}'" for a in args))
        return git(self.repository, *args)

    def tell(self, report: Report) -> Report:
        """Print a report as the command line would."""
        self.say(as_text(report, color=self.color))
        return report

    def begin(self, message: str) -> None:
        """Make a repository of what lies in its directory, with a remote that has its first commit."""
        git(self.place, "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        self.git("init", "--quiet", "--initial-branch=main")
        for name, value in _SETTINGS:
            git(self.repository, "config", name, value)
        self.git("remote", "add", "origin", "../origin.git")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", "main")


def set_up(directory: Path | None, name: str, say: Callable[[str], None], *, color: bool) -> Stage:
    """Return a stage in `directory`, or in a new one. Raises UsageError when it is there and not empty."""
    place = directory or Path(tempfile.mkdtemp(prefix="promptci-demo-"))
    if place.exists() and any(place.iterdir()):
        raise UsageError("is not empty", place=str(place), hint="name a new directory, or none at all")
    stage = Stage(place.resolve(), name, say, color)
    stage.repository.mkdir(parents=True)
    return stage


def git(directory: Path, *args: str) -> str:
    """Run git in `directory` with the user's own settings left out, so that the story is the same on every machine."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    # The order of the cases comes from the commit and reruns from the run's name: with both fixed, and the dates with
    # them, the story has the same numbers every time.
    dates = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2026-01-05T09:00:00Z")
    environ = {**kept, **fixed, **dates}
    done = subprocess.run(
        ["git", "-C", str(directory), *args], env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise PromptciError(f"git {args[0]} failed: {done.stderr.strip()}", place=str(directory))
    return done.stdout


def expect(came_true: bool, what: str) -> None:
    """Raise PromptciError where the story did not come true."""
    if not came_true:
        raise PromptciError(f"the demo did not go as told: expected that {what}", hint="please report it")
