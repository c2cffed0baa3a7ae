"""Rows that LangSmith and Langfuse export: their inputs fill the prompt, their outputs are expected."""

from __future__ import annotations

import pytest

from promptci.core import Json
from promptci.evals.base import case_of

TURNS = [{"role": "user", "content": "hi"}]
ROWS: dict[str, tuple[dict[str, Json], dict[str, Json], Json]] = {
    "langsmith": ({"inputs": {"q": "a"}, "outputs": {"answer": "b"}}, {"q": "a"}, "b"),
    "langsmith, several outputs": (
        {"inputs": {"q": "a"}, "outputs": {"x": 1, "y": 2}, "dataset_id": "d"},
        {"q": "a"},
        {"x": 1, "y": 2},
    ),
    "langsmith, no output": ({"inputs": {"q": "a"}, "outputs": None, "metadata": {}}, {"q": "a"}, None),
    "langfuse": ({"input": {"q": "a"}, "expectedOutput": "b", "status": "ACTIVE"}, {"q": "a"}, "b"),
    "langfuse, a text": ({"input": "a", "expectedOutput": {"label": "b"}}, {"input": "a"}, "b"),
    "langfuse, a chat": ({"input": {"messages": TURNS}, "expectedOutput": "b"}, {}, "b"),
    "other columns": ({"inputs": {"q": "a"}, "outputs": "b", "lang": "de"},
                      {"inputs": {"q": "a"}, "outputs": "b", "lang": "de"}, None),
    "an input alone": ({"input": {"q": "a"}, "expected": "b"}, {"input": {"q": "a"}}, "b"),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_an_exported_row_is_a_case(name: str) -> None:
    row, values, expected = ROWS[name]
    case = case_of(row, "e.jsonl:1")
    assert (dict(case.vars), case.expected) == (values, expected)
    assert [m.content for m in case.messages] == (["hi"] if name.endswith("chat") else [])
    assert case_of({**row, "id": "x1"}, "e.jsonl:1").id == "x1"
