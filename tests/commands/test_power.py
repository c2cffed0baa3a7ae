"""What an eval set can see."""

from __future__ import annotations

from promptci.commands.power import power
from tests.conftest import Repo, cases


def test_a_set_s_sight_is_told_without_a_call(repo: Repo) -> None:
    text = "\n".join(power(repo.options()))
    assert "say: 240 cases" in text
    assert "smallest drop that 240 cases show 4 times in 5: 6.5 points" in text
    assert repo.model.asked == []


def test_few_cases_are_told_what_they_cannot_do(repo: Repo) -> None:
    repo.write("evals/say.jsonl", cases(20))
    text = "\n".join(power(repo.options()))
    assert "no pull request is opened below 60 cases" in text


def test_a_planned_set_needs_no_repository(repo: Repo) -> None:
    assert power(repo.options(), cases=20)[0] == "  smallest drop that 20 cases show 4 times in 5: 43.5 points"
