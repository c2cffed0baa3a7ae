"""What small models taught: each fault that one of them met, as a kind, on a scripted model and through the command."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest

from promptci.commands.optimize import optimize
from promptci.core import Case, Outcome, Reason, Score
from promptci.improve.laxer import laxer
from promptci.metrics import METRICS
from promptci.metrics.combined import Combined, Weighted, combined
from promptci.models.base import Reply, Request
from promptci.project.side import Side
from promptci.report.base import PromptReport
from promptci.scoring import Grading
from promptci.search.base import Candidate, Found, Scored
from tests.conftest import CONFIG, Repo, reasons_of
from tests.improve.test_edits import chance

LABELS = ("billing", "other")


def tickets(repo: Repo, n: int = 100, config: str = CONFIG) -> None:
    rows = ({"id": f"c{i:03}", "input": f"number {i}", "expected": LABELS[i % 2]} for i in range(n))
    repo.write("evals/say.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    repo.write("promptci.yaml", config.replace("strategy: mix,", "strategy: edits, style: plain,"))


def right(text: str) -> str:
    return LABELS[int(text.rsplit("number ", 1)[1].split()[0]) % 2]


def chatty(text: str, sample: int) -> str:
    """In a sentence, until the prompt asks for the label alone; then right in nine of ten cases."""
    told = "nothing else" in text or "Write only the answer" in text
    if not told:
        return f"I would say that it is {right(text)}, all in all."
    return right(text) if chance(right(text), text, sample) < 0.9 else "unclear"


def searched(repo: Repo, **options: object) -> PromptReport:
    return optimize(repo.options(**options), mode="write").prompts[0]


def cut_short(repo: Repo, cut: Callable[[Request], bool]) -> None:
    """Let answers that `cut` picks end at the cap, as a server marks it."""
    send = repo.model.send

    async def other(request: Request) -> Reply:
        reply = await send(request)
        return dataclasses.replace(reply, cut=True, finish_reason="length") if cut(request) else reply

    repo.model.send = other  # type: ignore[method-assign]  # a server that cuts answers


def test_a_prompt_that_makes_the_model_ramble_is_wrong_and_searched_from(repo: Repo) -> None:
    tickets(repo)
    repo.model.score, repo.model.propose = chatty, lambda text, sample: f"Mind the word {sample}."
    cut_short(repo, lambda r: r.role == "scorer" and "nothing else" not in r.messages[-1].content)
    found = searched(repo, max_calls=400)
    assert found.search is not None
    assert (found.search.outcome, found.unmeasured) == ("improved", 0)
    assert found.baseline_score == 0.0


def test_the_optimizer_is_asked_for_no_more_tokens_than_its_setting(repo: Repo) -> None:
    models = 'models: {scorer: {model: scripted, base_url: "http://127.0.0.1:9/v1"}, '
    models += 'optimizer: {model: scripted, base_url: "http://127.0.0.1:9/v1", max_tokens: 300}}'
    tickets(repo, config=CONFIG.replace(CONFIG.splitlines()[1], models))
    repo.model.score, repo.model.propose = chatty, lambda text, sample: f"Mind the word {sample}."
    searched(repo, max_calls=300)
    asked = [r.max_tokens for r in repo.model.asked if r.role == "optimizer"]
    assert asked
    assert set(asked) == {300}


def test_a_start_that_scores_nothing_is_searched_with_open_eyes(repo: Repo) -> None:
    tickets(repo)
    repo.model.score, repo.model.propose = chatty, lambda text, sample: f"Mind the word {sample}."
    found = searched(repo, max_calls=400)
    questions = [r.messages[-1].content for r in repo.model.asked if r.role == "optimizer"]
    assert all("Every right answer is one of: " in q for q in questions)
    assert all("The output is one of the accepted answers" in q for q in questions)
    assert found.search is not None
    assert found.search.outcome == "improved"
    assert "form" in {e.source for e in found.search.edits}
    assert any("`metric: contains` would pass them" in reason for reason in reasons_of(found))


def test_what_is_certain_after_a_few_pairs_is_not_paid_for_to_the_end(repo: Repo) -> None:
    tickets(repo)
    repo.model.score, repo.model.propose = chatty, lambda text, sample: f"Mind the word {sample}."
    found = searched(repo, max_calls=600)
    assert found.search is not None
    phases = {p.name: p for p in found.search.phases}
    assert phases["confirmation"].calls <= 0.5 * (phases["confirmation"].planned or 0)
    assert "baseline" not in phases  # nobody reads it where nothing is proposed
    assert sum(p.calls for p in phases.values()) == 600


# What a laxer metric would pass, value by value.


def start(expected: list[str], outputs: list[str | None], metric: Combined | None = None) -> tuple[Side, Found]:
    cases = [Case(f"c{i}", {"input": "x"}, e) for i, e in enumerate(expected)]
    outcomes = {
        c.id: Outcome(Score(c.id, float(o == c.expected) if o is not None else None, Reason("x", "x")), output=o)
        for c, o in zip(cases, outputs, strict=True)
    }
    found = object.__new__(Found)
    object.__setattr__(found, "incumbent", Scored(Candidate("Say.", "start", 0), outcomes))
    side = object.__new__(Side)
    object.__setattr__(side, "grading", Grading(metric or combined(METRICS["exact"]()), None))  # type: ignore[arg-type]  # no judge
    object.__setattr__(side, "cases", tuple(cases))
    return side, found


MANY = ["yes", "no"] * 10


@pytest.mark.parametrize(
    ("expected", "outputs", "said"),
    [
        (MANY, [f"I say {e}." for e in MANY], "20 of the 20"),
        (MANY, [f"I say {e}." if i % 3 else "maybe" for i, e in enumerate(MANY)], "13 of the 20"),
        (MANY, ["maybe"] * 20, ""),
        (MANY, list(MANY), ""),
        (MANY, ["yes or no, who knows"] * 20, ""),
        (MANY[:6], [f"I say {e}." for e in MANY[:6]], ""),
        (MANY, [None] * 20, ""),
        ([f"word{i}" for i in range(20)], [f"It is word{i}." for i in range(20)], "20 of the 20"),
    ],
    ids=["all", "most", "none", "all right", "every label at once", "too few", "unmeasured", "no labels"],
)
def test_what_a_laxer_metric_would_pass(expected: list[str], outputs: list[str | None], said: str) -> None:
    told = laxer(*start(expected, outputs))
    assert [r.kind for r in told] == ["laxer_metric"] * bool(said)
    assert all(said in r.text for r in told)


@pytest.mark.parametrize("name", ["contains", "number"])
def test_of_other_metrics_nothing_is_said(name: str) -> None:
    outputs: list[str | None] = [f"I say {e}." for e in MANY]
    assert laxer(*start(MANY, outputs, combined(METRICS[name]()))) == ()


def test_where_the_expected_text_is_what_must_not_be_said_nothing_is_said() -> None:
    outputs: list[str | None] = [f"I say {e}." for e in MANY]
    assert laxer(*start(MANY, outputs, Combined((Weighted(METRICS["exact"](), "exact", inverted=True),)))) == ()
