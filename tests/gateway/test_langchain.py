"""LangChain's client through the gateway: the recipe of docs/programs.md, gated below `promptci gateway`.

LangChain is large, so it is installed into an environment of its own, and only in the longer run of the tests.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.conftest import Repo
from tests.targets.test_docs import FILES

ROOT = Path(__file__).parents[2]
ROWS = [(f"{who} found it {word}", tone) for who in ("Ann", "Bob", "Cy", "Dee", "Eve")
        for tone, words in (("positive", "great good wonderful excellent"), ("negative", "awful bad terrible boring"))
        for word in words.split()]  # fmt: skip


def environment(place: Path) -> Path:
    """Python with LangChain and this package; one that is there already is named by LANGCHAIN_PYTHON."""
    given = os.environ.get("LANGCHAIN_PYTHON")
    if given:
        return Path(given)
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    done = subprocess.run([python, "-m", "pip", "install", "-q", "langchain-openai", str(ROOT)], check=False)
    return python if done.returncode == 0 else pytest.skip("the package index cannot be reached")


@pytest.mark.fault
def test_a_chain_is_gated_and_its_calls_are_paid_for_once(repo: Repo, tmp_path: Path) -> None:
    python = environment(tmp_path / "env")
    entry = {"id": "tone", "run": ["app.chain:tone"], "files": ["prompts/tone.md"], "cases": "evals/tone.jsonl"}
    repo.write("promptci.yaml", json.dumps({"prompts": [entry]}))
    repo.write("evals/tone.jsonl", "".join(json.dumps({"text": t, "expected": tone}) + "\n" for t, tone in ROWS))
    for path in ("app/chain.py", "prompts/tone.md"):
        repo.write(path, FILES[path])
    repo.commit("Bring a chain")
    repo.write("prompts/tone.md", "Name any colour.\n")
    ours = [sys.executable, "-m", "promptci"]
    command = [*ours, "gateway", "--trust-tree", "--", *ours, "check", "--base", "HEAD", "--trust-tree", "--no-cache"]
    command += ["-o", str(report := tmp_path / "report.json")]
    where = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    calls = []
    for _ in range(2):
        done = subprocess.run(command, cwd=repo.path, env=where, capture_output=True, text=True, timeout=300)
        assert done.returncode == 1, done.stdout + done.stderr
        (prompt,) = json.loads(report.read_text())["prompts"]
        assert (prompt["verdict"], prompt["score"]) == ("fail", 0.0)
        assert prompt["baseline_score"] > 0.9
        found = re.search(r"^(\d+) calls?, (\d+) answers? from the cache", done.stderr, re.MULTILINE)
        assert found is not None, done.stderr
        calls.append((int(found[1]), int(found[2])))
    assert calls[0][0] > 20
    assert calls[1] == (0, sum(calls[0]))  # the check asked the program again, the gateway no model
