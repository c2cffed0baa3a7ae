"""A prompt's story from what is stored, and a prompt compared with itself."""

from __future__ import annotations

import time
from zlib import crc32

import pytest

from promptci.commands.check import check
from promptci.commands.history import history
from promptci.commands.itself import check_itself
from promptci.commands.power import power
from tests.commands.test_check import number
from tests.commands.test_measures import EDITED, accepted
from tests.conftest import Repo, reasons_of


def coin(text: str, sample: int) -> str:
    """Every twelfth case passes every second time or so."""
    drawn = crc32(f"{number(text)} {sample}".encode()) >> 7
    return "no" if number(text) % 12 == 0 and drawn % 2 else "yes"


def test_accepted_outcomes_and_runs_stand_in_their_order(repo: Repo) -> None:
    accepted(repo)
    repo.model.name = "scripted-2"
    repo.model.score = lambda text, sample: "yes" if number(text) % 2 else "no"
    repo.write("prompts/say.md", EDITED)
    check(repo.options())
    text = history(repo.options())
    rows = [line.split() for line in text.splitlines() if "scripted-" in line]
    assert rows[0][2] == "100.0"
    assert ["(changed)" in row for row in rows] == [False, True]
    assert "100.0 % to" in text.splitlines()[0]


def test_a_prompt_without_a_story_says_how_to_begin_one(repo: Repo) -> None:
    assert "`promptci check --accept` writes one" in history(repo.options(), ids=["say"])


def test_a_damaged_baseline_of_long_ago_ends_no_history(repo: Repo) -> None:
    repo.write(".promptci/baselines/say.json", "{}")
    repo.commit("Damage it", push=True)
    accepted(repo)
    assert "100.0 %" in history(repo.options())


def test_a_prompt_compared_with_itself_is_hardly_ever_red(repo: Repo) -> None:
    repo.model.score = coin
    report = check_itself(repo.options())
    (prompt,) = report.prompts
    told = " ".join(reasons_of(prompt))
    assert (prompt.verdict, report.calls) == ("pass", 5 * 240)
    assert "Compared with itself 1,000 times, by drawing from 5 answers a case" in told
    assert "cases pass by chance: c0" in told


def test_stored_answers_cost_no_call(repo: Repo) -> None:
    repo.model.score = coin
    accepted(repo)
    (prompt,) = check_itself(repo.options()).prompts
    assert repo.model.asked == []
    assert "cases pass by chance" in " ".join(reasons_of(prompt))


def test_what_the_budget_cuts_short_is_unmeasured(repo: Repo) -> None:
    assert check_itself(repo.options(max_calls=30)).verdict == "unmeasured"


def test_power_takes_the_noise_that_the_baseline_shows(repo: Repo) -> None:
    repo.model.score = coin
    accepted(repo)
    text = "\n".join(power(repo.options()))
    assert "% flip for no reason (measured)" in text
    assert "cases that pass by chance (" in text
    assert "a check asks 240 answers at most (the new prompt alone)" in text


def test_power_says_what_a_year_brings(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    lately = f"@{int(time.time()) - 86400} +0000"
    monkeypatch.setenv("GIT_AUTHOR_DATE", lately)
    monkeypatch.setenv("GIT_COMMITTER_DATE", lately)
    for n in range(6):
        repo.write("prompts/say.md", f"{EDITED}{n}\n")
        repo.commit(f"Change {n}")
    text = "\n".join(power(repo.options()))
    assert "6 commits that touched these prompts in the last 90 days" in text
    assert "false reds a year, 5 in 100 commits at most: 1.2" in text


def test_a_check_names_the_coins_of_its_baseline(repo: Repo) -> None:
    repo.model.score = coin
    accepted(repo)
    repo.write("prompts/say.md", EDITED)
    (prompt,) = check(repo.options()).prompts
    assert any("by chance" in r and "cases more for a drop of 5 points" in r for r in reasons_of(prompt))
