"""Inputs out of traces of each kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from promptci.errors import DataError
from promptci.traces.reading import read

SYSTEM = {"role": "system", "content": "Be brief."}
CHAT = [SYSTEM, {"role": "user", "content": "Where is it?"}]


def otlp(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


def listed(**attributes: str) -> list[dict[str, Any]]:
    return [{"key": name.replace("__", "."), "value": {"stringValue": value}} for name, value in attributes.items()]


PARTS = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Where is it?"}]}])


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"messages": CHAT}, id="chat"),
        pytest.param({"body": {"model": "m", "messages": CHAT}}, id="batch-request"),
        pytest.param({"request": {"messages": CHAT}, "response": {}}, id="request-and-response"),
        pytest.param({"messages": [{"role": "user", "content": [{"text": "Where is it?"}]}]}, id="parts"),
        pytest.param(otlp({"attributes": listed(gen_ai__input__messages=PARTS)}), id="otlp"),
        pytest.param({"attributes": {"gen_ai.input.messages": PARTS}}, id="flat-span"),
        pytest.param(
            {"attributes": {"gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "Be brief.",
                            "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": "Where is it?"}}, id="numbered"),
        pytest.param(
            otlp({"attributes": [], "events": [{"name": "gen_ai.user.message",
                                                "attributes": listed(content="Where is it?")}]}), id="events"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lines", [False, True], ids=["whole", "lines"])
def test_each_kind_gives_what_the_user_said(value: Any, lines: bool, tmp_path: Path) -> None:
    text = json.dumps(value)
    (tmp_path / "t.jsonl").write_text(f"{text}\n{text}\n" if lines else text)
    found = read(tmp_path / "t.jsonl").found
    assert [t.turns for t in found] == [(("user", "Where is it?"),)] * (2 if lines else 1)


def test_a_span_without_an_input_is_counted(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(otlp({"attributes": listed(gen_ai__prompt="Hi")}, {"name": "http"})))
    found = read(tmp_path / "t.json")
    assert (len(found.found), found.without_input) == (1, 1)


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85"], ids=["line", "paragraph", "next-line"])
def test_a_line_ends_at_a_newline_alone(mark: str, tmp_path: Path) -> None:
    row = json.dumps({"messages": [{"role": "user", "content": f"Where{mark}is it?"}]}, ensure_ascii=False)
    (tmp_path / "t.jsonl").write_text(f"{row}\r\n\n{row}\n", encoding="utf-8", newline="")
    found = read(tmp_path / "t.jsonl").found
    assert [t.turns for t in found] == [(("user", f"Where{mark}is it?"),)] * 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        pytest.param("t.jsonl", '{"messages": []}\n', "no input", id="empty-chat"),
        pytest.param("t.jsonl", '{"a": 1}\n{"a"\n', "t.jsonl:2: no JSON", id="cut"),
        pytest.param("t.csv", "a,b\n", "no input", id="no-row"),
        pytest.param("t.json", "[" * 100_000, "no JSON", id="deep"),
    ],
)
def test_what_holds_no_input_is_refused(name: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=said):
        read(tmp_path / name)
