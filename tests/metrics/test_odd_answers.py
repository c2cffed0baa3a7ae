"""Where two rules could differ by a hair: tolerances as written, calls in any order, numbers that are none."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json, Message, ToolCall
from promptci.errors import ConfigError, DataError
from promptci.extraction import refuse_pattern, search
from promptci.metrics.base import Answer, Grade
from promptci.metrics.build import build
from promptci.metrics.likely import LogProbability
from promptci.metrics.number import Numeric
from promptci.metrics.regex import Regex
from promptci.metrics.similar import Similarity
from promptci.metrics.structured import MISSING, JsonFields, at_path, same_json
from promptci.metrics.tools import ToolCalls
from promptci.models.base import Reply


def case(expected: Json = None, **values: Json) -> Case:
    return Case("c", values or {"input": "x"}, expected)


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_tolerance_is_what_is_written_and_not_what_a_float_makes_of_it(tenths: int) -> None:
    rule = Numeric(tolerance=tenths / 10)
    assert rule(case("1"), f"1.{tenths}") == 1.0
    assert rule(case("1"), f"1.{tenths}0000001") == 0.0
    assert rule(case("1"), f"0.{10 - tenths}") == 1.0


@pytest.mark.parametrize("percent", [1, 7, 15, 29, 30, 35, 57, 58, 70])
def test_a_share_is_what_is_written(percent: int) -> None:
    rule = Numeric(relative=percent / 100)
    assert rule(case("1000"), f"{1000 + 10 * percent}") == 1.0
    assert rule(case("1000"), f"{1000 - 10 * percent}") == 1.0
    assert rule(case("1000"), f"{1000 + 10 * percent}.001") == 0.0
    assert rule(case("-1000"), f"-{1000 + 10 * percent}") == 1.0


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.integers(0, 10**6))
def test_a_number_is_right_exactly_within_the_tolerance(wanted: int, given_: int, tolerance: int) -> None:
    rule = Numeric(tolerance=tolerance / 1000)
    right = abs(Fraction(wanted, 1000) - Fraction(given_, 1000)) <= Fraction(tolerance, 1000)
    assert rule(case(f"{wanted / 1000:.3f}"), f"it is {given_ / 1000:.3f}") == float(right)


@pytest.mark.parametrize(
    ("options", "expected", "output", "right"),
    [
        ({"tolerance": 1e-9}, "0.1", "0.1000000001", 1.0),
        ({"tolerance": 1e-9}, "0.1", "0.10000001", 0.0),
        ({"tolerance": 1e22}, "0", "9999999999999999999999", 1.0),
        ({"relative": 0.1}, "0", "0", 1.0),
        ({"relative": 0.1}, "0", "0.0001", 0.0),
        ({"tolerance": 0.5, "relative": 0.01}, "10", "10.5", 1.0),
        ({"tolerance": 0.5, "relative": 0.1}, "10", "11", 1.0),
        ({"tolerance": 0.3}, "50%", "0.803", 0.0),
        ({"tolerance": 0.3}, "50%", "50.3", 1.0),
        ({"tolerance": 0.3}, 7, "7.3", 1.0),
        ({"tolerance": 0.3}, 7.1, "7.4", 1.0),
    ],
    ids=str,
)
def test_the_wider_of_two_rooms_counts(options: dict[str, float], expected: Json, output: str, right: float) -> None:
    assert Numeric(**options)(case(expected), output) == right  # type: ignore[arg-type]  # the names are its own


# --- patterns --------------------------------------------------------------------------------------------------------

NONE = {"open": "(", "too-many": "a{99999999999999999999}", "too-deep": "(" * 3000 + ")" * 3000, "look": "(?<=a*)b"}


@pytest.mark.parametrize("name", NONE)
def test_a_pattern_that_is_none_is_refused_wherever_it_is_written(name: str) -> None:
    pattern = NONE[name]
    with pytest.raises(ValueError, match="is no regular expression"):
        Regex(pattern)
    with pytest.raises(ConfigError, match="is no regular expression"):
        build([{"name": "regex", "value": pattern}], lambda path: path)
    with pytest.raises(DataError, match=r"case 'c': .* is no regular expression"):
        Regex().refuse([case(pattern)], "e.jsonl")
    with pytest.raises(ConfigError, match="its pattern is none in Python"):
        build([{"type": "regex", "value": pattern}], lambda path: path)


@pytest.mark.parametrize("full", [False, True], ids=["anywhere", "whole"])
@pytest.mark.parametrize("name", ["open", "too-many", "too-deep"])
def test_a_pattern_that_only_a_row_makes_is_unmeasured_and_no_error(name: str, full: bool) -> None:
    grade = Regex("{{ p }}", full=full).grade(case(p=NONE[name]), Answer("aab"))
    assert grade.value is None
    assert grade.reason is not None
    assert grade.reason.kind == "bad_pattern"


@settings(max_examples=150)
@given(st.text("ab(|)*+?[]^$.\\{}1", max_size=8).filter(lambda p: "{{" not in p), st.text("ab1", max_size=6))
def test_whatever_pattern_there_is_it_is_refused_or_matched(pattern: str, text: str) -> None:
    try:
        refuse_pattern(pattern)
    except re.error:
        with pytest.raises(ValueError, match="is no regular expression"):
            Regex(pattern)
        return
    rule = Regex(pattern)
    assert rule(case(), text) == float(search(pattern, text) is not None)


# --- calls -----------------------------------------------------------------------------------------------------------

NAMES = ("find", "send")
ARGUMENTS: list[dict[str, int]] = [{}, {"a": 1}, {"b": 2}, {"a": 1, "b": 2}]
WANTED: list[Json] = [*NAMES] + [{"name": n, "arguments": a} for n in NAMES for a in ARGUMENTS]
CALLS = [ToolCall(n, json.dumps(a)) for n in NAMES for a in ARGUMENTS]


def fits(call: ToolCall, wanted: Json, subset: bool) -> bool:
    if isinstance(wanted, str):
        return call.name == wanted
    given, arguments = json.loads(call.arguments), wanted["arguments"]
    same = arguments.items() <= given.items() if subset else arguments == given
    return bool(call.name == wanted["name"] and same)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(WANTED), max_size=4), st.lists(st.sampled_from(CALLS), max_size=4), st.booleans())
def test_calls_are_right_when_any_order_of_them_is(wanted: list[Json], calls: list[ToolCall], subset: bool) -> None:
    orders = itertools.permutations(calls)
    any_order = len(wanted) == len(calls) and any(
        all(fits(c, w, subset) for c, w in zip(order, wanted, strict=True)) for order in orders
    )
    this_order = len(wanted) == len(calls) and all(fits(c, w, subset) for c, w in zip(calls, wanted, strict=True))
    answer = Answer("", tool_calls=tuple(calls))
    assert ToolCalls(wanted, subset=subset).grade(case(), answer).value == float(any_order)
    assert ToolCalls(wanted, subset=subset, ordered=True).grade(case(), answer).value == float(this_order)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_the_order_in_which_calls_are_expected_decides_nothing(order: Sequence[int]) -> None:
    wanted: list[Json] = ["refund", {"name": "refund", "arguments": {"order": 7}}, {"name": "refund", "arguments": {}}]
    calls = tuple(ToolCall("refund", given) for given in ('{"order": 7}', "{}", '{"order": 8}'))
    assert ToolCalls([wanted[n] for n in order]).grade(case(), Answer("", tool_calls=calls)) == Grade(1.0)


@pytest.mark.parametrize(
    "arguments", ["[" * 100_000, '{"a":' * 100_000, "{", "null", "7", '"x"', ""], ids=lambda a: a[:6]
)
def test_no_arguments_that_a_model_writes_break_a_grade(arguments: str) -> None:
    answer = Answer("", tool_calls=(ToolCall("find", arguments),))
    wanted = {"name": "find", "arguments": {"a": 1}}
    assert ToolCalls(wanted).grade(case(), answer).value == 0.0
    assert ToolCalls(wanted, subset=True).grade(case(), answer).value == 0.0
    assert ToolCalls("find").grade(case(), answer).value == 1.0


@pytest.mark.parametrize(
    "expected", ["[" * 100_000, {"name": "f", "arguments": "[" * 100_000}], ids=["call", "arguments"]
)
def test_an_expected_call_that_nobody_can_read_is_refused(expected: Json) -> None:
    with pytest.raises(DataError, match="case 'c' expects something that is no tool call"):
        ToolCalls().refuse([case(expected)], "e.jsonl")


# --- fields ----------------------------------------------------------------------------------------------------------


def test_a_field_that_no_case_expects_is_refused_and_not_right_for_ever() -> None:
    cases = [case({"name": "a", "size": 1}), case({"name": "b"})]
    with pytest.raises(DataError) as caught:
        JsonFields(fields=("name", "nmae")).refuse(cases, "e.jsonl")
    assert caught.value.problem == "no case expects the field 'nmae' of metric 'json_fields'"
    assert caught.value.hint == "the expected answers have: name, size"
    JsonFields(fields=("name", "size")).refuse(cases, "e.jsonl")


@pytest.mark.parametrize(
    ("fields", "output", "value"),
    [
        (("size",), '{"name": "x"}', 1.0),
        (("size",), '{"size": 3}', 0.0),
        (("name", "size"), '{"name": "b", "size": 3}', 0.5),
        ((), '{"name": "b", "size": 3}', 1.0),
        (("name",), "[]", 0.0),
        (("name",), "null", 0.0),
    ],
    ids=str,
)
def test_a_field_that_this_case_does_not_expect_is_right_when_it_is_not_there(
    fields: tuple[str, ...], output: str, value: float
) -> None:
    assert JsonFields(fields=fields)(case({"name": "b"}), output) == value


JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, -0.0, 1.5, "", "1", "a"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)


def shape(value: Json) -> Json:
    """A value in a form in which equal JSON values are equal, and true is not 1."""
    if isinstance(value, dict):
        return ("object", frozenset((key, shape(inner)) for key, inner in value.items()))
    if isinstance(value, list):
        return ("list", tuple(map(shape, value)))
    return (isinstance(value, bool), value)


@settings(max_examples=200)
@given(JSON, JSON)
def test_two_json_values_are_equal_or_not_both_ways(one: Json, other: Json) -> None:
    assert same_json(one, other) == same_json(other, one) == (shape(one) == shape(other))
    assert same_json(one, json.loads(json.dumps(one)))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", {"a": [{"b": None}], "c.d": 1, "": 2}), ("a[0].b", None), ("$.a[0].b", None), ("a[-1]", {"b": None}),
        ("a[1]", MISSING), ("a[-2]", MISSING), ("a.b", MISSING), ("a[0][0]", MISSING), ("c.d", MISSING),
        ("a[9999999999]", MISSING), ("a[x]", MISSING), ("b", MISSING), ("A", MISSING),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_stands_at_a_path(path: str, found: Json) -> None:
    value = {"a": [{"b": None}], "c.d": 1, "": 2}
    given_ = at_path(value, path)
    assert given_ is found if found is MISSING else given_ == found
    assert at_path({"c.d": 1}, "c.d", {"c.d": 0}) == 1, "a name that is expected with its dot is one name"


# --- numbers that are none -------------------------------------------------------------------------------------------

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ((1.0, 0.0), (1.0, 0.0), 1.0), ((1.0, 0.0), (0.0, 1.0), 0.0), ((1.0, 0.0), (-1.0, 0.0), 0.0),
        ((0.0, 0.0), (1.0, 0.0), 0.0), ((NAN, 1.0), (1.0, 1.0), None), ((1.0, 1.0), (NAN, 1.0), None),
        ((INF, 1.0), (1.0, 1.0), None), ((1.0,), (1.0, 1.0), None),
    ],
    ids=str,
)  # fmt: skip
def test_vectors_that_are_no_numbers_are_no_likeness(
    one: tuple[float, ...], other: tuple[float, ...], value: float | None
) -> None:
    replies = [Reply(vectors=(vector,)) for vector in (one, other)]
    grade = Similarity("x").read(case(), Answer("y"), replies)
    assert grade.value == value
    assert value is not None or (grade.reason is not None and grade.reason.kind == "no_vector")


@pytest.mark.parametrize(
    ("logprob", "value"), [(0.0, 1.0), (math.log(0.5), 0.5), (-INF, 0.0), (1e-9, 1.0), (NAN, None)], ids=str
)
def test_a_log_probability_that_is_none_is_unmeasured(logprob: float, value: float | None) -> None:
    answer = Answer("y", asked=(Message("user", "Say"),))
    grade = LogProbability().read(case("yes"), answer, [Reply(logprobs=(("Say", -1.0), (" yes", logprob)))])
    assert grade.value == pytest.approx(value) if value is not None else grade.value is None
