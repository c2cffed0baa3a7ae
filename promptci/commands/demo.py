"""`promptci demo`: the whole story on a throw-away repository, with the offline model."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from promptci import assets
from promptci.commands.check import check
from promptci.commands.optimize import optimize
from promptci.errors import PromptciError, UsageError
from promptci.report.base import Report
from promptci.report.terminal import as_text
from promptci.run.options import Options

PROMPT = "prompts/triage.md"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story is told: the user's repository, its bare remote, and who prints. `color` is for terminals."""

    place: Path
    say: Callable[[str], None]
    color: bool

    @property
    def repository(self) -> Path:
        """The user's clone."""
        return self.place / "triage"

    @property
    def remote(self) -> Path:
        """What stands in for the hosting service: a bare repository, with its pull requests in a folder beside it."""
        return self.place / "origin.git"

    def git(self, *args: str) -> str:
        """Run git as the user would, and show the command; return what it printed."""
        self.say("$ git " + " ".join(a if " " not in a else f"'{a}'" for a in args))
        return _git(self.repository, *args)

    def tell(self, report: Report) -> Report:
        """Print a report as the command line would."""
        self.say(as_text(report, color=self.color))
        return report


def demo(directory: Path | None, say: Callable[[str], None], *, color: bool = False) -> None:
    """Tell the story step by step and end with the paths to look at.

    Raises UsageError when `directory` is there and not empty, and PromptciError when the story does not come true.
    """
    place = directory or Path(tempfile.mkdtemp(prefix="promptci-demo-"))
    if place.exists() and any(place.iterdir()):
        raise UsageError("is not empty", place=str(place), hint="name a new directory, or none at all")
    stage = Stage(place.resolve(), say, color)
    options = Options(config=stage.repository / "promptci.yaml")
    _begin(stage)
    _good(stage, options)
    _worse(stage, options)
    _better(stage, options)
    _look(stage)


def _begin(stage: Stage) -> None:
    stage.say("1. A repository with a prompt, an eval set and promptci.yaml. The model is the offline one: a built-in")
    stage.say("   stand-in, no language model, so the numbers show how promptci works, not how good the prompt is.\n")
    stage.repository.mkdir(parents=True)
    source = assets.examples() / "triage"
    for name in ("promptci.yaml", "evals/triage.jsonl"):
        (stage.repository / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, stage.repository / name)
    _write(stage, source / "story" / "1-good.md")
    _git(stage.place, "init", "--quiet", "--bare", "--initial-branch=main", str(stage.remote))
    stage.git("init", "--quiet", "--initial-branch=main")
    for name, value in (("user.name", "Dana Demo"), ("user.email", "dana@example.com"), ("commit.gpgsign", "false")):
        _git(stage.repository, "config", name, value)
    stage.git("remote", "add", "origin", "../origin.git")
    stage.git("add", ".")
    stage.git("commit", "--quiet", "--message", "Route support tickets with a prompt")
    stage.git("push", "--quiet", "origin", "main")


def _good(stage: Stage, options: Options) -> None:
    stage.say("\n2. The prompt is scored for the first time.\n\n$ promptci check")
    _expect(stage.tell(check(replace(options, run="1-good"))).verdict == "pass", "the good prompt passes")


def _worse(stage: Stage, options: Options) -> None:
    stage.say("3. Somebody shortens the prompt. It reads well, and the gate turns red.\n")
    _write(stage, assets.examples() / "triage" / "story" / "2-worse.md")
    stage.git("commit", "--quiet", "--all", "--message", "Shorten the triage prompt")
    stage.say("\n$ promptci check")
    _expect(stage.tell(check(replace(options, run="2-worse"))).verdict == "fail", "the worse prompt fails")


def _better(stage: Stage, options: Options) -> None:
    stage.say("4. It was merged all the same. A bounded search looks for a better prompt, is confirmed on cases that")
    stage.say("   it never saw, and pushes a branch with a pull request.\n")
    stage.git("push", "--quiet", "origin", "main")
    stage.say("\n$ promptci optimize triage --strategy mix --pr")
    report = stage.tell(optimize(replace(options, run="3-better"), ids=["triage"], strategy="mix", mode="pr"))
    found = report.prompts[0].search
    _expect(found is not None and found.pull_request.operation == "created", "a pull request is opened")


def _look(stage: Stage) -> None:
    branch = "promptci/main/triage"
    run = stage.repository / ".promptci" / "runs" / "3-better" / "report.json"
    pulls = sorted((stage.place / "origin.pulls").glob("*.md"))
    diff = stage.place / "better.diff"
    diff.write_text(_git(stage.remote, "diff", "main", branch, "--", PROMPT), encoding="utf-8")
    stage.say("5. Look around:\n")
    stage.say(f"   the repository     {stage.repository}")
    stage.say(f"   the pull request   {pulls[-1]}")
    stage.say(f"   the diff           {diff}")
    stage.say(f"   the report         {run}")
    stage.say(f"   the branch         {branch} in {stage.remote}")
    stage.say(f"\n   cd {stage.repository} && promptci check")


def _write(stage: Stage, source: Path) -> None:
    target = stage.repository / PROMPT
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _git(directory: Path, *args: str) -> str:
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


def _expect(came_true: bool, what: str) -> None:
    if not came_true:
        raise PromptciError(f"the demo did not go as told: expected that {what}", hint="please report it")
