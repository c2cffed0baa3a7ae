"""JSONL eval sets: rows become cases, every bad row is named by its line."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals import EVAL_FORMATS, read_cases


def read(*rows: str) -> list[Case]:
    return list(read_cases("e.jsonl", "\n".join(rows).encode()))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(
            '{"id": "a", "ticket": "x", "expected": "y"}', Case("a", {"ticket": "x"}, "y"), id="flat-columns"
        ),
        pytest.param('{"id": "a", "vars": {"id": "b"}, "expected": 1}', Case("a", {"id": "b"}, 1), id="vars"),
        pytest.param('{"id": 7, "x": 1}', Case("7", {"x": 1}), id="whole-number-as-id"),
        pytest.param('{"id": "a", "x": null}', Case("a", {"x": None}), id="null-is-a-value"),
        pytest.param('{"id": "a", "x": "", "tags": ["s", "t"]}', Case("a", {"x": ""}, tags=("s", "t")), id="tags"),
        pytest.param('{"id": "a", "x": 1, "tags": "s, t ,"}', Case("a", {"x": 1}, tags=("s", "t")), id="tags-as-text"),
        pytest.param('{"id": "a", "x": 1, "cluster": 3}', Case("a", {"x": 1}, cluster="3"), id="cluster"),
        pytest.param('{"id": "a", "x": 1, "weight": "2.5"}', Case("a", {"x": 1}, weight=2.5), id="weight"),
        pytest.param(
            '{"id": "a", "x": 1, "tags": null, "cluster": "", "weight": ""}', Case("a", {"x": 1}), id="empty-columns"
        ),
        pytest.param('{"id": "a", "x": [1, {"b": 2}], "expected": ["p", "q"]}',
                     Case("a", {"x": [1, {"b": 2}]}, ["p", "q"]), id="structured"),
        pytest.param('{"id": "a", "x": "\\u2028\\ud83d\\ude00"}', Case("a", {"x": "\u2028😀"}), id="escapes"),
        pytest.param('{"id": "a", "x": "\u2028\x85"}', Case("a", {"x": "\u2028\x85"}), id="other-line-breaks"),
    ],
)  # fmt: skip
def test_a_row_becomes_a_case(row: str, expected: Case) -> None:
    assert read(row) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"id":"a","x":1}\n{"id":"b","x":2}', id="no-newline-at-end"),
        pytest.param('{"id":"a","x":1}\r\n{"id":"b","x":2}\r\n', id="crlf"),
        pytest.param('\ufeff{"id":"a","x":1}\n{"id":"b","x":2}\n', id="bom"),
        pytest.param('\n\n  {"id":"a","x":1}\n\t\n{"id":"b","x":2}\n\n', id="blank-lines"),
    ],
)
def test_line_ends_and_blank_lines_do_not_matter(text: str) -> None:
    assert read(text) == [Case("a", {"x": 1}), Case("b", {"x": 2})]


GOOD = '{"id": "ok", "x": 1}'


@pytest.mark.parametrize(
    ("row", "said"),
    [
        pytest.param("x", "not valid JSON: Expecting value (column 1)", id="not-json"),
        pytest.param('{"x": 1', "not valid JSON", id="cut"),
        pytest.param('{"x": 1} {"x": 2}', "not valid JSON: Extra data", id="two-on-a-line"),
        pytest.param('{"x": "a\tb"}', "not valid JSON: Invalid control character", id="raw-tab"),
        pytest.param("[1]", "must be an object", id="list"),
        pytest.param('"x"', "must be an object", id="text"),
        pytest.param("null", "must be an object", id="null"),
        pytest.param("{}", "no input", id="empty-object"),
        pytest.param('{"id": "a", "expected": "b"}', "no input", id="no-input"),
        pytest.param('{"vars": {}, "expected": "b"}', "no input", id="empty-vars"),
        pytest.param('{"vars": "x"}', "'vars' must be an object", id="vars-text"),
        pytest.param('{"vars": {"x": 1}, "expeted": 2}', "unknown key 'expeted' beside 'vars'", id="typo-beside-vars"),
        pytest.param('{"x": 1, "x": 2}', "duplicate key 'x'", id="duplicate-key"),
        pytest.param('{"vars": {"x": 1, "x": 2}}', "duplicate key 'x'", id="duplicate-key-inside"),
        pytest.param('{"id": [1], "x": 1}', "'id' must be", id="id-list"),
        pytest.param('{"id": true, "x": 1}', "'id' must be", id="id-bool"),
        pytest.param('{"id": 1.5, "x": 1}', "'id' must be", id="id-float"),
        pytest.param(json.dumps({"id": "i" * 201, "x": 1}), "'id' must be", id="id-too-long"),
        pytest.param('{"x": 1, "tags": [1]}', "'tags' must be", id="tags-numbers"),
        pytest.param('{"x": 1, "tags": {"a": 1}}', "'tags' must be", id="tags-object"),
        pytest.param('{"x": 1, "cluster": true}', "'cluster' must be", id="cluster-bool"),
        pytest.param('{"x": 1, "weight": 0}', "'weight' must be", id="weight-zero"),
        pytest.param('{"x": 1, "weight": -1}', "'weight' must be", id="weight-negative"),
        pytest.param('{"x": 1, "weight": "heavy"}', "'weight' must be", id="weight-word"),
        pytest.param('{"x": 1, "weight": "nan"}', "'weight' must be", id="weight-nan"),
        pytest.param('{"x": 1, "weight": "inf"}', "'weight' must be", id="weight-infinite"),
        pytest.param('{"x": 1, "weight": true}', "'weight' must be", id="weight-bool"),
        pytest.param('{"x": 1, "weight": 1' + "0" * 400 + "}", "'weight' must be", id="weight-beyond-float"),
        pytest.param('{"x": NaN}', "NaN is not JSON", id="nan"),
        pytest.param('{"x": -Infinity}', "-Infinity is not JSON", id="infinity"),
        pytest.param('{"x": 1e999}', "a number cannot be read", id="beyond-float"),
        pytest.param('{"x": 1' + "0" * 5000 + "}", "a number cannot be read", id="endless-number"),
        pytest.param('{"x": "\\ud83d"}', "half of a character", id="lone-surrogate"),
        pytest.param('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply", id="nesting"),
        pytest.param('{"id": "ok", "x": 2}', "the id 'ok' is used twice (first at e.jsonl:1)", id="duplicate-id"),
        pytest.param('{"id": "", "x": "t"}\n{"x": "t"}', "the same input as the row at e.jsonl:3", id="same-input"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(row: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read(GOOD, "", row, '{"id": "later", "x": 3}')
    assert caught.value.place == f"e.jsonl:{3 + row.count(chr(10))}"
    assert said in caught.value.problem


def test_a_number_and_a_text_make_the_same_id() -> None:
    with pytest.raises(DataError, match="the id '1' is used twice"):
        read('{"id": 1, "x": 1}', '{"id": "1", "x": 2}')


@pytest.mark.parametrize("content", [b"", b"\n \n", "\ufeff\n".encode()], ids=repr)
def test_an_empty_set_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match="the eval set is empty") as caught:
        read_cases("e.jsonl", content)
    assert caught.value.place == "e.jsonl"


def test_bytes_that_are_not_utf_8_are_named_by_their_line() -> None:
    with pytest.raises(DataError, match="not UTF-8") as caught:
        read_cases("e.jsonl", GOOD.encode() + b"\n" + '{"x": "ü"}'.encode("latin-1"))
    assert caught.value.place == "e.jsonl:2"


@pytest.mark.parametrize("path", ["e.xlsx", "e", "e.exe"])
def test_an_unknown_ending_is_refused_with_the_known_ones(path: str) -> None:
    with pytest.raises(DataError, match="no eval-set format") as caught:
        read_cases(path, GOOD.encode())
    assert all(ending in str(caught.value.hint) for ending in EVAL_FORMATS)


def test_ids_come_from_the_input_and_stay_when_rows_move_or_gain_columns() -> None:
    rows: list[dict[str, Json]] = [{"ticket": f"text {n}", "lang": "en", "expected": n} for n in range(50)]
    before = [c.id for c in read(*map(json.dumps, rows))]
    assert len(set(before)) == 50
    assert len({i.removeprefix("row-") for i in before}) == 50
    random.Random(7).shuffle(rows)
    changed = [{"expected": "other", "tags": ["new"], "lang": r["lang"], "ticket": r["ticket"]} for r in rows]
    after = {str(c.vars["ticket"]): c.id for c in read(*map(json.dumps, changed))}
    assert [after[f"text {n}"] for n in range(50)] == before


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_line_is_read_or_refused_with_a_line(line: str) -> None:
    try:
        cases = read(GOOD, line)
    except DataError as problem:
        place = problem.place
    else:
        place = f"e.jsonl:{len(cases)}"
    assert str(place).startswith("e.jsonl:")
