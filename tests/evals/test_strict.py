"""An eval set means one thing: nothing of it is dropped, read twice or taken for something else."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals import read_cases
from promptci.evals.base import case_of
from promptci.evals.chat import messages_of
from promptci.evals.rows import from_columns, parsed, shorthand

PLACE = "e.csv:2"


def read(path: str, text: str) -> list[Case]:
    return list(read_cases(path, text.encode()))


PIECES = st.lists(st.sampled_from(["[", "]", ",", " ", "\n", '{"q": "a"}', '{"q": "b"}', '{"q": "c"}', "3", "x"]))


@settings(deadline=None, max_examples=200)
@given(PIECES.map("".join))
def test_a_json_set_is_what_python_reads_or_is_refused(text: str) -> None:
    try:
        rows = json.loads(text)
    except ValueError:
        rows = None
    odd = not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows)
    if odd or len({str(row) for row in rows}) < len(rows):
        with pytest.raises(DataError) as caught:
            read("e.json", text)
        assert (caught.value.place or "").startswith("e.json")
    else:
        assert [case.vars for case in read("e.json", text)] == rows


@pytest.mark.parametrize(
    ("path", "text", "place", "said"),
    [
        ("e.json", '{"cases": [{"q": "a"}]}\n{"cases": [{"q": "b"}]}', 2, "something follows the object"),
        ("e.json", '{"cases": [{"q": "a"}]}\n\n]', 3, "something follows the object"),
        ("e.json", '[{"q": "a"},\n]', 2, "a row is expected behind the comma"),
        ("e.json", '[\n,{"q": "a"}]', 2, "not valid JSON"),
        ("e.json", '{"cases": [{"q": 1e999}]}', 1, "Out of range float values"),
        ("e.json", '{"q": "a"}', 1, "there are no rows"),
        ("e.json", '"cases"', 1, "a list of rows is expected"),
        ("e.json", '{"cases": [{"q": "a"}], "tests": []}', 1, "unknown key 'tests' beside 'cases'"),
        ("e.jsonl", '{"q": "a"} {"q": "b"}', 1, "Extra data"),
        ("e.jsonl", '{"q": "a"}\n{"q": "a", "q": "b"}', 2, "duplicate key 'q'"),
        ("e.jsonl", '{"q": Infinity}', 1, "Infinity is not JSON"),
        ("e.jsonl", '{"q": "\\ud83d"}', 1, "half of a character"),
        ("e.jsonl", '{"q": ' + "9" * 5000 + "}", 1, "a number cannot be read"),
        ("e.jsonl", '{"q": ' + "[" * 100_000, 1, "nested too deeply"),
        ("e.csv", 'q,expected\na,"{""x"": 1, ""x"": 2}"', 2, "duplicate key 'x'"),
        ("e.csv", "q,expected\na,[NaN]", 2, "NaN is not JSON"),
        ("e.csv", 'q,expected\na,"[""\\ud800""]"', 2, "half of a character"),
        ("e.csv", "q,expected\na," + "[" * 100_000, 2, "nested too deeply"),
        ("e.csv", "q,messages\n,[1e999]", 2, "Out of range float values"),
        ("e.yaml", "- {q: a}\n- [b]\n", 2, "a case must be an object"),
        ("e.yaml", "- {q: a}\n- q: b\n  q: c\n", 3, "duplicate key 'q'"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else str(value),
)
def test_what_could_mean_two_things_is_refused_with_its_line(path: str, text: str, place: int, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read(path, text)
    assert said in caught.value.problem
    assert caught.value.place == f"{path}:{place}"


@pytest.mark.parametrize("calls", [5, True, {"id": "a"}, "f"], ids=str)
def test_tool_calls_that_are_no_list_are_refused(calls: Json) -> None:
    with pytest.raises(DataError, match="the 'tool_calls' of message 1 must be a list"):
        messages_of([{"role": "assistant", "content": "x", "tool_calls": calls}], PLACE)


@pytest.mark.parametrize("none", [None, [], "", 0], ids=repr)
def test_no_tool_calls_are_none_however_that_is_written(none: Json) -> None:
    (message,) = messages_of([{"role": "assistant", "content": "x", "tool_calls": none}], PLACE)
    assert message.tool_calls == ()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [("{", "are not JSON"), ("[" * 100_000, "nested too deeply"), ('{"a": 1, "a": 2}', "duplicate key 'a'")],
    ids=["cut", "deep", "twice"],
)
def test_arguments_of_a_call_that_nobody_can_read_are_refused(arguments: str, said: str) -> None:
    call = {"function": {"name": "f", "arguments": arguments}}
    with pytest.raises(DataError, match=said) as caught:
        messages_of([{"role": "assistant", "tool_calls": [call]}], PLACE)
    assert caught.value.place == PLACE


# --- tables ----------------------------------------------------------------------------------------------------------

CELLS = st.text(st.sampled_from("ab ü\"',;\t\n0"), max_size=6)


@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"])
)
def test_a_table_is_what_python_s_csv_reads(rows: list[tuple[str, str]], delimiter: str, newline: str) -> None:
    rows = [(f"q{n} {q}", note) for n, (q, note) in enumerate(rows)]
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=delimiter, lineterminator=newline).writerows([("q", "note"), *rows])
    wanted = list(csv.reader(io.StringIO(made.getvalue(), newline=""), delimiter=delimiter))[1:]
    assert [[*case.vars.values()] for case in read("e.csv", made.getvalue())] == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("q;note\na;b,c\n", {"q": "a", "note": "b,c"}),
        ("q\tnote\na,b\tc\n", {"q": "a,b", "note": "c"}),
        ("\n\r\nq;note\na;b\n", {"q": "a", "note": "b"}),
        ("\ufeffq;note\na;b\n", {"q": "a", "note": "b"}),
        ('"a,b,c";note\n1;2\n', {"a,b,c": "1", "note": "2"}),
        ("q\na;b\n", {"q": "a;b"}),
        (" q , note \na, b\n", {"q": "a", "note": " b"}),
        ('q,note\n"a ""b""","c\nd"\n', {"q": 'a "b"', "note": "c\nd"}),
    ],
    ids=["semicolon", "tab", "blank-lines", "mark", "quoted-header", "one-column", "padded", "quotes"],
)
def test_the_delimiter_is_what_the_header_has_most_of(text: str, wanted: dict[str, str]) -> None:
    assert dict(read("e.csv", text)[0].vars) == wanted


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a,", None), ('a,""', ""), ("a, ", " "), ("a,[]", []), ('a,"[""x"", 2]"', ["x", 2]), ("a,[x", "[x"),
        ("a,7", "7"), ("a,null", "null"), ('a,"{""x"": null}"', {"x": None}),
    ],
    ids=["none", "empty", "blank", "no-answers", "answers", "a-bracket", "a-number", "a-word", "an-object"],
)  # fmt: skip
def test_the_answer_of_a_cell(row: str, expected: Json) -> None:
    assert read("e.csv", f"q,expected\n{row}\n")[0].expected == expected


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("similar(0.8): x", {"type": "similar", "value": "x", "threshold": 0.8}),
        ("similar(.8): x", {"type": "similar", "value": "x", "threshold": 0.8}),
        ("similar(1): x", {"type": "similar", "value": "x", "threshold": 1.0}),
        ("similar(1.2.3): x", {"type": "equals", "value": "similar(1.2.3): x"}),
        ("similar(.): x", {"type": "equals", "value": "similar(.): x"}),
        ("similar(-1): x", {"type": "equals", "value": "similar(-1): x"}),
        ("not-similar(0.5):x", {"type": "not-similar", "value": "x", "threshold": 0.5}),
        ("http://a.example", {"type": "equals", "value": "http://a.example"}),
        ("contains:", {"type": "contains", "value": ""}),
        ("", {"type": "equals", "value": ""}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_a_number_is_a_threshold(cell: str, wanted: dict[str, Json]) -> None:
    assert shorthand(cell) == wanted


@pytest.mark.parametrize("cell", ["NaN", "inf", "-inf", "1e999", "half", "0,5"])
def test_a_threshold_that_is_no_number_is_refused(cell: str) -> None:
    with pytest.raises(DataError) as caught:
        from_columns({"q": "a", "__expected": "similar: x", "__threshold": cell}, PLACE)
    assert (caught.value.problem, caught.value.place) == (f"'{cell}' is no number", PLACE)


@settings(max_examples=60)
@given(
    st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=6).filter(
        lambda v: isinstance(v, list)
    )
)
def test_a_list_in_a_cell_is_that_list(value: Json) -> None:
    assert parsed(json.dumps(value), PLACE) == value


# --- what makes two rows the same case -------------------------------------------------------------------------------

PLAIN: list[Any] = [0, 1, True, False, None, "1", "", "true", [], {}, [1], {"a": 1}, 1.5, "1.5"]


def test_values_that_differ_are_different_cases() -> None:
    ids = [case_of({"q": value}, PLACE).id for value in PLAIN]
    assert len(set(ids)) == len(PLAIN)
    assert case_of({"q": 1.0}, PLACE).id == case_of({"q": 1.0, "expected": "x", "tags": "a", "cluster": 3}, PLACE).id


@given(st.permutations(["q", "note", "context"]))
def test_the_order_of_columns_makes_no_other_case(names: list[str]) -> None:
    row = {name: f"value of {name}" for name in names}
    assert case_of(row, PLACE).id == case_of(dict(sorted(row.items())), PLACE).id == case_of({"vars": row}, PLACE).id


@pytest.mark.parametrize("text", ["\u0000", "\ufeff", "e\u0301", "\u202e", "😀", "\x7f", "a\r\nb"], ids=ascii)
def test_odd_characters_of_an_input_stay_as_they_are(text: str) -> None:
    line = json.dumps({"q": text})
    (case,) = read("e.jsonl", line)
    assert case.vars == {"q": text}
    assert read("e.json", f"[{line}]") == [case]
