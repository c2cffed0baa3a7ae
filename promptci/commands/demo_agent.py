"""`promptci demo --agent`: a program, one of whose tools is described worse; the gate turns red, a search mends it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from promptci import assets
from promptci.commands.check import check
from promptci.commands.optimize import optimize
from promptci.commands.show import show
from promptci.commands.stage import Stage, expect, set_up
from promptci.models.offline.server import running
from promptci.report.base import Report
from promptci.report.cases import by_id
from promptci.run.options import Options

PORT = 8131  # where the example's server.json looks; with another the commit, and so all that is drawn, differs
DESCRIPTION = "tools.json::3.description"
CALLS = 1_500
GOOD, WORSE = "deliveries, tracking, damaged items", "internal use only"


def demo(directory: Path | None, say: Callable[[str], None], *, color: bool = False) -> None:
    """Tell the story step by step. Raises UsageError and PromptciError as the other demo does."""
    stage = set_up(directory, "agent", say, color=color)
    options = Options(config=stage.repository / "promptci.yaml")
    with _own_python(), _served() as url:
        _begin(stage, url)
        _good(stage, options)
        red = _worse(stage, options)
        _case(stage, options, red)
        _mended(stage, options)
    stage.say(f"5. Look around: {stage.repository} has the program, its `.promptci/runs` all that was asked.")


@contextmanager
def _own_python() -> Iterator[None]:
    """Let `python` be the one that has promptci, whatever the user's is: the program imports it."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), before))
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def _served() -> Iterator[str]:
    """Serve the offline model, at the usual port if that is free."""
    with ExitStack() as serving:
        try:
            url = serving.enter_context(running(port=PORT))
        except OSError:
            url = serving.enter_context(running())
        yield url  # outside the `try`: what goes wrong in the story is no port that is taken


def _begin(stage: Stage, url: str) -> None:
    stage.say("1. A repository with a program: it chooses a tool for a ticket, looks something up, and replies.")
    stage.say("   Under test are the tools' descriptions, two prompts and a skill. The model is the offline one: a")
    stage.say("   built-in stand-in, so the numbers show how promptci works, not how good the program is.\n")
    shutil.copytree(assets.examples() / "agent", stage.repository, dirs_exist_ok=True)
    (stage.repository / "server.json").write_text(json.dumps({"base_url": url, "model": "offline"}) + "\n")
    if not Path(sys.executable).with_name("python").exists():
        _edit(stage, "promptci.yaml", "[python,", f"[{json.dumps(sys.executable)},")
    stage.begin("Answer tickets with an agent")


def _good(stage: Stage, options: Options) -> None:
    stage.say("\n$ promptci check")
    report = stage.tell(check(replace(options, run="1-good"), everything=True))
    expect(report.verdict == "pass", "the program passes")


def _worse(stage: Stage, options: Options) -> Report:
    stage.say("2. Somebody describes a tool anew. No prompt has changed, and the gate turns red.\n")
    _edit(stage, "tools.json", GOOD, WORSE)
    stage.say(f'   tools.json: "{GOOD}" becomes "{WORSE}"\n')
    stage.git("commit", "--quiet", "--all", "--message", "Describe the parcel tool anew")
    stage.say("\n$ promptci check")
    report = stage.tell(check(replace(options, run="2-worse")))
    expect(report.verdict == "fail", "the worse description fails")
    expect(any(r.kind == "calls_changed" for p in report.prompts for r in p.reasons), "changed tool calls are shown")
    return report


def _case(stage: Stage, options: Options, red: Report) -> None:
    (prompt,) = red.prompts
    case = next(d.id for d in by_id(prompt, prompt.newly_failing) if d.old_trace != d.new_trace)
    stage.say(f"3. One of its cases whole, with the tools that were called.\n\n$ promptci show 2-worse agent {case}")
    stage.say(show(options, "2-worse", "agent", case))


def _mended(stage: Stage, options: Options) -> None:
    stage.say("4. A search rewrites that description. Each candidate runs in a checkout of its own, and the one winner")
    stage.say("   is confirmed on cases that the search never saw.\n")
    stage.say(f"$ promptci optimize agent --file {DESCRIPTION} --max-calls {CALLS} --write")
    report = stage.tell(
        optimize(replace(options, run="3-mended", max_calls=CALLS), ids=["agent"], files=[DESCRIPTION], mode="write")
    )
    search = report.prompts[0].search
    expect(search is not None and search.outcome == "improved", "a better description is confirmed")
    stage.git("commit", "--quiet", "--all", "--message", "Describe the parcel tool as confirmed")
    stage.say("\n$ promptci check --base HEAD^")
    after = stage.tell(check(replace(options, run="4-after"), base="HEAD^"))
    expect(after.verdict == "pass", "the mended program passes")


def _edit(stage: Stage, path: str, before: str, after: str) -> None:
    file = stage.repository / path
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
