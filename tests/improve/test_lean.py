"""A search for less through the whole story: what is useless goes, what is needed stays, and nothing gets worse."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from promptci.commands.optimize import optimize
from promptci.errors import ConfigError, UsageError
from promptci.models.base import Reply, Request
from promptci.report.base import Report
from promptci.report.proposal import pull_request
from promptci.report.terminal import as_text
from tests.conftest import CONFIG, Repo, ScriptedModel, cases

NEEDED = ("Mind the apple.", "Mind the brick.")
USELESS = (
    "Be kind to everybody.",
    "Think of the drum at night.",
    "Nobody knows the eagle well.",
    "Hold the ivory dear.",
)
SENTENCES = ("Say the word.", NEEDED[0], *USELESS[:2], NEEDED[1], *USELESS[2:])
PROMPT = "\n".join(SENTENCES) + "\n\nInput: {{ input }}\n"


def chance(*names: object) -> float:
    return int.from_bytes(hashlib.sha256(repr(names).encode()).digest()[:6], "big") / 2**48


def world(worth: float = 0.3) -> Callable[[str, int], str]:
    """A scorer that is right on 90 % of the cases with both needed sentences in, and on `worth` fewer without each."""

    def score(text: str, sample: int) -> str:
        share = 0.9 - sum(worth for sentence in NEEDED if sentence not in text)
        case = text.rsplit("number ", 1)[1].split()[0]
        return "yes" if (chance(case) < share) != (chance(case, text, sample) < 0.02) else "no"

    return score


@pytest.fixture
def long(repo: Repo) -> Repo:
    """The repository with a prompt of needed and useless sentences, and a search for a shorter one."""
    repo.write("prompts/say.md", PROMPT)
    repo.write("evals/say.jsonl", cases(300))
    goal(repo, "length")
    repo.model.score, repo.model.propose = world(), lambda text, sample: "REPLACE 1: Say it."
    return repo


def goal(repo: Repo, name: str, extra: str = "") -> None:
    settings = CONFIG.replace("search: {strategy: mix,", f"search: {{goal: {name},")
    repo.write("promptci.yaml", settings.replace('v1"}', f'v1"{extra}}}'))
    repo.commit(f"Search for {name}", push=True)


def text_of(repo: Repo) -> str:
    return (repo.path / "prompts/say.md").read_text(encoding="utf-8")


def test_useless_sentences_go_and_needed_ones_stay(long: Repo) -> None:
    report = optimize(long.options(max_calls=1400), mode="write")
    found = report.prompts[0].search
    assert found is not None
    assert (found.outcome, found.goal) == ("improved", "length")
    text = text_of(long)
    assert all(sentence in text for sentence in NEEDED)
    assert sum(sentence in text for sentence in USELESS) <= 1
    assert len(long.model.asked) <= 1400
    assert found.headline is not None
    assert found.headline.text == "confirmed shorter, and not worse"
    assert found.level == 0.04
    read = next(s for s in found.savings if s.name == "tokens read a call")
    assert read.after < read.before - 10
    assert all(edit.tokens is not None and edit.tokens < 0 for edit in found.edits)
    low = report.prompts[0].ci
    assert low is not None
    assert low[0] > -0.05


def test_the_report_and_the_pull_request_say_tokens_and_that_it_is_not_worse(long: Repo) -> None:
    report = optimize(long.options(max_calls=1400))
    said = as_text(report, color=False)
    assert "search: edits for length" in said
    assert "Confirmed shorter, and not worse: score" in said
    assert "tokens read a call: " in said
    title, body = pull_request(report, report.prompts[0], content_hash="0")
    assert title == "Shorten say, not worse"
    assert "**Confirmed shorter, and not worse** for `say`" in body
    assert "a drop of 5 points is ruled out" in body
    assert "| tokens a call |" in body


def test_a_longer_wording_is_not_even_tried(long: Repo) -> None:
    long.model.propose = lambda text, sample: "REPLACE 1: Say the word that goes with it, and nothing else."
    found = optimize(long.options(max_calls=600), mode="dry-run").prompts[0].search
    assert found is not None
    assert found.steps
    scored = ["\n".join(m.content for m in r.messages) for r in long.model.asked if r.role == "scorer"]
    assert scored
    assert not any("that goes with it" in text for text in scored)


def test_where_every_sentence_is_needed_nothing_is_written(long: Repo) -> None:
    long.write("prompts/say.md", "\n".join([*NEEDED, "", "Input: {{ input }}\n"]))
    long.commit("Only what is needed", push=True)
    before = text_of(long)
    found = optimize(long.options(max_calls=1000), mode="write").prompts[0].search
    assert found is not None
    assert found.outcome in ("no_change", "inconclusive")
    assert text_of(long) == before


def test_a_question_whether_it_is_worse_counts_in_the_ledger(long: Repo) -> None:
    optimize(long.options(max_calls=1400), mode="write")
    (line,) = (long.path / ".promptci/ledger/say.jsonl").read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["query"], json.loads(line)["verdict"]) == (1, "improved")


def test_too_few_held_out_cases_for_the_margin_cost_nothing(long: Repo) -> None:
    long.write("evals/say.jsonl", cases(80))
    long.commit("Fewer cases", push=True)
    (prompt,) = optimize(long.options(max_calls=1400)).prompts
    assert prompt.search is not None
    assert prompt.search.stop_kind == "too_few_cases"
    assert long.model.asked == []


class Priced(ScriptedModel):
    """Answers that are long while the prompt asks for reasons: what they cost is mostly that."""

    async def send(self, request: Request) -> Reply:
        reply = await super().send(request)
        long = request.role == "scorer" and "kind to everybody" in request.messages[-1].content
        usage = replace(reply.usage, output_tokens=200 if long else 2)
        return replace(reply, usage=usage, latency_s=2.0 if long else 0.1)


def priced(repo: Repo) -> Repo:
    repo.model = Priced(score=repo.model.score, propose=repo.model.propose)
    return repo


def ended(report: Report) -> str:
    (prompt,) = report.prompts
    assert prompt.search is not None
    return prompt.search.outcome


def test_a_cheaper_prompt_is_shown_to_cost_less(long: Repo) -> None:
    goal(long, "cost", ", price: {input: 0.1, output: 1}")
    report = optimize(priced(long).options(max_calls=1400), mode="write")
    assert ended(report) == "improved"
    assert USELESS[0] not in text_of(long)
    assert "USD for 1,000 calls" in as_text(report, color=False)


def test_without_a_price_nothing_is_asked_for_a_cheaper_prompt(long: Repo) -> None:
    goal(long, "cost")
    with pytest.raises(UsageError, match="costs is not known"):
        optimize(long.options(max_calls=1400))
    assert long.model.asked == []


@pytest.mark.parametrize(
    ("given", "said"),
    [("goal: length, strategy: opro,", "cannot search for length"), ("goal: speed,", "must be")],
    ids=["strategy", "unknown"],
)
def test_an_aim_that_cannot_be_is_a_mistake_with_its_line(given: str, said: str, repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("strategy: mix,", given))
    with pytest.raises(ConfigError, match=said) as refused:
        optimize(repo.options())
    assert refused.value.place == "promptci.yaml:6"


def test_another_strategy_named_on_the_command_line_is_refused(long: Repo) -> None:
    with pytest.raises(UsageError, match="'opro' cannot search for length"):
        optimize(long.options(), strategy="opro")
