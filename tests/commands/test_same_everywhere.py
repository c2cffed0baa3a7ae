"""Twenty seeds, wherever answers are computed: the report of one process, byte for byte, of checks and searches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.commands.merge import merge
from promptci.commands.optimize import optimize
from promptci.models.connect import connect
from promptci.report.base import Report
from tests.commands.test_shard import HARMLESS, WORSE, fresh, sharded, told, worse_without_word
from tests.conftest import CONFIG, Repo, cases
from tests.models.batchserver import BatchServer

pytestmark = [pytest.mark.fault, pytest.mark.filterwarnings("default")]
SEEDS = 20


def as_bytes(report: Report) -> bytes:
    return json.dumps(told(report), sort_keys=True).encode()


@pytest.mark.parametrize("text", [WORSE, HARMLESS], ids=["worse", "harmless"])
def test_four_shards_of_a_check(text: str, repo: Repo, tmp_path: Path) -> None:
    worse_without_word(repo)
    repo.write("prompts/say.md", text)
    for seed in range(SEEDS):
        fresh(repo)
        alone = check(repo.options(run="r", seed=seed))
        keep = tmp_path / str(seed)
        keep.mkdir()
        done = sharded(repo, 4, keep, seed=seed)
        merged = merge(repo.options(run="r", seed=seed), [one.place for one in done])
        assert as_bytes(merged) == as_bytes(alone)


def lot(text: str) -> int:
    """A number below a hundred that is the text's own."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 100


def speak(text: str) -> str:
    """Be right more often the more careful the prompt is; asked for a prompt, propose one of a few."""
    asked = text.rstrip().rsplit("\n", 1)[-1]
    if not asked.startswith("Input: number "):
        said = ("Say the word with care.", "Say the word, please.", "Say it with care, please.", "Say the word now.")
        return f"<INS>{said[lot(text) % len(said)]}\n\nInput: {{{{ input }}}}</INS>"
    share = 60 + 30 * ("with care" in text) + 5 * ("please" in text)
    return "yes" if lot(asked) < share else "no"


@pytest.fixture
def server(repo: Repo) -> Iterator[BatchServer]:
    with BatchServer(say=speak) as found:
        settings = CONFIG.replace("http://127.0.0.1:9/v1", found.url).replace("steps: 4, per_step: 4", "steps: 2")
        repo.write("promptci.yaml", settings)
        repo.write("evals/say.jsonl", cases(160))
        repo.commit("Use the server", push=True)
        yield found


def searched(repo: Repo, executor: str, seed: int) -> tuple[Report, bytes, bytes]:
    """Search from nothing; return the report, what is the same of it everywhere, and the journal."""
    fresh(repo)
    plain = (repo.path / "promptci.yaml").read_text().split("execution:")[0]
    repo.write("promptci.yaml", f"{plain}execution: {{executor: {executor}, workers: 2}}\n")
    report = optimize(replace(repo.options(run="r", seed=seed), connect=connect))
    repo.git(
        "clean", "-qfd", ".promptci/ledger"
    )  # a question that was put to the held-out cases changes the next level
    journals = sorted((repo.path / ".promptci" / "runs" / "r").rglob("*.jsonl"))
    return report, as_bytes(report), b"\n".join(path.read_bytes() for path in journals)


@pytest.mark.parametrize("executor", ["batch", "ray"])
def test_a_search(executor: str, repo: Repo, server: BatchServer) -> None:
    """A batch is for what is known beforehand: under `batch` a search asks one by one, and hands nothing over."""
    if executor == "ray":
        pytest.importorskip("ray")
    outcomes = set()
    for seed in range(SEEDS):
        report, here, journal = searched(repo, "local", seed)
        _, there, again = searched(repo, executor, seed)
        assert there == here
        assert again == journal != b""
        outcomes.add(report.prompts[0].search and report.prompts[0].search.outcome)
    assert "improved" in outcomes
    assert server.posted == 0
