"""Which part of a message is the instruction and which the input, and what an instruction says."""

from __future__ import annotations

import pytest

from promptci.core import Message
from promptci.models.offline.clarity import FACTORS, chatter, slips
from promptci.models.offline.form import form_of
from promptci.models.offline.labels import wanted
from promptci.models.offline.plan import plan
from promptci.models.offline.reading import read, split

ORDER = "Classify the ticket as billing or shipping."


@pytest.mark.parametrize(
    "text",
    [
        f"{ORDER}\n\nTicket: My parcel is late.",
        f"{ORDER}\n\nTicket: My parcel is late.\nLabel:",
        f"{ORDER}\nInput: My parcel is late.\nOutput:",
        f"{ORDER}\n\nMessage:\nMy parcel is late.\n\nAnswer:",
        f"{ORDER}\n\nThe customer's message: My parcel is late.",
        f"{ORDER}\n\n<ticket>\nMy parcel is late.\n</ticket>",
        f"{ORDER}\n\n```\nMy parcel is late.\n```",
        f'{ORDER}\n\nText:\n"""\nMy parcel is late.\n"""',
        f"{ORDER}\n\n<<<DATA 7f3a\nMy parcel is late.\nDATA 7f3a>>>",
        f"{ORDER}\n\n<data-7f3a9c>\nMy parcel is late.\n</data-7f3a9c>",
        f"{ORDER}\n\nMy parcel is late.",
        f"Ticket: My parcel is late.\n\n{ORDER}",
        f"My parcel is late.\n\n{ORDER}",
    ],
)
def test_one_message_is_taken_apart(text: str) -> None:
    found = split(text)
    assert found.given == "My parcel is late."
    assert ORDER in found.instruction
    assert "parcel" not in found.instruction


def test_a_label_on_the_same_line() -> None:
    assert split("Write the plural of the word: cat").given == "cat"
    assert split('What is the opposite of "hot"?').given == "hot"


def test_closing_orders_belong_to_the_instruction() -> None:
    found = split("Sort this ticket.\n\nTicket: First line.\n\nSecond paragraph.\n\nAnswer with only the label.")
    assert found.given == "First line.\n\nSecond paragraph."
    assert "only the label" in found.instruction


def test_system_and_user() -> None:
    found = read([Message("system", ORDER), Message("user", "How do I send it back?\n\nPlease tell me: soon.")])
    assert (found.instruction, found.given) == (ORDER, "How do I send it back?\n\nPlease tell me: soon.")


def test_a_greeting_as_system_message_is_not_the_task() -> None:
    found = read([Message("system", "You are a helpful assistant."), Message("user", f"{ORDER}\n\nTicket: Late.")])
    assert found.given == "Late."
    assert ORDER in found.instruction


def test_earlier_turns_are_worked_examples() -> None:
    turns = [Message("user", "12 3"), Message("assistant", "15"), Message("user", "4 4")]
    found = read([Message("system", "Write the answer."), *turns])
    assert found.given == "4 4"
    assert plan(found.instruction).ranked[0][0].name == "sum"


def test_few_shot_examples_belong_to_the_instruction() -> None:
    found = split("Do as shown.\n\nInput: cat\nOutput: cats\n\nInput: box\nOutput: boxes\n\nInput: city\nOutput:")
    assert found.given == "city"
    assert found.primed
    assert plan(found.instruction).ranked[0][0].name == "plural"


def test_no_instruction() -> None:
    assert split("theory").instruction == ""
    assert split("Input: theory\nOutput:").given == "theory"
    assert read([]).given == ""


@pytest.mark.parametrize(
    "text",
    [
        "Classify as billing, technical or account.",
        "Answer with one of: billing, technical, account.",
        "Answer with only one of these labels, in lower case: billing, technical, account.",
        "Labels: billing | technical | account",
        'Say "billing", "technical" or "account".',
        "Choose a queue (billing, technical, account).",
        "Which queue?\n- billing\n- technical\n- account",
        "Which queue?\n- billing: invoices\n- technical: crashes\n- account: logins",
        "Which queue?\n1. billing (invoices)\n2. technical (crashes)\n3. account (logins)",
        "Which queue?\nbilling: invoices\ntechnical: crashes\naccount: logins",
    ],
)
def test_labels_are_read(text: str) -> None:
    assert wanted(text).labels == ("billing", "technical", "account")


@pytest.mark.parametrize(
    "text", ["Write the sum of the two numbers.", "Read it, then answer.", "", "Write the word, but with spaces."]
)
def test_no_labels_where_none_are_listed(text: str) -> None:
    assert wanted(text).labels == ()


def test_meanings_rule_and_fallback() -> None:
    says = wanted(
        'Labels: billing, technical, other. Use "billing" for invoices and refunds. technical: crashes\n'
        "If several apply, choose the one the customer wants solved. If nothing fits, answer other."
    )
    assert says.meanings["billing"] == "invoices and refunds"
    assert says.meanings["technical"] == "crashes"
    assert (says.rule, says.fallback) == ("wants", "other")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Choose the problem mentioned first.", "first"),
        ("Take the last problem.", "last"),
        ("Decide by the main topic.", "main"),
        ("Decide by the number.", ""),
        ("Decide by what the customer wants.", "wants"),
    ],
)
def test_rules(text: str, rule: str) -> None:
    assert wanted(text).rule == rule


def test_forms() -> None:
    assert form_of("Answer in lower case.").case == "lower"
    assert form_of("Return JSON with the keys amount and date.").keys == ("amount", "date")
    assert form_of('Return JSON like {"label": "..."}').keys == ("label",)
    assert form_of("Return JSON.").keys == ("answer",)
    assert form_of("Write the word.").keys == ()


def test_every_feature_counts_and_the_table_is_the_one_in_the_docstring() -> None:
    from promptci.models.offline import clarity

    for name, (less_slips, less_chatter) in FACTORS.items():
        assert f"| {name} " in str(clarity.__doc__)
        assert slips({name}) == pytest.approx(min(0.35, 0.25 * less_slips))
        assert chatter({name}) == pytest.approx(0.65 * less_chatter)
    assert slips(set(FACTORS) - {"long"}) < 0.012
    assert chatter({"wordy", "only", "order"}) == 0.5


def test_a_longer_clear_instruction_slips_less() -> None:
    steps = (
        "Look at this.",
        "Classify the ticket.",
        "Classify the ticket as billing or other.",
        "Classify the ticket. Answer with only billing or other.",
        "Classify the ticket. Answer with only the label.\n- billing: invoices\n- shipping: parcels\n- other: the rest",
    )
    shares = [plan(text).slips for text in steps]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 0.25
    assert shares[-1] < 0.03
