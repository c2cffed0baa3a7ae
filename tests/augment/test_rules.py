"""What can be said against a text without asking anybody: twenty planted breaches a rule, and fit texts."""

from __future__ import annotations

import pytest

from promptci.augment.base import Typed
from promptci.augment.rules import COMPLEMENT, REWRITE, Attempt, broken
from promptci.augment.spec import Limits
from tests.augment.planted import BREACHES, FIT_COMPLEMENTS, FIT_REWRITES, REWRITE_BREACHES, TONGUES

LIMITS = Limits()


def kind(rules: object, typed: Typed, made: str) -> str | None:
    found = broken(rules, Attempt(typed, made, LIMITS))  # type: ignore[arg-type]  # one of the two tables
    return None if found is None else found.kind


@pytest.mark.parametrize("ground", BREACHES)
def test_twenty_planted_complements_break_the_rule_and_no_other(ground: str) -> None:
    assert len(BREACHES[ground]) == 20
    told = {(p, m): kind(COMPLEMENT, Typed("a", p), m) for p, m in BREACHES[ground]}
    assert {pair: said for pair, said in told.items() if said != ground} == {}


def test_fit_complements_pass() -> None:
    assert len(FIT_COMPLEMENTS) >= 20
    told = {(p, m): kind(COMPLEMENT, Typed("a", p), m) for p, m in FIT_COMPLEMENTS}
    assert {pair: said for pair, said in told.items() if said is not None} == {}


@pytest.mark.parametrize("rule", REWRITE_BREACHES)
def test_twenty_planted_rewrites_break_the_rule_and_no_other(rule: str) -> None:
    assert len(REWRITE_BREACHES[rule]) == 20
    told = {(t.text, m): kind(REWRITE, t, m) for t, m in REWRITE_BREACHES[rule]}
    assert {pair: said for pair, said in told.items() if said != rule} == {}


def test_fit_rewrites_pass() -> None:
    assert len(FIT_REWRITES) >= 20
    told = {(t.text, m): kind(REWRITE, t, m) for t, m in FIT_REWRITES}
    assert {pair: said for pair, said in told.items() if said is not None} == {}


@pytest.mark.parametrize("tongue", TONGUES)
def test_a_complement_is_kept_in_its_language_and_refused_in_every_other(tongue: str) -> None:
    prompt, _ = TONGUES[tongue]
    told = {other: kind(COMPLEMENT, Typed("a", prompt), made) for other, (_, made) in TONGUES.items()}
    assert told.pop(tongue) is None
    assert set(told.values()) == {"language"}


@pytest.mark.parametrize(
    ("prompt", "made"),
    [
        pytest.param("Translate to English: 今天天气很好", "Keep the tone of the text.", id="two-scripts"),
        pytest.param("Fix this:\n```python\nprint('hallo welt')\n```", "Say what is wrong first.", id="code"),
        pytest.param("123 + 456 = ?", "Show the steps of the sum.", id="no-words"),
    ],
)  # fmt: skip
def test_a_prompt_in_two_languages_may_have_a_complement_in_either(prompt: str, made: str) -> None:
    assert kind(COMPLEMENT, Typed("a", prompt), made) is None


def test_the_context_counts_as_told_but_is_not_to_be_repeated() -> None:
    typed = Typed("a", "Sum up the text below in a few words please", "It was founded in 1984 by Ann Smith.")
    assert kind(REWRITE, typed, "Sum up the text below in a few words, in its own order.") is None
    assert kind(COMPLEMENT, typed, "Mention what happened in 1984 first.") is None
    assert kind(COMPLEMENT, typed, "Mention what happened in 1985 first.") == "facts"
