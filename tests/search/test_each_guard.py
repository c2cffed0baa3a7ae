"""Each guard by itself: what it lets through, what it refuses, and in which words."""

from __future__ import annotations

import pytest

from promptci.errors import DataError
from promptci.search.base import Proposal
from promptci.search.guards import (
    Forbids,
    Keeps,
    MaxLength,
    NoHiddenCharacters,
    NoNewSyntax,
    SameVariables,
    limits,
    normalised,
)


def said(guard: object, text: str | None) -> str | None:
    assert callable(guard)
    found = guard(Proposal("test", text))
    assert found is None or isinstance(found, str)
    return found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", None),
        ("x" * 1_000, None),
        ("x" * 1_001, "1,001 characters, the limit is 1,000"),
        ("👩" * 1_001, "1,001 characters, the limit is 1,000"),
    ],
)
def test_the_length_counts_characters(text: str, problem: str | None) -> None:
    assert said(MaxLength(1_000), text) == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("a\n\tb", None, id="line-and-tab"),
        pytest.param("نص عربي 漢字 👩‍👧", None, id="any-script-and-joiners"),
        pytest.param("a\u200bb", "contains U+200B", id="zero-width"),
        pytest.param("a\u202eb\u200b", "contains U+202E", id="the-first-of-two"),
        pytest.param("a\x00b", "contains U+0000", id="control"),
        pytest.param("a\rb", "contains U+000D", id="carriage-return"),
        pytest.param("a\ud800b", "contains U+D800", id="surrogate"),
        pytest.param("a\U000e0041b", "contains U+E0041", id="tag"),
        pytest.param("\ufeffa", "contains U+FEFF", id="byte-order-mark"),
        pytest.param("a\u2066b", None, id="the-baselines-own"),
    ],
)
def test_hidden_characters(text: str, problem: str | None) -> None:
    assert said(NoHiddenCharacters("as it was\u2066"), text) == problem


BASE = "{# note #}Say {{ a | upper }} and }} to {% if b %}x{% endif %}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("{{a}} {{ b }} {{ a|upper }}", None, id="own-names-in-any-spacing"),
        pytest.param("{%if b%}y{%endif%} {#note#}", None, id="own-blocks"),
        pytest.param("{{ c }}", "new construct '{{ c }}'", id="a-new-name"),
        pytest.param("{{ a | lower }}", "new construct '{{ a | lower }}'", id="a-new-filter"),
        pytest.param("{% include 'x' %}", "new construct \"{% include 'x' %}\"", id="an-include"),
        pytest.param("{# " + "x" * 80 + " #}", f"new construct {('{# ' + 'x' * 57)!r}", id="cut-in-the-message"),
        pytest.param("a }} b", None, id="the-baselines-own-loose-brace"),
        pytest.param("a {{ b", "loose '{{'", id="a-new-loose-brace"),
        pytest.param("a }} b {% c", "loose '{%'", id="a-new-one-behind-an-own-one"),
        pytest.param("}} {{ a }} }} #}", "loose '#}'", id="a-new-one-behind-two"),
        pytest.param('{"json": {"a": 1} }', None, id="single-braces"),
    ],
)
def test_template_syntax(text: str, problem: str | None) -> None:
    assert said(NoNewSyntax(BASE, frozenset("ab")), text) == problem


def variables_of(text: str) -> frozenset[str]:
    if "!" in text:
        raise DataError("does not compile", place="p:1")
    return frozenset(c for c in text if c.isalpha())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a b", None),
        ("b, a, a", None),
        ("a", "lost b"),
        ("a b d c", "invented c, d"),
        ("c", "lost a, b; invented c"),
        (None, "lost a, b"),
        ("a b!", "does not compile"),
    ],
)
def test_variables(text: str | None, problem: str | None) -> None:
    assert said(SameVariables(frozenset("ab"), variables_of), text) == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Answer in JSON. Be brief.", None),
        ("Answer in json.", "lost 'Answer in JSON.'"),
        ("Answer in JSON.", "lost 'brief'"),
        (None, "lost 'Answer in JSON.'"),
    ],
)
def test_what_is_kept_stands_to_the_letter(text: str | None, problem: str | None) -> None:
    assert said(Keeps(("Answer in JSON.", "brief")), text) == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("I GUARANTEE it", "holds 'guarantee'", id="any-case"),
        pytest.param("no guarantees", None, id="a-longer-word"),
        pytest.param("(guarantee)", "holds 'guarantee'", id="beside-a-bracket"),
        pytest.param("write C++, or not", "holds 'c++'", id="a-word-that-ends-in-signs"),
        pytest.param("write C++17", None, id="signs-that-go-on"),
        pytest.param("as an AI", None, id="the-baselines-own"),
        pytest.param("a.b", None, id="a-dot-is-a-dot"),
        pytest.param("best of all", "holds 'of all'", id="two-words"),
    ],
)
def test_forbidden_words(text: str, problem: str | None) -> None:
    assert said(Forbids(("guarantee", "c++", "an ai", "a-b", "of all"), "You are an AI."), text) == problem


@pytest.mark.parametrize(
    ("keep", "forbid", "reasons"),
    [
        ([], [], []),
        (["JSON"], [], ["lost what is kept"]),
        (["XML", ""], [], []),  # what the baseline lacks cannot be kept
        ([], ["sorry"], ["forbidden words"]),
        (["JSON", "XML"], ["sorry"], ["lost what is kept", "forbidden words"]),
    ],
)
def test_only_limits_that_can_be_kept_have_a_guard(keep: list[str], forbid: list[str], reasons: list[str]) -> None:
    found = limits("Answer in JSON.", keep, forbid)
    assert [guard.reason for guard in found] == reasons
    assert all(guard(Proposal("test", "Answer in JSON.")) is None for guard in found)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("Be  brief.\n", "be brief.", True, id="blanks-and-the-first-letter"),
        pytest.param("**Be** brief.", "Be brief.", True, id="bold"),
        pytest.param("Cafe\u0301", "Café", True, id="composed"),
        pytest.param("Be Brief.", "Be brief.", False, id="an-inner-letter"),
        pytest.param("Be brief", "Be brief.", False, id="a-full-stop"),
        pytest.param("2*3", "2 3", True, id="an-asterisk-is-a-blank"),
        pytest.param("x²", "x2", False, id="compatible-is-not-the-same"),
    ],
)
def test_which_texts_are_the_same(one: str, other: str, same: bool) -> None:
    assert (normalised(one) == normalised(other)) is same
    assert normalised(normalised(one)) == normalised(one)
