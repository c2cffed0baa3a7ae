"""The fields of a record, each with its type and its range, and JSON that is refused where readers differ on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import Json
from promptci.errors import DataError
from promptci.records import baseline, fields
from promptci.records.chain import LENGTH, link_of, root_of
from promptci.records.fields import DamagedError
from tests.records.test_baseline import BASELINE, MEASURE

READERS: dict[str, tuple[Callable[[Json, str], Any], Json, str]] = {
    "section": (fields.section, {"a": 1}, "must be an object"),
    "text": (fields.text, "x", "must be a text"),
    "texts": (fields.texts, ["x", ""], "must be a list of texts"),
    "number": (fields.number, 0.5, "must be a number from 0 to inf"),
    "whole": (fields.whole, 7, "must be a whole number from 0"),
}
VALUES: dict[str, Json] = {
    "null": None, "true": True, "false": False, "number": 0.25, "whole": 3, "below": -1, "text": "x", "empty": "",
    "list": ["x"], "none": [], "mixed": ["x", 1], "object": {"a": 1}, "infinite": float("inf"),
}  # fmt: skip
FITS = {
    "section": {"object"}, "text": {"text", "empty"}, "texts": {"list", "none"}, "number": {"number", "whole"},
    "whole": {"whole"},
}  # fmt: skip


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("value", VALUES)
def test_a_field_is_what_it_should_be_or_is_named(kind: str, value: str) -> None:
    read, _, said = READERS[kind]
    row = {"other": 1, "field": VALUES[value]}
    if value in FITS[kind]:
        given = VALUES[value]
        assert read(row, "field") == (tuple(given) if kind == "texts" else given)
    else:
        with pytest.raises(DamagedError) as caught:
            read(row, "field")
        assert str(caught.value) == f"'field' {said}"


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("row", [None, [], "field", 5, ["field"]], ids=repr)
def test_what_is_no_object_has_no_field(kind: str, row: Json) -> None:
    with pytest.raises(DamagedError, match="not an object"):
        READERS[kind][0](row, "field")
    with pytest.raises(DamagedError, match="'field' is missing"):
        READERS[kind][0]({"Field": READERS[kind][1]}, "field")


@pytest.mark.parametrize(
    ("value", "least", "most", "fits"),
    [(0, 0.0, 1.0, True), (1, 0.0, 1.0, True), (1.0000001, 0.0, 1.0, False), (-0.0, 0.0, 1.0, True),
     (-5, -5.0, 0.0, True), (-5.1, -5.0, 0.0, False), (10**22, 0.0, float("inf"), True)],
)  # fmt: skip
def test_a_range_has_its_ends_in_it(value: float, least: float, most: float, fits: bool) -> None:
    try:
        found = fields.number({"n": value}, "n", least=least, most=most)
    except DamagedError:
        assert not fits
        return
    assert fits
    assert (found, type(found)) == (value, float)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "a": 1}', "'a' is given twice"),
        ('{"b": {"a": 1, "c": 2, "c": 3}}', "'c' is given twice"),
        ('[{"a": 1}, {"a": 1, "a": 2}]', "'a' is given twice"),
        ('{"a": 1, "\\u0061": 2}', "'a' is given twice"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": [-Infinity]}', "-Infinity is not a number"),
    ],
)
def test_json_that_readers_differ_on_is_refused(text: str, said: str) -> None:
    with pytest.raises(DamagedError) as caught:
        fields.parse(text)
    assert str(caught.value) == said


@pytest.mark.parametrize("data", [b'{"a": 1}', '{"a": 1}', b'\xef\xbb\xbf{"a": 1}', '{"a": 1}\r\n'.encode("utf-16")])
def test_json_is_read_in_every_encoding_that_it_may_have(data: bytes | str) -> None:
    assert fields.parse(data) == {"a": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4))
def test_a_link_is_of_the_content_in_any_order_and_of_nothing_else(row: dict[str, Json]) -> None:
    link = link_of(row)
    assert len(link) == LENGTH
    assert link == link_of(dict(reversed(row.items()))) == link_of(json.loads(json.dumps(row)))
    assert link != link_of({**row, "another": 1})
    assert root_of([row]) == root_of([dict(reversed(row.items()))]) != root_of([row, row])


def test_nothing_before_has_no_root_and_what_is_no_number_no_link() -> None:
    assert root_of([]) == ""
    with pytest.raises(ValueError, match="Out of range float"):
        link_of({"a": float("nan")})


@pytest.mark.parametrize("name", ["\ud800", "m\udfff-1", "caf\u00e9 \U0001f600", "a\x00b", "\u2028"], ids=ascii)
def test_whatever_a_server_calls_its_model_a_baseline_can_be_written_and_is_whole(name: str) -> None:
    told = replace(BASELINE, measure=replace(MEASURE, answered=name), samples={name: (1.0,)}, commit="c" * 40)
    content = baseline.dump(told)
    found = baseline.load(content, "b.json")
    assert found == told
    assert (found.measure.answered, found.values) == (name, {name: 1.0})
    assert len(found.seal) == LENGTH
    assert baseline.dump(found) == content


@pytest.mark.parametrize(
    ("given", "samples"),
    [("[0, 1]", (0.0, 1.0)), ("[null, 0.5]", (None, 0.5)), ("0", (0.0,)), ("null", (None,)), ("1.0", (1.0,))],
)
def test_a_case_s_answers_are_a_list_or_one_of_the_earlier_format(given: str, samples: tuple[Any, ...]) -> None:
    content = baseline.dump(BASELINE).replace(b'"t1": [1.0]', f'"t1": {given}'.encode())
    assert baseline.load(content, "b.json").samples["t1"] == samples


@pytest.mark.parametrize("given", ["[]", "[2]", "[-0.1]", '["1"]', "[[1]]", "[true]", "{}", "1e999"])
def test_answers_that_are_no_values_are_refused_with_their_case(given: str) -> None:
    content = baseline.dump(BASELINE).replace(b'"t1": [1.0]', f'"t1": {given}'.encode())
    with pytest.raises(DataError, match="'t1'"):
        baseline.load(content, "b.json")


@pytest.mark.parametrize(
    "date", ["2026-11-20T10:00:00Z", "2026-11-20T10:00:00+02:00", "2026-11-20 10:00:00.5-08:00", "2026-W47-5T10+00"]
)
def test_a_date_stands_as_it_was_written_if_it_says_its_zone(date: str) -> None:
    assert baseline.load(baseline.dump(replace(BASELINE, date=date)), "b.json").date == date


@pytest.mark.parametrize("date", ["2026-11-20", "2026-13-01T00:00:00Z", "", "now", "2026-11-20T25:00:00Z"])
def test_a_date_that_is_none_or_has_no_zone_is_refused(date: str) -> None:
    with pytest.raises(DataError, match="'date'"):
        baseline.load(baseline.dump(replace(BASELINE, date=date)), "b.json")
