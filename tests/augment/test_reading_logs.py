"""Prompts out of files of every known kind; what holds none is told, never passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptci.augment.base import Dropped, Typed
from promptci.augment.reading import read
from promptci.errors import DataError

CHAT = {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "Why?"},
                     {"role": "assistant", "content": "So."}, {"role": "user", "content": "shorter"}]}  # fmt: skip
SPAN = {"attributes": {"gen_ai.input.messages": json.dumps([{"role": "user", "content": "Where is it?"}])}}


def found(tmp_path: Path, name: str, text: str) -> list[Typed | Dropped]:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return list(read(tmp_path / name))


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        pytest.param({"prompt": "Hi there"}, Typed("1", "Hi there"), id="prompt"),
        pytest.param({"id": 7, "question": "Why?"}, Typed("7", "Why?"), id="own-id"),
        pytest.param({"instruction": "Sum up", "context": "A text."}, Typed("1", "Sum up", "A text."), id="context"),
        pytest.param({"instruction": "Sum up", "input": "A text."}, Typed("1", "Sum up", "A text."), id="alpaca"),
        pytest.param({"input": "Sum up"}, Typed("1", "Sum up"), id="input-alone"),
        pytest.param(
            {"prompt": "Why?", "good_res": "a", "bad_res": "b"}, Typed("1", "Why?", "", "a", "b"), id="bpo's-columns"
        ),
        pytest.param(
            {"prompt": "Why?", "chosen": [{"role": "assistant", "content": "a"}], "rejected": "b"},
            Typed("1", "Why?", "", "a", "b"),
            id="preferences",
        ),
        pytest.param(CHAT, Typed("1", "Why?"), id="chat-its-first-turn"),
        pytest.param({"body": CHAT}, Typed("1", "Why?"), id="logged-request"),
        pytest.param(SPAN, Typed("1", "Where is it?"), id="span"),
    ],
)
def test_a_row_of_json_lines(tmp_path: Path, row: object, wanted: Typed) -> None:
    assert found(tmp_path, "log.jsonl", json.dumps(row) + "\n") == [wanted]


def test_tables_and_whole_json_are_read_too(tmp_path: Path) -> None:
    assert found(tmp_path, "log.csv", "id,prompt\na,Why?\n") == [Typed("a", "Why?")]
    assert found(tmp_path, "log.tsv", "prompt\tcontext\nWhy?\tA text\n") == [Typed("2", "Why?", "A text")]
    assert found(tmp_path, "log.json", json.dumps([{"text": "Why?"}])) == [Typed("1", "Why?")]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        pytest.param("a.jsonl", "{broken\n", "no_json", id="broken-line"),
        pytest.param("a.json", "{broken", "no_json", id="broken-file"),
        pytest.param("a.jsonl", "[1]\n", "no_prompt", id="no-mapping"),
        pytest.param("a.jsonl", '{"answer": "x"}\n', "no_prompt", id="no-prompt"),
        pytest.param("a.jsonl", '{"messages": [{"role": "system", "content": "s"}]}\n', "no_prompt", id="no-user"),
        pytest.param("a.csv", "answer\nx\n", "no_prompt", id="no-column"),
    ],
)
def test_a_row_without_a_prompt_is_dropped_with_its_place(tmp_path: Path, name: str, text: str, kind: str) -> None:
    (row,) = found(tmp_path, name, text)
    assert isinstance(row, Dropped)
    assert (row.stage, row.reason.kind) == ("read", kind)
    assert row.id


def test_a_damaged_line_costs_only_itself(tmp_path: Path) -> None:
    rows = found(tmp_path, "a.jsonl", '{"prompt": "Why?"}\n{broken\n\n{"prompt": "How?"}\n')
    assert [type(row).__name__ for row in rows] == ["Typed", "Dropped", "Typed"]


@pytest.mark.parametrize("content", [pytest.param(None, id="missing"), pytest.param(b"\xff\xfe\x00", id="no-text")])
def test_a_file_that_is_no_text_is_an_error_with_its_place(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.jsonl"):
        list(read(path))
