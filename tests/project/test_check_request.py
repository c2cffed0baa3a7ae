"""`promptci check` in CI's run for a merge request is guarded as `promptci ci` is."""

from __future__ import annotations

import pytest

from promptci.commands.check import check, checked
from promptci.errors import ConfigError, DataError
from promptci.report.base import Report
from tests.commands.test_ci import WORSE, loses_a_third
from tests.conftest import CONFIG, START, Repo, cases

ENTRY = "{id: say, file: prompts/say.md, cases: evals/say.jsonl"
EASIER = {
    "gate": f"{ENTRY}, gate: {{max_drop: 0.9}}}}",
    "metric": f"{ENTRY}, metric: {{name: length, at_most: 999}}}}",
    "answer": f'{ENTRY}, answer: {{pattern: "(yes)"}}}}',
}
AS_MAIN = CONFIG.replace(f"{ENTRY}}}", "PROMPT")


@pytest.fixture
def theirs(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A branch that makes the prompt worse, in Jenkins' run for its merge request."""
    monkeypatch.setenv("JENKINS_URL", "https://jenkins.example")
    monkeypatch.setenv("CHANGE_TARGET", "main")
    repo.model.score = loses_a_third
    repo.git("switch", "--quiet", "-c", "theirs")
    repo.write("prompts/say.md", WORSE)
    return repo


@pytest.mark.parametrize("base", [None, "HEAD~1"], ids=["target", "named"])
@pytest.mark.parametrize("entry", EASIER.values(), ids=EASIER)
def test_an_easier_measure_of_its_own_makes_nothing_green(entry: str, base: str | None, theirs: Repo) -> None:
    theirs.write("promptci.yaml", AS_MAIN.replace("PROMPT", entry))
    theirs.commit("Shorten")
    assert check(theirs.options(), base=base).verdict == "fail"


def test_the_base_s_budget_holds(theirs: Repo) -> None:
    theirs.git("switch", "--quiet", "--discard-changes", "main")
    theirs.write("promptci.yaml", CONFIG.replace("20000", "40"))
    theirs.commit("Spend little", push=True)
    theirs.git("switch", "--quiet", "theirs")
    theirs.git("reset", "--quiet", "--hard", "main")
    theirs.write("prompts/say.md", WORSE)
    theirs.write("promptci.yaml", CONFIG)
    theirs.commit("Spend more")
    report, project = checked(theirs.options())
    assert project.config.budget.max_calls == 40
    assert report.calls <= 40
    assert report.verdict == "unmeasured"


def test_stored_answers_in_a_commit_are_refused(theirs: Repo) -> None:
    theirs.write(".promptci/cache/answers.sqlite", "")
    theirs.git("add", "--force", ".promptci/cache/answers.sqlite")
    theirs.commit("Bring answers")
    with pytest.raises(DataError, match="do not belong into a commit"):
        check(theirs.options())
    assert theirs.model.asked == []


def test_another_host_is_refused_and_not_asked(theirs: Repo) -> None:
    theirs.write("promptci.yaml", CONFIG.replace("127.0.0.1:9", "evil.example"))
    theirs.commit("Elsewhere")
    with pytest.raises(ConfigError, match="nothing was asked"):
        check(theirs.options())
    assert theirs.model.asked == []


def two(repo: Repo) -> None:
    second = f"{ENTRY}}}\n  - {{id: tell, file: prompts/tell.md, cases: evals/say.jsonl}}"
    repo.write("promptci.yaml", AS_MAIN.replace("PROMPT", second))
    repo.write("prompts/tell.md", START + "\n")
    repo.write("evals/say.jsonl", cases(60))


def ids(report: Report) -> list[str]:
    return [p.id for p in report.prompts]


def test_prompts_are_chosen_as_elsewhere(theirs: Repo) -> None:
    theirs.git("switch", "--quiet", "--discard-changes", "main")
    two(theirs)
    theirs.commit("A second prompt", push=True)
    theirs.git("switch", "--quiet", "theirs")
    theirs.git("reset", "--quiet", "--hard", "main")
    theirs.write("prompts/say.md", WORSE)
    theirs.commit("Shorten")
    assert ids(check(theirs.options())) == ["say"]
    named = check(theirs.options(), ids=["tell"])
    assert (ids(named), named.prompts[0].changed) == (["tell"], "nothing")
    assert ids(check(theirs.options(), everything=True)) == ["say", "tell"]


def test_whoever_trusts_the_tree_has_it_checked_as_it_is(theirs: Repo) -> None:
    theirs.write("promptci.yaml", AS_MAIN.replace("PROMPT", EASIER["metric"]))
    theirs.commit("Shorten")
    assert check(theirs.options(trust_tree=True)).verdict == "pass"
