"""Parts of one prompt's story: what a run's calls are shared by, and what makes a winner worth its question."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from promptci.core import Case, Outcome, Reason, Score
from promptci.decide.aims import ACCURACY
from promptci.improve import attempt
from promptci.models.account import Spent
from promptci.project.side import Side
from promptci.run.session import Session
from promptci.search.base import Candidate, Change, Found, Scored


@pytest.mark.parametrize(("cap", "prompts", "share"), [(100, 1, 60), (100, 2, 30), (30, 1, 0), (None, 2, None)])
def test_what_stored_answers_once_took_counts_as_it_did_then(cap: int | None, prompts: int, share: int | None) -> None:
    """So that the same search, made again on stored answers, plans the same."""
    door = SimpleNamespace(spent=Spent(calls=10, taken_over=30))
    run = SimpleNamespace(budget=SimpleNamespace(limits=SimpleNamespace(max_calls=cap)), door=door)
    assert attempt._share(cast("Session", run), prompts) == share


@pytest.mark.parametrize(("clusters", "asked"), [(12, True), (1, False)], ids=["cases of their own", "one source"])
def test_gains_on_cases_of_one_source_are_one_gain(clusters: int, asked: bool) -> None:
    cases = [Case(f"c{n}", {"n": n}, "yes", cluster=f"k{n % clusters}") for n in range(12)]
    incumbent = Scored(Candidate("old", "start", 0), {c.id: Outcome(Score(c.id, 0.0)) for c in cases})
    changes = tuple(Change(c.id, 0.0, float(n % 4 > 0)) for n, c in enumerate(cases))
    found = Found(None, incumbent, (), (), (), Reason("steps", "done"), None, changes, 0)
    old = cast("Side", SimpleNamespace(cases=cases))
    assert attempt._screened(old, found, ACCURACY).passed is asked
