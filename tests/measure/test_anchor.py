"""Every fifth change is compared with the accepted version as well, both asked afresh."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from promptci.commands.check import check
from promptci.decide.anchor import anchor_level
from promptci.measure.anchor import Due, anchored
from promptci.report.base import PromptReport
from tests.commands.test_check import number
from tests.commands.test_measures import accepted, only
from tests.conftest import START, Repo
from tests.measure.fakes import a_side, some_cases

if TYPE_CHECKING:
    from promptci.project.changes import Planned
    from promptci.run.session import Session


def anchor(prompt: PromptReport) -> tuple[str, str] | None:
    """The anchor's verdict and its sentence, None where no look was due."""
    return next(((g.verdict, g.reason) for g in prompt.gates if g.name == "anchor"), None)


def steps(repo: Repo, upto: int) -> None:
    """Change the prompt in small commits, each pushed."""
    for n in range(1, upto + 1):
        repo.write("prompts/say.md", f"Step {n}. {START}{n * chr(10)}\n")  # of another length: git sees it at once
        repo.commit(f"Change {n}", push=True)
    repo.write("prompts/say.md", f"Step {upto + 1}. {START}{(upto + 1) * chr(10)}\n")


def creeping(text: str, sample: int) -> str:
    """Each step costs 3 cases of 240; the accepted prompt fails none."""
    step = int(text.split(".")[0].split()[1]) if text.startswith("Step") else 0
    return "no" if number(text) % 80 < step else "yes"


def test_ten_small_steps_down_are_seen_together(repo: Repo) -> None:
    accepted(repo)
    repo.model.score = creeping
    steps(repo, 4)
    prompt = only(repo)
    assert prompt.verdict == "fail"
    verdict, said = anchor(prompt) or ("", "")
    assert verdict == "fail"
    assert "5 changes ago, both asked afresh: of 240 cases 15 got worse and 0 better" in said


@pytest.mark.parametrize("changes", [3, 5], ids=["the fourth", "the sixth"])
def test_other_changes_are_compared_with_the_base_alone(changes: int, repo: Repo) -> None:
    accepted(repo)
    steps(repo, changes)
    assert anchor(only(repo)) is None


def test_a_branch_that_crosses_the_fifth_change_is_looked_at(repo: Repo) -> None:
    accepted(repo)
    steps(repo, 3)
    repo.git("switch", "--quiet", "--create", "topic")
    for n in range(4, 8):
        repo.write("prompts/say.md", f"Step {n}. {START}{n * chr(10)}\n")  # of another length: git sees it at once
        repo.commit(f"Change {n}")
    assert anchor(only(repo)) == ("pass", (anchor(only(repo)) or ("", ""))[1])


def test_a_harmless_fifth_change_passes_on_half_of_the_cases(repo: Repo) -> None:
    accepted(repo)
    steps(repo, 4)
    verdict, said = anchor(only(repo)) or ("", "")
    assert verdict == "pass"
    assert "of 120 cases 0 got worse and 0 better; no slow drop is shown" in said


def test_without_an_accepted_version_there_is_no_anchor(repo: Repo) -> None:
    steps(repo, 4)
    assert anchor(only(repo)) is None


def test_accepting_anew_begins_the_count_again(repo: Repo) -> None:
    accepted(repo)
    steps(repo, 2)
    repo.commit("Change 3", push=True)
    check(repo.options(), accept=True)
    repo.commit("Accept again", push=True)
    repo.write("prompts/say.md", f"Step 4. {START}\n")
    repo.commit("Change 4", push=True)
    repo.write("prompts/say.md", f"Step 5. {START}\n")
    assert anchor(only(repo)) is None


def test_a_change_that_brings_its_own_baseline_is_compared_with_the_base_alone(repo: Repo) -> None:
    accepted(repo)
    repo.git("switch", "--quiet", "--create", "topic")
    repo.write("prompts/say.md", f"Step 0. {START}\n")
    check(repo.options(), accept=True)
    repo.commit("Accept it")
    for n in range(1, 6):
        repo.write("prompts/say.md", f"Step {n}. {START}{n * chr(10)}\n")
        repo.commit(f"Change {n}")
    assert anchor(only(repo)) is None


def test_an_accepted_version_that_today_s_cases_cannot_fill_is_said(repo: Repo) -> None:
    repo.write("prompts/say.md", START.replace("{{ input }}", "{{ input }} {{ tone }}") + "\n")
    rows = (repo.path / "evals/say.jsonl").read_text()
    repo.write("evals/say.jsonl", rows.replace('"expected"', '"tone": "dry", "expected"'))
    repo.commit("Use a tone", push=True)
    accepted(repo)
    steps(repo, 3)
    repo.write("evals/say.jsonl", rows)
    repo.commit("Drop the tone", push=True)
    repo.write("prompts/say.md", f"Step 5. {START}\n")
    verdict, said = anchor(only(repo)) or ("", "")
    assert (verdict, "lack" in said) == ("inconclusive", True)


def test_a_budget_that_ends_in_it_is_unmeasured(repo: Repo) -> None:
    accepted(repo)
    steps(repo, 4)
    prompt = only(repo, max_calls=300)
    assert (prompt.verdict, (anchor(prompt) or ("",))[0]) == ("unmeasured", "unmeasured")


@pytest.mark.parametrize(("look", "level"), [(1, 0.02), (1, 0.05), (2, 0.05), (4, 0.05)])
def test_looks_at_one_accepted_version_share_a_level(look: int, level: float, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    monkeypatch.setattr("promptci.measure.anchor._accepted", lambda project, new, commit: new)
    monkeypatch.setattr("promptci.measure.anchor._compared", lambda run, old, new, found, level: given.append(level))
    planned = cast("Planned", SimpleNamespace(new=a_side("new", some_cases(3))))
    run = cast("Session", SimpleNamespace(project=None))
    anchored(run, planned, Due("c" * 40, 5 * look, look), level)
    assert given == [min(level, anchor_level(look))]
