"""The form in which two texts are compared, the answers they are compared with, and numbers as they are written."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.metrics.contains import Contains
from promptci.metrics.exact import Exact
from promptci.metrics.expected import accepted, answers, filled, named
from promptci.metrics.form import Form
from promptci.metrics.number import Number, numbers, shown


@pytest.mark.parametrize(
    ("options", "text", "form"),
    [
        pytest.param("", "  A  b\n", "A  b", id="blanks-around"),
        pytest.param("", "e\u0301", "é", id="composed"),
        pytest.param("case", "Straße", "strasse", id="case"),
        pytest.param("space", "a \n b", "a b", id="runs-of-blanks"),
        pytest.param("articles", "The cat, a dog", "cat, dog", id="articles"),
        pytest.param("articles", "theory another", "theory another", id="no-article-inside-a-word"),
        pytest.param("punctuation", "Well, yes!", "Well yes", id="marks"),
        pytest.param("punctuation", "C++ and C#", "C++ and C#", id="names-of-languages"),
        pytest.param("punctuation", "-5 and 12.5, or 1,000.", "-5 and 12.5 or 1,000", id="numbers"),
        pytest.param("punctuation", "50% of $5 < 6", "50% of $5 < 6", id="signs-that-tell"),
        pytest.param("punctuation", "well-known #1 %", "well known 1", id="signs-that-do-not"),
        pytest.param("punctuation", "snake_case", "snake case", id="underscore"),
        pytest.param("punctuation", "हिन्दी।", "हिन्दी", id="vowel-signs-stay"),
        pytest.param("case punctuation articles", "The END.", "end", id="all"),
    ],
)
def test_what_does_not_count(options: str, text: str, form: str) -> None:
    widened = Form(**{f"ignore_{name}": True for name in options.split()})
    assert widened.form(text) == form
    assert widened.form(form) == form


CASE = Case("c", {"input": "x", "n": 3, "b.c": [1]}, ["yes", True])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{{ input }}-{{n}}", "x-3"),
        ("{{b.c}} {{ missing }}", "[1] {{ missing }}"),
        ("{{ expected }}", '["yes", true]'),
        ("{ input } {{ in put }}", "{ input } {{ in put }}"),
        ("", ""),
    ],
)
def test_a_metrics_text_is_filled_once(text: str, wanted: str) -> None:
    assert filled(text, CASE) == wanted


def test_what_is_filled_in_is_not_filled_again() -> None:
    assert filled("{{ a }}", Case("c", {"a": "{{ b }}", "b": "x"}, None)) == "{{ b }}"
    assert filled("{{ expected }}", Case("c", {"a": "x"}, None)) == "{{ expected }}"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, ("yes", "true")),
        ("{{ n }}", ("3",)),
        (["a", "{{ input }}"], ("a", "x")),
        (3.5, ("3.5",)),
        ([], ()),
    ],
)
def test_the_accepted_answers(value: Json, wanted: tuple[str, ...]) -> None:
    assert accepted(value, CASE) == wanted
    assert answers(CASE) == ("yes", "true")


@pytest.mark.parametrize(
    ("value", "names"),
    [
        pytest.param("plain", "", id="plain"),
        pytest.param("{{ expected }}", "expected", id="expected"),
        pytest.param("{{expected}}", "expected", id="without-blanks"),
        pytest.param("{{  expected }} and {{ a.b }}", "expected a.b", id="with-more"),
        pytest.param("{{ unexpected }}", "unexpected", id="another-name"),
    ],
)
def test_what_a_value_names_must_be_there(value: str, names: str) -> None:
    assert named(value) == frozenset(names.split())
    there: dict[str, Json] = {"expected": "yes", "a": {"b": "x"}, "unexpected": "y"}
    Exact(value=value).refuse([Case("c", there), Case("d", there, expected="no")], "e.jsonl")
    if names:
        with pytest.raises(DataError, match="which case 'c' does not have"):
            Exact(value=value).refuse([Case("c", {"input": "x"})], "e.jsonl")


def test_an_answer_is_needed_where_the_metric_has_none() -> None:
    assert [Exact(value=v).needs.expected for v in (None, "yes", "{{ expected }}")] == [True, False, False]
    assert [Contains(value=v).needs.expected for v in (None, "yes")] == [True, False]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("none", []),
        ("1,000 and 1_000 and 1 000", [1000, 1000, 1, 0]),
        ("1,00", [1, 0]),
        ("$1,234.50 or -$5", [Fraction("1234.5"), -5]),
        ("3/4 and 1 1/2", [Fraction(3, 4), Fraction(3, 2)]),
        ("3/0", []),
        ("1.2.3", []),
        ("3-5", [3, 5]),
        ("−7 and - 7", [-7, -7]),
        (".5 and 5.", [Fraction(1, 2), 5]),
        ("2e3 and 2E-1", [2000, Fraction(1, 5)]),
        ("v2 a1b", []),
    ],
)
def test_the_numbers_in_a_text(text: str, wanted: list[Fraction | int]) -> None:
    assert [number.value for number in numbers(text)] == wanted


@settings(max_examples=60)
@given(st.integers(-(10**12), 10**12), st.integers(0, 6))
def test_a_number_is_read_back_from_both_ways_of_writing(whole: int, places: int) -> None:
    value = Fraction(whole, 10**places)
    text = f"{abs(whole) // 10**places:,}"
    part = f".{abs(whole) % 10**places:0{places}d}" if places else ""
    written = f"{'-' if whole < 0 else ''}{text}{part}"
    assert numbers(f"It is {written} in all") == [Number(value, False)]
    comma = written.translate(str.maketrans(",.", ".,"))
    assert numbers(f"Es sind {comma} zusammen", decimal=",") == [Number(value, False)]
    assert numbers(f"{written}%") == [Number(value, True)]


@pytest.mark.parametrize(
    ("value", "percent", "text"),
    [
        (Fraction(1, 3), False, "0.333333"),
        (Fraction(50), True, "50%"),
        (Fraction(10**400), False, "too large to show"),
    ],
)
def test_a_number_is_shown_in_a_few_characters(value: Fraction, percent: bool, text: str) -> None:
    assert shown(Number(value, percent)) == text
