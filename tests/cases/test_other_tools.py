"""A repository that another tool was set up for: what its owner types first, and what the answer is."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.commands.init import init
from promptci.config import load
from promptci.errors import ConfigError, DataError, UsageError
from promptci.report.base import PromptReport
from tests.conftest import Repo

PROMPTFOO = """\
description: Shop help
prompts: ['Say {{q}}']
tests:
  - {vars: {q: hello}, assert: [{type: contains, value: hello}]}
  - {vars: {q: bye}, assert: [{type: contains, value: hello}]}
"""
CAPITALS = """\
model: %s
messages: [{role: user, content: 'Capital of {{land}}?'}]
testData: [{land: Peru, expected: Lima}, {land: Chad, expected: Lome}]
"""
SERVER = 'models: {scorer: {model: m-1, base_url: "http://127.0.0.1:9/v1"}}\n'
ENTRY = "prompts: [{id: p, file: p.prompt.yml, cases: p.prompt.yml}]\n"


@pytest.fixture
def place(repo: Repo) -> Path:
    for path in ("promptci.yaml", "prompts/say.md", "evals/say.jsonl"):
        (repo.path / path).unlink()
    repo.commit("Begin without promptci", push=True)
    return repo.path


def write(place: Path, **files: str) -> None:
    for name, text in files.items():
        (place / name.replace("_DOT_", ".")).write_text(text)


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("promptfooconfig.yaml", PROMPTFOO, "a promptfoo configuration, by its key 'tests'"),
        ("agent.yaml", "targets: [echo]\nredteam: {}\n", "a promptfoo configuration, by its key 'targets'"),
        ("p.prompt.yml", CAPITALS % "m", "a prompt file of GitHub Models, by its key 'messages'"),
    ],
    ids=["promptfoo", "promptfoo red team", "github models"],
)
def test_settings_of_another_tool_are_named_as_such(place: Path, name: str, text: str, what: str) -> None:
    (place / name).write_text(text)
    with pytest.raises(ConfigError, match=what) as caught:
        load(place / name)
    assert f"promptci init --from {name}" in (caught.value.hint or "")


def test_without_settings_the_other_tools_are_pointed_at(place: Path) -> None:
    write(place, promptfooconfig_DOT_yaml=PROMPTFOO)
    with pytest.raises(ConfigError, match="no such file") as caught:
        load(place / "promptci.yaml")
    assert "promptci init --from promptfooconfig.yaml" in (caught.value.hint or "")


def test_an_imported_set_up_asks_for_its_model_and_then_runs(place: Path, repo: Repo) -> None:
    write(place, promptfooconfig_DOT_yaml=PROMPTFOO)
    init(place, "promptfooconfig.yaml")
    settings = place / "promptci.yaml"
    with pytest.raises(ConfigError, match="'YOUR-MODEL' is a placeholder"):
        load(settings)
    settings.write_text(settings.read_text().replace("YOUR-MODEL", "m-1"))
    repo.model.score = lambda text, sample: text.removeprefix("Say ")
    (prompt,) = check(repo.options(), everything=True).prompts
    assert (prompt.id, prompt.score, prompt.cases) == ("shop-help", 0.5, 2)


def test_a_conflict_in_what_is_imported_is_called_one(place: Path) -> None:
    write(place, promptfooconfig_DOT_yaml=f"<<<<<<< HEAD\n{PROMPTFOO}=======\nprompts: [a: b]\n>>>>>>> other\n")
    with pytest.raises(DataError, match="a merge conflict was committed here"):
        init(place, "promptfooconfig.yaml")
    assert not (place / "promptci.yaml").exists()


def test_what_has_no_tests_at_all_is_not_set_up(place: Path) -> None:
    write(place, promptfooconfig_DOT_yaml="prompts: ['{{q}}']\nredteam: {plugins: [pii]}\n")
    with pytest.raises(UsageError, match="nothing of it can be measured") as caught:
        init(place, "promptfooconfig.yaml")
    assert "attacks are not generated" in (caught.value.hint or "")


def checked(place: Path, repo: Repo, settings: str, model: str) -> PromptReport:
    write(place, p_DOT_prompt_DOT_yml=CAPITALS % model)
    write(place, promptci_DOT_yaml="version: 1\n" + settings + ENTRY)
    repo.model.score = lambda text, sample: "Lima"
    (prompt,) = check(repo.options(), everything=True).prompts
    return prompt


def test_the_model_of_a_prompt_file_is_asked_at_the_server_of_the_settings(place: Path, repo: Repo) -> None:
    assert checked(place, repo, SERVER, "m-2").score == 0.5
    assert {(r.spec.model, r.spec.base_url) for r in repo.model.asked} == {("m-2", "http://127.0.0.1:9/v1")}


def test_a_prompt_file_alone_sends_nothing_anywhere(place: Path, repo: Repo) -> None:
    with pytest.raises(ConfigError, match=r"p.prompt.yml asks the model 'm-2', and no server is named") as caught:
        checked(place, repo, "", "m-2")
    assert "base_url" in (caught.value.hint or "")
    assert repo.model.asked == []


def test_where_the_settings_choose_the_offline_model_it_answers(place: Path, repo: Repo) -> None:
    assert checked(place, repo, "models: {scorer: {model: offline}}\n", "m-2").cases == 2
    assert {r.spec.model for r in repo.model.asked} == {"offline"}
