"""A program searched: one file at a time, never in the user's tree, and what waits for other files counts as well."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.commands import forecast
from promptci.commands.check import check
from promptci.commands.explain import explained
from promptci.commands.improving import below_target
from promptci.commands.optimize import optimize
from promptci.config import parse
from promptci.errors import ConfigError, DataError, UsageError
from promptci.models.base import Carried, Client, ModelSpec
from promptci.project.chosen import as_searched
from promptci.project.project import locate
from promptci.project.side import Side, side
from promptci.report.base import PromptReport
from promptci.report.searched import Search
from promptci.run.options import Options
from tests.conftest import Repo, cases

ROOT = Path(__file__).parents[2]
CONFIG = f"""\
version: 1
models: {{scorer: {{model: offline}}, optimizer: {{model: m, base_url: "http://127.0.0.1:9/v1"}}}}
budget: {{max_calls: 2500}}
search: {{strategy: opro, per_step: 2, steps: 2}}
prompts:
  - id: agent
    run: ["{sys.executable}", app.py]
    files: [prompt.md, tools.json, skills/look/SKILL.md]
    cases: evals/a.jsonl
"""
APP = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
import json
from pathlib import Path
from promptci.target import answer, cases
kind = Path("prompt.md").read_text() + json.loads(Path("tools.json").read_text())[0]["description"]
words = [word for word in ("carefully", "exactly") if word in kind]
right = {{(): (0,), ("carefully",): (0, 1), ("exactly",): (0, 2), ("carefully", "exactly"): BOTH}}[tuple(words)]
for case in cases():
    answer(case, "yes" if int(case.vars["input"].split()[1]) % 4 in right else "no")
"""
SKILL = "---\nname: look\ndescription: How to look. Use it always.\n---\nLook at everything.\n"


@pytest.fixture
def agent(repo: Repo) -> Repo:
    repo.write("promptci.yaml", CONFIG)
    repo.write("app.py", APP.replace("BOTH", "(0, 1, 2)"))
    repo.write("prompt.md", "Answer {input} with care.\n")
    repo.write("tools.json", json.dumps([{"name": "look", "description": "looks things up"}], indent=1) + "\n")
    repo.write("skills/look/SKILL.md", SKILL)
    repo.write("evals/a.jsonl", cases(240))
    repo.commit("Bring a program", push=True)
    repo.model.propose = proposing("Answer {input} carefully.")
    return repo


def proposing(text: str) -> Callable[[str, int], str]:
    return lambda question, sample: f"<INS>{text}</INS>"


def options(repo: Repo, **more: object) -> Options:
    def connect(spec: ModelSpec) -> Client:
        return spec.client() if isinstance(spec, Carried) else repo.model

    return replace(repo.options(**more), connect=connect)


def sought(repo: Repo, file: str, mode: str = "write") -> tuple[PromptReport, Search]:
    (prompt,) = optimize(options(repo), files=[file], mode=mode).prompts  # type: ignore[arg-type]  # one of Mode
    assert prompt.search is not None
    return prompt, prompt.search


def test_a_better_text_of_one_file_is_found_confirmed_and_written(agent: Repo) -> None:
    before = agent.git("status", "--porcelain")
    prompt, search = sought(agent, "prompt.md", "dry-run")
    assert (search.outcome, prompt.unmeasured) == ("improved", 0)
    assert "+Answer {input} carefully." in search.diff
    assert agent.git("status", "--porcelain", "--", ":!.promptci") == before  # candidates were tried elsewhere
    _, search = sought(agent, "prompt.md")
    assert (agent.path / "prompt.md").read_text() == "Answer {input} carefully.\n"
    agent.commit("Take it")
    assert check(options(agent), base="HEAD^").verdict == "pass"


def test_one_description_of_a_tool_is_rewritten_and_nothing_else(agent: Repo) -> None:
    agent.model.propose = proposing("looks exactly what was asked for up")
    _, search = sought(agent, "tools.json::0.description")
    assert search.outcome == "improved"
    assert agent.git("diff", "--stat", "--", ":!.promptci").splitlines()[0].split()[0] == "tools.json"
    (tool,) = json.loads((agent.path / "tools.json").read_text())
    assert tool == {"name": "look", "description": "looks exactly what was asked for up"}


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        pytest.param("prompt.md", "Answer carefully.", "placeholders", id="placeholder-lost"),
        pytest.param("skills/look/SKILL.md::description", "carefully " * 110, "too long", id="too-long"),
        pytest.param("skills/look/SKILL.md", "carefully \x07", "hidden characters", id="hidden"),
    ],
)
def test_what_the_file_or_its_program_cannot_hold_is_refused_unpaid(
    file: str, text: str, why: str, agent: Repo
) -> None:
    agent.model.propose = proposing(text)
    prompt, search = sought(agent, file, "dry-run")
    assert (search.outcome, search.stop_kind, prompt.verdict) == ("stopped", "refused", "unmeasured")
    assert set(search.rejected) == {why}
    assert any(reason.text.startswith(f"The first that is refused as {why}: ") for reason in prompt.reasons)


def test_several_files_at_once_are_refused(agent: Repo) -> None:
    with pytest.raises(UsageError, match="one file at a time") as problem:
        optimize(options(agent), files=["prompt.md", "tools.json::0.description"])
    assert "confirmed together" in str(problem.value.hint)
    assert agent.model.asked == []


@pytest.mark.parametrize(
    ("file", "error", "said"),
    [
        pytest.param("app.py", UsageError, "'app.py' is not under test", id="another-file"),
        pytest.param("tools.json", DataError, "unknown key", id="which-text"),
        pytest.param("tools.json::0.nothing", DataError, "there is no 'nothing'", id="no-such-text"),
    ],
)
def test_a_file_that_cannot_be_searched_is_refused(file: str, error: type[Exception], said: str, agent: Repo) -> None:
    for story in (optimize, forecast.of_optimize):
        with pytest.raises(error, match=said):
            story(options(agent), ids=[], files=[file])
    assert agent.model.asked == []


def test_a_search_of_one_file_costs_no_more_than_was_told(agent: Repo) -> None:
    asked = options(agent)
    (line,) = (x for x in forecast.of_optimize(asked, ids=[], files=["prompt.md"]) if x.startswith("calls"))
    low, _, most = (int(number.replace(",", "")) for number in line.split()[1:])
    assert agent.model.asked == []
    assert low <= optimize(asked, files=["prompt.md"]).calls <= most


def test_a_prompt_has_no_other_file_to_search(repo: Repo) -> None:
    with pytest.raises(UsageError, match="'say' is no program"):
        optimize(repo.options(), files=["prompts/say.md"])


def found_in(repo: Repo) -> Side:
    project = locate(repo.path / "promptci.yaml", repo.path)
    return side(project, project.config, project.config.prompts[0], None)


def test_a_changed_text_measures_as_the_same_change_of_the_file_does(agent: Repo) -> None:
    other = as_searched(found_in(agent), "tools.json::0.description").with_text("looks up")
    agent.write("tools.json", (agent.path / "tools.json").read_text().replace("looks things up", "looks up"))
    assert other.measure("").prompt == found_in(agent).measure("").prompt
    assert other.measure("") == found_in(agent).measure("")


def test_the_settings_choose_what_is_searched(agent: Repo) -> None:
    agent.write("promptci.yaml", CONFIG + "    rewrite: tools.json::0.description\n")
    assert as_searched(found_in(agent)).prompt.template == "looks things up"
    assert as_searched(found_in(agent), "prompt.md").path == "prompt.md"
    with pytest.raises(ConfigError, match="'rewrite' of a program names no file under test"):
        parse(CONFIG + "    rewrite: app.py\n")
    low = [PromptReport("agent", "pass", (), score=0.5)]
    assert below_target(parse(CONFIG), low) == []
    assert [p.id for p in below_target(parse(CONFIG + "    rewrite: prompt.md\n"), low)] == ["agent"]


def waits(agent: Repo) -> None:
    """A confirmed pull request for prompt.md is open, and another text is about to be found for tools.json."""
    _, search = sought(agent, "prompt.md", "pr")
    assert (search.outcome, search.pull_request.operation) == ("improved", "created")
    agent.model.propose = proposing("looks exactly what was asked for up")


def files_on_branch(agent: Repo) -> set[str]:
    named = agent.remote("diff", "--name-only", "main", "promptci/main/agent").split()
    return {name for name in named if not name.startswith(".promptci/")}


def test_a_winner_is_confirmed_once_more_with_what_waits_for_another_file(agent: Repo) -> None:
    waits(agent)
    prompt, search = sought(agent, "tools.json::0.description", "pr")
    assert (search.outcome, search.pull_request.operation) == ("improved", "updated")
    assert prompt.reasons[0].kind == "merged"
    assert "prompt.md" in prompt.reasons[0].text
    assert {"+++ b/prompt.md", "+++ b/tools.json"} <= set(search.diff.splitlines())
    assert files_on_branch(agent) == {"prompt.md", "tools.json"}
    ledger = agent.remote("show", "promptci/main/agent:.promptci/ledger/agent.jsonl").splitlines()
    assert [json.loads(line)["verdict"] for line in ledger] == ["improved"] * 3
    assert prompt.score is not None
    assert prompt.score > 0.6  # that of both: each by itself has half of the cases


def test_what_is_not_better_together_leaves_what_waits(agent: Repo) -> None:
    agent.write("app.py", APP.replace("BOTH", "(3,)"))
    agent.commit("Be odd", push=True)
    waits(agent)
    prompt, search = sought(agent, "tools.json::0.description", "pr")
    assert search.outcome == "inconclusive"
    assert prompt.reasons[0].kind == "not_merged"
    assert search.diff == ""
    assert files_on_branch(agent) == {"prompt.md"}
    ledger = agent.remote("show", "promptci/main/agent:.promptci/ledger/agent.jsonl").splitlines()
    assert [json.loads(line)["verdict"] == "improved" for line in ledger] == [True, True, False]


def test_what_waits_for_a_file_that_has_changed_since_is_not_taken_along(agent: Repo) -> None:
    """It was confirmed with another text on the base than the one that is there now."""
    waits(agent)
    agent.write("prompt.md", "Answer {input} with all care.\n")
    agent.commit("Word it otherwise", push=True)
    prompt, search = sought(agent, "tools.json::0.description", "pr")
    assert search.outcome == "improved"
    assert prompt.reasons[0].kind != "merged"
    assert "+++ b/prompt.md" not in search.diff.splitlines()


def test_a_text_of_a_program_is_taken_apart(agent: Repo) -> None:
    agent.write("prompt.md", "Answer {input}. Do it carefully. Be polite.\n")
    agent.write("promptci.yaml", CONFIG + "    rewrite: prompt.md\n")
    (prompt,) = explained(options(agent, trust_tree=True), calls=300).prompts
    assert prompt.unmeasured == 0
    (said,) = [reason.text for reason in prompt.reasons if "Do it carefully." in reason.text]
    assert said.startswith("helps (+")
