"""Whatever stands in the fields of a prompt file: it is read or refused with its place, and never an error of ours."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.conversation import compile_prompt

T = TypeVar("T")
LEAVES = st.sampled_from([None, True, 0, -1, 2.5, 1e300, "", "x", "chat", "{{x}}", "{{#if x}}", "array, a", "\u2028"])
NAMES = st.sampled_from(["name", "type", "kind", "text", "function", "arguments", "schema", "default", "items", "a?"])
VALUES: st.SearchStrategy[Json] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2), max_leaves=4
)
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
PICTURE = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
TEXT = {"type": "text", "text": "q"}
SHAPES: dict[str, tuple[str, str, dict[str, Json]]] = {
    "prompty": (
        "p.prompty",
        "system:\nHi\nuser:\n{{x}}\n",
        {
            "name": "n",
            "model": {"api": "chat", "configuration": {"type": "openai"}, "parameters": {"temperature": 0}},
            "inputs": {"x": {"type": "string", "default": "a"}},
            "outputs": {"r": "string"},
            "template": "jinja2",
            "sample": {"x": 1},
        },
    ),
    "prompty-2": (
        "p.prompty",
        "system:\nHi\n",
        {
            "inputs": [{"name": "x", "required": False}],
            "outputs": [{"name": "r", "kind": "array", "items": {"kind": "string"}}],
            "template": {"format": {"kind": "mustache"}},
        },
    ),
    "dotprompt": (
        "p.prompt",
        '{{role "system"}}Hi{{role "user"}}{{x}}\n',
        {
            "config": {"temperature": 1},
            "input": {"schema": {"x?": "string"}, "default": {"x": 1}},
            "output": {"format": "json", "schema": {"a": "string, b", "t?(array)": "string", "e(enum)": ["a", "b"]}},
        },
    ),
    "github": (
        "p.prompt.yml",
        "",
        {
            "modelParameters": {"temperature": 1},
            "responseFormat": "json_schema",
            "jsonSchema": json.dumps({"name": "a", "schema": {"type": "object"}}),
            "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b {{x}}"}],
            "evaluators": [{"name": "e", "string": {"contains": "x"}}, {"name": "g", "uses": "github/similarity"}],
        },
    ),
    "chat": (
        "p.json",
        "",
        {
            "messages": [
                {"role": "system", "content": "a"},
                {"role": "user", "content": [TEXT, PICTURE]},
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "1", "content": "z"},
            ],
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
            "response_format": {"type": "json_object"},
        },
    ),
    "front-matter": ("p.md", "Say {{ x }}\n", {"temperature": 1, "system": "abc", "stop": ["a"], "tools": []}),
    "skill": ("say/SKILL.md", "Say it.\n", {"name": "say", "description": "d", "metadata": {"a": "b"}}),
}


def places(value: Any) -> list[Callable[[Json], None]]:
    """A setter for each value that stands anywhere inside."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    found: list[Callable[[Json], None]] = []
    for key in keys:
        found.append(partial(value.__setitem__, key))
        found += places(value[key])
    return found


def refused(read: Callable[[], T]) -> T | DataError:
    """What is read, or the refusal; anything else that is raised is an error of ours."""
    try:
        return read()
    except DataError as problem:
        return problem


def written(path: str, body: str, fields: Json) -> bytes:
    """The fields as this format has them: JSON, YAML, or YAML above a text."""
    if path.endswith(".json"):
        return json.dumps(fields).encode()
    text = yaml.safe_dump(fields, allow_unicode=True)
    return (f"---\n{text}---\n{body}" if body else text).encode()


@pytest.mark.parametrize("name", SHAPES)
@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_field_of_any_kind_is_read_or_refused_with_its_place(name: str, data: st.DataObject) -> None:
    path, body, fields = SHAPES[name]
    changed = copy.deepcopy(fields)
    data.draw(st.sampled_from(places(changed)))(data.draw(VALUES))
    content = written(path, body, changed)
    prompt = refused(lambda: compile_prompt(read_prompt("p", path, content)))
    if isinstance(prompt, DataError):
        assert (prompt.place or "").startswith(path)
        return
    assert len(prompt.digest) == 64
    assert write_prompt(path, content, prompt.text) == content
    sent = refused(lambda: prompt.messages(Case("c", {"x": "v"})))
    assert (sent.place or "").startswith(path) if isinstance(sent, DataError) else sent


@pytest.mark.parametrize("name", SHAPES)
def test_the_fields_as_they_are_make_a_prompt(name: str) -> None:
    path, body, fields = SHAPES[name]
    prompt = compile_prompt(read_prompt("p", path, written(path, body, fields)))
    assert prompt.messages(Case("c", {"x": "v"}))[0].role in ("system", "user")


@pytest.mark.parametrize(
    ("path", "text", "place", "said"),
    [
        pytest.param(
            "p.prompty", "---\ntemplate: [jinja2]\n---\nsystem:\nHi\n", 2, "['jinja2'] is not read", id="list"
        ),
        pytest.param(
            "p.prompty", "---\nname: n\ntemplate: {format: [a]}\n---\nuser:\nHi\n", 3, "['a'] is not read", id="inside"
        ),
        pytest.param(
            "p.prompty",
            "---\ninputs:\n- {name: [a], required: false}\n---\nuser:\nHi\n",
            2,
            "a list of names",
            id="name",
        ),
        pytest.param("p.prompty", "---\ntemplate: 7\n---\nuser:\nHi\n", 2, "format 7 is not read", id="number"),
        pytest.param(
            "p.prompt", "---\noutput:\n  schema: {type: [a]}\n---\nHi\n", 2, "a schema must be a mapping", id="types"
        ),
        pytest.param(
            "c.json",
            '[{"role": "user", "content": "a"},\n {"role": "assistant",\n  "tool_calls": 5}]',
            3,
            "'tool_calls' must be a list",
            id="calls-a-number",
        ),
        pytest.param(
            "c.yaml", "- role: assistant\n  tool_calls: {id: a}\n", 2, "'tool_calls' must be a list", id="one-call"
        ),
        pytest.param(
            "c.json",
            '[{"role": "assistant", "tool_calls": [\n{"function": {"name": "f", "arguments": "%s"}}]}]' % ("[" * 9000),
            2,
            "the arguments of a tool call are not JSON",
            id="deep-arguments",
        ),
    ],
)
def test_a_list_where_a_name_is_wanted_is_refused_with_its_line(path: str, text: str, place: int, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read_prompt("p", path, text.encode())
    assert said in caught.value.problem
    assert caught.value.place == f"{path}:{place}"
