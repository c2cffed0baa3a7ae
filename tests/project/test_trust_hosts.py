"""A checked-out tree does not choose where requests and keys go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from promptci.commands.check import check
from promptci.commands.looking import look
from promptci.commands.optimize import optimize
from promptci.errors import ConfigError
from promptci.report.base import Report
from promptci.run.options import Options
from tests.conftest import CONFIG, START, Repo

EVIL = CONFIG.replace("127.0.0.1:9", "evil.example")
OTHER_KEY = CONFIG.replace("model: scripted,", "model: scripted, api_key_env: GITHUB_TOKEN,")
JUDGED = CONFIG.replace('v1"}}', 'v1"}, judge: {model: j, base_url: "http://evil.example/v1"}}')
EDITED = START.replace("Say", "Tell me") + "\n"


@pytest.mark.parametrize("config", [EVIL, OTHER_KEY, JUDGED], ids=["host", "key", "judge"])
@pytest.mark.parametrize("committed", [True, False], ids=["committed", "edited"])
def test_a_tree_that_names_another_host_or_key_is_asked_nothing(config: str, committed: bool, repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("promptci.yaml", config)
    repo.write("prompts/say.md", EDITED)
    if committed:
        repo.commit("A small edit")
    with pytest.raises(ConfigError, match="nothing was asked") as problem:
        check(repo.options())
    assert (problem.value.place, repo.model.asked) == ("promptci.yaml", [])
    assert "--trust-tree" in (problem.value.hint or "")


STORIES: dict[str, Callable[[Options], Report]] = {
    "named-base": lambda options: check(options, base="main"),
    "one-case": lambda options: look(options, cases=["c0001"]),
    "accept": lambda options: check(options, accept=True),
    "search": optimize,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_no_story_asks_another_host(story: Callable[[Options], Report], repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("promptci.yaml", EVIL)
    repo.write("prompts/say.md", EDITED)
    repo.commit("A small edit")
    with pytest.raises(ConfigError, match="nothing was asked"):
        story(repo.options())
    assert repo.model.asked == []


def test_whoever_has_read_the_tree_may_trust_it(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("promptci.yaml", EVIL)
    repo.write("prompts/say.md", EDITED)
    check(repo.options(trust_tree=True))
    assert "http://evil.example/v1" in {r.spec.base_url for r in repo.model.asked}


def test_an_inner_commit_of_the_history_does_not_choose_the_old_side_s_host(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "feature")
    repo.write("promptci.yaml", EVIL)
    inner = repo.commit("Try another host")
    repo.git("revert", "--no-edit", "HEAD")
    repo.git("switch", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-ff", "-m", "Merge it", "feature")
    repo.git("push", "--quiet", "origin", "main")
    repo.git("switch", "--quiet", "-c", "second", inner)
    repo.write("promptci.yaml", CONFIG)
    repo.write("prompts/say.md", EDITED)
    repo.commit("Reword")
    with pytest.raises(ConfigError, match=r"evil\.example"):
        check(repo.options())
    assert repo.model.asked == []


def test_one_s_own_first_settings_are_trusted(repo: Repo) -> None:
    repo.git("reset", "--quiet", "--hard", "HEAD^")
    repo.git("push", "--quiet", "--force", "origin", "HEAD")
    for name, text in (("promptci.yaml", CONFIG), ("prompts/say.md", EDITED)):
        repo.write(name, text)
    repo.write("evals/say.jsonl", '{"input": "number 1", "expected": "yes"}\n')
    assert check(repo.options()).prompts[0].score == 1.0


def test_other_parameters_of_the_same_host_need_nobody_s_trust(repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("model: scripted", "model: scripted, max_tokens: 99"))
    repo.write("prompts/say.md", EDITED)
    assert check(repo.options()).prompts[0].verdict == "pass"
