from __future__ import annotations

import pytest

from promptci.core import Case
from promptci.search.base import Proposal
from promptci.search.leaks import NoQuotedCase, words

TICKETS = [
    Case("t1", {"ticket": "My invoice of 12.50 euro was charged twice on 2026-03-01, please refund it."}, "billing"),
    Case("t2", {"ticket": "The app crashes when I open the camera on my Pixel 9a."}, "bug"),
    Case("t3", {"ticket": "How do I export all my contacts to a spreadsheet?"}, "question"),
    Case("t4", {"ticket": "Cannot log in since the update, error E-4711."}, "bug"),
    Case("t5", {"ticket": "Charged for a plan that I cancelled."}, "billing"),
]
OPPOSITES = [("hot", "cold"), ("rough", "smooth"), ("early", "late"), ("guilty", "innocent")]
WORDS = [Case(f"w{i}", {"word": word}, answer) for i, (word, answer) in enumerate(OPPOSITES)]
SUMS = [Case("s1", {"input": "22 10"}, "32"), Case("s2", {"input": "45 17"}, "62")]
FACTS = [
    Case("f1", {"q": "Who wrote it?"}, "Ada Lovelace of London"),
    Case("f2", {"q": "Whose was it?"}, ["Q77.1", "x"]),
]


def leak(text: str, cases: list[Case], baseline: str = "Classify the ticket.") -> str | None:
    return NoQuotedCase.of(baseline, cases)(Proposal("test", text))


@pytest.mark.parametrize(
    ("text", "cases"),
    [
        ("The app crashes when I open the camera on my phone means bug.", TICKETS),
        ("THE APP CRASHES, when i open the camera!", TICKETS),
        ("If they mention E-4711 it is a bug.", TICKETS),
        ("Invoice of 12.50: billing.", TICKETS),
        ("On 2026-03-01 we had billing errors.", TICKETS),
        ("Charged for a plan that I cancelled is billing.", TICKETS),
        ("Say the opposite. hot -> cold", WORDS),
        ("The opposite of rough is smooth.", WORDS),
        ("Cold is what stands against hot.", WORDS),
        ("Opposites: hot, early, guilty and so on.", WORDS),
        ("Add them: 22 10 = 32", SUMS),
        ("It was Ada Lovelace of London.", FACTS),
        ("The answer is Q77.1.", FACTS),
        ("Input: Who wrote it? Be exact.", FACTS),
    ],
)
def test_quoted_cases_are_refused(text: str, cases: list[Case]) -> None:
    assert leak(text, cases) is not None


@pytest.mark.parametrize(
    ("text", "cases"),
    [
        ("Classify the ticket as billing, bug or question. Answer with the label only.", TICKETS),
        (
            "Read the whole message. If money was charged, answer billing; if the app fails, bug; else question.",
            TICKETS,
        ),
        ("My answer must be one word.", TICKETS),
        ("Write the opposite of the word. Do not be late.", WORDS),
        ("Add the two numbers. For example, 1 and 2 give 3.", SUMS),
        ("Answer in 10 words or fewer.", SUMS),
        ("Name the person.", FACTS),
        ("", TICKETS),
        ("{{ ticket }}", TICKETS),
    ],
)
def test_general_instructions_pass(text: str, cases: list[Case]) -> None:
    assert leak(text, cases) is None


def test_what_the_baseline_quotes_already_may_stay() -> None:
    baseline = "Error E-4711 is a bug: cannot log in since the update, error E-4711."
    assert leak(baseline + " Be brief.", TICKETS, baseline) is None
    assert leak(baseline + " On 2026-03-01 too.", TICKETS, baseline) is not None


def test_words_keep_numbers_dates_and_addresses_whole() -> None:
    assert words("Pay 1,234.50 to a.b@c.org on 2026-03-01 — «naïve» {{ x }}!") == (
        "pay", "1,234.50", "to", "a.b@c.org", "on", "2026-03-01", "naïve",
    )  # fmt: skip


def test_it_takes_thousands_of_cases() -> None:
    def ticket(i: int) -> str:
        return f"ticket number {i} says " + " ".join(f"w{i % 97}x{k}" for k in range(50))

    many = [Case(str(i), {"t": ticket(i)}, "a") for i in range(2000)]
    guard = NoQuotedCase.of("Classify.", many)
    assert guard(Proposal("t", "Say a or b. " * 40)) is None
    assert guard(Proposal("t", str(many[77].vars["t"]))) is not None
