"""What a program answers, as a reply: {"output" | "outputs", "usage"?, "cost_usd"?, "trace"?, "error"?}."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from promptci.core import Json, ToolCall
from promptci.models.base import Failure, Reply, Usage
from promptci.records.traces import cut

_MOST_TOKENS = 10**9
_MOST_USD = 10**6

Clean = Callable[[str], str]


def reply_of(found: Mapping[str, Json], model: str, clean: Clean = str) -> Reply:
    """Return the reply that one line says. A program's own `error` leaves the case unmeasured; it is not asked again.

    `output` is a text, or any JSON value, which is graded as JSON; `outputs` is a mapping of several. `trace` lists
    steps; those with a `tool` or `name` are tool calls, with their `arguments` and their `result`. `clean` masks
    secrets.
    """
    usage = _usage(found.get("usage"), found.get("cost_usd"))
    try:
        return _answer(found, usage, model, clean)
    except RecursionError:
        return Reply(failure=Failure("bad_request", "the program's line is nested too deeply"), usage=usage)


def _answer(found: Mapping[str, Json], usage: Usage, model: str, clean: Clean) -> Reply:
    if found.get("error"):
        said = found["error"] if isinstance(found["error"], str) else json.dumps(found["error"])
        return Reply(failure=Failure("bad_request", f"the program says: {clean(said)[:500]}"), usage=usage)
    output = found.get("output", found.get("outputs"))
    if output is None:
        return Reply(failure=Failure("bad_request", "the program's line has no 'output'"), usage=usage)
    text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    calls = _calls(found.get("trace"), clean)
    if not text.strip() and not calls:
        return Reply(failure=Failure("empty", "the program's output is empty"), usage=usage, model=model)
    return Reply(texts=(clean(text),), usage=usage, model=model, finish_reason="stop", tool_calls=calls)


def _usage(given: Json, cost: Json) -> Usage:
    """Tokens and US dollars as the program declares them; what is not valid counts as not said, the whole of it.

    No tokens declared counts as none, and as an estimate.
    """
    if cost is not None and not _is_usd(cost):
        return Usage(estimated=True)
    usd = round(float(cost), 12) if isinstance(cost, (int, float)) else None
    if not isinstance(given, dict):
        return Usage(estimated=True, usd=usd)
    pairs = (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens"))
    counts = [next((given[n] for n in names if n in given), 0) for names in pairs]
    if any(type(c) is not int or not 0 <= c <= _MOST_TOKENS for c in counts):
        return Usage(estimated=True)
    return Usage(counts[0], counts[1], usd=usd)


def _is_usd(cost: Json) -> bool:
    return isinstance(cost, (int, float)) and not isinstance(cost, bool) and 0 <= cost <= _MOST_USD  # NaN is not


def _calls(trace: Json, clean: Clean) -> tuple[ToolCall, ...]:
    """The tool calls among a trace's steps, in their order."""
    calls = []
    for step in trace if isinstance(trace, list) else []:
        name = step.get("tool", step.get("name")) if isinstance(step, dict) else None
        if isinstance(name, str) and step.get("type", "tool") in ("tool", "tool_call", "function"):
            arguments = step.get("arguments", step.get("args", {}))
            result = clean(_text(step.get("result", step.get("output", ""))))
            # People read what a tool gave, and nothing is graded by it: no more is kept than a run keeps.
            calls.append(ToolCall(clean(name), clean(_text(arguments)), clean(str(step.get("id", ""))), cut(result)))
    return tuple(calls)


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
