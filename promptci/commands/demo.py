"""`promptci demo`: the whole story on a throw-away repository, with the offline model."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from promptci import assets
from promptci.commands.check import check
from promptci.commands.optimize import optimize
from promptci.commands.stage import Stage, expect, git, set_up
from promptci.run.options import Options

PROMPT = "prompts/triage.md"


def demo(directory: Path | None, say: Callable[[str], None], *, color: bool = False) -> None:
    """Tell the story step by step and end with the paths to look at.

    Raises UsageError when `directory` is there and not empty, and PromptciError when the story does not come true.
    """
    stage = set_up(directory, "triage", say, color=color)
    options = Options(config=stage.repository / "promptci.yaml")
    _begin(stage)
    _good(stage, options)
    _worse(stage, options)
    _better(stage, options)
    _look(stage)


def _begin(stage: Stage) -> None:
    stage.say("1. A repository with a prompt, an eval set and promptci.yaml. The model is the offline one: a built-in")
    stage.say("   stand-in, no language model, so the numbers show how promptci works, not how good the prompt is.\n")
    source = assets.examples() / "triage"
    for name in ("promptci.yaml", "evals/triage.jsonl"):
        (stage.repository / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, stage.repository / name)
    _write(stage, source / "story" / "1-good.md")
    stage.begin("Route support tickets with a prompt")


def _good(stage: Stage, options: Options) -> None:
    stage.say("\n2. The prompt is scored for the first time.\n\n$ promptci check")
    expect(stage.tell(check(replace(options, run="1-good"))).verdict == "pass", "the good prompt passes")


def _worse(stage: Stage, options: Options) -> None:
    stage.say("3. Somebody shortens the prompt. It reads well, and the gate turns red.\n")
    _write(stage, assets.examples() / "triage" / "story" / "2-worse.md")
    stage.git("commit", "--quiet", "--all", "--message", "Shorten the triage prompt")
    stage.say("\n$ promptci check")
    expect(stage.tell(check(replace(options, run="2-worse"))).verdict == "fail", "the worse prompt fails")


def _better(stage: Stage, options: Options) -> None:
    stage.say("4. It was merged all the same. A bounded search looks for a better prompt, is confirmed on cases that")
    stage.say("   it never saw, and pushes a branch with a pull request.\n")
    stage.git("push", "--quiet", "origin", "main")
    stage.say("\n$ promptci optimize triage --strategy mix --pr")
    report = stage.tell(optimize(replace(options, run="3-better"), ids=["triage"], strategy="mix", mode="pr"))
    found = report.prompts[0].search
    expect(found is not None and found.pull_request.operation == "created", "a pull request is opened")


def _look(stage: Stage) -> None:
    branch = "promptci/main/triage"
    run = stage.repository / ".promptci" / "runs" / "3-better" / "report.json"
    pulls = sorted((stage.place / "origin.pulls").glob("*.md"))
    diff = stage.place / "better.diff"
    diff.write_text(git(stage.remote, "diff", "main", branch, "--", PROMPT), encoding="utf-8")
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
