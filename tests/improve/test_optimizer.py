"""An optimizer model that says nothing of use: the search ends as unmeasured and says what to mend."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from promptci.commands.optimize import optimize
from promptci.core import Message
from promptci.improve.search import compared
from promptci.metrics import METRICS
from promptci.metrics.combined import combined
from promptci.models.base import Failure, Reply, Request, Usage
from tests.conftest import CONFIG, Repo, reasons_of
from tests.improve.test_edits import HELP, edits, world


def answering(repo: Repo, reply: Callable[[Request], Reply]) -> None:
    """Let the optimizer model answer with whole replies, failures among them."""
    send = repo.model.send

    async def other(request: Request) -> Reply:
        found = await send(request)
        return reply(request) if request.role == "optimizer" else found

    repo.model.send = other  # type: ignore[method-assign]  # a server that answers in its own way


def cut(_request: Request) -> Reply:
    return Reply(texts=("ADD: Mind the",), usage=Usage(9, 2048), model="m", attempts=1, cut=True)


@pytest.mark.parametrize("strategy", ["edits", "mix", "opro"])
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        pytest.param(cut, "raise models.optimizer.max_tokens", id="cut"),
        pytest.param(lambda _: Reply(failure=Failure("refused", "not today"), attempts=1), "not today", id="refused"),
        pytest.param(
            lambda _: Reply(texts=("I cannot help with that.",), usage=Usage(9, 9), model="m", attempts=1),
            "I cannot help with that.",
            id="unreadable",
        ),
    ],
)
def test_without_one_reply_of_use_the_run_is_unmeasured_and_says_why(
    strategy: str, reply: Callable[[Request], Reply], said: str, repo: Repo
) -> None:
    repo.model.score = world(HELP)
    answering(repo, reply)
    report = optimize(repo.options(max_calls=2000), strategy=strategy)
    (prompt,) = report.prompts
    assert report.verdict == "unmeasured"
    assert prompt.search is not None
    assert prompt.search.outcome == "stopped"
    assert said in " ".join(reasons_of(prompt))


def test_the_cap_at_which_replies_were_cut_is_named(repo: Repo) -> None:
    repo.model.score = world(HELP)
    answering(repo, cut)
    (prompt,) = optimize(repo.options(max_calls=2000), strategy="edits").prompts
    assert "max_tokens (2048)" in " ".join(reasons_of(prompt))


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param("<think>maybe <INS> or </INS>?</think>\n{}", id="thinking"),
        pytest.param("```\n{}\n```", id="fence"),
        pytest.param("Sure! Here they are:\n\n{}", id="chatter"),
    ],
)
def test_odd_forms_of_a_reply_are_read(wrap: str, repo: Repo) -> None:
    repo.model.score, repo.model.propose = world(HELP), lambda text, sample: wrap.format(edits(text, sample))
    found = optimize(repo.options(max_calls=1500), strategy="edits").prompts[0].search
    assert found is not None
    assert found.outcome == "improved"


def test_the_optimizer_model_is_told_how_answers_are_compared(repo: Repo) -> None:
    repo.model.score, repo.model.propose = world(HELP), edits
    optimize(repo.options(max_calls=600), strategy="edits")
    asked: list[tuple[Message, ...]] = [r.messages for r in repo.model.asked if r.role == "optimizer"]
    assert asked
    assert any("The output is one of the accepted answers" in m.content for messages in asked for m in messages)


@pytest.mark.parametrize("name", ["exact", "contains", "number"])
def test_a_metric_says_in_its_own_words_how_it_compares(name: str) -> None:
    said = compared(combined(METRICS[name]()))
    assert said.startswith(f"{name}: ")
    assert "\n" not in said


def test_the_plain_style_asks_for_one_sentence_a_reply(repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("strategy: mix,", "style: plain,"))
    repo.model.score, repo.model.propose = world(HELP), lambda text, sample: "Mind the apple."
    optimize(repo.options(max_calls=600))
    asked = [r.messages[0].content for r in repo.model.asked if r.role == "optimizer"]
    assert all("Write only the sentence." in text for text in asked[:3])


def test_passages_to_keep_are_touched_by_no_edit(repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("strategy: mix,", "strategy: edits, keep: ['Say the word.'],"))
    repo.model.score = world(HELP)
    repo.model.propose = lambda text, sample: "DELETE 1\nREPLACE 1: Say no word.\n" + edits(text, sample)
    found = optimize(repo.options(max_calls=1500), mode="write").prompts[0].search
    assert found is not None
    assert found.outcome == "improved"
    assert "Say the word." in (repo.path / "prompts/say.md").read_text(encoding="utf-8")
