"""What a prompt file may set beside its text: what is sent along, what only describes, and what is a mistake."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from promptci.core import Json
from promptci.errors import DataError


def _number(low: float, high: float) -> Callable[[Json], bool]:
    return lambda v: isinstance(v, int | float) and not isinstance(v, bool) and low <= v <= high


def _text(value: Json) -> bool:
    return isinstance(value, str) and value != ""


def _stop(value: Json) -> bool:
    return _text(value) or (isinstance(value, list) and 0 < len(value) <= 16 and all(map(_text, value)))


def _whole(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _mapping(value: Json) -> bool:
    return isinstance(value, dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a parameter's value must be, as a test and in words."""

    holds: Callable[[Json], bool]
    words: str


RULES: Mapping[str, Rule] = {
    "model": Rule(_text, "a model's name"),
    "temperature": Rule(lambda v: v is None or _number(0, 2)(v), "a number from 0 to 2, or null for none"),
    "max_tokens": Rule(lambda v: _whole(v) and v > 0, "a whole number above 0"),
    "top_p": Rule(_number(0, 1), "a number from 0 to 1"),
    "stop": Rule(_stop, "a text or a list of texts"),
    "seed": Rule(_whole, "a whole number"),
    "response_format": Rule(_mapping, "a mapping with its 'type'"),
    "tools": Rule(lambda v: isinstance(v, list) and all(map(_mapping, v)), "a list of tools"),
    "top_k": Rule(lambda v: _whole(v) and v >= 0, "a whole number, 0 or above"),
    "min_p": Rule(_number(0, 1), "a number from 0 to 1"),
    "presence_penalty": Rule(_number(-2, 2), "a number from -2 to 2"),
    "frequency_penalty": Rule(_number(-2, 2), "a number from -2 to 2"),
    "repetition_penalty": Rule(_number(0, 2), "a number from 0 to 2"),
    "reasoning_effort": Rule(_text, "a word, such as low"),
    "tool_choice": Rule(lambda v: _text(v) or _mapping(v), "a text or a mapping"),
}

# How other tools and formats call them.
ALIASES: Mapping[str, str] = {
    "maxTokens": "max_tokens", "maxOutputTokens": "max_tokens", "maxCompletionTokens": "max_tokens",
    "max_completion_tokens": "max_tokens", "max_output_tokens": "max_tokens", "topP": "top_p",
    "topK": "top_k", "minP": "min_p", "presencePenalty": "presence_penalty", "frequencyPenalty": "frequency_penalty",
    "repetitionPenalty": "repetition_penalty", "reasoningEffort": "reasoning_effort",
    "model_id": "model",
    "stopSequences": "stop", "stop_sequences": "stop", "responseFormat": "response_format", "toolChoice": "tool_choice",
}  # fmt: skip

# Keys that describe a prompt to people and registries; no request holds them.
DESCRIPTIVE = frozenset((
    "author", "authors", "category", "changelog", "comment", "created", "date", "description", "displayName", "id",
    "labels", "language", "license", "metadata", "name", "notes", "owner", "purpose", "service_id", "source", "status",
    "summary", "tags", "title", "updated", "url", "variant", "version",
))  # fmt: skip

# What other runtimes of these formats are told and an OpenAI-compatible server has no word for. A prompt runs without;
# the report says so, since its answers may differ from those in use.
UNSENT = frozenset((
    "codeExecution", "contextCache", "functionCallingConfig", "googleSearchRetrieval", "maxTurns", "responseModalities",
    "returnToolRequests", "safetySettings", "speechConfig", "thinkingConfig",
))  # fmt: skip
# What editors and their agents read in a prompt's front matter (VS Code, Claude Code, Cursor); no request holds it.
EDITORS = frozenset((
    "agent", "allowed-tools", "alwaysApply", "applyTo", "argument-hint", "color", "disable-model-invocation",
    "disallowedTools", "globs", "handoffs", "hooks", "mode", "permissionMode", "skills", "user-invocable",
))  # fmt: skip
UNSENT_NOTE = "unsent"  # the note of a prompt that names those it sets


def check(name: str, value: Json, place: str) -> Json:
    """Return a parameter's value; raise DataError at `place` for one that it cannot have."""
    rule = RULES[name]
    if not rule.holds(value):
        raise DataError(f"'{name}' must be {rule.words}", place=place)
    if name == "response_format" and value.get("type") not in ("text", "json_object", "json_schema"):
        raise DataError("'response_format' must have a 'type': text, json_object or json_schema", place=place)
    return value


def sorted_out(
    given: Mapping[str, Json], where: Callable[[str], str], *, also: Iterable[str] = ()
) -> tuple[dict[str, Json], dict[str, Json]]:
    """Split a file's keys into parameters and notes; `also` are keys that the format reads itself.

    Raises DataError for any other key: one without an effect would look as if it had one. `where` gives its place.
    """
    parameters: dict[str, Json] = {}
    notes: dict[str, Json] = {}
    for key, value in given.items():
        name = ALIASES.get(key, key)
        if key in also:
            continue
        if name in RULES:
            if name in parameters:
                raise DataError(f"'{key}' sets {name} a second time", place=where(key), hint="remove one of them")
            parameters[name] = check(name, value, where(key))
        elif name in DESCRIPTIVE:
            notes[name] = value
        else:
            raise DataError(f"unknown key '{name}'", place=where(name), hint=_guess(name, (*RULES, *also)))
    return parameters, notes


def of_editors(given: Mapping[str, Json]) -> list[str]:
    """Return the keys of a text's front matter that editors read, sorted: tools by name are an editor's, too."""
    tools = given.get("tools")
    named = isinstance(tools, str) or (isinstance(tools, list) and all(isinstance(one, str) for one in tools))
    return sorted({*(EDITORS & given.keys()), *(["tools"] if "tools" in given and named else [])})


def _guess(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(name, [*names, *DESCRIPTIVE], n=1)
    said = f"did you mean '{close[0]}'? " if close else ""
    return f"{said}sent along: {', '.join(names)}; for people: name, description, tags, author, version, metadata ..."
