"""Whether models answer as they did: prompts of one model are asked together, and each run asks anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.measure.drift import Watched, watch
from promptci.project.changes import plan
from promptci.project.project import locate
from promptci.run.session import session
from tests.commands.test_check import number
from tests.conftest import CONFIG, START, Repo, cases
from tests.measure.fakes import SPEC

TWO = CONFIG.replace(
    "  - {id: say",
    "  - {id: tell, file: prompts/tell.md, cases: evals/tell.jsonl}\n"
    "  - {id: own, file: prompts/own.md, cases: evals/say.jsonl, model: {model: other}}\n  - {id: say",
)


@pytest.fixture
def accepted(repo: Repo) -> Repo:
    """Three prompts with baselines, two of them on one model; every answer is right."""
    repo.write("promptci.yaml", TWO)
    repo.write("prompts/tell.md", START.replace("Say", "Tell") + "\n")
    repo.write("prompts/own.md", START.replace("Say", "Write") + "\n")
    for name in ("say", "tell"):
        repo.write(f"evals/{name}.jsonl", cases(50))
    repo.commit("Three prompts", push=True)
    check(repo.options(), accept=True)
    repo.commit("Accept them", push=True)
    return repo


def watched(repo: Repo, run: str = "watch", **options: object) -> dict[Sequence[str], Watched]:
    project = locate(repo.path / "promptci.yaml", Path())
    sides = [planned.new for planned in plan(project, "HEAD", everything=True)]
    with session(project, repo.options(run=run, **options)) as opened:
        return {one.ids: one for one in watch(opened, sides)}


def test_prompts_of_one_model_are_one_sentinel_set(accepted: Repo) -> None:
    before = len(accepted.model.asked)
    found = watched(accepted)
    assert set(found) == {("tell", "say"), ("own",)}
    both = found["tell", "say"]
    assert (both.way, both.of, both.stopped) == (None, 100, None)
    assert sum(one.asked for one in found.values()) == len(accepted.model.asked) - before
    assert all(one.asked < 40 for one in found.values())


def test_answers_are_asked_for_anew_in_every_run(accepted: Repo) -> None:
    watched(accepted, "one")
    before = len(accepted.model.asked)
    watched(accepted, "two")
    assert len(accepted.model.asked) > before


def test_a_fall_of_one_model_is_told_with_its_cases_and_not_of_the_other(accepted: Repo) -> None:
    accepted.model.score = lambda text, sample: "no" if "Write" not in text and number(text) % 3 == 0 else "yes"
    found = watched(accepted)
    fallen = found["tell", "say"]
    assert fallen.way == "fell"
    assert all(int(case[1:]) % 3 == 0 for case in fallen.events)
    assert found["own",].way is None


def test_a_rise_is_told_where_cases_failed(accepted: Repo) -> None:
    accepted.model.score = lambda text, sample: "no" if number(text) % 2 else "yes"
    check(accepted.options(), accept=True)
    accepted.commit("Accept failures", push=True)
    accepted.model.score = lambda text, sample: "yes"
    assert {one.way for one in watched(accepted).values()} == {"rose"}


def test_the_events_of_a_rise_are_its_own(accepted: Repo) -> None:
    accepted.model.score = lambda text, sample: "no" if number(text) % 2 else "yes"
    check(accepted.options(), accept=True)
    accepted.commit("Accept failures", push=True)
    accepted.model.score = lambda text, sample: "yes" if number(text) % 40 else "no"  # two of 25 that passed fail
    found = [one for name in "abcd" for one in watched(accepted, name).values() if one.way == "rose"]
    assert found
    assert all(int(case[1:]) % 2 for one in found for case in one.events)


def test_another_name_is_told_whatever_the_answers(accepted: Repo) -> None:
    accepted.model.name = "scripted-9"
    found = watched(accepted)
    assert all(one.renamed and one.way is None for one in found.values())
    assert found["own",].was == {"scripted-1"}
    assert found["own",].now == {"scripted-9"}


def test_where_nothing_may_be_asked_it_is_told_why(accepted: Repo) -> None:
    found = watched(accepted, max_calls=0)
    assert all(one.stopped is not None and one.way is None and not one.renamed for one in found.values())


def test_a_baseline_of_another_prompt_is_none(accepted: Repo) -> None:
    accepted.write("prompts/own.md", START.replace("Say", "Shout") + "\n")
    accepted.commit("Another text", push=True)
    assert set(watched(accepted)) == {("tell", "say")}


@pytest.mark.parametrize(
    ("was", "now", "renamed"),
    [({"m-1"}, {"m-2"}, True), ({"m-1", "m-2"}, {"m-2"}, False), (set(), {"m-1"}, False)],
    ids=["another name", "one of several", "no name was kept"],
)
def test_a_model_is_renamed_where_it_had_a_name(was: set[str], now: set[str], renamed: bool) -> None:
    assert Watched(SPEC, ("p",), 1, was=was, now=now).renamed is renamed
