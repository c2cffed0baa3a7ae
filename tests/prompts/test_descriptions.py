"""Descriptions of tools and of a schema's fields, as prompts and as texts that a search writes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt

OPENAI = [{"type": "function", "function": {"name": "look_up", "description": "Finds {order}.", "parameters": {}}}]
ANTHROPIC = [{"name": "look_up", "description": "Finds {order}.", "input_schema": {"type": "object"}}]
MCP = {"tools": [{"name": "orders.look-up", "description": "Finds {order}.", "inputSchema": {"type": "object"}}]}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "description": "A {city}."}}}
NESTED = {"$defs": {"Line": {"properties": {"price": {"anyOf": [{"type": "number"}], "description": "In {euros}."}}}}}


def content(value: Any) -> bytes:
    return json.dumps(value, indent=2).encode()


@pytest.mark.parametrize(
    ("value", "selector", "text"),
    [
        pytest.param(OPENAI, "0.function.description", "Finds {order}.", id="openai"),
        pytest.param(ANTHROPIC, "0.description", "Finds {order}.", id="anthropic"),
        pytest.param(MCP, "tools.0.description", "Finds {order}.", id="mcp"),
        pytest.param(SCHEMA, "properties.city.description", "A {city}.", id="schema"),
        pytest.param(NESTED, "$defs.Line.properties.price.description", "In {euros}.", id="definition"),
    ],
)
def test_a_description_stands_as_it_is_and_is_rewritten_alone(value: Any, selector: str, text: str) -> None:
    path = f"tools.json::{selector}"
    prompt = read_prompt("it", path, content(value))
    assert (prompt.parts[0].text, prompt.style) == (text, "none")
    written = write_prompt(path, content(value), 'Looks up "it", {anything}.')
    assert written == content(value).replace(json.dumps(text).encode(), rb'"Looks up \"it\", {anything}."')


@pytest.mark.parametrize(
    ("name", "of", "said"),
    [
        pytest.param("look.up", "parameters", "letters, digits, _ and -, at most 64", id="openai-dot"),
        pytest.param("a" * 65, "parameters", "at most 64", id="openai-long"),
        pytest.param("look up", "inputSchema", "at most 128", id="mcp-blank"),
        pytest.param("a" * 129, "input_schema", "at most 128", id="anthropic-long"),
        pytest.param("", "parameters", "at most 64", id="empty"),
    ],
)
def test_a_tool_whose_name_no_model_takes_is_refused_with_its_line(name: str, of: str, said: str) -> None:
    with pytest.raises(DataError, match="no name of a tool") as refused:
        read_prompt("it", "tools.json::0.description", content([{"name": name, "description": "Finds.", of: {}}]))
    assert refused.value.hint is not None
    assert said in refused.value.hint
    assert refused.value.place == "tools.json:3"


@pytest.mark.parametrize(("size", "there", "fits"), [(1024, 9, True), (1025, 9, False), (1500, 2000, True)])
def test_no_search_makes_a_description_longer_than_servers_take(size: int, there: int, fits: bool) -> None:
    value = [{"name": "look_up", "description": "d" * there, "parameters": {}}]
    if fits:
        write_prompt("tools.json::0.description", content(value), "x" * size)
        return
    with pytest.raises(DataError, match="cannot be written"):
        write_prompt("tools.json::0.description", content(value), "x" * size)


def test_a_prompt_that_is_called_a_description_is_filled_as_ever() -> None:
    value = {"triage": {"name": "triage", "description": "Route {{ ticket }}."}}
    prompt = read_prompt("it", "prompts.json::triage.description", content(value))
    assert prompt.style == "jinja"
