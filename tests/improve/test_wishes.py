"""What reviewers with write access ask for reaches the next search; what others write is not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptci.commands.optimize import optimize
from promptci.forge.base import Remark
from promptci.improve.reviewing import as_begun
from promptci.improve.wishes import NO_WISHES, Wishes, wishes_of
from promptci.report.base import PromptReport
from tests.commands.test_optimize import BETTER, grading, proposing
from tests.conftest import Repo, reasons_of, text_of

OLD = "Read the ticket. Say one word.\n\nInput: {{ input }}"
NEW = "Read the ticket. Name the team in one word. Be brief.\n\nInput: {{ input }}"


def of(body: str, access: str = "write", *, closed: bool = False) -> Wishes:
    return wishes_of([Remark("ada", access, body)], OLD, NEW, closed=closed)  # type: ignore[arg-type]  # one of them


KEPT = {
    "ordinal": "promptci: keep the first sentence",
    "numbered": "promptci: please keep sentence 1",
    "number-first": "Nice!\n\n> promptci: keep the 1st sentence, it is load-bearing",
    "quoted": 'PromptCI: keep "Read the ticket."',
    "in-a-list": "- promptci: keep “Read the ticket.”",
}


@pytest.mark.parametrize("body", KEPT.values(), ids=KEPT)
def test_a_sentence_that_the_prompt_has_may_not_be_lost(body: str) -> None:
    assert of(body).keep == ("Read the ticket.",)


ASKS = {
    "a-sentence-of-the-proposal": ("promptci: keep the second sentence", "Name the team in one word."),
    "the-last-one": ("promptci: keep the last sentence", "Input: {{ input }}"),
    "in-words": ("promptci: sound friendlier", "sound friendlier."),
    "no-such-sentence": ("promptci: keep the ninth sentence", "keep the ninth sentence."),
    "no-sentence-has-that-number": ("promptci: keep sentence 0", "keep sentence 0."),
    "a-suggestion": ("Better so:\n```suggestion\nName one team.\n```\n", 'word it like this: "Name one team.".'),
    "forbidden-without-quotes": ("promptci: avoid jargon", "avoid jargon."),
}


@pytest.mark.parametrize(("body", "part"), ASKS.values(), ids=ASKS)
def test_the_optimizer_model_is_told_the_rest(body: str, part: str) -> None:
    found = of(body)
    assert part in found.told() or (part in OLD and part in found.keep)
    assert len(found.said) == 1
    assert found.said[0].startswith("ada: ")


@pytest.mark.parametrize("word", ["forbid", "never say", "don't use", "avoid"])
def test_words_may_be_forbidden(word: str) -> None:
    assert of(f'promptci: {word} "kindly"').forbid == ("kindly",)


@pytest.mark.parametrize("access", ["read", "none", "unknown"])
def test_nobody_without_write_access_is_heard(access: str) -> None:
    assert of('promptci: forbid "team"', access) == NO_WISHES
    assert of("No.", access, closed=True) == NO_WISHES


@pytest.mark.parametrize("body", ["I like it", "see promptci docs", "xpromptci: keep it", ""])
def test_talk_asks_for_nothing(body: str) -> None:
    assert of(body) == NO_WISHES


def test_the_last_word_on_a_closed_request_is_its_reason() -> None:
    found = of("Too long for our widget.", closed=True)
    assert found.told().endswith('not what was closed with: "Too long for our widget.".')
    assert "closed with Too long" in found.said[0]


def test_what_is_asked_for_has_an_end() -> None:
    body = "\n".join(f"promptci: wish {n} {'x' * 5000}" for n in range(500))
    found = of(body)
    assert len(found.asks) == len(found.said) == 20
    assert len(found.told()) < 10_000


def test_a_resumed_search_keeps_to_what_it_began_with(tmp_path: Path) -> None:
    first, later = Wishes(keep=("a",), said=("ada: a",)), Wishes(forbid=("b",))
    assert as_begun(tmp_path, "say/it", first, resumed=False) == first
    assert as_begun(tmp_path, "say/it", later, resumed=True) == first
    assert as_begun(tmp_path, "other", later, resumed=True) == later


def test_a_resumed_search_that_began_without_a_wish_goes_on_without(tmp_path: Path) -> None:
    assert as_begun(tmp_path, "say", NO_WISHES, resumed=False) == NO_WISHES
    assert as_begun(tmp_path, "say", Wishes(forbid=("b",)), resumed=True) == NO_WISHES


def searched(repo: Repo) -> PromptReport:
    (prompt,) = optimize(repo.options(), mode="pr").prompts
    return prompt


def test_a_review_s_words_reach_the_next_search_its_report_and_its_request(repo: Repo) -> None:
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    searched(repo)
    remarks = repo.path.parent / "origin.pulls/0001/remarks"
    remarks.mkdir(parents=True)
    (remarks / "ada.md").write_text("promptci: sound friendlier\n")
    before, repo.model.propose = len(repo.model.asked), proposing(BETTER.replace("Say", "Kindly say"))
    prompt = searched(repo)
    told = [text_of(r.messages) for r in repo.model.asked[before:] if r.role == "optimizer"]
    assert told
    assert all("Reviewers of an earlier version ask for this: sound friendlier." in text for text in told)
    said = 'The search kept to what reviewers asked for: ada: "sound friendlier".'
    assert said in reasons_of(prompt)
    request = next((repo.path.parent / "origin.pulls").glob("0001*.md"))
    assert "sound friendlier" in request.read_text()


def test_a_passage_that_a_reviewer_keeps_is_in_no_candidate_lost(repo: Repo) -> None:
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    searched(repo)
    remarks = repo.path.parent / "origin.pulls/0001/remarks"
    remarks.mkdir(parents=True)
    (remarks / "ada.md").write_text('promptci: keep "Say the word."\n')
    prompt = searched(repo)
    assert prompt.search is not None
    assert {r.reason for r in prompt.search.refusals} >= {"lost what is kept"}
