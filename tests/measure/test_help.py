"""Three arms: none, the base's text, the new one. Whether it helps is said with intervals, and gates nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.commands.forecast import of_check
from promptci.config import parse
from promptci.errors import ConfigError, DataError
from promptci.models.connect import connect
from promptci.report.base import Report
from tests.conftest import Repo, cases

ROOT = Path(__file__).parents[2]
SCRIPTED = 'models: {scorer: {model: scripted, base_url: "http://127.0.0.1:9/v1"}}\n'
CONFIG = SCRIPTED + "prompts:\n  - {id: look, file: AGENTS.md, cases: evals/say.jsonl, without: true}\n"
N = 80


def answering(**right: int) -> Callable[[str, int], str]:
    """Right on every case whose number is below what its text is named with."""

    def score(text: str, sample: int) -> str:
        name = text.split("\n")[0] if text.startswith("Look") else "none"
        return "yes" if int(text.rsplit(" ", 1)[1]) < right[name.replace("Look ", "").rstrip(".")] else "no"

    return score


@pytest.fixture
def skilled(repo: Repo) -> Repo:
    repo.write("promptci.yaml", CONFIG)
    repo.write("evals/say.jsonl", cases(N))
    repo.write("AGENTS.md", "Look old.\n")
    repo.commit("Bring a text")
    repo.write("AGENTS.md", "Look new.\n")
    return repo


def told(report: Report) -> dict[str, list[str]]:
    (prompt,) = report.prompts
    found: dict[str, list[str]] = {}
    for reason in prompt.reasons:
        found.setdefault(reason.kind, []).append(reason.text)
    return found


def test_each_version_is_compared_with_none_on_all_cases(skilled: Repo) -> None:
    skilled.model.score = answering(none=20, old=60, new=70)
    report = check(skilled.options(), base="HEAD")
    said = told(report)
    assert "Without this text the score is 25.0 % on 80 cases" in said["without"][0]
    assert said["helps"] == [
        "With this version it is 87.5 %, +62.5 points (90 % interval +53.4 to +71.6): it helps.",
        "With the base's it is 75.0 %, +50.0 points (90 % interval +40.6 to +59.4): it helps.",
    ]
    assert report.calls == skilled.model.calls("scorer") <= 3 * N + N // 2  # early answers are not paid twice


def test_an_eval_set_that_changed_with_the_text_is_asked_of_both_versions(skilled: Repo) -> None:
    skilled.write("evals/say.jsonl", "".join(cases(N + 20).splitlines(keepends=True)[20:]))
    skilled.model.score = answering(none=40, old=60, new=90)
    said = told(check(skilled.options(), base="HEAD"))
    assert "Without this text the score is 25.0 % on 80 cases" in said["without"][0]
    assert [text.split(",")[0] for text in said["helps"]] == [
        "With this version it is 87.5 %",
        "With the base's it is 50.0 %",
    ]


def test_what_it_took_is_told_and_foretold(skilled: Repo) -> None:
    skilled.model.score = answering(none=20, old=60, new=60)
    expected = of_check(skilled.options(), ids=(), base="HEAD", everything=False)
    assert next(line for line in expected if line.startswith("calls")).split()[2] == f"{3 * N}"
    report = check(skilled.options(), base="HEAD")
    skilled.write("promptci.yaml", CONFIG.replace(", without: true", ""))
    alone = check(skilled.options(no_cache=True), base="HEAD")
    assert f"to know took {report.calls - alone.calls} calls" in told(report)["without"][0]
    assert report.verdict == alone.verdict == "pass"
    assert "without" not in told(alone)


@pytest.mark.parametrize(
    ("new", "kind", "verdict"),
    [
        pytest.param(60, "help_unknown", "pass", id="as-none"),
        pytest.param(30, "hurts", "fail", id="hurts"),
    ],
)
def test_a_text_that_does_not_help_is_said_to_and_gates_nothing_itself(
    new: int, kind: str, verdict: str, skilled: Repo
) -> None:
    skilled.model.score = answering(none=60, old=60, new=new)
    report = check(skilled.options(), base="HEAD")
    assert told(report)[kind][0].startswith("With this version")
    assert report.verdict == verdict


def test_a_spent_budget_leaves_it_unsaid(skilled: Repo) -> None:
    skilled.model.score = answering(none=20, old=60, new=60)
    whole = check(skilled.options(no_cache=True), base="HEAD").calls
    said = told(check(skilled.options(no_cache=True, max_calls=whole - 5), base="HEAD"))
    assert "was not asked to the end" in said["help_unmeasured"][0]
    assert "without" not in said


def test_a_prompt_with_placeholders_is_refused_before_a_call(skilled: Repo) -> None:
    skilled.write("promptci.yaml", CONFIG.replace("AGENTS.md", "prompts/say.md"))
    with pytest.raises(DataError, match="placeholders cannot be left out"):
        check(skilled.options(), base="HEAD", everything=True)
    assert skilled.model.asked == []


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        pytest.param("file: a.md, without: a.md", "of a prompt names a file", id="a-prompt-s-file"),
        pytest.param("run: [a], files: [a.md], without: true", "names no file under test", id="all-of-a-program"),
        pytest.param("run: [a], files: [a.md], without: ''", "names no file under test", id="no-name"),
        pytest.param("run: [a], files: [a.md], without: b.md", "names no file under test", id="another-file"),
    ],
)
def test_what_cannot_be_taken_away_is_refused(rest: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse(f"prompts:\n  - {{id: a, cases: a.jsonl, {rest}}}\n")


APP = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from promptci.target import answer, cases
skill = Path("skills/look/SKILL.md")
for case in cases():
    answer(case, "yes" if skill.exists() or case.vars["input"].endswith("7") else "no")
"""


def test_a_program_is_asked_without_its_file(repo: Repo) -> None:
    entry = f'  - {{id: agent, run: ["{sys.executable}", app.py], files: [skills/look/SKILL.md], cases: evals/say.jsonl'
    repo.write("promptci.yaml", f"prompts:\n{entry}, without: skills/look/SKILL.md}}\n")
    repo.write("app.py", APP)
    repo.write("skills/look/SKILL.md", "---\nname: look\ndescription: How to look.\n---\nLook.\n")
    repo.write("evals/say.jsonl", cases(N))
    repo.commit("Bring a program")
    said = told(check(replace(repo.options(), connect=connect), base="HEAD", everything=True))
    assert "Without skills/look/SKILL.md the score is 10.0 % on 80 cases" in said["without"][0]
    (alone,) = said["helps"]  # the base has the same text, which is not asked twice
    assert "it is 100.0 %, +90.0 points" in alone
