"""A check of many cases writes the bytes that a check of few would: what is held in memory changes nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.evals.kept import KeptCases
from promptci.project.changes import plan
from promptci.project.project import locate
from tests.commands.test_shard import HARMLESS, WORSE, fresh
from tests.conftest import CONFIG, Repo

GATES = {
    "plain": "",
    "all": ", gate: {min_score: 0.6, must_pass: [c0003, smoke], slices: true, max_length: 100}",
}


def rows(count: int) -> str:
    """Cases with clusters, tags, an answer's list, one that expects nothing but a rule of its own."""
    found = [
        {"id": f"c{n:04}", "input": f"number {n}", "expected": ["yes", "Yes"] if n % 5 else "yes"} for n in range(count)
    ]
    for n, row in enumerate(found):
        row |= {"tags": ["even"]} if n % 2 == 0 else {"cluster": f"k{n // 8}"} if n % 3 == 0 else {}
    found[7] |= {"tags": ["smoke"]}
    return "".join(json.dumps(row) + "\n" for row in found)


def kept(repo: Repo, seed: int, **options: object) -> str:
    """What a check leaves in its run, without the time that it took."""
    fresh(repo)
    report = check(repo.options(run="r", seed=seed, **options))
    assert report.prompts
    text = (repo.path / ".promptci/runs/r/report.json").read_text()
    return re.sub(r'"wall_s":[0-9.]+', "", text)


def drifting(asked: str, sample: int) -> str:
    """Wrong where the prompt lacks a word, and now and then."""
    n = int(asked.rsplit("number ", 1)[1].split()[0]) if "number " in asked else 1
    return "no" if n % 11 == sample or ("word" not in asked and n % 3 == 0) else "yes"


@pytest.mark.parametrize("gates", GATES.values(), ids=GATES)
@pytest.mark.parametrize("text", [WORSE, HARMLESS], ids=["worse", "harmless"])
@pytest.mark.parametrize("repeat", [1, 2])
def test_a_run_s_record_has_the_same_bytes(
    gates: str, text: str, repeat: int, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a prompt that is compared, and of a new one."""
    repo.write("evals/say.jsonl", rows(90))
    repo.commit("Add tags", push=True)
    other = "  - {id: other, file: prompts/other.md, cases: evals/say.jsonl}\n"
    own = CONFIG.replace("cases: evals/say.jsonl", "cases: evals/say.jsonl" + gates)
    repo.write("promptci.yaml", own.replace("search:", other + "search:"))
    repo.write("prompts/say.md", text)
    repo.write("prompts/other.md", text)
    repo.model.score = drifting
    few = kept(repo, 1, repeat=repeat)
    monkeypatch.setattr("promptci.shelf.MANY", 4)
    assert kept(repo, 1, repeat=repeat) == few


def test_many_cases_are_not_held(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptci.shelf.MANY", 4)
    repo.write("evals/say.jsonl", rows(9))
    (planned,) = plan(locate(Path(repo.path / "promptci.yaml"), repo.path), "HEAD", everything=True)
    assert isinstance(planned.new.cases, KeptCases)
