"""What no winner needs of a budget goes back to the search, and no cap is exceeded for it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import Mock

import pytest

from promptci.commands.optimize import optimize
from promptci.decide.aims import AIMS, Goal
from promptci.evals.split import split
from promptci.improve.purse import Purse
from promptci.project.project import locate
from promptci.project.side import side
from promptci.report.searched import Search
from promptci.run.session import Session
from tests.conftest import Repo
from tests.improve.test_edits import HELP, edits, world


def harmful(text: str, sample: int) -> str:
    """Write edits that are new each time, and harm."""
    return "\n".join(f"ADD: Mind matter{sample}x{k} well." for k in range(4))


def planned(found: Search) -> int:
    kept = next(p.planned for p in found.phases if p.name == "confirmation")
    assert kept is not None
    return kept


@pytest.mark.parametrize(("cap", "rounds"), [(300, 1), (450, 2), (600, 2), (1000, 2), (1400, 3)])
def test_a_search_that_has_found_nothing_goes_on_with_what_was_kept(cap: int, rounds: int, repo: Repo) -> None:
    repo.model.score, repo.model.propose = world({"Mind": -0.4}), harmful
    found = optimize(repo.options(max_calls=cap), strategy="edits").prompts[0].search
    assert found is not None
    assert found.outcome == "no_change"
    assert len(repo.model.asked) <= cap
    assert len(found.steps) == rounds
    assert planned(found) < cap * (0.5 if rounds == 1 else 0.3) + 1
    assert sum(p.calls for p in found.phases) == cap


@pytest.mark.parametrize(("aim", "more"), [("accuracy", True), ("length", False)])
def test_a_search_for_less_that_has_found_nothing_gets_no_more(aim: Goal, more: bool, repo: Repo) -> None:
    project = locate(repo.path / "promptci.yaml", Path())
    old = side(project, project.config, project.config.prompts[0], None)
    asked = SimpleNamespace(door=SimpleNamespace(spent=SimpleNamespace(drawn=0)), budget=Mock())
    purse = Purse(cast("Session", asked), old, split(old.cases, share=0.7), AIMS[aim], 2000)
    assert (purse.again() is not None) is more


@pytest.mark.parametrize("cap", [300, 450, 600])
def test_a_winner_keeps_the_whole_confirmation(cap: int, repo: Repo) -> None:
    repo.model.score, repo.model.propose = world(HELP), edits
    found = optimize(repo.options(max_calls=cap), strategy="edits").prompts[0].search
    assert found is not None
    assert found.edits or found.outcome == "inconclusive"
    assert len(repo.model.asked) <= cap
    assert (len(found.steps), planned(found)) == (1, 2 * (cap // 4))


@pytest.mark.parametrize("cap", [900, 1400])
def test_a_race_that_has_found_nothing_goes_on_too(cap: int, repo: Repo) -> None:
    repo.model.score = world({"word ": -0.4})
    repo.model.propose = lambda text, sample: f"<INS>Say the word {sample}.\n\nInput: {{{{ input }}}}</INS>"
    before = 2 * min(168, cap // 3 // 2)
    found = optimize(repo.options(max_calls=cap), strategy="opro").prompts[0].search
    assert found is not None
    assert len(repo.model.asked) <= cap
    assert planned(found) < before
    assert found.stop_kind in ("budget", "patience")
