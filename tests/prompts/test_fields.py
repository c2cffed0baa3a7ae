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
    if field == "pictures":
        return [(p.text, p.pictures) for p in prompt.parts]
    found = getattr(prompt, field)
    return dict(found) if field in ("parameters", "notes", "defaults") else found


def schema(**properties: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


def called(name: str, parameters: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **more, "parameters": parameters}}


PICTURES = [("x", ("{{ image }}", "https://e.com/b.png"))]


def shaped(found: dict[str, Any]) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": found}}}


SYSTEM = "---\nmodel: {id: m}\n---\nsystem:\nS\n\nuser:\n{{q}}\n"
PATHS = {
    "gm": "p.prompt.yml", "gmkey": "p.prompt.yml::a", "dp": "p.prompt", "py": "p.prompty", "md": "p.md",
    "mdkey": "p.md::a", "json": "p.json", "yaml": "p.yaml", "toml": "p.toml::a",
}  # fmt: skip
FIELDS: dict[str, tuple[str, str, Any]] = {
    # GitHub Models
    "gm-messages": (CHAT, "said", [("system", "S"), ("user", "{{q}}")]),
    "gm-style": (CHAT, "style", "github"),
    "gm-model": ("model: v/m\n" + CHAT, "parameters", {"model": "v/m"}),
    "gm-name": ("name: N\ndescription: D\n" + CHAT, "notes", {"name": "N", "description": "D"}),
    "gm-parameters": (
        "modelParameters: {temperature: 0.5, maxTokens: 9, topP: 1}\n" + CHAT,
        "parameters",
        {"temperature": 0.5, "max_tokens": 9, "top_p": 1},
    ),
    "gm-no-temperature": ("modelParameters: {temperature: null}\n" + CHAT, "parameters", {"temperature": None}),
    "gm-json": ("responseFormat: json_object\n" + CHAT, "parameters", {"response_format": {"type": "json_object"}}),
    "gm-text": ("responseFormat: text\n" + CHAT, "parameters", {}),
    "gm-schema": (
        'responseFormat: json_schema\njsonSchema: |-\n  {"name": "n", "schema": {"type": "object"}}\n' + CHAT,
        "parameters",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}},
    ),
    "gm-schema-in-place": (
        "responseFormat: json_schema\njsonSchema: {name: n, schema: {type: object}}\n" + CHAT,
        "parameters",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}},
    ),
    "gm-evaluators": (
        CHAT + "evaluators: [{name: a, string: {contains: x}}]\n",
        "evaluators",
        ({"name": "a", "string": {"contains": "x"}},),
    ),
    "gm-rewrites-the-system-message": (CHAT, "rewrite", 0),
    "gm-rewrites-the-user-message": ("messages: [{role: user, content: '{{q}}'}]\n", "rewrite", 0),
    # dotprompt
    "dp-plain": ("Say {{q}}.\n", "said", [(None, "Say {{q}}.")]),
    "dp-roles": (
        "{{role 'system'}}S{{role 'user'}}U{{role 'model'}}M",
        "said",
        [("system", "S"), ("user", "U"), ("assistant", "M")],
    ),
    "dp-blocks": ("{{#role 'system'}}S{{/role}}{{#role 'user'}}U{{/role}}", "said", [("system", "S"), ("user", "U")]),
    "dp-text-before-a-role": ("U{{role 'model'}}M", "said", [("user", "U"), ("assistant", "M")]),
    "dp-history": ("{{role 'system'}}S{{history}}{{q}}", "said", [("system", "S"), ("history", ""), ("user", "{{q}}")]),
    "dp-style": ("Say.", "style", "handlebars"),
    "dp-model": ("---\nmodel: g/m\n---\nx", "parameters", {"model": "g/m"}),
    "dp-config": (
        "---\nconfig: {temperature: 1, maxOutputTokens: 5, topP: 0.5, topK: 3, stopSequences: [a], version: 1}\n---\nx",
        "parameters",
        {"temperature": 1, "max_tokens": 5, "top_p": 0.5, "top_k": 3, "stop": ["a"]},
    ),
    "dp-default": ("---\ninput: {default: {a: 1}}\n---\n{{a}}", "defaults", {"a": 1}),
    "dp-optional": ("---\ninput: {schema: {a?: string, b: string}}\n---\n{{a}}{{b}}", "defaults", {"a": ""}),
    "dp-json": ("---\noutput: {format: json}\n---\nx", "parameters", {"response_format": {"type": "json_object"}}),
    "dp-schema": ("---\noutput: {schema: {a: integer}}\n---\nx", "parameters", shaped(schema(a="integer"))),
    "dp-text": ("---\noutput: {format: text}\n---\nx", "parameters", {}),
    "dp-a-licence-above": ("# (c) us\n#\n\n---\nmodel: m\n---\nx", "parameters", {"model": "m"}),
    "dp-names": ("---\nname: N\nvariant: v\n---\nx", "notes", {"name": "N", "variant": "v"}),
    # prompty
    "py-messages": (SYSTEM, "said", [("system", "S"), ("user", "{{q}}")]),
    "py-model": (SYSTEM, "parameters", {"model": "m"}),
    "py-model-by-name": ("---\nmodel: m\n---\nuser:\nx", "parameters", {"model": "m"}),
    "py-model-of-the-environment": (
        "---\nmodel: {id: '${env:DEPLOYED:m-2}'}\n---\nuser:\nx",
        "parameters",
        {"model": "m-2"},
    ),
    "py-options": (
        "---\nmodel: {options: {temperature: 0, maxOutputTokens: 3}}\n---\nuser:\nx",
        "parameters",
        {"temperature": 0, "max_tokens": 3},
    ),
    "py-parameters-of-version-1": (
        "---\nmodel: {parameters: {max_tokens: 3}}\n---\nuser:\nx",
        "parameters",
        {"max_tokens": 3},
    ),
    "py-an-address-is-only-noted": (
        "---\nmodel: {connection: {endpoint: 'https://x'}, provider: azure}\n---\nuser:\nx",
        "notes",
        {"provider": "azure", "connection": {"endpoint": "https://x"}},
    ),
    "py-jinja": (SYSTEM, "style", "jinja"),
    "py-mustache": ("---\ntemplate: mustache\n---\nuser:\n{{q}}", "style", "handlebars"),
    "py-format": ("---\ntemplate: {format: {kind: mustache}}\n---\nuser:\n{{q}}", "style", "handlebars"),
    "py-inputs-of-version-1": (
        "---\ninputs: {q: {type: string, default: d}, r: string}\n---\nuser:\nx",
        "defaults",
        {"q": "d"},
    ),
    "py-inputs": (
        "---\ninputs: [{name: q, default: d}, {name: r, required: false}]\n---\nuser:\nx",
        "defaults",
        {"q": "d", "r": ""},
    ),
    "py-outputs": (
        "---\noutputs: [{name: a, kind: integer}]\n---\nuser:\nx",
        "parameters",
        shaped(schema(a="integer")),
    ),
    "py-outputs-of-version-1": ("---\noutputs: {a: integer}\n---\nuser:\nx", "parameters", shaped(schema(a="integer"))),
    "py-sample": ("---\nsample: {q: x}\n---\nuser:\nx", "notes", {"sample": {"q": "x"}}),
    "py-a-line-that-is-no-role": ("user:\nNote:\nx", "said", [("user", "Note:\nx")]),
    "py-roles-in-any-case": ("System:\nS\nUser:\nU", "said", [("system", "S"), ("user", "U")]),
    # text
    "md-text": ("\nSay {{ q }}.\n\n", "said", [(None, "Say {{ q }}.")]),
    "md-system": ("---\nsystem: S\n---\n{{ q }}", "said", [("system", "S"), (None, "{{ q }}")]),
    "md-parameters": ("---\ntemperature: 0\nstop: END\n---\nx", "parameters", {"temperature": 0, "stop": "END"}),
    "py-a-schema-of-inputs": (
        "---\nkind: prompt\ninputSchema: {properties: {q: {kind: string, default: d}}}\n---\nuser:\n{{q}}",
        "defaults",
        {"q": "d"},
    ),
    "py-a-schema-of-outputs": (
        "---\noutputSchema: {properties: {a: {kind: string}}}\n---\nuser:\nx",
        "parameters",
        shaped(schema(a="string")),
    ),
    "py-a-function": (
        "---\ntools:\n- name: w\n  kind: function\n  description: D\n  parameters:\n"
        "  - {name: city, kind: string}\n  - {name: unit, kind: string, required: false}\n---\nuser:\nx",
        "parameters",
        {"tools": [called("w", {**schema(city="string", unit="string"), "required": ["city"]}, description="D")]},
    ),
    "py-functions-by-name": (
        "---\ntools:\n  w:\n    parameters: {city: string}\n---\nuser:\nx",
        "parameters",
        {"tools": [called("w", schema(city="string"))]},
    ),
    "py-a-function-as-a-request-has-it": (
        "---\ntools: [{type: function, function: {name: w}}]\n---\nuser:\nx",
        "parameters",
        {"tools": [{"type": "function", "function": {"name": "w"}}]},
    ),
    "py-more-options": (
        "---\nmodel: {options: {temperature: 0, additionalProperties: {topP: 1}}}\n---\nuser:\nx",
        "parameters",
        {"temperature": 0, "top_p": 1},
    ),
    "py-a-picture": (
        "---\nname: n\n---\nuser:\n![a]({{ image }})\nx\n![b](https://e.com/b.png)\n",
        "pictures",
        PICTURES,
    ),
    "py-no-picture": ("---\nname: n\n---\nsystem:\n![a](b.png) x", "said", [("system", "![a](b.png) x")]),
    "dp-what-is-not-sent": (
        "---\nmaxTurns: 3\nconfig: {temperature: 0, safetySettings: []}\n---\nx",
        "notes",
        {"unsent": ["maxTurns", "safetySettings"]},
    ),
    "md-notes": ("---\ndescription: D\ntags: [a]\n---\nx", "notes", {"description": "D", "tags": ["a"]}),
    "md-rules-are-text": ("---\nHello\n---\nx", "said", [(None, "---\nHello\n---\nx")]),
    "md-line": ("---\na: 1\n---\n\nx".replace("a: 1", "name: n"), "first_line", 5),
    # chats as data
    "json-body": (
        '{"temperature": 0, "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}',
        "parameters",
        {"temperature": 0, "max_tokens": 5},
    ),
    "json-developer": ('[{"role": "developer", "content": "x"}]', "said", [("system", "x")]),
    "json-a-text": ('"Say {q}."', "style", "fstring"),
    "yaml-a-text": ("Say {{ q }}.\n", "style", "jinja"),
    "yaml-notes": ("name: N\n" + CHAT, "notes", {"name": "N"}),
    "toml-a-key": ("a = 'Say.'\n", "said", [(None, "Say.")]),
}


def path_of(name: str) -> str:
    return PATHS[name.partition("-")[0]]


@pytest.mark.parametrize("name", FIELDS)
def test_what_a_field_becomes(name: str) -> None:
    text, field, expected = FIELDS[name]
    assert said(read(path_of(name), text), field) == expected


MISTAKES: dict[str, tuple[str, str, int]] = {
    "gm-no-messages": ("name: N\n", "'messages' is missing", 1),
    "gm-an-unknown-key": (CHAT + "mood: 1\n", "unknown key 'mood'", 2),
    "gm-an-unknown-parameter": (CHAT + "modelParameters:\n  mood: 1\n", "unknown key 'mood'", 3),
    "gm-a-schema-nested-without-end": (
        CHAT + f"responseFormat: json_schema\njsonSchema: '{'[' * 9000}'\n",
        "'jsonSchema' is not JSON",
        3,
    ),
    "gm-a-schema-without-its-format": (CHAT + "jsonSchema: '{}'\n", "'jsonSchema' has no effect", 2),
    "gm-a-schema-that-is-none": (
        CHAT + "responseFormat: json_schema\njsonSchema: '{'\n",
        "'jsonSchema' is not JSON",
        3,
    ),
    "gm-a-schema-without-a-name": (
        CHAT + "responseFormat: json_schema\njsonSchema: '{\"schema\": {}}'\n",
        "must be JSON with 'name' and 'schema'",
        3,
    ),
    "gm-an-unknown-format": (CHAT + "responseFormat: xml\n", "'response_format' must have", 2),
    "gm-an-evaluator-of-two-kinds": (CHAT + "evaluators:\n- {string: {}, llm: {}}\n", "exactly one of", 3),
    "gm-an-evaluator-of-none": (CHAT + "evaluators:\n- {name: a}\n", "exactly one of", 3),
    "gm-an-evaluator-with-more": (CHAT + "evaluators:\n- {string: {}, mood: 1}\n", "unknown key 'mood'", 3),
    "gm-evaluators-that-are-none": (CHAT + "evaluators: {}\n", "'evaluators' must be a list", 2),
    "gm-a-message-of-another-role": ("messages:\n- {role: boss, content: x}\n", "the role 'boss'", 2),
    "gm-a-message-of-nothing": ("messages:\n- {role: user}\n", "has no content", 2),
    "dp-an-unknown-role": ("a\n{{role 'boss'}}x", "'boss' is no role", 2),
    "dp-a-role-in-a-block": ("{{#if a}}\n{{role 'user'}}{{/if}}x", "inside a block", 2),
    "dp-tools": ("---\ntools: [search]\n---\nx", "tools by name cannot be sent", 2),
    "dp-an-unknown-config": ("---\nconfig: {mood: 1}\n---\nx", "unknown key 'mood'", 2),
    "dp-an-unknown-output": ("---\noutput: {format: xml}\n---\nx", "the output format 'xml'", 2),
    "dp-another-key-of-output": ("---\noutput: {mood: 1}\n---\nx", "unknown key 'mood' of 'output'", 2),
    "dp-an-unknown-type": ("---\noutput: {schema: {a: date}}\n---\nx", "type 'date' is not read", 2),
    "dp-an-input-that-is-none": ("---\ninput: [a]\n---\nx", "'input' must be a mapping", 2),
    "dp-nothing": ("---\nmodel: m\n---\n{{! only a comment }}\n", "the prompt is empty", 0),
    "py-tools": ("---\ntools: [{name: a, kind: mcp}]\n---\nuser:\nx", "a tool of the kind 'mcp' cannot be sent", 2),
    "py-tool-name": ("---\ntools: [{kind: function}]\n---\nuser:\nx", "a tool must have a 'name'", 2),
    "py-a-picture-amid": ("---\nname: n\n---\nuser:\na\n![a](https://e.com/b)\nb", "a picture stands amid", 6),
    "py-another-kind": ("---\nkind: agent\n---\nuser:\nx", "the kind 'agent' is no prompt", 2),
    "py-another-api": ("---\nmodel: {api: completion}\n---\nuser:\nx", "the API 'completion' is not used", 2),
    "py-an-unknown-key": ("---\nmodel: {mood: 1}\n---\nuser:\nx", "unknown key 'mood' of 'model'", 2),
    "py-an-unknown-option": ("---\nmodel: {options: {mood: 1}}\n---\nuser:\nx", "unknown key 'mood'", 2),
    "py-more-that-is-none": (
        "---\nmodel: {options: {additionalProperties: [1]}}\n---\nuser:\nx",
        "'additionalProperties' must be a mapping",
        2,
    ),
    "py-an-unknown-template": ("---\ntemplate: liquid\n---\nuser:\nx", "'liquid' is not read", 2),
    "py-a-model-of-the-environment": (
        "---\nmodel: {id: '${env:M}'}\n---\nuser:\nx",
        "named by an environment variable",
        2,
    ),
    "py-inputs-that-are-none": ("---\ninputs: [q]\n---\nuser:\nx", "'inputs' must be a list of names", 2),
    "md-an-unknown-key": ("---\nname: a\nmood: 1\n---\nx", "unknown key 'mood'", 3),
    "md-a-wrong-value": ("---\ntemperature: hot\n---\nx", "'temperature' must be", 2),
    "md-a-system-message-of-nothing": ("---\nsystem: ' '\n---\nx", "'system' must be a text", 2),
    "md-nothing": ("---\nname: a\n---\n\n", "the prompt is empty", 0),
    "json-a-key-twice": ('[\n{"role": "user", "role": "user", "content": "x"}]', "duplicate key 'role'", 2),
    "json-no-messages": ('{"a": 1}', "there are no 'messages'", 1),
    "json-a-name-as-a-number": (
        '[{"role": "user", "content": "x", "name": 3}]',
        "the 'name' of a message must be a text",
        1,
    ),
    "json-another-key": ('[{"role": "user", "content": "x", "mood": 1}]', "unknown key 'mood' of a message", 1),
    "yaml-two-documents": ("- {role: user, content: x}\n---\nb: 1\n", "a second document", 2),
    "toml-no-such-key": ("b = 'x'\n", "there is no 'a'", 1),
    "mdkey-of-a-text": ("x", "no parts to choose from", 0),
    "gmkey-of-a-prompt-file": (CHAT, "nothing to choose from", 0),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_with_its_line(name: str) -> None:
    text, problem, line = MISTAKES[name]
    path = path_of(name)
    with pytest.raises(DataError) as caught:
        read(path, text)
    assert problem in caught.value.problem
    file = path.partition("::")[0]
    assert caught.value.place == (f"{file}:{line}" if line else file)
