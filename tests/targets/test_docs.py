"""docs/programs.md: each of its programs answers, and is gated when its prompt gets worse."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from promptci.commands.check import check
from promptci.config import parse
from promptci.models.connect import connect
from tests.conftest import Repo

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "programs.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE))
SETTINGS = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
TICKETS = [{"ticket": f"where is my parcel {n}", "expected": "shipping"} for n in range(40)]
CALLS = [{"ticket": f"money back for {n}", "expected": {"name": "look_up", "arguments": {"order": str(n)}}}
         for n in range(40)]  # fmt: skip


def test_every_program_is_run() -> None:
    run_here = {"app/classify.py", "app/classify.js", "app/agent.py"}
    assert {path for path in FILES if path.startswith("app/")} == run_here | {"app/chain.py"}  # tests/gateway has that


@pytest.mark.parametrize("text", SETTINGS, ids=["program", "skill", "without"])
def test_the_settings_are_read(text: str) -> None:
    parse(json.dumps(yaml.safe_load(text)))


@pytest.mark.parametrize(
    ("app", "tested", "metric", "rows"),
    [
        pytest.param("app/classify.py", "prompts/classify.md", "exact", TICKETS, id="python"),
        pytest.param("app/classify.js", "prompts/classify.md", "exact", TICKETS, id="javascript"),
        pytest.param("app/agent.py", "skills/refunds/SKILL.md", "tool_call", CALLS, id="agent"),
    ],
)
def test_a_worse_prompt_turns_its_gate_red(
    app: str, tested: str, metric: str, rows: list[dict[str, object]], repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = sys.executable if app.endswith(".py") else shutil.which("node")
    if command is None:
        pytest.skip("no node")
    entry = {"id": "it", "run": [command, app], "files": [tested], "cases": "evals/it.jsonl", "metric": metric}
    repo.write("promptci.yaml", json.dumps({"prompts": [entry]}))
    for path in (app, tested):
        repo.write(path, FILES[path])
    repo.write("evals/it.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    repo.commit("Bring a program")
    repo.write(tested, FILES[tested].replace("parcel", "letter").replace("look_up", "nothing"))
    report = check(replace(repo.options(), connect=connect), base="HEAD")
    (prompt,) = report.prompts
    assert (report.verdict, prompt.baseline_score, prompt.score) == ("fail", 1.0, 0.0)
