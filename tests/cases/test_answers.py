"""Answers as models give them: what is graded of each, and what is unmeasured rather than wrong."""

from __future__ import annotations

import json

import pytest

from promptci.commands.check import check
from tests.conftest import CONFIG, Repo, reasons_of

GRADED = {
    "thinking before it": ("<think>\nno, or yes?\n</think>\n\nyes", "yes", "exact", 1.0),
    "thinking whose start was lost": ("no, or yes?\n</think>\n\nyes", "yes", "exact", 1.0),
    "the thinking alone names it": ("<think>yes?</think>no", "yes", "contains", 0.0),
    "thousands": ("That is 1,000 in all.", 1000, "number", 1.0),
    "money": ("$1,234.50", 1234.5, "number", 1.0),
    "another sign": ("-5", 5, "number", 0.0),
    "whole and decimal": ("4.0", 4, "number", 1.0),
    "any of several": ("Yes", ["yes", "Yes"], "exact", 1.0),
    "nothing, where nothing is expected": (" ", "", "exact", 1.0),
}


@pytest.mark.parametrize("name", GRADED)
def test_what_is_graded_of_an_answer(repo: Repo, name: str) -> None:
    said, expected, metric, score = GRADED[name]
    repo.model.score = lambda text, sample: said
    repo.write("evals/say.jsonl", json.dumps({"input": "a", "expected": expected}) + "\n")
    repo.write("promptci.yaml", CONFIG.replace("say.jsonl}", f"say.jsonl, metric: {metric}}}"))
    (found,) = check(repo.options(), everything=True).prompts
    assert found.score == score


def test_a_model_that_never_stops_thinking_is_unmeasured(repo: Repo) -> None:
    repo.model.score = lambda text, sample: "<think> yes, or no, or"
    (found,) = check(repo.options(), everything=True).prompts
    assert (found.verdict, found.score) == ("unmeasured", None)
    assert any("still thinking" in reason for reason in reasons_of(found))
