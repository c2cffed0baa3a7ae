"""Files that instrumentations themselves wrote, around the official client of a server on this machine.

Their names say which and what version: OpenTelemetry's two for openai, OpenInference's, OpenLLMetry's, Logfire's and
MLflow's. Each holds a chat of three turns, a chat with a tool call and, but for the records, a request of the
responses API and mostly an embedding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from promptci.errors import DataError
from promptci.traces.reading import of_json, read

FILES = Path(__file__).parent / "instrumented"
CHATS = [(("user", "Hello"), ("assistant", "Which order?"), ("user", "Number 17")), (("user", "Look it up"),)]
RESPONSES = (("user", "Responses asked"),)


@pytest.mark.parametrize(
    ("name", "expected", "without"),
    [
        pytest.param("genai-openai-1.3b0.spans.jsonl", [*CHATS, RESPONSES], 2, id="genai-openai"),
        pytest.param("genai-openai-1.3b0.events.json", CHATS, 0, id="genai-openai-events"),
        pytest.param("openai-v2-2.4b0.logs.jsonl", CHATS, 0, id="openai-v2"),
        pytest.param("openinference-0.1.66.spans.json", [*CHATS, RESPONSES], 1, id="openinference"),
        pytest.param("logfire-5.4.0.spans.json", [*CHATS, RESPONSES], 0, id="logfire"),
        pytest.param("mlflow-3.17.2.json", [*CHATS, RESPONSES], 1, id="mlflow"),
        pytest.param("openllmetry-0.62.4.spans.jsonl", [*CHATS, RESPONSES], 1, id="openllmetry"),
    ],
)
def test_what_people_asked_is_read_and_what_was_embedded_is_not(
    name: str, expected: list[object], without: int
) -> None:
    found = read(FILES / name)
    assert [trace.turns for trace in found.found] == expected
    assert found.without_input == without


def test_spans_that_keep_no_content_say_how_to_record_it() -> None:
    with pytest.raises(DataError, match="no input of a model") as refused:
        read(FILES / "genai-openai-1.3b0.no-content.jsonl")
    assert "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT" in str(refused.value.hint)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every list and mapping in a value, with each of its keys."""
    inner = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    for key, one in inner:
        yield value, key
        yield from places(one)


@pytest.mark.parametrize("odd", [None, 7, "x", [], [[1]], {}, {"a": 1}], ids=repr)
@pytest.mark.parametrize("name", [p.name for p in sorted(FILES.glob("*.jsonl"))], ids=str)
def test_an_odd_value_anywhere_costs_no_more_than_its_entry(name: str, odd: Any) -> None:
    row = json.loads((FILES / name).read_text().splitlines()[0])
    for where, key in list(places(row)):
        kept, where[key] = where[key], odd
        assert len(list(of_json(row, "t.json"))) <= 1
        where[key] = kept
    assert list(of_json(row, "t.json"))
