"""Answers: how accurate vague and clear prompts are, in which form, how they repeat."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Message
from promptci.models.offline.brain import WINDOW, answer
from tests.models.offline import tickets


def ask(prompt: str, seed: int = 0, temperature: float = 0.0) -> str:
    return answer([Message("user", prompt)], seed=seed, temperature=temperature)[0].text


def on_tickets(prompt: str, seed: int = 0, temperature: float = 0.0) -> list[str]:
    return [ask(prompt.replace("{ticket}", text), seed, temperature) for text, _ in tickets.TICKETS]


def accuracy(prompt: str, seed: int = 0) -> float:
    right = [label for _, label in tickets.TICKETS]
    return sum(a == b for a, b in zip(on_tickets(prompt, seed), right, strict=True)) / len(right)


@pytest.mark.parametrize(
    ("prompt", "low", "high"),
    [
        (tickets.VAGUE, 0.0, 0.2),
        (tickets.NO_LABELS, 0.1, 0.45),
        (tickets.MEDIOCRE, 0.58, 0.78),
        (tickets.FORMED, 0.75, 0.9),
        (tickets.DEFINED, 0.82, 0.96),
        (tickets.GOOD, 0.9, 1.0),
    ],
    ids=["vague", "no labels", "mediocre", "form", "definitions", "rule"],
)
def test_accuracy_bands(prompt: str, low: float, high: float) -> None:
    for seed in range(3):
        assert low <= accuracy(prompt, seed) <= high


def test_each_step_up_the_ladder_helps() -> None:
    means = [sum(accuracy(prompt, seed) for seed in range(3)) / 3 for prompt in tickets.LADDER]
    assert means == sorted(means)
    assert len(set(means)) == len(means)


def test_the_same_question_has_the_same_answer() -> None:
    for temperature in (0.0, 1.0):
        first = on_tickets(tickets.MEDIOCRE, 3, temperature)
        assert first == on_tickets(tickets.MEDIOCRE, 3, temperature)


def test_repeats_differ_more_when_warm() -> None:
    def changed(temperature: float) -> int:
        runs = [on_tickets(tickets.MEDIOCRE, seed, temperature) for seed in range(4)]
        return sum(len(set(answers)) > 1 for answers in zip(*runs, strict=True))

    assert 0 < changed(0.0) < changed(1.0)


def test_two_prompts_share_most_failures_but_not_all() -> None:
    right = [label for _, label in tickets.TICKETS]
    one = on_tickets(tickets.FORMED)
    two = on_tickets(tickets.FORMED.replace("Classify the support ticket.", "Read the ticket and classify it."))
    failed = [(a != r, b != r) for a, b, r in zip(one, two, right, strict=True)]
    both = sum(a and b for a, b in failed)
    assert both > 0
    assert sum(a != b for a, b in failed) > 0


def test_choice_i_of_n_is_the_sample_i_alone() -> None:
    question = [Message("user", tickets.MEDIOCRE.replace("{ticket}", tickets.TICKETS[0][0]))]
    together = answer(question, seed=7, temperature=1.0, n=5)
    assert [a.text for a in together] == [answer(question, seed=7 + i, temperature=1.0)[0].text for i in range(5)]


SUMS = [f"{i * 7 % 90} {i * 13 % 80}" for i in range(60)]


def summed(instruction: str) -> float:
    outs = [ask(f"{instruction}\n\nInput: {row}\nOutput:") for row in SUMS]
    return sum(out == str(sum(map(int, row.split()))) for out, row in zip(outs, SUMS, strict=True)) / len(SUMS)


def test_a_task_by_its_names() -> None:
    for named in ("Write the sum of the two numbers.", "Add the following numbers:", "Apply the + operator on them."):
        assert summed(named) > 0.85
    assert summed("") < 0.15
    assert summed("Do it.") < 0.15
    assert summed("Write the plural of the word.") < 0.15


def test_definitions_move_what_belongs_to_a_label() -> None:
    prompt = "Classify the ticket. Answer with only the label: billing, returns.\n{}\n\nTicket: I want my money back."
    assert ask(prompt.format("Use billing for invoices. Use returns for refunds.")) == "returns"
    assert ask(prompt.format("Use billing for refunds. Use returns for exchanges.")) == "billing"


def test_labels_of_the_users_own_are_used_by_their_definitions() -> None:
    prompt = (
        "Classify the note. Answer with only the label.\n- kiwi: cats, dogs and other pets\n"
        "- fig: rain, snow, storms\n\n"
        "Note: {}\nLabel:"
    )
    assert ask(prompt.format("My dogs slept all day.")) == "kiwi"
    assert ask(prompt.format("The storms were loud.")) == "fig"


def test_dictated_answers_are_given_and_nothing_else_is_learnt() -> None:
    told = 'If the input is "3 4", answer "banana". If the input is "9 9", answer "pear".'
    prompt = told + "\n\nInput: {}\nOutput:"
    assert ask(prompt.format("3 4")) == "banana"
    assert ask(prompt.format("9 9")) == "pear"
    assert ask(prompt.format("5 6")) not in ("banana", "pear", "11")


def test_answers_in_json() -> None:
    text = "Invoice of 5 March 2024 over $12.50, contact a@example.org"
    prompt = f"Extract as JSON with the keys amount, date and email. Write the date as YYYY-MM-DD.\n\nText: {text}"
    found = json.loads(ask(prompt))
    assert found == {"amount": "12.50", "date": "2024-03-05", "email": "a@example.org"}
    label = ask(
        'Classify the ticket as billing or shipping. Return only JSON: {"label": "..."}\n\nTicket: Parcel late.'
    )
    assert json.loads(label) == {"label": "shipping"}
    missing = ask("Extract as JSON with the keys amount and phone.\n\nText: It costs $5.")
    assert json.loads(missing) == {"amount": "5", "phone": None}


def test_case_as_asked() -> None:
    prompt = (
        "Classify the ticket. Answer with only the label, in {} case: Billing, Shipping.\n\nTicket: Parcel is late."
    )
    assert ask(prompt.format("lower")) == "shipping"
    assert ask(prompt.format("upper")) == "SHIPPING"
    assert ask(prompt.format("as written, any")) == "Shipping"


def test_response_format_and_cut() -> None:
    question = [Message("user", "Write the number in English words.\n\nInput: 7777\nOutput:")]
    made = answer(question, as_json=True)[0]
    assert json.loads(made.text)["answer"].startswith("seven thousand")
    cut = answer(question, max_tokens=2)[0]
    assert cut.cut
    assert len(cut.text) == 8


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=100), st.integers(0, 5), st.sampled_from((0.0, 1.0)))
def test_any_text_has_an_answer(one: str, two: str, seed: int, temperature: float) -> None:
    for messages in ([Message("user", one)], [Message("system", one), Message("user", two)]):
        first = answer(messages, seed=seed, temperature=temperature)[0].text
        assert first
        assert first == answer(messages, seed=seed, temperature=temperature)[0].text


def test_a_text_beyond_the_window_is_read_from_both_ends() -> None:
    long = f"Write the sum of the two numbers.\n\n{'filler ' * WINDOW}\n\nInput: 3 4\nOutput:"
    assert answer([Message("user", long)])[0].text
