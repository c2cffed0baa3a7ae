"""A program gated: its own revision on each side, and the base's for strangers."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.errors import ConfigError
from promptci.models.connect import connect
from promptci.project.changes import plan
from promptci.project.project import locate
from promptci.project.touched import program_held
from promptci.project.trust import trusting
from promptci.run.options import Options
from promptci.targets.model import ProgramSpec
from tests.conftest import Repo, cases

ROOT = Path(__file__).parent.parent.parent
CONFIG = f"""\
version: 1
prompts:
  - {{id: agent, run: ["{sys.executable}", app.py], files: [prompt.md, skill.md], cases: evals/a.jsonl}}
"""
APP = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from promptci.target import answer, cases
said = Path("prompt.md").read_text().strip()
for case in cases():
    print("working on", case.id)
    answer(case, said, usage={{"input_tokens": 3, "output_tokens": 1}})
"""


@pytest.fixture
def agent(repo: Repo) -> Repo:
    repo.write("promptci.yaml", CONFIG)
    repo.write("app.py", APP)
    repo.write("prompt.md", "yes\n")
    repo.write("skill.md", "a skill\n")
    repo.write("evals/a.jsonl", cases(60))
    repo.commit("Bring a program", push=True)
    return repo


def options(repo: Repo, **more: object) -> Options:
    return replace(repo.options(**more), connect=connect)


def test_each_side_runs_its_own_revision(agent: Repo) -> None:
    agent.write("prompt.md", "no\n")
    report = check(options(agent), base="HEAD")
    (prompt,) = report.prompts
    assert (report.verdict, prompt.score, prompt.baseline_score) == ("fail", 0.0, 1.0)
    assert prompt.why == ("prompt text",)
    assert report.input_tokens == 3 * report.calls


def test_the_report_counts_dollars_that_are_said_and_answers_that_say_no_tokens(agent: Repo) -> None:
    agent.write("app.py", APP.replace('usage={"input_tokens": 3, "output_tokens": 1}', "cost_usd=0.25"))
    report = check(options(agent), base="HEAD")
    old = report.input_tokens // 3  # those of the base, which said so
    assert report.cost_usd == 0.25 * (report.calls - old) > 0
    assert [note for note in report.notes if f"without a valid `usage`: {report.calls - old};" in note]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        pytest.param("app.py", APP + "\n# changed\n", "program", id="program"),
        pytest.param("lookup.py", "TABLE = {}\n", "program", id="new-file-of-it"),
        pytest.param("skill.md", "another skill\n", "skill.md", id="second-file"),
    ],
)
def test_what_of_it_changed_is_named(name: str, text: str, why: str, agent: Repo) -> None:
    agent.write(name, text)
    (planned,) = plan(locate(agent.path / "promptci.yaml", agent.path), "HEAD")
    assert planned.why == (why,)


def test_nothing_is_measured_when_only_its_surroundings_changed(agent: Repo) -> None:
    agent.write(".github/workflows/ci.yml", "on: push\n")
    assert plan(locate(agent.path / "promptci.yaml", agent.path), "HEAD") == []


def test_an_answered_program_is_not_asked_again(agent: Repo) -> None:
    agent.write("prompt.md", "yes, surely\n")
    first = check(options(agent), base="HEAD")
    again = check(options(agent), base="HEAD")
    assert first.calls > 0
    assert again.calls < first.calls


def test_the_program_cannot_read_the_expected_answers(agent: Repo) -> None:
    spy = APP.replace("said = ", "import os; said = str(sorted(os.listdir('.'))); _ = ")
    agent.write("app.py", spy)
    project = locate(agent.path / "promptci.yaml", agent.path)
    (planned,) = plan(project, "HEAD")
    assert isinstance(planned.new.spec, ProgramSpec)
    assert set(planned.new.spec.program.files) == {
        "README.md",
        "app.py",
        "prompt.md",
        "skill.md",
        "prompts/say.md",
        "evals/say.jsonl",
    }


def test_a_stranger_s_change_runs_the_base_s_program_with_its_own_prompt(agent: Repo) -> None:
    base = agent.git("rev-parse", "HEAD").strip()
    agent.write("app.py", "raise SystemExit('stolen')\n")
    agent.write("sitecustomize.py", "raise SystemExit('stolen')\n")
    agent.write("prompt.md", "no\n")
    agent.write("promptci.yaml", CONFIG.replace("files: [prompt.md, skill.md]", "files: [prompt.md, app.py]"))
    agent.commit("Be hostile")
    found = trusting(locate(agent.path / "promptci.yaml", agent.path), base)
    assert found is not None
    (planned,) = plan(found[0], base)
    assert isinstance(planned.new.spec, ProgramSpec)
    files = planned.new.spec.program.files
    assert files["app.py"].decode() == APP
    assert "sitecustomize.py" not in files
    assert files["prompt.md"] == b"no\n"
    assert planned.why == ("prompt text",)


def test_what_of_a_stranger_s_program_did_not_run_is_said(agent: Repo) -> None:
    base = agent.git("rev-parse", "HEAD").strip()
    project = locate(agent.path / "promptci.yaml", agent.path)
    agent.write("prompt.md", "no\n")
    assert program_held(project, project.config.prompts[0], base) == ()
    agent.write("app.py", "raise SystemExit('stolen')\n")
    agent.write("requirements.txt", "evil\n")
    (said,) = program_held(project, project.config.prompts[0], base)
    assert "app.py, requirements.txt here had no effect" in said.text


def test_a_stranger_brings_no_program(agent: Repo) -> None:
    base = agent.git("rev-parse", "HEAD").strip()
    entry = CONFIG.splitlines()[2].replace("id: agent", "id: other").replace("[prompt.md, skill.md]", "[app.py]")
    agent.write("promptci.yaml", CONFIG + entry + "\n")
    with pytest.raises(ConfigError, match="'other' brings a program of its own"):
        trusting(locate(agent.path / "promptci.yaml", agent.path), base)


def test_a_command_that_is_not_there_is_refused_before_a_call(agent: Repo) -> None:
    agent.write("promptci.yaml", CONFIG.replace(sys.executable, "no-such-python"))
    with pytest.raises(ConfigError, match="'no-such-python' of 'run' is not there"):
        check(options(agent, trust_tree=True), base="HEAD")


def test_a_checked_out_tree_s_own_program_is_not_run_unless_it_is_trusted(agent: Repo) -> None:
    agent.git("switch", "--quiet", "-c", "theirs")
    agent.write("promptci.yaml", CONFIG.replace("app.py", "other.py"))
    agent.write("other.py", "open('ran', 'w').close()\n" + APP)
    agent.write("prompt.md", "no\n")
    agent.commit("A small edit")
    with pytest.raises(ConfigError, match="nothing was run") as problem:
        check(options(agent))
    assert "--trust-tree" in (problem.value.hint or "")
    assert check(options(agent, trust_tree=True)).verdict == "fail"
