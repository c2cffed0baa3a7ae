"""OpenTelemetry's spans and log records of calls of models: what they were asked.

Names: OpenTelemetry's semantic conventions for generative AI (gen_ai.input.messages; before 1.37 the events
gen_ai.user.message on spans and as log records; gen_ai.prompt.N before that), OpenInference (llm.input_messages.N), and
the AI SDK's (ai.prompt.messages). Files: OTLP as JSON, the SDKs' console exporters, Tempo's, Jaeger's, Zipkin's and
MLflow's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from promptci.core import Json
from promptci.traces.chats import messages_of
from promptci.traces.turns import Turn, dicts, opened, turns_of, words

_FIRST = ("gen_ai.input.messages", "gen_ai.prompt", "ai.prompt.messages")
_LAST = ("ai.prompt", "pydantic_ai.all_messages", "events", "mlflow.spanInputs", "input.value")  # some wrap the call
_NUMBERED = re.compile(
    r"(?:gen_ai\.prompt|llm\.prompts|llm\.input_messages)\.(?P<number>\d+)\."
    r"(?:message\.)?(?P<what>role|content|contents\.\d+\.message_content\.text)"
)
# What embeds, looks up or calls a tool has an input, but nobody asked a model with it.
_NO_CALLS = frozenset({"embeddings", "retrieval", "execute_tool"})
_NO_CALL_KINDS = frozenset({"EMBEDDING", "RETRIEVER", "RERANKER", "TOOL", "GUARDRAIL", "EVALUATOR"})
_DETAILS = "gen_ai.client.inference.operation.details"


def spans_in(value: Mapping[str, Json]) -> Sequence[Mapping[str, Json]] | None:
    """Return the spans of a JSON value; None for one that is no export of spans."""
    for resources in ("resourceSpans", "batches"):
        if resources in value:
            return [span for scope in _scopes(value[resources]) for span in dicts(scope.get("spans"))]
    if "attributes" in value or ("tags" in value and ("traceId" in value or "traceID" in value)):
        return [value]
    if any("spans" in one for one in dicts(value.get("data"))):  # Jaeger: a list of traces
        return [span for trace in dicts(value["data"]) for span in dicts(trace.get("spans"))]
    held = value["data"] if isinstance(value.get("data"), dict) else value  # MLflow's trace keeps them below `data`
    return dicts(held["spans"]) if "spans" in held else None


def records_in(value: Mapping[str, Json]) -> Sequence[Mapping[str, Json]] | None:
    """Return the log records of a JSON value; None for one that is no export of them."""
    if "resourceLogs" in value:
        return [record for scope in _scopes(value["resourceLogs"]) for record in dicts(scope.get("logRecords"))]
    is_record = "body" in value and "attributes" in value and ("trace_id" in value or "traceId" in value)
    return [value] if is_record else None


def _scopes(resources: Json) -> Iterator[Mapping[str, Json]]:
    for resource in dicts(resources):
        for name in ("scopeSpans", "scopeLogs", "instrumentationLibrarySpans"):
            yield from dicts(resource.get(name))


def turns_of_span(span: Mapping[str, Json]) -> list[Turn]:
    """Return the chat that a span was about; [] for a span of something else, or one that keeps no content."""
    held = _attributes(span.get("attributes", span.get("tags")))
    if _asks_no_model(held):
        return []
    ways = (_given(held, _FIRST), _numbered(held), _events(span), _given(held, _LAST))
    return next((turns for turns in ways if turns), [])


def _asks_no_model(held: Mapping[str, Json]) -> bool:
    named = (held.get("openinference.span.kind"), held.get("mlflow.spanType"))
    kinds = {str(kind).strip('"') for kind in named}  # MLflow writes attributes as JSON
    return str(held.get("gen_ai.operation.name")) in _NO_CALLS or not kinds.isdisjoint(_NO_CALL_KINDS)


def call_of(record: Mapping[str, Json]) -> tuple[str, str] | None:
    """Return which call a log record belongs to: its trace and span; None where it does not say."""
    ids = [str(record.get(a) or record.get(b) or "") for a, b in (("traceId", "trace_id"), ("spanId", "span_id"))]
    return (ids[0], ids[1]) if all(ids) else None


def turns_of_record(record: Mapping[str, Json]) -> list[Turn]:
    """Return what one log record adds to the chat of its call."""
    held, body = _attributes(record.get("attributes")), _plain(record.get("body"))
    name = record.get("eventName") or record.get("event_name") or held.get("event.name")
    return _event(str(name), {**held, **(body if isinstance(body, dict) else {"content": body})})


def _given(held: Mapping[str, Json], names: Sequence[str]) -> list[Turn]:
    """The messages that stand whole in one attribute, as JSON, or, where a model's input does, as a text."""
    for name in names:
        value = opened(held.get(name))
        if isinstance(value, str) and value.strip() and (name == "gen_ai.prompt" or _of_model(held)):
            return [("user", value)]
        messages = messages_of(value) if isinstance(value, dict) else value
        if turns := turns_of([_named(one) for one in dicts(messages)]):
            return turns
    return []


def _of_model(held: Mapping[str, Json]) -> bool:
    return held.get("openinference.span.kind") == "LLM"


def _named(message: Mapping[str, Json]) -> Mapping[str, Json]:
    """Logfire lists events whose name has the role, and the AI SDK's are messages already."""
    name = str(message.get("event.name", ""))
    return {"role": name.split(".")[1], **message} if name.endswith(".message") else message


def _numbered(held: Mapping[str, Json]) -> list[Turn]:
    """Messages with an attribute for each of their fields."""
    found: dict[int, dict[str, list[Json]]] = {}
    for name, value in held.items():
        if (at := _NUMBERED.fullmatch(name)) is not None:
            what = "role" if at["what"] == "role" else "content"
            found.setdefault(int(at["number"]), {}).setdefault(what, []).append(value)
    messages = (found[number] for number in sorted(found))
    return turns_of([{"role": m.get("role", ["user"])[0], "content": _joined(m.get("content", []))} for m in messages])


def _joined(contents: Sequence[Json]) -> str:
    return "\n".join(text for text in map(_said, contents) if text)


def _said(content: Json) -> str:
    """An attribute is a text: parts stand in it as JSON, and so may a message whose content they are."""
    value = opened(content)
    if isinstance(value, dict):
        value = value.get("content", value.get("text", content))
    return words(value) or (content if isinstance(content, str) else "")


def _events(span: Mapping[str, Json]) -> list[Turn]:
    events = [(str(e.get("name", "")), _attributes(e.get("attributes"))) for e in dicts(span.get("events"))]
    for log in dicts(span.get("logs")):  # Jaeger's
        fields = _attributes(log.get("fields"))
        events.append((str(fields.get("event", fields.get("name", ""))), fields))
    return [turn for name, held in events for turn in _event(name, held)]


def _event(name: str, held: Mapping[str, Json]) -> list[Turn]:
    if name in ("gen_ai.content.prompt", _DETAILS):
        return _given(held, _FIRST)
    if not (name.startswith("gen_ai.") and name.endswith(".message")):
        return []
    content = held.get("content", held.get("gen_ai.event.content"))
    return turns_of([{"role": name.split(".")[1], "content": _said(content)}])


def _attributes(given: Json) -> dict[str, Json]:
    """Attributes as a mapping; OTLP's JSON and Jaeger's list them, OTLP's with the type of each value."""
    if isinstance(given, dict):
        return given
    return {str(one.get("key")): _plain(one.get("value")) for one in dicts(given)}


def _plain(value: Json) -> Json:
    """OTLP's AnyValue as the value that it is; what has no type stays."""
    if not isinstance(value, dict) or len(value) > 1:
        return value
    kind, inner = next(iter(value.items()), ("", None))
    listed = inner.get("values") if isinstance(inner, dict) else None
    if kind == "arrayValue":
        return [_plain(one) for one in dicts(listed)]
    if kind == "kvlistValue":
        return _attributes(listed)
    return inner if not kind or kind.endswith("Value") else value
