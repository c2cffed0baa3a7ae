"""Which tools a run's answers called: kept once, found by name, cut with a mark, and not believed when damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptci.core import ToolCall
from promptci.records import traces
from promptci.records.traces import FILE, LONGEST, MOST_CALLS, bounded, read, reference, write

FIND = (ToolCall("find", '{"order":7}', result="sent"),)
REPLY = (ToolCall("reply", "{}"), ToolCall("reply", "{}"))


def test_each_list_is_kept_once_and_found_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, [FIND, REPLY, FIND, ()])
    assert len((tmp_path / FILE).read_text().splitlines()) == 2
    found = read(tmp_path)
    assert found == {reference(FIND): FIND, reference(REPLY): REPLY}
    assert found[reference(FIND)][0].result == "sent"


def test_nothing_is_written_where_nothing_was_called(tmp_path: Path) -> None:
    write(tmp_path, [(), ()])
    assert not list(tmp_path.iterdir())
    assert read(tmp_path) == {}


def test_the_name_goes_by_the_result_too_and_not_by_the_id() -> None:
    other = (ToolCall("find", '{"order":7}', result="lost"),)
    assert reference(other) != reference(FIND)
    assert reference(bounded([ToolCall("find", '{"order":7}', "call_1", "sent")])) == reference(FIND)


def test_what_is_cut_is_marked() -> None:
    long = bounded([ToolCall("x", "a" * 9_000, result="b" * 9_000)] * (MOST_CALLS + 3))
    assert long[-1].name == "(3 more)"
    assert len(long) == MOST_CALLS + 1
    assert [len(text) for text in (long[0].arguments, long[0].result)] == [LONGEST + len(" [cut]")] * 2


def test_a_damaged_line_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, [FIND, REPLY])
    row = json.loads((tmp_path / FILE).read_text().splitlines()[0])
    row["calls"][0][0] = "delete"
    lines = [json.dumps(row), "{", "[]", "9" * 5_000, '{"trace": "x", "calls": [[1, 2]]}']
    (tmp_path / FILE).write_text("\n".join([*lines, (tmp_path / FILE).read_text().splitlines()[1]]))
    assert read(tmp_path) == {reference(REPLY): REPLY}


def test_there_is_room_for_so_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [bounded([ToolCall("find", json.dumps({"n": n, "text": "x" * 1_000}))]) for n in range(20)]
    monkeypatch.setattr(traces, "MOST_BYTES", 10_000)
    write(tmp_path, many)
    found = read(tmp_path)
    assert (tmp_path / FILE).stat().st_size <= 10_000
    assert list(found.values()) == many[: len(found)] != []
