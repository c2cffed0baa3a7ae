"""What each field of each format becomes: messages, what is sent along, what is only noted, defaults; and mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from promptci.core import Prompt
from promptci.errors import DataError
from promptci.prompts import read_prompt

CHAT = "messages: [{role: system, content: S}, {role: user, content: '{{q}}'}]\n"


def read(path: str, text: str) -> Prompt:
    return read_prompt("p", path, text.encode())


def said(prompt: Prompt, field: str) -> Any:
    if field == "said":
        return [(p.role, p.text) for p in prompt.parts]
    found = getattr(prompt, field)
    return dict(found) if field in ("parameters", "notes", "defaults") else found


def schema(**properties: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


def shaped(found: dict[str, Any]) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": found}}}


SYSTEM = "---\nmodel: {id: m}\n---\nsystem:\nS\n\nuser:\n{{q}}\n"
FIELDS: dict[str, tuple[str, str, str, Any]] = {
    # GitHub Models
    "gm-messages": ("p.prompt.yml", CHAT, "said", [("system", "S"), ("user", "{{q}}")]),
    "gm-style": ("p.prompt.yml", CHAT, "style", "github"),
    "gm-model": ("p.prompt.yml", "model: v/m\n" + CHAT, "parameters", {"model": "v/m"}),
    "gm-name": ("p.prompt.yml", "name: N\ndescription: D\n" + CHAT, "notes", {"name": "N", "description": "D"}),
    "gm-parameters": (
        "p.prompt.yml",
        "modelParameters: {temperature: 0.5, maxTokens: 9, topP: 1}\n" + CHAT,
        "parameters",
        {"temperature": 0.5, "max_tokens": 9, "top_p": 1},
    ),
    "gm-no-temperature": (
        "p.prompt.yml",
        "modelParameters: {temperature: null}\n" + CHAT,
        "parameters",
        {"temperature": None},
    ),
    "gm-json": (
        "p.prompt.yml",
        "responseFormat: json_object\n" + CHAT,
        "parameters",
        {"response_format": {"type": "json_object"}},
    ),
    "gm-text": ("p.prompt.yml", "responseFormat: text\n" + CHAT, "parameters", {}),
    "gm-schema": (
        "p.prompt.yml",
        'responseFormat: json_schema\njsonSchema: |-\n  {"name": "n", "schema": {"type": "object"}}\n' + CHAT,
        "parameters",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}},
    ),
    "gm-schema-in-place": (
        "p.prompt.yml",
        "responseFormat: json_schema\njsonSchema: {name: n, schema: {type: object}}\n" + CHAT,
        "parameters",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}},
    ),
    "gm-evaluators": (
        "p.prompt.yml",
        CHAT + "evaluators: [{name: a, string: {contains: x}}]\n",
        "evaluators",
        ({"name": "a", "string": {"contains": "x"}},),
    ),
    "gm-rewrites-the-system-message": ("p.prompt.yml", CHAT, "rewrite", 0),
    "gm-rewrites-the-user-message": ("p.prompt.yml", "messages: [{role: user, content: '{{q}}'}]\n", "rewrite", 0),
    # dotprompt
    "dp-plain": ("p.prompt", "Say {{q}}.\n", "said", [(None, "Say {{q}}.")]),
    "dp-roles": (
        "p.prompt",
        "{{role 'system'}}S{{role 'user'}}U{{role 'model'}}M",
        "said",
        [("system", "S"), ("user", "U"), ("assistant", "M")],
    ),
    "dp-blocks": (
        "p.prompt",
        "{{#role 'system'}}S{{/role}}{{#role 'user'}}U{{/role}}",
        "said",
        [("system", "S"), ("user", "U")],
    ),
    "dp-text-before-a-role": ("p.prompt", "U{{role 'model'}}M", "said", [("user", "U"), ("assistant", "M")]),
    "dp-history": (
        "p.prompt",
        "{{role 'system'}}S{{history}}{{q}}",
        "said",
        [("system", "S"), ("history", ""), ("user", "{{q}}")],
    ),
    "dp-style": ("p.prompt", "Say.", "style", "handlebars"),
    "dp-model": ("p.prompt", "---\nmodel: g/m\n---\nx", "parameters", {"model": "g/m"}),
    "dp-config": (
        "p.prompt",
        "---\nconfig: {temperature: 1, maxOutputTokens: 5, topP: 0.5, topK: 3, stopSequences: [a], version: 1}\n---\nx",
        "parameters",
        {"temperature": 1, "max_tokens": 5, "top_p": 0.5, "top_k": 3, "stop": ["a"]},
    ),
    "dp-default": ("p.prompt", "---\ninput: {default: {a: 1}}\n---\n{{a}}", "defaults", {"a": 1}),
    "dp-optional": (
        "p.prompt",
        "---\ninput: {schema: {a?: string, b: string}}\n---\n{{a}}{{b}}",
        "defaults",
        {"a": ""},
    ),
    "dp-json": (
        "p.prompt",
        "---\noutput: {format: json}\n---\nx",
        "parameters",
        {"response_format": {"type": "json_object"}},
    ),
    "dp-schema": ("p.prompt", "---\noutput: {schema: {a: integer}}\n---\nx", "parameters", shaped(schema(a="integer"))),
    "dp-text": ("p.prompt", "---\noutput: {format: text}\n---\nx", "parameters", {}),
    "dp-a-licence-above": ("p.prompt", "# (c) us\n#\n\n---\nmodel: m\n---\nx", "parameters", {"model": "m"}),
    "dp-names": ("p.prompt", "---\nname: N\nvariant: v\n---\nx", "notes", {"name": "N", "variant": "v"}),
    # prompty
    "py-messages": ("p.prompty", SYSTEM, "said", [("system", "S"), ("user", "{{q}}")]),
    "py-model": ("p.prompty", SYSTEM, "parameters", {"model": "m"}),
    "py-model-by-name": ("p.prompty", "---\nmodel: m\n---\nuser:\nx", "parameters", {"model": "m"}),
    "py-model-of-the-environment": (
        "p.prompty",
        "---\nmodel: {id: '${env:DEPLOYED:m-2}'}\n---\nuser:\nx",
        "parameters",
        {"model": "m-2"},
    ),
    "py-options": (
        "p.prompty",
        "---\nmodel: {options: {temperature: 0, maxOutputTokens: 3}}\n---\nuser:\nx",
        "parameters",
        {"temperature": 0, "max_tokens": 3},
    ),
    "py-parameters-of-version-1": (
        "p.prompty",
        "---\nmodel: {parameters: {max_tokens: 3}}\n---\nuser:\nx",
        "parameters",
        {"max_tokens": 3},
    ),
    "py-an-address-is-only-noted": (
        "p.prompty",
        "---\nmodel: {connection: {endpoint: 'https://x'}, provider: azure}\n---\nuser:\nx",
        "notes",
        {"provider": "azure", "connection": {"endpoint": "https://x"}},
    ),
    "py-jinja": ("p.prompty", SYSTEM, "style", "jinja"),
    "py-mustache": ("p.prompty", "---\ntemplate: mustache\n---\nuser:\n{{q}}", "style", "handlebars"),
    "py-format": ("p.prompty", "---\ntemplate: {format: {kind: mustache}}\n---\nuser:\n{{q}}", "style", "handlebars"),
    "py-inputs-of-version-1": (
        "p.prompty",
        "---\ninputs: {q: {type: string, default: d}, r: string}\n---\nuser:\nx",
        "defaults",
        {"q": "d"},
    ),
    "py-inputs": (
        "p.prompty",
        "---\ninputs: [{name: q, default: d}, {name: r, required: false}]\n---\nuser:\nx",
        "defaults",
        {"q": "d", "r": ""},
    ),
    "py-outputs": (
        "p.prompty",
        "---\noutputs: [{name: a, kind: integer}]\n---\nuser:\nx",
        "parameters",
        shaped(schema(a="integer")),
    ),
    "py-outputs-of-version-1": (
        "p.prompty",
        "---\noutputs: {a: integer}\n---\nuser:\nx",
        "parameters",
        shaped(schema(a="integer")),
    ),
    "py-sample": ("p.prompty", "---\nsample: {q: x}\n---\nuser:\nx", "notes", {"sample": {"q": "x"}}),
    "py-a-line-that-is-no-role": ("p.prompty", "user:\nNote:\nx", "said", [("user", "Note:\nx")]),
    "py-roles-in-any-case": ("p.prompty", "System:\nS\nUser:\nU", "said", [("system", "S"), ("user", "U")]),
    # text
    "md-text": ("p.md", "\nSay {{ q }}.\n\n", "said", [(None, "Say {{ q }}.")]),
    "md-system": ("p.md", "---\nsystem: S\n---\n{{ q }}", "said", [("system", "S"), (None, "{{ q }}")]),
    "md-parameters": (
        "p.md",
        "---\ntemperature: 0\nstop: END\n---\nx",
        "parameters",
        {"temperature": 0, "stop": "END"},
    ),
    "md-notes": ("p.md", "---\ndescription: D\ntags: [a]\n---\nx", "notes", {"description": "D", "tags": ["a"]}),
    "md-rules-are-text": ("p.md", "---\nHello\n---\nx", "said", [(None, "---\nHello\n---\nx")]),
    "md-line": ("p.md", "---\na: 1\n---\n\nx".replace("a: 1", "name: n"), "first_line", 5),
    # chats as data
    "json-body": (
        "p.json",
        '{"temperature": 0, "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}',
        "parameters",
        {"temperature": 0, "max_tokens": 5},
    ),
    "json-developer": ("p.json", '[{"role": "developer", "content": "x"}]', "said", [("system", "x")]),
    "json-a-text": ("p.json", '"Say {q}."', "style", "fstring"),
    "yaml-a-text": ("p.yaml", "Say {{ q }}.\n", "style", "jinja"),
    "yaml-notes": ("p.yaml", "name: N\n" + CHAT, "notes", {"name": "N"}),
    "toml-a-key": ("p.toml::a", "a = 'Say.'\n", "said", [(None, "Say.")]),
}


@pytest.mark.parametrize("name", FIELDS)
def test_what_a_field_becomes(name: str) -> None:
    path, text, field, expected = FIELDS[name]
    assert said(read(path, text), field) == expected


MISTAKES: dict[str, tuple[str, str, str, int]] = {
    "gm-no-messages": ("p.prompt.yml", "name: N\n", "'messages' is missing", 1),
    "gm-an-unknown-key": ("p.prompt.yml", CHAT + "mood: 1\n", "unknown key 'mood'", 2),
    "gm-an-unknown-parameter": ("p.prompt.yml", CHAT + "modelParameters:\n  mood: 1\n", "unknown key 'mood'", 3),
    "gm-a-schema-without-its-format": ("p.prompt.yml", CHAT + "jsonSchema: '{}'\n", "'jsonSchema' has no effect", 2),
    "gm-a-schema-that-is-none": (
        "p.prompt.yml",
        CHAT + "responseFormat: json_schema\njsonSchema: '{'\n",
        "'jsonSchema' is not JSON",
        3,
    ),
    "gm-a-schema-without-a-name": (
        "p.prompt.yml",
        CHAT + "responseFormat: json_schema\njsonSchema: '{\"schema\": {}}'\n",
        "must be JSON with 'name' and 'schema'",
        3,
    ),
    "gm-an-unknown-format": ("p.prompt.yml", CHAT + "responseFormat: xml\n", "'response_format' must have", 2),
    "gm-an-evaluator-of-two-kinds": (
        "p.prompt.yml",
        CHAT + "evaluators:\n- {string: {}, llm: {}}\n",
        "exactly one of",
        3,
    ),
    "gm-an-evaluator-of-none": ("p.prompt.yml", CHAT + "evaluators:\n- {name: a}\n", "exactly one of", 3),
    "gm-an-evaluator-with-more": (
        "p.prompt.yml",
        CHAT + "evaluators:\n- {string: {}, mood: 1}\n",
        "unknown key 'mood'",
        3,
    ),
    "gm-evaluators-that-are-none": ("p.prompt.yml", CHAT + "evaluators: {}\n", "'evaluators' must be a list", 2),
    "gm-a-message-of-another-role": ("p.prompt.yml", "messages:\n- {role: boss, content: x}\n", "the role 'boss'", 2),
    "gm-a-message-of-nothing": ("p.prompt.yml", "messages:\n- {role: user}\n", "has no content", 2),
    "dp-an-unknown-role": ("p.prompt", "a\n{{role 'boss'}}x", "'boss' is no role", 2),
    "dp-a-role-in-a-block": ("p.prompt", "{{#if a}}\n{{role 'user'}}{{/if}}x", "inside a block", 2),
    "dp-tools": ("p.prompt", "---\ntools: [search]\n---\nx", "tools by name cannot be sent", 2),
    "dp-an-unknown-config": ("p.prompt", "---\nconfig: {mood: 1}\n---\nx", "unknown key 'mood'", 2),
    "dp-an-unknown-output": ("p.prompt", "---\noutput: {format: xml}\n---\nx", "the output format 'xml'", 2),
    "dp-another-key-of-output": ("p.prompt", "---\noutput: {mood: 1}\n---\nx", "unknown key 'mood' of 'output'", 2),
    "dp-an-unknown-type": ("p.prompt", "---\noutput: {schema: {a: date}}\n---\nx", "type 'date' is not read", 2),
    "dp-an-input-that-is-none": ("p.prompt", "---\ninput: [a]\n---\nx", "'input' must be a mapping", 2),
    "dp-nothing": ("p.prompt", "---\nmodel: m\n---\n{{! only a comment }}\n", "the prompt is empty", 0),
    "py-tools": ("p.prompty", "---\ntools: [{name: a}]\n---\nuser:\nx", "tools of prompty cannot be sent", 2),
    "py-another-api": (
        "p.prompty",
        "---\nmodel: {api: completion}\n---\nuser:\nx",
        "the API 'completion' is not used",
        2,
    ),
    "py-an-unknown-key": ("p.prompty", "---\nmodel: {mood: 1}\n---\nuser:\nx", "unknown key 'mood' of 'model'", 2),
    "py-an-unknown-option": ("p.prompty", "---\nmodel: {options: {mood: 1}}\n---\nuser:\nx", "unknown key 'mood'", 2),
    "py-an-unknown-template": ("p.prompty", "---\ntemplate: liquid\n---\nuser:\nx", "'liquid' is not read", 2),
    "py-a-model-of-the-environment": (
        "p.prompty",
        "---\nmodel: {id: '${env:M}'}\n---\nuser:\nx",
        "named by an environment variable",
        2,
    ),
    "py-inputs-that-are-none": ("p.prompty", "---\ninputs: [q]\n---\nuser:\nx", "'inputs' must be a list of names", 2),
    "md-an-unknown-key": ("p.md", "---\nname: a\nmood: 1\n---\nx", "unknown key 'mood'", 3),
    "md-a-wrong-value": ("p.md", "---\ntemperature: hot\n---\nx", "'temperature' must be", 2),
    "md-a-system-message-of-nothing": ("p.md", "---\nsystem: ' '\n---\nx", "'system' must be a text", 2),
    "md-nothing": ("p.md", "---\nname: a\n---\n\n", "the prompt is empty", 0),
    "json-a-key-twice": ("p.json", '[\n{"role": "user", "role": "user", "content": "x"}]', "duplicate key 'role'", 2),
    "json-no-messages": ("p.json", '{"a": 1}', "there are no 'messages'", 1),
    "json-a-name-as-a-number": (
        "p.json",
        '[{"role": "user", "content": "x", "name": 3}]',
        "the 'name' of a message must be a text",
        1,
    ),
    "json-another-key": (
        "p.json",
        '[{"role": "user", "content": "x", "mood": 1}]',
        "unknown key 'mood' of a message",
        1,
    ),
    "yaml-two-documents": ("p.yaml", "- {role: user, content: x}\n---\nb: 1\n", "a second document", 2),
    "toml-no-such-key": ("p.toml::b", "a = 'x'\n", "there is no 'b'", 1),
    "a-selector-of-a-text": ("p.md::a", "x", "no parts to choose from", 0),
    "a-selector-of-a-prompt-file": ("p.prompt.yml::a", CHAT, "nothing to choose from", 0),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_with_its_line(name: str) -> None:
    path, text, problem, line = MISTAKES[name]
    with pytest.raises(DataError) as caught:
        read(path, text)
    assert problem in caught.value.problem
    file = path.partition("::")[0]
    assert caught.value.place == (f"{file}:{line}" if line else file)
