"""The stand-in on any text at all: it answers, the same each time, and what it takes apart it can put together."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Message, Role
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.offline.brain import tokens
from promptci.models.offline.client import OfflineClient
from promptci.models.offline.draft import Draft
from promptci.models.offline.form import Form, cased, chatty, form_of
from promptci.models.offline.labels import wanted
from promptci.models.offline.likelihood import of_prompt, of_reply
from promptci.models.offline.marks import fenced, guarded, tagged, without
from promptci.models.offline.requests import about_a_request
from promptci.models.offline.skills import SKILLS
from promptci.models.offline.skills.numbers import below_thousand, in_words

PIECES = (
    "9" * 400, "-" + "9" * 400, "1e999", "0" * 50, "3", "-5", "1.5", ".", "\u0661\u0662", "\u00bd", "\u00b2", "(",
    "[b]", "[", "#A1", "order #", "31/02/2024", "99/99/9999", "0000-00-00", "March 99, 0000", "@", "a@b.c",
    "$9,,9.99", "+49 30 1234567", "The cat chased the mouse.", "not", "is not", "\x00", "\u0130", "\u00df", "\u200b",
    "cat, dog", "user's request", "<data-12345678>\nx\n</data-12345678>", "compare two answers", "{{ x }}", "JSON",
    '"unsafe"', "keys: a, b and c", "one of these names, and nothing else: a, b.", "Input:", "Answer:", "<INS>",
    "</INS>", "```", "{", "{0}", "%s", "\ud800", "Write the sum.", "Negate the sentence.", "the date as YYYY-MM-DD",
    "two decimals", "first letter", "\n", "\n\n", " ",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(st.characters(), max_size=6), max_size=7).map(" ".join)


def answered(role: Role, *texts: str, **more: Any) -> Reply:
    turns = tuple(Message("user" if n % 2 == 0 else "assistant", text) for n, text in enumerate(texts))
    return asyncio.run(OfflineClient().send(Request(ModelSpec("offline"), role, turns, **more)))


@settings(max_examples=80)
@given(
    TEXTS, TEXTS, st.sampled_from(["scorer", "optimizer", "judge"]), st.integers(1, 2), st.sampled_from([None, 0, 1, 5])
)
def test_whatever_it_is_asked_it_answers_within_its_cap_and_the_same_again(
    instruction: str, given_text: str, role: Role, n: int, cap: int | None
) -> None:
    more: dict[str, Any] = {"n": n, "max_tokens": cap, "logprobs": True}
    reply = answered(role, f"{instruction}\n\n{given_text}", **more)
    assert reply == answered(role, f"{instruction}\n\n{given_text}", **more)
    assert (reply.failure is None) == (len(reply.texts) == n)
    assert all(tokens(text) <= (256 if cap is None else cap) for text in reply.texts)
    assert reply.failure is None or reply.failure.kind == "truncated"


@settings(max_examples=80)
@given(st.sampled_from(sorted(SKILLS)), TEXTS, TEXTS)
def test_a_skill_gives_a_text_or_says_that_it_does_not_apply(skill: str, text: str, instruction: str) -> None:
    found = SKILLS[skill].apply(text, wanted(instruction))
    assert found is None or isinstance(found, str)


@pytest.mark.parametrize("skill", ["sum", "difference", "product"])
@pytest.mark.parametrize(
    "text",
    ["9" * 400 + " 1", "-" + "9" * 400 + " " + "9" * 400, "0 " + "9" * 400, "1" + "0" * 200 + " 1" + "0" * 200],
    ids=["too-large", "against-each-other", "nothing-times-it", "too-large-together"],
)
def test_numbers_beyond_every_float_are_not_reckoned_with(skill: str, text: str) -> None:
    found = SKILLS[skill].apply(text, wanted(""))
    assert found is None or found.lstrip("-").isdigit()
    assert found is None or (skill, text[:4]) in {("sum", "1000"), ("difference", "1000")}


@given(st.integers(-(10**12) + 1, 10**12 - 1))
def test_a_number_in_words_can_be_read_back(number: int) -> None:
    said = in_words(number)
    total = part = 0
    for word in said.removeprefix("minus ").replace(",", "").replace("-", " ").split():
        if word == "and":
            continue
        if word in SCALES:
            total, part = total + part * SCALES[word], 0
        elif word == "hundred":
            part *= 100
        else:
            part += SMALL[word]
    assert (total + part) * (-1 if said.startswith("minus") else 1) == number


SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
SMALL = {below_thousand(n): n for n in (*range(20), *range(20, 100, 10))}


def test_words_of_small_numbers_are_all_different() -> None:
    assert len({below_thousand(n) for n in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("compare two answers\n<data-12345678>\nx\n</data-12345678>", False),
        ("a user's request: compare two answers\n<data-12345678>\nx\n</data-12345678>", True),
        ("compare two answers\n<data-12345678>\nx\n</data-12345679>\n<data-12345678>\nx", False),
    ],
    ids=["one-of-two", "one-about-a-request", "none-is-closed"],
)
def test_a_comparison_needs_two_answers(text: str, about: bool) -> None:
    assert about_a_request(text) is about
    assert answered("judge", text).failure is None


@given(TEXTS)
def test_tokens_of_a_text_are_the_text_in_order_each_with_a_probability(text: str) -> None:
    for found in (of_prompt(text), of_reply(text)):
        assert "".join(token.text for token in found) == text
        assert [token.offset for token in found] == [
            sum(len(token.text) for token in found[:n]) for n in range(len(found))
        ]
        assert all(math.isfinite(token.logprob) and token.logprob <= 0 for token in found)


MARKED = st.lists(
    st.sampled_from(["<a>", "</a>", "<b>", "</b>", "<<<X\n", "X>>>", "```", "---", "-----", "x", "\n", " ", "<a", ">"]),
    max_size=14,
).map("".join)


@given(MARKED)
def test_marked_parts_are_in_order_apart_and_hold_what_stands_between_their_marks(text: str) -> None:
    for found in (list(tagged(text)), list(guarded(text)), list(fenced(text))):
        ends = [0, *(mark.end for mark in found)]
        assert all(end <= mark.start < mark.end <= len(text) for end, mark in zip(ends, found, strict=False))
        assert all(mark.body in text[mark.start : mark.end] for mark in found)
        left = without(text, found)
        assert len(left) == len(text) - sum(mark.end - mark.start for mark in found)
        assert without(text, []) == text


SENTENCES = st.sampled_from(
    ["Say it.", "Answer with one word.", "- An item", "{{ input }}", "Input: {{ input }}", "", "Why?"]
)


@given(st.lists(SENTENCES, max_size=7).map("\n".join))
def test_a_draft_put_together_says_what_the_text_said(text: str) -> None:
    draft = Draft.of(text)
    assert draft.text().split() == text.split()
    assert Draft.of(draft.text()).text() == draft.text()
    assert all(draft.at(place) in text for place in draft.sentences())


@given(st.lists(SENTENCES, min_size=1, max_size=7).map("\n".join), st.data())
def test_a_sentence_can_be_added_changed_and_taken_away_and_nothing_else_moves(text: str, data: st.DataObject) -> None:
    draft = Draft.of(text)
    more = draft.added("One more thing.", first=data.draw(st.booleans()))
    assert sorted(more.text().split()) == sorted([*text.split(), "One", "more", "thing."])
    for place in draft.sentences()[:1]:
        assert draft.changed(place, draft.at(place)) == draft
        assert sorted([*draft.without(place).text().split(), *draft.at(place).split()]) == sorted(text.split())


@pytest.mark.parametrize(
    ("instruction", "form"),
    [
        ("Write the label.", Form()),
        ("Answer in lowercase.", Form("lower")),
        ("Use ALL CAPS.", Form("upper")),
        ("Capitalised, please.", Form("title")),
        ("Return JSON.", Form(keys=("answer",))),
        ('Return JSON: {"team": "...", "why": "..."}', Form(keys=("team", "why"))),
        ("Return a JSON object with the keys team, why and score.", Form(keys=("team", "why", "score"))),
        ("JSON with fields \"team\" and 'team'", Form(keys=("team",))),
        ("lower case JSON with key label", Form("lower", ("label",))),
        ('{"team": "..."}', Form()),
    ],
)
def test_the_form_of_an_answer_is_what_the_instruction_names(instruction: str, form: Form) -> None:
    assert form_of(instruction) == form


@given(TEXTS)
def test_a_form_changes_letters_and_a_sentence_goes_round_the_answer(text: str) -> None:
    assert cased(text, Form("lower")) == text.lower()
    assert cased(text, Form()) == text
    assert text.rstrip(".") in chatty(text, "key")
    assert all(key == "answer" or key in text for key in form_of(text).keys)
