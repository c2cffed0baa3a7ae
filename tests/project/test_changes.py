"""What is measured and why: changed settings, renamed prompts, and what is refused before the first call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.commands.optimize import optimize
from promptci.errors import ConfigError, DataError
from promptci.project.changes import Planned, plan, removed
from promptci.project.differences import tests_changed as edited_tests  # under its own name pytest would collect it
from promptci.project.project import Project, locate
from promptci.report.base import PromptReport
from tests.conftest import CONFIG, START, Repo, cases, reasons_of

WORSE = "Say it.\n\nInput: {{ input }}\n"


def project(repo: Repo) -> Project:
    return locate(repo.path / "promptci.yaml", Path())


def planned(repo: Repo) -> Planned:
    (found,) = plan(project(repo), "HEAD")
    return found


def only(repo: Repo) -> PromptReport:
    (prompt,) = check(repo.options()).prompts
    return prompt


def with_gate(settings: str) -> str:
    return CONFIG.replace("say.jsonl}", f"say.jsonl, gate: {{{settings}}}}}")


def tagged(*numbers: int) -> str:
    """The cases, these of them with the tag smoke."""
    rows = [json.loads(line) for line in cases(240).splitlines()]
    for n in numbers:
        rows[n]["tags"] = ["smoke"]
    return "".join(json.dumps(row) + "\n" for row in rows)


def renamed_variable() -> str:
    return cases(240).replace('"input"', '"text"')


def test_a_change_of_the_gate_alone_is_measured_by_it(repo: Repo) -> None:
    repo.model.score = lambda text, sample: "no"
    repo.write("promptci.yaml", with_gate("min_score: 0.9, max_drop: 0.1"))
    prompt = only(repo)
    assert (prompt.changed, prompt.why) == ("measure", ("settings (gate.max_drop, gate.min_score)",))
    assert prompt.verdict == "fail"


def test_a_renamed_prompt_is_compared_with_its_old_self(repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("id: say", "id: tell"))
    repo.write("prompts/say.md", WORSE)
    found = planned(repo)
    assert found.old is not None
    assert (found.old.settings.id, found.changed) == ("say", "both")
    assert found.why == ("prompt text", "settings (id, was say)")
    assert removed(project(repo), "HEAD") == []


def test_a_prompt_of_the_same_file_beside_the_old_one_is_new(repo: Repo) -> None:
    repo.write(
        "promptci.yaml",
        CONFIG.replace("search:", "  - {id: two, file: prompts/say.md, cases: evals/say.jsonl}\nsearch:"),
    )
    assert planned(repo).why == ("new prompt",)


def test_a_prompt_that_is_gone_is_named(repo: Repo) -> None:
    repo.write("prompts/other.md", START)
    repo.write("evals/other.jsonl", cases(3))
    repo.write("promptci.yaml", CONFIG.replace("id: say", "id: other").replace("/say.", "/other."))
    assert [p.id for p in removed(project(repo), "HEAD")] == ["say"]


ONE_LINE = "Route the ticket to a team: billing, bug or account. Say {} and nothing else. {{{{ input }}}}\n"


@pytest.mark.parametrize("moved", [False, True], ids=["the eval set stays", "the eval set moves along"])
def test_a_prompt_of_one_line_that_was_renamed_and_edited_is_compared_with_its_old_self(
    repo: Repo, moved: bool
) -> None:
    repo.write("prompts/say.md", ONE_LINE.format("the team"))
    repo.commit("Shorten it", push=True)
    repo.git("rm", "-q", "prompts/say.md")
    repo.write("prompts/greet.md", ONE_LINE.format("a word"))
    if moved:
        repo.git("mv", "evals/say.jsonl", "evals/greet.jsonl")
    settings = CONFIG.replace("id: say, file: prompts/say.md", "file: prompts/greet.md")
    repo.write("promptci.yaml", settings.replace("evals/say", "evals/greet") if moved else settings)
    found = planned(repo)
    assert found.old is not None
    assert (found.old.settings.id, found.why[0]) == ("say", "prompt text")
    assert removed(project(repo), "HEAD") == []


def test_of_two_prompts_that_take_over_an_eval_set_none_is_the_old_one(repo: Repo) -> None:
    repo.git("rm", "-q", "prompts/say.md")
    entry = "  - {id: say, file: prompts/say.md, cases: evals/say.jsonl}\n"
    for name in ("one", "two"):
        repo.write(f"prompts/{name}.md", f"{name}: {{{{ input }}}}\n")
    new = "".join(entry.replace("id: say", f"id: {n}").replace("prompts/say", f"prompts/{n}") for n in ("one", "two"))
    repo.write("promptci.yaml", CONFIG.replace(entry, new))
    assert [p.why for p in plan(project(repo), "HEAD")] == [("new prompt",), ("new prompt",)]
    assert [p.id for p in removed(project(repo), "HEAD")] == ["say"]


def test_nothing_is_gone_where_there_was_nothing(repo: Repo) -> None:
    assert removed(project(repo), None) == []
    assert removed(project(repo), "HEAD^") == []


def test_a_tag_that_was_taken_away_is_an_edited_test_but_no_other_measure(repo: Repo) -> None:
    repo.write("evals/say.jsonl", tagged(3, 4))
    repo.commit("Tag", push=True)
    repo.write("evals/say.jsonl", tagged(4))
    found = planned(repo)
    assert found.why == ("eval set (1 edited)",)
    assert found.old is not None
    assert edited_tests(found.old, found.new) == ["c0003"]
    assert found.new.measure("x") == found.old.measure("x")


@pytest.mark.parametrize("name", ["smoke", "c0003"], ids=["tag", "case"])
def test_a_must_pass_that_names_something_is_taken(name: str, repo: Repo) -> None:
    repo.write("evals/say.jsonl", tagged(3))
    repo.write("promptci.yaml", with_gate(f"must_pass: [{name}]"))
    assert planned(repo).new.settings.gate.must_pass == (name,)


def test_a_must_pass_that_names_nothing_is_refused(repo: Repo) -> None:
    repo.write("promptci.yaml", with_gate("must_pass: [c0003, smoke]"))
    with pytest.raises(ConfigError, match="names 'smoke', which is no case's id or tag"):
        check(repo.options())
    assert repo.model.asked == []


def test_a_base_whose_gate_names_nothing_can_still_be_compared_with(repo: Repo) -> None:
    repo.write("promptci.yaml", with_gate("must_pass: [smoke]"))
    repo.commit("Name a tag that no case has", push=True)
    repo.write("promptci.yaml", CONFIG)
    assert planned(repo).old is not None


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        pytest.param("Grade {{ input }}.", "does not show the answer", id="no-output"),
        pytest.param("Grade {{ answer }}.", "uses 'answer'", id="unknown-variable"),
    ],
)
def test_a_judge_prompt_that_cannot_grade_costs_no_call(prompt: str, said: str, repo: Repo) -> None:
    judged = CONFIG.replace("say.jsonl}", "say.jsonl, metric: {name: judge, prompt: prompts/judge.md}}")
    repo.write("promptci.yaml", judged)
    repo.write("prompts/judge.md", prompt)
    with pytest.raises(DataError, match=said) as problem:
        check(repo.options())
    assert problem.value.place == "prompts/judge.md"
    assert repo.model.asked == []


def test_where_the_old_prompt_cannot_be_filled_the_new_one_is_scored_alone(repo: Repo) -> None:
    repo.write("evals/say.jsonl", renamed_variable())
    repo.write("prompts/say.md", START.replace("input", "text") + "\n")
    prompt = only(repo)
    assert prompt.score == 1.0
    assert prompt.baseline_score is None
    assert any("uses 'input', which the new cases lack" in reason for reason in reasons_of(prompt))


def test_a_price_changes_no_measure(repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("model: scripted", "model: scripted, price: {input: 1, output: 2}"))
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    (prompt,) = check(repo.options(max_usd=5.0)).prompts
    assert (prompt.why, prompt.verdict) == (("prompt text",), "pass")


def test_a_check_wants_no_price_of_models_that_it_does_not_call(repo: Repo) -> None:
    priced = CONFIG.replace(
        'v1"}}', 'v1", price: {input: 1, output: 2}}, optimizer: {model: big}, judge: {model: big}}'
    )
    repo.write("promptci.yaml", priced.replace("max_calls: 20000", "max_calls: 20000, max_usd: 2.00"))
    repo.commit("Cap the cost", push=True)
    assert check(repo.options(), everything=True).verdict == "pass"
    with pytest.raises(ConfigError, match="'big' has no price"):
        optimize(repo.options())


def test_a_prompt_whose_file_was_renamed_is_compared_with_the_file_that_it_was(repo: Repo) -> None:
    repo.git("mv", "prompts/say.md", "prompts/greet.md")
    repo.write("promptci.yaml", CONFIG.replace("prompts/say.md", "prompts/greet.md").replace("id: say", "id: greet"))
    found = planned(repo)
    assert found.old is not None
    assert (found.old.settings.id, found.new.settings.id) == ("say", "greet")


def test_a_parameter_in_the_prompts_own_file_is_a_change_of_the_prompt_and_is_sent(repo: Repo) -> None:
    repo.write("prompts/say.md", f"---\ntemperature: 0.7\n---\n{START}")
    found = planned(repo)
    assert found.changed == "prompt"
    assert found.why == ("temperature",)
    assert found.new.spec.temperature == 0.7
