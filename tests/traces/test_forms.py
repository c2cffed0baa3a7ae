"""What of a log is an input: whose turns count, how tables are read, and what is no input of a model."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from promptci.errors import DataError
from promptci.traces.masking import masked
from promptci.traces.reading import MAX_BYTES, of_json, read


def turns(value: Any) -> list[tuple[tuple[str, str], ...] | None]:
    return [None if trace is None else trace.turns for trace in of_json(value, "t.json")]


def said(role: str, text: Any) -> dict[str, Any]:
    return {"role": role, "content": text}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param([said("user", "a"), said("assistant", "b"), said("user", "c")],
                     (("user", "a"), ("assistant", "b"), ("user", "c")), id="a chat up to the last question"),
        pytest.param([said("user", "a"), said("assistant", "b")], (("user", "a"),), id="the answer is none"),
        pytest.param([said("developer", "d"), said("tool", "t"), said("user", "a")], (("user", "a"),), id="ours"),
        pytest.param([said("user", "  "), said("user", "a")], (("user", "a"),), id="an empty turn"),
        pytest.param([said("user", [{"type": "image"}, {"type": "text", "text": "a"}, {"text": "b"}])],
                     (("user", "a\nb"),), id="parts of a message"),
        pytest.param([said("assistant", "b")], None, id="nobody asked"),
        pytest.param(["no message", 3, None], None, id="nonsense"),
        pytest.param([said("user", {"text": "a"})], None, id="content of another form"),
    ],
)  # fmt: skip
def test_turns_are_those_of_people_and_what_they_were_told(messages: list[Any], expected: Any) -> None:
    assert turns({"messages": messages}) == [expected]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"kwargs": {"messages": [said("user", "a")]}}, id="kwargs"),
        pytest.param({"params": {"input": [said("user", "a")]}}, id="params"),
        pytest.param({"body": {"request": {"messages": [said("user", "a")]}}}, id="nested twice"),
        pytest.param({"messages": "none", "request": {"messages": [said("user", "a")]}}, id="a name that holds a text"),
    ],
)
def test_messages_are_found_wherever_a_log_keeps_them(value: Any) -> None:
    assert turns(value) == [(("user", "a"),)]


@pytest.mark.parametrize("value", [3, "text", None, [], {"a": 1}, {"body": []}], ids=repr)
def test_what_is_no_request_is_counted_as_one_without_an_input(value: Any) -> None:
    assert turns(value) == [None]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param({"gen_ai.prompt": "plain text"}, (("user", "plain text"),), id="plain text"),
        pytest.param({"gen_ai.prompt": "  "}, None, id="blank"),
        pytest.param({"gen_ai.input.messages": [said("user", "a")]}, (("user", "a"),), id="not as text"),
        pytest.param({"gen_ai.input.messages": "[]"}, None, id="none"),
        pytest.param([{"key": "gen_ai.prompt", "value": "loose"}], (("user", "loose"),), id="a value without a type"),
        pytest.param([{"key": "gen_ai.prompt", "value": {}}], None, id="a value without anything"),
        pytest.param({"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": None}, None, id="no content"),
    ],
)
def test_spans_keep_what_was_asked_in_several_ways(attributes: Any, expected: Any) -> None:
    assert turns({"attributes": attributes}) == [expected]


def test_every_span_of_every_scope_is_read() -> None:
    span = {"attributes": {"gen_ai.prompt": "a"}}
    value = {"resourceSpans": [{"scopeSpans": [{"spans": [span, {}]}, {"spans": [span]}]}, {"scopeSpans": None}]}
    assert turns(value) == [(("user", "a"),), None, (("user", "a"),)]


@pytest.mark.parametrize(
    ("name", "text"),
    [("t.csv", 'ticket,team\n"Late, again",x\n,\n'), ("t.tsv", "ticket\tteam\nLate, again\tx\n\t\n")],
    ids=["csv", "tsv"],
)
def test_a_table_s_rows_are_inputs_and_empty_ones_are_counted(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    found = read(tmp_path / name)
    assert [trace.columns for trace in found.found] == [{"ticket": "Late, again", "team": "x"}]
    assert (found.found[0].place.endswith(f"{name}:2"), found.without_input) == (True, 1)


def test_a_row_with_cells_too_many_keeps_those_that_have_a_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\nx,y,z\n")
    assert read(tmp_path / "t.csv").found[0].columns == {"a": "x"}


def test_a_list_of_requests_in_one_file_is_read_as_so_many(tmp_path: Path) -> None:
    rows = [{"messages": [said("user", text)]} for text in "abc"]
    (tmp_path / "t.json").write_text("\ufeff" + json.dumps(rows), encoding="utf-8")
    assert [trace.turns[0][1] for trace in read(tmp_path / "t.json").found] == ["a", "b", "c"]


def test_blank_lines_are_no_entries(tmp_path: Path) -> None:
    line = json.dumps({"messages": [said("user", "a")]})
    (tmp_path / "t.jsonl").write_text(f"\n{line}\n\n{line}\n")
    found = read(tmp_path / "t.jsonl")
    assert [trace.place.rsplit(":", 1)[1] for trace in found.found] == ["2", "4"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(None, "No such file", id="no file"),
        pytest.param(b"\xff\xfe\xfa", "not UTF-8", id="another encoding"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes | None, problem: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "t.jsonl").write_bytes(content)
    with pytest.raises(DataError, match=problem) as raised:
        read(tmp_path / "t.jsonl")
    assert raised.value.hint


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "t.jsonl").open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # a hole: no byte of it is on the disk
    with pytest.raises(DataError, match="larger than 500 MB"):
        read(tmp_path / "t.jsonl")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("4111 1111 1111 1112", id="a card with a wrong check digit"),
        pytest.param("999.999.1.1", id="no address"),
        pytest.param("ann at example dot org", id="an address in words"),
        pytest.param("order 0123", id="a short number"),
    ],
)
def test_what_only_looks_like_a_detail_stays(text: str) -> None:
    found: Counter[str] = Counter()
    assert (masked(text, found), found.total()) == (text, 0)


def test_details_are_counted_by_kind() -> None:
    found: Counter[str] = Counter()
    masked("ann@example.org and bob@example.org from 10.0.0.1", found)
    assert found == {"email": 2, "ip": 1}
