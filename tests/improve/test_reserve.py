"""How much of a budget is kept to confirm a winner."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptci.decide.aims import AIMS
from promptci.evals.split import split
from promptci.improve.reserve import SMALL, reserve, shares
from promptci.project.project import locate
from promptci.project.side import Side, side
from tests.conftest import Repo

JUDGE = "    metric: {name: judge, rubric: 'Is it good?', votes: 3}\n"


def measured(repo: Repo, rows: int = 240) -> Side:
    lines = (repo.path / "evals/say.jsonl").read_text(encoding="utf-8").splitlines()[:rows]
    repo.write("evals/say.jsonl", "\n".join(lines) + "\n")
    project = locate(repo.path / "promptci.yaml", Path())
    return side(project, project.config, project.config.prompts[0], None)


@pytest.mark.parametrize("share", [0.5, 0.7])
@pytest.mark.parametrize("rows", [60, 110, 240])
@pytest.mark.parametrize("left", [0, 30, 100, 300, 599, 600, 601, 1000, 2000, 9000])
def test_at_most_a_third_is_kept_and_half_of_a_small_budget(left: int, rows: int, share: float, repo: Repo) -> None:
    old = measured(repo, rows)
    parts = split(old.cases, share=share)
    kept = reserve(old, parts, left)
    assert kept.cost.calls == 2 * kept.cases * kept.repeats <= left // (2 if left <= SMALL else 3)
    assert kept.cases <= len(parts.test)
    assert 1 <= kept.repeats <= (3 if len(parts.test) < 100 else 1)
    spare = reserve(old, parts, 9000)
    assert (spare.cases, spare.repeats) == (len(parts.test), 3 if len(parts.test) < 100 else 1)


@pytest.mark.parametrize(("left", "cases"), [(None, 60), (100, 25), (2000, 60)])
def test_to_be_no_worse_many_cases_are_asked_once(left: int | None, cases: int) -> None:
    assert shares(left, 60, aim=AIMS["length"]) == (cases, 1)
    assert shares(None, 60) == (60, 3)


def test_without_a_cap_every_held_out_case_is_asked(repo: Repo) -> None:
    old = measured(repo)
    parts = split(old.cases, share=0.7)
    assert reserve(old, parts, None).cases == len(parts.test)


def test_every_vote_of_a_judge_counts(repo: Repo) -> None:
    settings = (repo.path / "promptci.yaml").read_text(encoding="utf-8")
    entry = "  - {id: say, file: prompts/say.md, cases: evals/say.jsonl}\n"
    repo.write(
        "promptci.yaml",
        settings.replace(entry, "  - id: say\n    file: prompts/say.md\n    cases: evals/say.jsonl\n" + JUDGE),
    )
    old = measured(repo)
    assert old.grading.calls_per_answer(old.cases) == 4
    parts = split(old.cases, share=0.7)
    kept = reserve(old, parts, 900)
    assert kept.cost.calls == 2 * 4 * kept.cases <= 300
