"""Traces as other people's tools write them: what was asked is found whatever keeps it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from promptci.errors import DataError
from promptci.traces.reading import read

ASKED = "Where is it?"
CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ASKED}]
TEXT = json.dumps(CHAT)
PARTS = json.dumps([{"role": "user", "parts": [{"type": "text", "content": ASKED}]}])


def span(**attributes: Any) -> dict[str, Any]:
    return {"name": "chat", "context": {"span_id": "0x1"}, "attributes": {k.replace("__", "."): v
            for k, v in attributes.items()}}  # fmt: skip


def of_otlp(value: Any) -> dict[str, Any]:
    """A value as OTLP's JSON types it."""
    if isinstance(value, str | int):
        return {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)}
    if isinstance(value, list):
        return {"arrayValue": {"values": [of_otlp(one) for one in value]}}
    return {"kvlistValue": {"values": [{"key": k, "value": of_otlp(v)} for k, v in value.items()]}}


def record(name: str, body: Any, call: str = "1", *, attribute: bool = False) -> dict[str, Any]:
    named = [{"key": "event.name", "value": of_otlp(name)}]
    event = {"attributes": named} if attribute else {"eventName": name, "attributes": []}
    return {**event, "body": of_otlp(body), "traceId": "t", "spanId": call}


def logs(*records: dict[str, Any]) -> dict[str, Any]:
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}


DETAILS = {"eventName": "gen_ai.client.inference.operation.details", "traceId": "t", "spanId": "1",
           "attributes": [{"key": "gen_ai.input.messages", "value": of_otlp(json.loads(PARTS))}]}  # fmt: skip
JAEGER = [{"key": "gen_ai.prompt.0.role", "type": "string", "value": "user"},
          {"key": "gen_ai.prompt.0.content", "type": "string", "value": ASKED}]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(logs(record("gen_ai.system.message", {"content": "Be brief."}),
                          record("gen_ai.user.message", {"content": ASKED}),
                          record("gen_ai.choice", {"index": 0, "message": {"content": "There."}})), id="log-records"),
        pytest.param(logs(record("gen_ai.user.message", {"content": ASKED}, attribute=True)), id="event-in-attributes"),
        pytest.param(logs(DETAILS), id="details-event"),
        pytest.param({"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes": [
            {"key": "gen_ai.input.messages", "value": of_otlp(json.loads(PARTS))}]}]}]}]}, id="structured-attribute"),
        pytest.param({"batches": [{"scopeSpans": [{"spans": [{"attributes": [
            {"key": "gen_ai.prompt", "value": of_otlp(TEXT)}]}]}]}]}, id="tempo"),
        pytest.param({"data": [{"traceID": "t", "spans": [{"spanID": "1", "tags": JAEGER}]}]}, id="jaeger"),
        pytest.param({"data": [{"spans": [{"tags": [], "logs": [{"fields": [
            {"key": "event", "value": "gen_ai.user.message"}, {"key": "content", "value": ASKED}]}]}]}]},
            id="jaeger-events"),
        pytest.param({"traceId": "t", "id": "1", "tags": {"gen_ai.input.messages": PARTS}}, id="zipkin"),
        pytest.param({**span(), "events": [{"name": "gen_ai.user.message",
                      "attributes": {"gen_ai.event.content": json.dumps({"content": ASKED})}}]}, id="azure-events"),
        pytest.param({**span(), "events": [{"name": "gen_ai.content.prompt", "attributes": {"gen_ai.prompt": TEXT}}]},
                     id="content-event"),
        pytest.param({**span(), "events": [{"name": "gen_ai.user.message",
                      "attributes": {"content": json.dumps([{"text": ASKED}])}}]}, id="strands"),
        pytest.param(span(**{"gen_ai.prompt.0.role": "user",
                             "gen_ai.prompt.0.content": json.dumps([{"type": "text", "text": ASKED}])}), id="parts"),
        pytest.param(span(**{"llm.input_messages.0.message.role": "system",
                             "llm.input_messages.0.message.content": "Be brief.",
                             "llm.input_messages.1.message.role": "user",
                             "llm.input_messages.1.message.contents.0.message_content.type": "text",
                             "llm.input_messages.1.message.contents.0.message_content.text": ASKED}),
                     id="openinference"),
        pytest.param(span(openinference__span__kind="LLM", input__value=ASKED), id="openinference-value"),
        pytest.param(span(ai__prompt__messages=TEXT, ai__operationId="ai.generateText.doGenerate"), id="ai-sdk"),
        pytest.param(span(ai__prompt=json.dumps({"system": "Be brief.", "prompt": ASKED})), id="ai-sdk-outer"),
        pytest.param(span(events=json.dumps([{"event.name": "gen_ai.user.message", "content": ASKED}])), id="logfire"),
        pytest.param(span(pydantic_ai__all_messages=PARTS), id="pydantic-ai"),
        pytest.param(span(**{"mlflow.spanInputs": json.dumps({"model": "m", "messages": CHAT})}), id="mlflow"),
        pytest.param({"model": "m", "instructions": "Be brief.", "input": ASKED}, id="responses-text"),
        pytest.param({"custom_id": "1", "url": "/v1/responses", "body": {"model": "m", "input": [
            {"role": "user", "content": [{"type": "input_text", "text": ASKED}]}]}}, id="responses-batch"),
        pytest.param({"model": "m", "prompt": ASKED}, id="completions"),
        pytest.param({"request": json.dumps({"messages": CHAT}), "response": "{}"}, id="request-as-text"),
        pytest.param({"request_body": {"messages": CHAT}, "response_body": {}}, id="helicone"),
        pytest.param({"type": "GENERATION", "input": {"messages": CHAT}, "output": {}}, id="langfuse"),
        pytest.param({"type": "GENERATION", "input": TEXT}, id="langfuse-text"),
        pytest.param({"run_type": "llm", "inputs": {"messages": [[{"lc": 1, "type": "constructor",
            "id": ["langchain", "schema", "messages", "HumanMessage"], "kwargs": {"content": ASKED}}]]}},
            id="langsmith"),
        pytest.param({"messages": [{"type": "system", "data": {"content": "Be brief."}},
                                   {"type": "human", "data": {"content": ASKED}}]}, id="langchain"),
        pytest.param({"conversations": [{"from": "human", "value": ASKED}, {"from": "gpt", "value": "x"}]},
                     id="sharegpt"),
        pytest.param({"contents": [{"role": "user", "parts": [{"text": ASKED}]}]}, id="gemini"),
        pytest.param({"object": "list", "data": [{"messages": CHAT}]}, id="list"),
        pytest.param(CHAT, id="one-chat"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lines", [False, True], ids=["whole", "lines"])
def test_what_was_asked_is_found(value: Any, lines: bool, tmp_path: Path) -> None:
    text = json.dumps(value, indent=None if lines else 4)
    (tmp_path / "t.json").write_text(text + "\n" + json.dumps({"attributes": {}}) if lines else text)
    found = read(tmp_path / "t.json")
    assert [trace.turns for trace in found.found] == [(("user", ASKED),)]
    assert found.without_input == int(lines)


def test_a_console_s_spans_one_below_the_other_are_read(tmp_path: Path) -> None:
    shown = [json.dumps(span(gen_ai__prompt=text), indent=4) for text in ("a", "b")]
    (tmp_path / "t.json").write_text("\n".join(shown) + "\n")
    found = read(tmp_path / "t.json").found
    assert [(t.turns[0][1], t.place.rsplit(":", 1)[1]) for t in found] == [
        ("a", "1"),
        ("b", str(len(shown[0].split("\n")) + 1)),
    ]


def test_the_records_of_a_call_are_one_chat_in_whatever_lines_they_come(tmp_path: Path) -> None:
    asked = [("1", "user", "a"), ("2", "user", "b"), ("1", "assistant", "so?"), ("1", "user", "c")]
    rows = [{"body": {"content": text}, "attributes": {"event.name": f"gen_ai.{role}.message"}, "trace_id": "t",
             "span_id": call} for call, role, text in asked]  # fmt: skip
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row, indent=2) + "\n" for row in rows))
    assert [trace.turns for trace in read(tmp_path / "t.jsonl").found] == [
        (("user", "a"), ("assistant", "so?"), ("user", "c")), (("user", "b"),)]  # fmt: skip


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"type": "blob", "modality": "image", "content": "aGk="}, id="picture"),
        pytest.param({"type": "reasoning", "content": "hm"}, id="thought"),
        pytest.param({"type": "tool_call_response", "id": "1", "response": "x"}, id="result"),
    ],
)
def test_a_part_that_is_no_text_is_not_said(part: Any, tmp_path: Path) -> None:
    messages = [{"role": "user", "parts": [part, {"type": "text", "content": ASKED}]}]
    (tmp_path / "t.json").write_text(json.dumps(span(gen_ai__input__messages=json.dumps(messages))))
    assert [trace.turns for trace in read(tmp_path / "t.json").found] == [(("user", ASKED),)]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(span(openinference__span__kind="RETRIEVER", input__value=ASKED), id="retriever"),
        pytest.param(span(gen_ai__tool__name="look", gen_ai__operation__name="execute_tool"), id="tool"),
        pytest.param({"model": "m", "input": ["a", "b"]}, id="embedding"),
        pytest.param({"model": "m", "input": "a", "encoding_format": "float"}, id="embedding-of-one"),
        pytest.param({"custom_id": "1", "url": "/v1/embeddings", "body": {"model": "m", "input": "a"}}, id="batch"),
        pytest.param(logs({"body": {"stringValue": "started"}, "traceId": "t", "spanId": "1"}), id="other-log"),
    ],
)
def test_what_asks_no_model_is_no_input(value: Any, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(value))
    with pytest.raises(DataError, match="no input of a model"):
        read(tmp_path / "t.json")


TICKETS = 'Ticket ID;Summary;Comment;Comment\r\n1;"Late; again\r\nand again";;second\r\n2;Lost\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sep", ["", "sep=;\r\n"], ids=["plain", "told"])
def test_tables_of_spreadsheets_and_trackers_are_read(encoding: str, sep: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes((sep + TICKETS).encode(encoding))
    found = read(tmp_path / "t.csv").found
    assert [dict(trace.columns or {}) for trace in found] == [
        {"Ticket ID": "1", "Summary": "Late; again\r\nand again", "Comment": "second"},
        {"Ticket ID": "2", "Summary": "Lost", "Comment": ""},
    ]
    first = 2 + bool(sep)
    assert [int(trace.place.rsplit(":", 1)[1]) for trace in found] == [first, first + 2]


def test_a_long_ticket_is_read_and_one_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f'body\n"{"x" * 300_000}"\n')
    assert len((read(tmp_path / "t.csv").found[0].columns or {})["body"]) == 300_000
    (tmp_path / "u.csv").write_text(f'body\n"{"x" * 10_000_001}')
    with pytest.raises(DataError, match="not valid CSV"):
        read(tmp_path / "u.csv")
