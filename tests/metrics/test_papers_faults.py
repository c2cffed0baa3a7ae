"""The faults of the papers' own programs, each a case that ours gets right."""

from __future__ import annotations

import pytest

from promptci.core import Case, Json
from promptci.metrics.choice import Boolean, Choice
from promptci.metrics.contains import Contains
from promptci.metrics.exact import Exact
from promptci.metrics.number import Numeric, numbers


def case(expected: Json) -> Case:
    return Case("c", {"input": "x"}, expected)


@pytest.mark.parametrize(
    ("expected", "output", "value"),
    [
        pytest.param("3.5", "3.5", 1, id="a-number-is-not-cut-at-its-point"),
        pytest.param("3", "3.5", 0, id="nor-right-for-its-first-half"),
        pytest.param("Dr. Smith", "Dr. Smith", 1, id="a-title-is-not-cut"),
        pytest.param("Dr", "Dr. Smith", 0, id="nor-right-alone"),
        pytest.param("cats and dogs", "cats and dogs", 1, id="and-is-a-word"),
        pytest.param("cats dogs", "cats and dogs", 0, id="and-is-not-left-out"),
    ],
)
def test_ape_cuts_at_the_first_period_and_drops_and(expected: str, output: str, value: float) -> None:
    assert Exact(ignore_case=True)(case(expected), output) == value


@pytest.mark.parametrize(
    ("expected", "output"),
    [
        pytest.param("valid", "invalid", id="invalid-holds-valid"),
        pytest.param("No", "I do not know", id="know-holds-no"),
        pytest.param("a.c", "abc", id="an-answer-is-no-pattern"),
    ],
)
def test_opro_and_ape_take_parts_of_words_and_patterns(expected: str, output: str) -> None:
    assert Contains()(case(expected), output) == 0.0


@pytest.mark.parametrize(
    ("expected", "output", "value"),
    [
        pytest.param(True, "not true so false", 0, id="true-and-false"),
        pytest.param(False, "not true so false", 1, id="what-is-denied-does-not-count"),
        pytest.param(True, "It is not true.", 0, id="denied"),
        pytest.param(True, "Yes, that is true.", 1, id="twice-the-same"),
        pytest.param("No", "I do not know.", 0, id="know-is-not-no"),
        pytest.param("yes", "yes or no", 0, id="both"),
        pytest.param("yes", "no\n\nAnswer: yes", 1, id="the-last-answer-counts"),
    ],
)
def test_a_boolean_is_said_and_not_merely_contained(expected: Json, output: str, value: float) -> None:
    assert Boolean()(case(expected), output) == value


@pytest.mark.parametrize(
    ("expected", "output", "value"),
    [
        pytest.param("good", "very good", 0, id="a-longer-choice-is-another"),
        pytest.param("very good", "It is Very Good.", 1, id="case"),
        pytest.param("bad", "not good, so bad", 1, id="denied"),
        pytest.param("good", "good and bad", 0, id="two"),
        pytest.param("good", "goodness", 0, id="part-of-a-word"),
        pytest.param("bad", "good? bad?\nLabel: bad", 1, id="behind-the-label"),
        pytest.param("bad", "Some say good.\nbad", 1, id="on-the-last-line"),
    ],
)
def test_a_choice_is_settled_on(expected: str, output: str, value: float) -> None:
    assert Choice(("good", "very good", "bad"))(case(expected), output) == value


@pytest.mark.parametrize(
    ("expected", "output", "value"),
    [
        pytest.param(12.5, "12", 0, id="no-rounding"),
        pytest.param(0.5, "0", 0, id="no-rounding-to-nothing"),
        pytest.param("3/4", "4", 0, id="a-fraction-is-not-its-denominator"),
        pytest.param("3/4", "0.75", 1, id="fraction"),
        pytest.param("$1,234.50", "1234.5", 1, id="money"),
        pytest.param("$1,234.50", "$1,234", 0, id="cents"),
        pytest.param(1000, "1,000", 1, id="thousands"),
        pytest.param(1000, "1 000", 0, id="a-plain-blank-separates-numbers"),
        pytest.param(1000, "1\u202f000", 1, id="a-narrow-blank-groups"),
        pytest.param(4, "4.0", 1, id="four-point-nought"),
        pytest.param(5, "-5", 0, id="sign"),
        pytest.param(-5, "−5", 1, id="a-true-minus"),
        pytest.param(5, "3-5", 1, id="range"),
        pytest.param("50%", "0.5", 1, id="percent-as-a-share"),
        pytest.param(50, "50 %", 1, id="percent-as-written"),
        pytest.param("50%", "0.5%", 0, id="both-with-the-sign"),
        pytest.param(1.5, "1 1/2 cups", 1, id="mixed-number"),
        pytest.param(18, "She has 20 - 2 = 18 eggs.", 1, id="the-last-one"),
        pytest.param(1e21, "1e21", 1, id="exponent"),
        pytest.param(0.1, "0.1000000000000000001", 0, id="exact"),
        pytest.param(7, "version 1.2.7", 0, id="a-version-is-no-number"),
        pytest.param(5, "five", 0, id="a-word"),
    ],
)
def test_numbers_as_people_write_them(expected: Json, output: str, value: float) -> None:
    assert Numeric()(case(expected), output) == value


@pytest.mark.parametrize(
    ("metric", "expected", "output", "value"),
    [
        pytest.param(Numeric(tolerance=0.5), 10, "10.5", 1, id="tolerance"),
        pytest.param(Numeric(tolerance=0.5), 10, "10.6", 0, id="beyond"),
        pytest.param(Numeric(relative=0.01), 200, "202", 1, id="relative"),
        pytest.param(Numeric(which="first"), 3, "3 of 7", 1, id="first"),
        pytest.param(Numeric(which="any"), 3, "of 7, 3 and 4", 1, id="any"),
        pytest.param(Numeric(which="only"), 3, "3 of 7", 0, id="only"),
        pytest.param(Numeric(which="only"), 3, "3, that is 3.0", 1, id="only-twice-the-same"),
        pytest.param(Numeric(decimal=","), "1.234,50", "1.234,5 €", 1, id="decimal-comma"),
        pytest.param(Numeric(), [3, 4], "4", 1, id="any-accepted-answer"),
    ],
)
def test_how_numbers_are_compared(metric: Numeric, expected: Json, output: str, value: float) -> None:
    assert metric(case(expected), output) == value


def test_a_number_over_nought_is_none() -> None:
    assert numbers("3/0") == []
