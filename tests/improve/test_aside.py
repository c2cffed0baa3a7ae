"""What a confirmation may take is kept from the search, whichever cap counts it."""

from __future__ import annotations

from promptci.commands.optimize import optimize
from tests.commands.test_optimize import BETTER, grading, proposing
from tests.conftest import CONFIG, Repo


def test_the_tokens_of_the_confirmation_are_not_the_search_s(repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("max_calls: 20000", "max_calls: 20000, max_tokens: 63000"))
    repo.commit("Cap the tokens", push=True)
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    report = optimize(repo.options(), ids=["say"])
    found = report.prompts[0].search
    assert found is not None
    assert (found.outcome, found.stop_kind) == ("stopped", "budget")
    assert "max_tokens (63000)" in found.stop_reason
    assert "(220 calls are set aside for later)" in found.stop_reason
    # 220 answers of 256 tokens are kept, and their questions: the search had what is left, and it was not enough.
    assert report.input_tokens + report.output_tokens < 63_000 - 220 * 256
