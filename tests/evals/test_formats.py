"""Every eval-set format reads the same rows, keeps ids when rows move, and says the line of a mistake."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json, Message
from promptci.errors import DataError
from promptci.evals import read_cases

ROWS: list[dict[str, Json]] = [
    {"id": "a", "q": 'Say "hi", now', "expected": "hi", "tags": "smoke"},
    {"id": "b", "q": "two\nlines; ü 🦉", "expected": "x"},
    {"q": "no id", "expected": "y"},
]


def as_csv(rows: list[dict[str, Json]], delimiter: str = ",") -> str:
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_yaml(rows: list[dict[str, Json]]) -> str:
    return "".join(f"- {json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def with_empty_columns(rows: list[dict[str, Json]]) -> str:
    """As a spreadsheet saves cells that were emptied."""
    return as_csv(
        [{**{k: row.get(k, "") for k in ("id", "q", "expected", "tags")}, "x": "", "y": ""} for row in rows]
    ).replace("tags,x,y", "tags,,", 1)


def numbered(table: str) -> str:
    """As pandas saves a frame, with its index."""
    header, *lines = csv.reader(io.StringIO(table))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["", *header], *([n, *line] for n, line in enumerate(lines))])
    return out.getvalue()


WRITERS: dict[str, tuple[str, Callable[[list[dict[str, Json]]], str]]] = {
    "jsonl": ("e.jsonl", lambda rows: "".join(json.dumps(r) + "\n" for r in rows)),
    "csv": ("e.csv", as_csv),
    "semicolons": ("e.csv", lambda rows: as_csv(rows, ";")),
    "tabs-in-csv": ("e.csv", lambda rows: as_csv(rows, "\t")),
    "tsv": ("e.tsv", lambda rows: as_csv(rows, "\t")),
    "told-by-excel": ("e.csv", lambda rows: "sep=;\n" + as_csv(rows, ";")),
    "empty-columns": ("e.csv", with_empty_columns),
    "numbered-rows": ("e.csv", lambda rows: numbered(as_csv(rows))),
    "a-document-a-row": (
        "e.yaml",
        lambda rows: "".join(f"---\n{json.dumps(r, ensure_ascii=False)}\n" for r in rows) + "...\n",
    ),
    "two-documents": ("e.yaml", lambda rows: f"# rows\n---\n{as_yaml(rows[:2])}--- # more\n{as_yaml(rows[2:])}"),
    "json": ("e.json", lambda rows: json.dumps(rows, indent=1)),
    "json-cases": ("e.json", lambda rows: json.dumps({"cases": rows})),
    "yaml": ("e.yaml", as_yaml),
    "yml-tests": ("e.yml", lambda rows: "tests:\n" + as_yaml(rows)),
    "test-data": ("p.prompt.yml", lambda rows: "messages: []\ntestData:\n" + as_yaml(rows)),
}


@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", WRITERS)
def test_every_format_reads_the_same_rows(name: str, newline: str, bom: str) -> None:
    path, write = WRITERS[name]
    # Inside a quoted cell a line break is the value's own.
    rows = ROWS if newline == "\n" else [ROWS[0], {**ROWS[1], "q": "two lines; ü 🦉"}, ROWS[2]]
    wanted = read_cases("e.jsonl", WRITERS["jsonl"][1](rows).encode())
    assert read_cases(path, (bom + write(rows).replace("\n", newline)).encode()) == wanted


@pytest.mark.parametrize("name", WRITERS)
def test_ids_stay_when_rows_move(name: str) -> None:
    path, write = WRITERS[name]
    rows: list[dict[str, Json]] = [{"q": f"question {n}", "expected": "y"} for n in range(5)]
    ids = [c.id for c in read_cases(path, write(rows).encode())]
    assert [c.id for c in read_cases(path, write(rows[::-1]).encode())] == ids[::-1]


def test_tabs_are_seen_behind_a_column_without_a_name() -> None:
    assert [case.vars for case in read_cases("e.csv", b"\n\tq\n0\ta, b\n")] == [{"q": "a, b"}]


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n",;\t'), max_size=20)


@settings(deadline=None, max_examples=100)
@given(cells=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5, unique=True))
def test_any_cell_is_read_back(cells: list[tuple[str, str]]) -> None:
    rows: list[dict[str, Json]] = [{"id": f"r{n}", "q": q, "note": note} for n, (q, note) in enumerate(cells)]
    for name in ("csv", "semicolons", "tsv", "json"):
        path, write = WRITERS[name]
        assert [c.vars for c in read_cases(path, write(rows).encode())] == [{"q": q, "note": n} for q, n in cells]


MISTAKES = {
    "csv-cells": ("e.csv", "q,expected\na,b\nc\n", "e.csv:3", "the row has 1 cell, the header 2"),
    "csv-behind-a-long-row": ("e.csv", 'q,expected\n"a\nb\nc",d\ne\n', "e.csv:5", "the row has 1 cell"),
    "csv-quote": ("e.csv", 'q,expected\na,b\n"c,d\n', "e.csv:3", "not valid CSV"),
    "csv-twice": ("e.csv", "q,q\na,b\n", "e.csv:1", "two columns are named 'q'"),
    "csv-nameless": ("e.csv", "q,\na,b\n", "e.csv:2", "the cell 'b' stands in a column that has no name"),
    "csv-nameless-numbers": ("e.csv", ",q\n0,a\n2,b\n", "e.csv:3", "the cell '2' stands in a column that has no name"),
    "csv-told": ("e.csv", "sep=;\nq;q\na;b\n", "e.csv:2", "two columns are named 'q'"),
    "yaml-documents": ("e.yaml", "---\nq: a\n---\n- q: b\n- 7\n", "e.yaml:5", "a case must be an object"),
    "csv-column": ("e.csv", "q,__expcted\na,b\n", "e.csv:2", "unknown column '__expcted'"),
    "csv-weight": ("e.csv", "q,weight\na,heavy\n", "e.csv:2", "'weight' must be"),
    "csv-empty": ("e.csv", "q,expected\n", "e.csv", "the eval set is empty"),
    "json-row": ("e.json", '[\n{"q": "a"},\n3]', "e.json:3", "a case must be an object"),
    "json-twice": ("e.json", '[\n\n{"q": "a", "q": "b"}]', "e.json:3", "duplicate key 'q'"),
    "json-syntax": ("e.json", '[{"q": "a"}\n{"q": "b"}]', "e.json:2", "',' or ']' is expected"),
    "json-nan": ("e.json", '[{"q": NaN}]', "e.json:1", "NaN is not JSON"),
    "json-after": ("e.json", '[{"q": 1}] x', "e.json:1", "something follows the list"),
    "json-keys": ("e.json", '{"rows": []}', "e.json:1", "there are no rows"),
    "yaml-row": ("e.yaml", "- {q: a}\n- 3\n", "e.yaml:2", "a case must be an object"),
    "yaml-id": ("e.yaml", "- {id: a, q: a}\n- {id: a, q: b}\n", "e.yaml:2", "the id 'a' is used twice"),
    "yaml-beside": ("e.yaml", "test: 1\ncases: [{q: a}]\n", "e.yaml:1", "unknown key 'test'"),
    "no-test-data": ("p.prompt.yml", "messages: []\n", "p.prompt.yml", "the prompt brings no 'testData'"),
    "weights": ("e.csv", "q,weight\na,1\nb,2\n", "e.csv:3", "the cases have different weights"),
    "assert": ("e.jsonl", '{"q": "a", "assert": [3]}', "e.jsonl:1", "'assert' must be a list of metrics"),
    "human": ("e.jsonl", '{"q": "a", "human": 2}', "e.jsonl:1", "'human' must be"),
    "role": (
        "e.jsonl",
        '{"messages": [{"role": "boss", "content": "x"}]}',
        "e.jsonl:1",
        "message 1 has the role 'boss'",
    ),
    "picture": (
        "e.jsonl",
        '{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}',
        "e.jsonl:1",
        "has a part that cannot be sent",
    ),
    "conflict": ("e.csv", "q\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n", "e.csv:2", "a merge conflict"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(name: str) -> None:
    path, text, place, said = MISTAKES[name]
    with pytest.raises(DataError) as caught:
        read_cases(path, text.encode())
    assert said in caught.value.problem
    assert caught.value.place == place


def one(path: str, text: str) -> Case:
    return read_cases(path, text.encode())[0]


def test_a_chat_of_openai_evals_is_a_chat_and_ideal_its_answer() -> None:
    row = {"input": [{"role": "system", "content": "Yes or no."}, {"role": "user", "content": "Is ice cold?"}]}
    case = one("e.jsonl", json.dumps({**row, "ideal": ["yes", "Yes"]}))
    assert case.messages == (Message("system", "Yes or no."), Message("user", "Is ice cold?"))
    assert (case.vars, case.expected) == ({}, ["yes", "Yes"])
    assert one("e.jsonl", json.dumps({"input": "2+2", "ideal": "4"})).expected == "4"
    assert one("e.jsonl", json.dumps({"ticket": "a", "ideal": "4"})).vars == {"ticket": "a", "ideal": "4"}


def test_an_empty_cell_is_no_answer_and_an_empty_text_in_quotes_is_one() -> None:
    found = read_cases("e.csv", b'q,expected,note\na,,\nb,"",x\nc,"",""\nd,e,\n')
    assert [c.expected for c in found] == [None, "", "", "e"]
    assert one("e.jsonl", '{"q": "a", "expected": ""}').expected == ""


def test_promptfoo_columns_are_read() -> None:
    case = one(
        "e.csv",
        "topic,__expected1,__expected2,__metadata:tags[],__config:__expected2:threshold,__metadata:tier,__metric\n"
        '"tides","contains: moon","llm-rubric:Is {{topic}} right?","sea,phys\\,ics",0.9,smoke,truth\n',
    )
    assert case.vars == {"topic": "tides"}
    assert case.tags == ("sea", "phys,ics", "tier:smoke")
    assert case.asserts == (
        {"type": "contains", "value": "moon", "metric": "truth"},
        {"type": "llm-rubric", "value": "Is {{topic}} right?", "threshold": 0.9, "metric": "truth"},
    )


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("Paris", {"type": "equals", "value": "Paris"}, id="equality"),
        pytest.param("Note: this", {"type": "equals", "value": "Note: this"}, id="a-colon-in-text"),
        pytest.param("not-icontains: sorry", {"type": "not-icontains", "value": "sorry"}, id="not"),
        pytest.param("similar(0.8): hi", {"type": "similar", "value": "hi", "threshold": 0.8}, id="threshold"),
        pytest.param("is-json", {"type": "is-json"}, id="alone"),
        pytest.param("fn:output.includes('a')", {"type": "javascript", "value": "output.includes('a')"}, id="code"),
        pytest.param("grade: kind?", {"type": "llm-rubric", "value": "kind?"}, id="grade"),
        pytest.param("file://check.py", {"type": "python", "value": "file://check.py"}, id="file"),
    ],
)
def test_an_expected_cell_is_an_assertion(cell: str, expected: dict[str, Json]) -> None:
    assert one("e.csv", as_csv([{"q": "a", "__expected": cell}])).asserts == (expected,)


def test_yaml_aliases_repeat_values_within_a_bound() -> None:
    found = read_cases("e.yaml", b"- &a {id: x, q: same, expected: y}\n- {id: z, q: &t text, expected: *t}\n")
    assert [c.expected for c in found] == ["y", "text"]
    laughs = "a: &a [x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
    )
    with pytest.raises(DataError, match="the aliases repeat more than"):
        read_cases("e.yaml", laughs.encode())
