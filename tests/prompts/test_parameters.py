"""What a prompt file may set beside its text: every parameter with right and wrong values, shapes of answers, names."""

from __future__ import annotations

import pytest

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.parameters import ALIASES, DESCRIPTIVE, RULES, check, sorted_out
from promptci.prompts.schema import from_picoschema, from_properties, response_format

RIGHT: dict[str, list[Json]] = {
    "model": ["m", "vendor/m-1"],
    "temperature": [0, 1, 2, 0.7, None],
    "max_tokens": [1, 256, 100_000],
    "top_p": [0, 0.9, 1],
    "stop": ["END", ["a"], ["a", "b"]],
    "seed": [0, -3, 7],
    "response_format": [{"type": "text"}, {"type": "json_object"}, {"type": "json_schema", "json_schema": {}}],
    "tools": [[], [{"type": "function"}]],
    "top_k": [0, 40],
    "min_p": [0, 0.05, 1],
    "presence_penalty": [-2, 0, 2],
    "frequency_penalty": [-2, 0.5, 2],
    "repetition_penalty": [0, 1.1, 2],
    "reasoning_effort": ["low", "high"],
    "tool_choice": ["auto", {"type": "function"}],
}
WRONG: dict[str, list[Json]] = {
    "model": ["", 4, None, ["m"]],
    "temperature": [-0.1, 2.1, "warm", True],
    "max_tokens": [0, -1, 1.5, "100", True],
    "top_p": [-0.1, 1.1, "all", True],
    "stop": ["", [], ["a", ""], [1], ["a"] * 17, 3],
    "seed": [1.5, "one", True],
    "response_format": ["json", {}, {"type": "yaml"}, []],
    "tools": [{}, "search", ["search"]],
    "top_k": [-1, 1.5, True],
    "min_p": [-0.1, 2],
    "presence_penalty": [-2.1, 3],
    "frequency_penalty": [-3, "high"],
    "repetition_penalty": [-1, 2.5],
    "reasoning_effort": ["", 3],
    "tool_choice": ["", 3, []],
}


def test_every_parameter_is_tried() -> None:
    assert RULES.keys() == RIGHT.keys() == WRONG.keys()


@pytest.mark.parametrize("name", RULES)
def test_what_a_parameter_may_be(name: str) -> None:
    for value in RIGHT[name]:
        assert check(name, value, "p.md:2") == value
        assert sorted_out({name: value}, lambda key: f"p.md:{key}") == ({name: value}, {})


@pytest.mark.parametrize("name", RULES)
def test_what_it_may_not_be_is_said_at_its_place(name: str) -> None:
    for value in WRONG[name]:
        with pytest.raises(DataError, match=f"'{name}' must") as caught:
            check(name, value, "p.md:2")
        assert caught.value.place == "p.md:2"


@pytest.mark.parametrize("name", ALIASES)
def test_other_names_are_read(name: str) -> None:
    value = RIGHT[ALIASES[name]][0]
    assert sorted_out({name: value}, str)[0] == {ALIASES[name]: value}


def test_a_parameter_twice_under_two_names_is_a_mistake() -> None:
    with pytest.raises(DataError, match="'maxTokens' sets max_tokens a second time") as caught:
        sorted_out({"max_tokens": 5, "maxTokens": 6}, lambda key: f"p.md:{key}")
    assert caught.value.place == "p.md:maxTokens"


@pytest.mark.parametrize("name", sorted(DESCRIPTIVE))
def test_what_describes_a_prompt_changes_no_answer(name: str) -> None:
    assert sorted_out({name: "x"}, str) == ({}, {name: "x"})


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("temprature", "did you mean 'temperature'?"),
        ("max_token", "did you mean 'max_tokens'?"),
        ("descripton", "did you mean 'description'?"),
        ("frobnicate", "sent along: frequency_penalty"),
        ("own", "sent along:"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_name(name: str, hint: str) -> None:
    with pytest.raises(DataError, match=f"unknown key '{name}'") as caught:
        sorted_out({name: 1}, lambda key: f"p.md:{key}")
    assert hint in (caught.value.hint or "")
    assert caught.value.place == f"p.md:{name}"


def test_a_format_s_own_keys_are_left_to_it() -> None:
    assert sorted_out({"system": 1, "seed": 2}, str, also=("system",)) == ({"seed": 2}, {})


def obj(properties: dict[str, Json], required: list[str]) -> dict[str, Json]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


TEXT, NUMBER, WHOLE = ({"type": kind} for kind in ("string", "number", "integer"))
PICO: dict[str, tuple[Json, dict[str, Json]]] = {
    "a-scalar": ("string", TEXT),
    "a-scalar-with-words": ("string, the title", {**TEXT, "description": "the title"}),
    "anything": ("any", {}),
    "scalars": ({"a": "string", "b": "number", "c": "integer"}, obj({"a": TEXT, "b": NUMBER, "c": WHOLE}, [*"abc"])),
    "other-names": ({"a": "text", "b": "float", "c": "int"}, obj({"a": TEXT, "b": NUMBER, "c": WHOLE}, [*"abc"])),
    "more": ({"a": "bool", "b": "null"}, obj({"a": {"type": "boolean"}, "b": {"type": "null"}}, ["a", "b"])),
    "optional": ({"a": "string", "b?": "string"}, obj({"a": TEXT, "b": TEXT}, ["a"])),
    "a-list": ({"tags(array)": "string"}, obj({"tags": {"type": "array", "items": TEXT}}, ["tags"])),
    "a-list-with-words": (
        {"tags?(array, what it is about)": "string"},
        obj({"tags": {"type": "array", "items": TEXT, "description": "what it is about"}}, []),
    ),
    "an-enum": ({"kind(enum)": ["a", "b"]}, obj({"kind": {"enum": ["a", "b"]}}, ["kind"])),
    "an-object": ({"at(object)": {"x": "number"}}, obj({"at": obj({"x": {"type": "number"}}, ["x"])}, ["at"])),
    "an-object-in-place": ({"at": {"x": "number"}}, obj({"at": obj({"x": {"type": "number"}}, ["x"])}, ["at"])),
    "a-list-of-objects": (
        {"rows(array)": {"x?": "int"}},
        obj({"rows": {"type": "array", "items": obj({"x": {"type": "integer"}}, [])}}, ["rows"]),
    ),
    "json-schema-stays": ({"type": "object", "properties": {"a": TEXT}}, {"type": "object", "properties": {"a": TEXT}}),
    "a-list-s-schema-stays": ({"type": "array", "items": TEXT}, {"type": "array", "items": TEXT}),
}  # fmt: skip


@pytest.mark.parametrize("name", PICO)
def test_picoschema_becomes_json_schema(name: str) -> None:
    given, expected = PICO[name]
    assert from_picoschema(given, "p.prompt:3") == expected


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param("text?", "type 'text\\?' is not read", id="an-unknown-scalar"),
        pytest.param({"a": "strnig"}, "type 'strnig' is not read", id="a-misspelt-one"),
        pytest.param({"a(set)": "string"}, "'\\(set\\)' is not read", id="an-unknown-kind"),
        pytest.param({"(array)": "string"}, "key '\\(array\\)' is not read", id="no-name"),
        pytest.param({"a(enum)": "x"}, "'\\(enum\\)' is not read", id="an-enum-of-a-text"),
        pytest.param([1], "must be a mapping", id="a-list"),
        pytest.param(3, "must be a mapping", id="a-number"),
    ],
)
def test_what_picoschema_does_not_have_is_refused(given: Json, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        from_picoschema(given, "p.prompt:3")
    assert caught.value.place == "p.prompt:3"


OUTPUTS: dict[str, tuple[list[dict[str, Json]], dict[str, Json]]] = {
    "a-text": ([{"name": "a"}], obj({"a": TEXT}, ["a"])),
    "a-kind": ([{"name": "a", "kind": "integer"}], obj({"a": {"type": "integer"}}, ["a"])),
    "an-older-name-for-it": ([{"name": "a", "type": "float"}], obj({"a": {"type": "number"}}, ["a"])),
    "not-required": ([{"name": "a", "required": False}], obj({"a": TEXT}, [])),
    "with-words": ([{"name": "a", "description": "d"}], obj({"a": {**TEXT, "description": "d"}}, ["a"])),
    "one-of-several": ([{"name": "a", "enumValues": ["x"]}], obj({"a": {**TEXT, "enum": ["x"]}}, ["a"])),
    "a-list": (
        [{"name": "a", "kind": "array", "items": {"kind": "number"}}],
        obj({"a": {"type": "array", "items": {"type": "number"}}}, ["a"]),
    ),
    "an-object": (
        [{"name": "a", "kind": "object", "properties": [{"name": "b"}]}],
        obj({"a": {**obj({"b": TEXT}, ["b"])}}, ["a"]),
    ),
    "anything": ([{"name": "a", "kind": "any"}], obj({"a": {}}, ["a"])),
    "none": ([], obj({}, [])),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_prompty_s_outputs_become_json_schema(name: str) -> None:
    given, expected = OUTPUTS[name]
    assert from_properties(given, "p.prompty:3") == expected


@pytest.mark.parametrize("given", [{}, {"name": 3}, {"name": "a", "kind": "date"}], ids=["no-name", "a-number", "date"])
def test_an_output_that_is_none_is_refused(given: dict[str, Json]) -> None:
    with pytest.raises(DataError, match="output"):
        from_properties([given], "p.prompty:3")


def test_a_schema_is_sent_as_the_api_takes_it() -> None:
    assert response_format(TEXT) == {"type": "json_schema", "json_schema": {"name": "answer", "schema": TEXT}}
