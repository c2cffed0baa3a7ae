"""Whole reports of what decides: a failed confirmation, a stale baseline, an anchor, a tolerance, a graded verdict.

Each is a real check in a real repository. After a wanted change: `GOLDEN=update pytest tests/measure/test_reported.py`,
then read the diff of golden/.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.report.base import BaseUsed, PromptReport
from promptci.report.markdown import as_markdown
from promptci.report.terminal import as_text
from promptci.run.session import Session
from tests.commands.test_check import number
from tests.commands.test_measures import EDITED, accepted, gate, only
from tests.conftest import CONFIG, Repo
from tests.measure.test_anchor import creeping, steps
from tests.report.samples import BASE, HOW, report

GOLDEN = Path(__file__).parent / "golden"
DATE = re.compile(r"\d{4}-\d\d-\d\d")
COMMIT = re.compile(r"accepted in [0-9a-f\u200b]{7,8}")


def not_confirmed(repo: Repo) -> PromptReport:
    """The edited prompt fails every third case at first, and none when asked again."""
    repo.model.score = lambda text, sample: "no" if sample == 0 and "Tell" in text and number(text) % 3 == 0 else "yes"
    repo.write("prompts/say.md", EDITED)
    return only(repo)


def stale_baseline(repo: Repo) -> PromptReport:
    """The model got better since the baseline was accepted, and the edited prompt got worse."""
    repo.model.score = lambda text, sample: "no" if number(text) % 4 == 0 else "yes"
    accepted(repo)
    repo.model.score = lambda text, sample: "no" if "Tell" in text and number(text) % 4 == 1 else "yes"
    repo.write("prompts/say.md", EDITED)
    return only(repo)


def anchor_alarm(repo: Repo) -> PromptReport:
    """Five small steps down."""
    accepted(repo)
    repo.model.score = creeping
    steps(repo, 4)
    return only(repo)


def within_tolerance(repo: Repo) -> PromptReport:
    """One case in forty is lost, and 3 points are tolerated."""
    gate(repo, "max_drop: 0.03")
    repo.model.score = lambda text, sample: "no" if "Tell" in text and number(text) % 40 == 0 else "yes"
    repo.write("prompts/say.md", EDITED)
    return only(repo)


def above_tolerance(repo: Repo) -> PromptReport:
    """One case in four is lost, and 3 points are tolerated."""
    gate(repo, "max_drop: 0.03")
    repo.model.score = lambda text, sample: "no" if "Tell" in text and number(text) % 4 == 0 else "yes"
    repo.write("prompts/say.md", EDITED)
    return only(repo)


def graded(repo: Repo, said: Callable[[str, int], str]) -> PromptReport:
    """Half of the words are right where "yes sir" is answered."""
    repo.write("promptci.yaml", CONFIG.replace("evals/say.jsonl}", "evals/say.jsonl, metric: token_f1}"))
    repo.commit("Grade words", push=True)
    repo.model.score = said
    repo.write("prompts/say.md", EDITED)
    return only(repo)


MADE: dict[str, Callable[[Repo], PromptReport]] = {
    "not_confirmed": not_confirmed,
    "stale_baseline": stale_baseline,
    "anchor_alarm": anchor_alarm,
    "within_tolerance": within_tolerance,
    "above_tolerance": above_tolerance,
    "graded_fail": lambda repo: graded(repo, lambda text, sample: "yes sir" if "Tell" in text else "yes"),
    "graded_pass": lambda repo: graded(repo, lambda text, sample: "yes"),
}


@pytest.mark.parametrize("name", MADE)
def test_the_report_is_as_kept(name: str, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    # The order is drawn from the commit, and a baseline's has the time at which it was accepted.
    monkeypatch.setattr(Session, "seed_for", lambda run, *names: 5)
    prompt = replace(MADE[name](repo), base=BaseUsed(BASE, HOW))
    whole = report(prompt)
    for kind, said in (("md", as_markdown(whole)), ("txt", as_text(whole, color=False))):
        now = COMMIT.sub("accepted in abc1234", DATE.sub("2026-01-15", said))
        place = GOLDEN / f"{name}.{kind}"
        if os.environ.get("GOLDEN") == "update":
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(now.encode())
        assert place.is_file(), "no golden file; see this module's first lines"
        assert now == place.read_bytes().decode()


def test_nothing_kept_is_left_over() -> None:
    assert {p.name for p in GOLDEN.iterdir()} == {f"{name}.{kind}" for name in MADE for kind in ("md", "txt")}
