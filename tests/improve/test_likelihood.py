"""`search: {score: likelihood}`: asked beside each answer; refused before the search where nobody can tell."""

from __future__ import annotations

from dataclasses import replace

from promptci.commands.optimize import optimize
from promptci.models.base import Failure, Reply, Request
from promptci.report.searched import Search
from tests.conftest import CONFIG, Repo, ScriptedModel, cases
from tests.improve.test_edits import HELP, edits, world


class Echoing(ScriptedModel):
    """Echoes completions with log probabilities: the expected answer is likelier where the prompt has what helps."""

    echoes: bool = True

    async def send(self, request: Request) -> Reply:
        reply = await super().send(request)
        if request.kind != "completion":
            return reply
        if not self.echoes:
            return replace(reply, texts=(), failure=Failure("bad_request", "400: logprobs are not supported"))
        text = request.messages[0].content
        logprob = -1.0 + 0.3 * sum(word in text for word in HELP)
        return replace(reply, texts=(text,), logprobs=((text[:-3], -2.0), (text[-3:], logprob)))


def searched(repo: Repo, strategy: str, *, echoes: bool = True, metric: str = "exact") -> tuple[Search, Echoing]:
    config = CONFIG.replace("search: {", "search: {score: likelihood, ")
    repo.write("promptci.yaml", config.replace("evals/say.jsonl", f"evals/say.jsonl, metric: {metric}"))
    repo.commit("Score by likelihood", push=True)
    model = Echoing(score=world(HELP), propose=edits)
    model.echoes = echoes
    repo.model = model
    found = optimize(repo.options(max_calls=1500), strategy=strategy, mode="write").prompts[0].search
    assert found is not None
    return found, model


def test_a_screening_finds_what_helps_by_likelihoods_too(repo: Repo) -> None:
    found, model = searched(repo, "edits")
    asked = [r for r in model.asked if r.kind == "completion"]
    assert found.outcome == "improved"
    text = (repo.path / "prompts/say.md").read_text(encoding="utf-8")
    # Half of the calls are for likelihoods. Of 12 seeds 7 find all three sentences with 1,500 calls, 3 two and 2 none;
    # 9 find all three with 3,000. By the metric alone 10 find all three with 1,500 calls, and 3 with 750.
    assert sum(word in text for word in HELP) >= 2
    assert all(r.logprobs and r.max_tokens == 0 and r.messages[0].content.endswith(" yes") for r in asked)
    assert len(asked) > 300
    assert len(model.asked) <= 1500


def test_a_race_asks_them_as_well_and_the_held_out_cases_are_asked_for_answers_alone(repo: Repo) -> None:
    found, model = searched(repo, "opro")
    calls = {p.name: p.calls for p in found.phases}
    scored = sum(r.kind == "completion" for r in model.asked)
    assert 0 < 2 * scored <= calls["search"]


def test_a_case_that_expects_nothing_does_not_keep_the_others_from_their_likelihood(repo: Repo) -> None:
    rows = cases(200).splitlines()
    bare = [row.replace(', "expected": "yes"', "") for row in rows[:100]]
    repo.write("evals/say.jsonl", "\n".join([*bare, *rows[100:]]) + "\n")
    found, model = searched(repo, "edits", metric="{name: exact, value: 'yes'}")
    assert found.stop_kind != "no_likelihood"
    assert sum(r.kind == "completion" for r in model.asked) > 50


def test_a_server_without_log_probabilities_is_refused_before_the_search_spends(repo: Repo) -> None:
    found, model = searched(repo, "edits", echoes=False)
    assert (found.outcome, found.stop_kind) == ("stopped", "no_likelihood")
    assert "logprobs are not supported" in found.stop_reason
    assert len(model.asked) == 1
