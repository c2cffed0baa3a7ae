"""The default search made again finds what it paid for: it plans by what its answers took, whoever sent the calls."""

from __future__ import annotations

import hashlib

import pytest

from promptci.commands.optimize import optimize
from promptci.report.searched import Search
from tests.commands.test_optimize import right_on
from tests.conftest import CONFIG, Repo, cases

EDITS = CONFIG.replace("strategy: mix, steps: 4, per_step: 4", "strategy: edits, steps: 6, per_step: 8")


def suggesting(question: str, sample: int) -> str:
    """Eight small rules of twelve, others for every question: a search that goes another way asks for other texts."""
    drawn = int(hashlib.sha256(f"{question}{sample}".encode()).hexdigest(), 16)
    return "\n".join(f"ADD after 1: Rule {(drawn >> 3 * k) % 12}." for k in range(8))


def helped(text: str, sample: int) -> str:
    share = 0.4 + 0.45 * ("Rule 7." in text) + 0.1 * ("Rule 9." in text) - 0.1 * ("Rule 3." in text)
    return "yes" if right_on(share, text, sample) else "no"


def searched(repo: Repo, **options: object) -> tuple[int, Search]:
    before = len(repo.model.asked)
    (prompt,) = optimize(repo.options(**options), mode="pr").prompts
    assert prompt.search is not None
    return len(repo.model.asked) - before, prompt.search


def begun_on_a_known_commit(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the one commit whose id, and so every random draw, is the same whenever this runs."""
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(name, "2026-01-01T00:00:00Z")
    repo.git("checkout", "--quiet", "--orphan", "known")
    repo.commit("Search by edits")
    repo.git("branch", "--quiet", "--force", "--move", "main")
    repo.git("push", "--quiet", "--force", "origin", "main")


@pytest.mark.parametrize("calls", [600, 1000])
def test_a_search_that_waits_for_review_is_found_and_pays_nothing(
    calls: int, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.model.score, repo.model.propose = helped, suggesting
    repo.write("evals/say.jsonl", cases(200))
    repo.write("promptci.yaml", EDITS.replace("20000", str(calls)))
    begun_on_a_known_commit(repo, monkeypatch)
    paid, first = searched(repo)
    assert (first.outcome, first.pull_request.operation) == ("improved", "created")
    assert 0 < paid <= calls
    tip = repo.remote("rev-parse", "promptci/main/say")
    paid, second = searched(repo)
    assert (paid, second.outcome, second.pull_request.operation) == (0, "improved", "none")
    assert [s.calls for s in second.steps] == [s.calls for s in first.steps]
    assert repo.remote("rev-parse", "promptci/main/say") == tip
