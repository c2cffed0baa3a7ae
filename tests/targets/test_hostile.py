"""A pull request that changes a program, what it depends on, its settings and its prompt, through `ci`."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.commands.ci import ci
from promptci.models.connect import connect
from promptci.report.markdown import as_markdown
from tests.commands.test_ci import event
from tests.conftest import Repo, cases

ROOT = Path(__file__).parents[2]
SETTINGS = f"""\
version: 1
models: {{scorer: {{model: offline, api_key_env: MODEL_KEY}}}}
prompts:
  - {{id: agent, run: ["{sys.executable}", app.py], files: [prompt.md], cases: evals/a.jsonl}}
"""
APP = """\
import json, os, sys
sys.path.insert(0, {root!r})
import lookup
from promptci.target import answer, cases
open({log!r}, "a").write(json.dumps([lookup.WHOSE, open("requirements.txt").read(), sorted(os.environ)]) + "\\n")
for case in cases():
    answer(case, open("prompt.md").read().strip(), usage={{"input_tokens": 1, "output_tokens": 1}})
"""
KEYS = ("MODEL_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY")


def test_the_base_s_program_runs_with_no_key_more_and_the_report_says_so(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = repo.path.parent / "started"
    repo.write("promptci.yaml", SETTINGS)
    repo.write("app.py", APP.format(root=str(ROOT), log=str(log)))
    repo.write("lookup.py", "WHOSE = 'base'\n")
    repo.write("requirements.txt", "good==1\n")
    repo.write("prompt.md", "yes\n")
    repo.write("evals/a.jsonl", cases(60))
    repo.commit("Bring a program", push=True)
    base = repo.git("rev-parse", "HEAD").strip()
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("promptci.yaml", SETTINGS.replace("MODEL_KEY", "AWS_SECRET_ACCESS_KEY"))
    repo.write("app.py", f"open({str(log)!r}, 'a').write('stolen')\n")
    repo.write("lookup.py", "WHOSE = 'theirs'\n")
    repo.write("sitecustomize.py", f"open({str(log)!r}, 'a').write('stolen')\n")
    repo.write("requirements.txt", "evil==1\n")
    repo.write("prompt.md", "no\n")
    tip = repo.commit("Be hostile")
    for name in KEYS:
        monkeypatch.setenv(name, "secret")
    payload = {
        "repository": {"default_branch": "main", "full_name": "o/r"},
        "pull_request": {"base": {"sha": base}, "head": {"sha": tip, "repo": {"full_name": "o/r"}}},
    }
    environ = {**event(repo, "pull_request", payload, monkeypatch), **dict.fromkeys(KEYS, "secret")}
    report = ci(replace(repo.options(), connect=connect), environ, lambda _: None)

    runs = [json.loads(line) for line in log.read_text().splitlines()]
    assert {(whose, wanted) for whose, wanted, _ in runs} == {("base", "good==1\n")}
    assert {name for *_, names in runs for name in names if name in KEYS} == {"MODEL_KEY"}
    prompt, settings = report.prompts
    assert (report.verdict, prompt.baseline_score, prompt.score) == ("fail", 1.0, 0.0)
    (held,) = (w.text for w in prompt.warnings if w.kind == "program_held")
    assert "The base's program was run" in held
    assert all(name in held for name in ("app.py", "lookup.py", "requirements.txt", "sitecustomize.py"))
    assert "The base's program was run" in as_markdown(report)
    assert {r.kind for r in settings.reasons} == {"models_held"}  # the key that it names instead was not given
