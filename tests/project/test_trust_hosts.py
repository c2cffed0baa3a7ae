"""A checked-out tree does not choose where requests and keys go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from promptci.commands.check import check
from promptci.commands.doctor import doctor
from promptci.commands.looking import look
from promptci.commands.optimize import optimize
from promptci.core import Reason
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


def test_a_doctor_sends_no_key_to_a_host_that_only_the_tree_names(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("promptci.yaml", EVIL)
    with pytest.raises(ConfigError, match="nothing was asked"):
        doctor(repo.options(), online=True)
    assert doctor(repo.options()).prompts == 1
    assert "key-missing" in {f.id for f in doctor(repo.options(trust_tree=True), online=True).findings}


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


OTHER = CONFIG.replace("127.0.0.1:9", "127.0.0.1:10")


def hosts(repo: Repo) -> set[str | None]:
    return {r.spec.base_url for r in repo.model.asked}


def moved_on_main(repo: Repo) -> str:
    """A push to the default branch brings another host, and a reworded prompt; returns what it was before."""
    before = repo.git("rev-parse", "HEAD").strip()
    repo.write("promptci.yaml", OTHER)
    repo.write("prompts/say.md", EDITED)
    repo.commit("Take another host", push=True)
    return before


def test_on_the_default_branch_the_tip_s_host_counts_and_no_other_is_asked(repo: Repo) -> None:
    moved_on_main(repo)
    (prompt,) = check(repo.options()).prompts
    assert hosts(repo) == {"http://127.0.0.1:10/v1"}
    assert prompt.verdict == "inconclusive"
    assert "host_held" in {reason.kind for reason in prompt.reasons if isinstance(reason, Reason)}


def test_what_the_branch_was_before_a_push_is_asked_where_it_was(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    before = moved_on_main(repo)
    for name, value in (("GITLAB_CI", "1"), ("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_BEFORE_SHA", before)):
        monkeypatch.setenv(name, value)
    assert check(repo.options()).prompts[0].verdict == "pass"
    assert hosts(repo) == {"http://127.0.0.1:9/v1", "http://127.0.0.1:10/v1"}


def test_a_base_that_somebody_names_is_asked_where_it_was(repo: Repo) -> None:
    before = moved_on_main(repo)
    assert check(repo.options(), base=before).prompts[0].verdict == "pass"
    assert hosts(repo) == {"http://127.0.0.1:9/v1", "http://127.0.0.1:10/v1"}


def test_an_inner_commit_that_a_fast_forward_left_on_main_names_no_host(repo: Repo) -> None:
    repo.write("promptci.yaml", EVIL)
    repo.commit("Try another host")
    repo.write("promptci.yaml", CONFIG)
    repo.write("prompts/say.md", EDITED)
    repo.commit("Take it back", push=True)
    check(repo.options())
    assert hosts(repo) == {"http://127.0.0.1:9/v1"}


def test_a_named_base_vouches_for_nothing_where_nobody_knows_the_default_branch(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("promptci.yaml", EVIL)
    repo.commit("Another host")
    repo.git("branch", "--quiet", "-D", "main")
    repo.git("remote", "remove", "origin")
    repo.git("branch", "--quiet", "another", "HEAD~1")
    with pytest.raises(ConfigError, match="nothing was asked"):
        check(repo.options(), base="another")
    assert repo.model.asked == []
