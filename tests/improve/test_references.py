"""Which prompts are held to the old model's answers: those whose cases expect nothing, of the chosen ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptci.errors import ConfigError
from promptci.improve.references import with_references
from promptci.project.project import locate
from tests.conftest import CONFIG, Repo, cases

BARE = json.dumps({"id": "c1", "input": "number 1"}) + "\n"
OTHER = "  - {id: other, file: prompts/say.md, cases: evals/other.jsonl}\nsearch:"


def metrics(repo: Repo, say: str, other: str, *ids: str) -> dict[str, str | None]:
    repo.write("promptci.yaml", CONFIG.replace("search:", OTHER))
    repo.write("evals/say.jsonl", say)
    repo.write("evals/other.jsonl", other)
    found = with_references(locate(repo.path / "promptci.yaml", Path()), ids)
    return {p.id: p.metric if isinstance(p.metric, str) else None for p in found.config.prompts}


def test_only_prompts_whose_cases_expect_nothing_are_judged_in_pairs(repo: Repo) -> None:
    found = metrics(repo, BARE, cases(3))
    assert found["say"] == "pairwise"
    assert found["other"] != "pairwise"


def test_what_was_not_chosen_stays_as_it_is(repo: Repo) -> None:
    found = metrics(repo, BARE, BARE, "other")
    assert found["other"] == "pairwise"
    assert found["say"] != "pairwise"


@pytest.mark.parametrize("broken", ["{not json\n", "", "[1]\n"], ids=["words", "empty", "no-object"])
def test_an_eval_set_that_cannot_be_read_is_left_to_whoever_reads_it_next(broken: str, repo: Repo) -> None:
    found = metrics(repo, BARE, broken)
    assert found["say"] == "pairwise"
    assert found["other"] != "pairwise"


def test_an_unknown_prompt_is_refused(repo: Repo) -> None:
    with pytest.raises(ConfigError, match="unknown prompt"):
        metrics(repo, BARE, BARE, "nothing")
