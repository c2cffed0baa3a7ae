"""Every metric keeps the contract whatever a model writes, and none falls into the known traps."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import Case, Json
from promptci.metrics import METRICS
from promptci.metrics.base import Answer, asks
from promptci.metrics.contains import Contains
from promptci.metrics.exact import Exact
from promptci.metrics.expected import answers
from promptci.metrics.judge import Judge
from promptci.metrics.tokens import TokenF1, WordSet
from promptci.models.base import Reply

# The metrics that compare words with the expected answer; what else there is is tried in test_table.py.
JUDGING = ["exact", "contains", "token_f1", "word_set"]
ASKING = ["judge"]


def case(expected: Json) -> Case:
    return Case("c", {"input": "x"}, expected)


HOSTILE = {
    "empty": "",
    "blank": " \n\t ",
    "nul": "\x00",
    "surrogate": "\ud800",
    "regex": "(((((a+)+)+)+)+$ [^] \\",
    "regex-bomb": "a" * 20_000 + "!",
    "template": "{{ 7*7 }} {% raw %}",
    "long": "billing " * 20_000,
    "one-word": "x" * 200_000,
    "accents": "e" + "\u0300\u0316" * 20_000,
    "sorted-accents": "e" + "\u0300" * 20_000 + "\u0316" * 20_000,
    "bidi": "\u202egnillib",
    "json": '{"label": "billing"}',
    "nan": "NaN",
    "infinity": "1e999",
    "digits": "9" * 10_000,
    "emoji": "👩‍👩‍👧" * 5_000,
    "newlines": "\r\n" * 10_000,
}


@pytest.mark.parametrize("output", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", JUDGING)
def test_no_output_breaks_a_metric(name: str, output: str) -> None:
    metric = METRICS[name]()
    for expected in ("billing", "", 12, ["a", "b"], output[:1000]):
        value = metric(case(expected), output)
        assert value is not None
        assert 0 <= value <= 1
        assert metric(case(expected), output) == value


@pytest.mark.parametrize("output", HOSTILE.values(), ids=HOSTILE)
def test_no_output_and_no_reply_breaks_a_judge(output: str) -> None:
    metric = Judge()
    assert asks(metric)
    for expected in ("billing", "", 12, ["a", "b"], output[:1000]):
        asked = metric.questions(case(expected), Answer(output))
        assert any(output in message.content for question in asked for message in question.messages)
        assert metric.questions(case(expected), Answer(output)) == asked
        assert metric(case(expected), output) is None
    grade = metric.read(case(""), Answer(output), [Reply((output,))])
    assert grade.value is None or 0 <= grade.value <= 1
    assert (grade.value is None) == grade.useless


EXPECTED: dict[str, Json] = {
    "text": "billing", "sentence": "Paris, France.", "accents": "café", "devanagari": "हिन्दी", "true": True, "zero": 0,
    "negative": -5, "float": 12.5, "sign": "C++", "regex": "a.*(b", "object": {"a": [1, None]}, "list": ["x", "y"],
    "list-of-lists": [["a", "b"]],
}  # fmt: skip


@pytest.mark.parametrize("expected", EXPECTED.values(), ids=EXPECTED)
@pytest.mark.parametrize("name", JUDGING)
def test_every_accepted_answer_is_right_as_it_stands(name: str, expected: Json) -> None:
    for answer in answers(case(expected)):
        assert METRICS[name]()(case(expected), answer) == 1.0
        assert METRICS[name]()(case(expected), f"  {answer}\n") == 1.0


@pytest.mark.parametrize("name", JUDGING)
def test_something_else_is_wrong(name: str) -> None:
    assert METRICS[name]()(case("billing"), "shipping") == 0.0
    assert METRICS[name]()(case("billing"), "") == 0.0
    assert METRICS[name]()(case(["a", "b"]), "c") == 0.0


@pytest.mark.parametrize("expected", [None, []], ids=["none", "no-answers"])
@pytest.mark.parametrize("name", [*JUDGING, *ASKING])
def test_without_an_answer_nothing_is_judged(name: str, expected: Json) -> None:
    assert METRICS[name]()(case(expected), "billing") is None


@pytest.mark.parametrize("name", [*JUDGING, *ASKING])
def test_a_version_names_its_rule(name: str) -> None:
    assert METRICS[name]().version.startswith(f"{name}/")
    assert METRICS[name]().version == METRICS[name]().version


def test_versions_differ_where_rules_do() -> None:
    versions = [Exact(ignore_case=a, ignore_punctuation=b).version for a in (True, False) for b in (True, False)]
    versions += [Contains(ignore_case=a).version for a in (True, False)] + [TokenF1().version, WordSet().version]
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize(
    ("expected", "output", "strict", "loose"),
    [
        pytest.param("billing", "billing", 1, 1, id="equal"),
        pytest.param("billing", " billing\n", 1, 1, id="blanks-around"),
        pytest.param("café", "cafe\u0301", 1, 1, id="unicode-form"),
        pytest.param("billing", "Billing", 0, 1, id="case"),
        pytest.param("STRASSE", "straße", 0, 1, id="sharp-s"),
        pytest.param("billing", "billing.", 0, 1, id="full-stop"),
        pytest.param("billing", "**billing**", 0, 1, id="markdown"),
        pytest.param("billing", '"billing"', 0, 1, id="quotes"),
        pytest.param("not sure", "not-sure", 0, 1, id="hyphen"),
        pytest.param("billing", "The label is billing", 0, 0, id="sentence"),
        pytest.param("valid", "invalid", 0, 0, id="invalid-is-not-valid"),
        pytest.param("no", "I do not know", 0, 0, id="not-know-is-not-no"),
        pytest.param("true", "not true so false", 0, 0, id="true-and-false"),
        pytest.param("कि", "क", 0, 0, id="a-vowel-sign-is-no-punctuation"),
        pytest.param("C++", "C", 0, 0, id="c-plus-plus-is-not-c"),
        pytest.param("C#", "C", 0, 0, id="c-sharp-is-not-c"),
        pytest.param("-5", "5", 0, 0, id="a-sign-is-no-punctuation"),
        pytest.param("12.5", "125", 0, 0, id="a-point-between-digits-is-none"),
        pytest.param("$5", "5", 0, 0, id="a-currency-is-none"),
        pytest.param("a < b", "a > b", 0, 0, id="an-operator-is-none"),
        pytest.param("50%", "50", 0, 0, id="a-percent-sign-is-none"),
        pytest.param("#1", "1", 0, 1, id="a-hash-before-a-number-is"),
        pytest.param("5.", "5", 0, 1, id="a-full-stop-behind-a-number-is"),
        pytest.param("9-5", "9 5", 0, 1, id="a-dash-between-numbers-is"),
        pytest.param("cafe\u0301\u0323", "cafe", 0, 0, id="an-accent-is-no-punctuation"),
        pytest.param(["yes", "y"], "y", 1, 1, id="any-of-a-list"),
        pytest.param(["yes", "y"], "yes y", 0, 0, id="not-all-of-a-list"),
        pytest.param(["yes", "y"], '["yes", "y"]', 0, 0, id="not-the-list-itself"),
        pytest.param(True, "true", 1, 1, id="bool-as-json"),
        pytest.param(True, "True", 0, 1, id="bool-as-python"),
        pytest.param(12.5, "12", 0, 0, id="numbers-are-not-rounded"),
        pytest.param({"a": 1}, '{"a": 1}', 1, 1, id="object-as-json"),
    ],
)
def test_exact_and_its_forgiving_form(expected: Json, output: str, strict: float, loose: float) -> None:
    assert Exact()(case(expected), output) == strict
    assert Exact(ignore_case=True, ignore_punctuation=True)(case(expected), output) == loose


@pytest.mark.parametrize(
    ("expected", "output", "value"),
    [
        pytest.param("billing", "The label is: billing.", 1, id="sentence"),
        pytest.param("billing", "**Billing**", 1, id="markdown"),
        pytest.param("valid", "invalid", 0, id="invalid-is-not-valid"),
        pytest.param("valid", "This is invalid. Not valid.", 1, id="held-somewhere"),
        pytest.param("no", "I do not know", 0, id="not-know-is-not-no"),
        pytest.param("no", "No, it is not.", 1, id="no-with-a-comma"),
        pytest.param("true", "untrue", 0, id="untrue-is-not-true"),
        pytest.param("12", "12.5", 0, id="no-part-of-a-decimal"),
        pytest.param("5", "12.5", 0, id="no-end-of-a-decimal"),
        pytest.param("234", "1,234", 0, id="no-part-of-thousands"),
        pytest.param("5", "It is -5.", 0, id="no-lost-sign"),
        pytest.param("-5", "It is -5.", 1, id="sign"),
        pytest.param("5", "It is 5.", 1, id="number-before-a-full-stop"),
        pytest.param("5", "$5, please", 1, id="currency"),
        pytest.param("5", "from 3-5", 1, id="range"),
        pytest.param("C++", "Use C++!", 1, id="signs"),
        pytest.param("a.c", "abc", 0, id="no-regular-expression"),
        pytest.param(["red", "blue"], "It is blue", 1, id="any-of-a-list"),
        pytest.param("", "anything", 0, id="empty-answer"),
        pytest.param("", " ", 1, id="empty-output"),
    ],
)
def test_contains(expected: Json, output: str, value: float) -> None:
    assert Contains()(case(expected), output) == value


def test_contains_minds_case_when_told_to() -> None:
    assert Contains(ignore_case=False)(case("Paris"), "in paris") == 0.0
    assert Contains(ignore_case=False)(case("Paris"), "in Paris") == 1.0


@pytest.mark.parametrize(
    ("expected", "output", "f1", "words"),
    [
        pytest.param("a b", "b a", 1, 1, id="order"),
        pytest.param("a b", "A, b!", 1, 1, id="case-and-punctuation"),
        pytest.param("a b", "a", 2 / 3, 0, id="half"),
        pytest.param("a", "a a a a", 2 / 5, 1, id="repeats-cost-precision"),
        pytest.param("a a", "a", 2 / 3, 1, id="repeats-cost-recall"),
        pytest.param("a", "b", 0, 0, id="other"),
        pytest.param("", "", 1, 1, id="both-empty"),
        pytest.param("", "a", 0, 0, id="empty-answer"),
        pytest.param(["a b", "c d"], "c d", 1, 1, id="best-of-a-list"),
        pytest.param(["a b", "c d"], "a d", 0.5, 0, id="no-mixture-of-a-list"),
    ],
)
def test_word_overlap(expected: Json, output: str, f1: float, words: float) -> None:
    assert TokenF1()(case(expected), output) == pytest.approx(f1)
    assert WordSet()(case(expected), output) == words


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(expected=st.one_of(TEXT, st.lists(TEXT, min_size=1, max_size=3), st.integers(), st.booleans()), output=TEXT)
def test_values_are_shares_and_what_exact_accepts_all_accept(expected: Json, output: str) -> None:
    values = {name: METRICS[name]()(case(expected), output) for name in JUDGING}
    assert all(v is not None and 0 <= v <= 1 for v in values.values())
    if values["exact"] == 1.0:
        assert set(values.values()) == {1.0}


@given(TEXT, TEXT)
def test_f1_is_symmetric(a: str, b: str) -> None:
    assert TokenF1()(case(a), b) == TokenF1()(case(b), a)


@given(st.recursive(st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=3)))
def test_answers_are_text_and_as_many_as_the_list_has(expected: Json) -> None:
    found = answers(case(expected))
    assert len(found) == (0 if expected is None else len(expected) if isinstance(expected, list) else 1)
    if not isinstance(expected, str | list) and expected is not None:
        assert json.loads(found[0]) == expected
