"""JSON Schemas of a pull request: what fits them, what is refused, and that nothing outside of them is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.extraction import SlowPattern
from promptci.metrics import schema as schemas
from promptci.metrics.base import Answer, Grade, unknown
from promptci.metrics.schema import refuse_schema, validator_of
from promptci.metrics.structured import JsonSchema
from promptci.options import File
from tests.serving import at_work

CASE = Case("c", {"input": "x"})


def graded(schema: dict[str, Json], value: Json) -> Grade:
    metric = JsonSchema(schema=schema)
    metric.refuse([CASE], "promptci.yaml")
    return metric.grade(CASE, Answer(json.dumps(value)))


FITS: dict[str, tuple[dict[str, Json], list[Json], list[Json]]] = {
    "a-type": ({"type": "string"}, ["", "x"], [1, None, ["x"]]),
    "several-types": ({"type": ["string", "null"]}, ["x", None], [0, False]),
    "an-own-part": (
        {"$ref": "#/$defs/name", "$defs": {"name": {"type": "string"}}},
        ["x"],
        [7],
    ),
    "a-part-of-its-own-name": (
        {"$defs": {"a": {"$id": "name.json", "type": "string"}}, "$ref": "name.json"},
        ["x"],
        [7],
    ),
    "a-tree": (
        {"type": "array", "items": {"$ref": "#"}},
        [[], [[], [[]]]],
        [3, [[3]]],
    ),
    "the-standard-s-own": (
        {"$ref": "https://json-schema.org/draft/2020-12/schema"},
        [{"type": "string"}],
        [{"type": 1}],
    ),
    "an-older-draft": (
        {"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 3, "exclusiveMaximum": True},
        [2],
        [3],
    ),
    "a-draft-that-nobody-knows": ({"$schema": "http://a.example/x", "type": "string"}, ["x"], [1]),
    "a-pattern": ({"pattern": "^a+$"}, ["a", "aa", 7], ["", "b", "ab"]),
    "a-pattern-anywhere": ({"pattern": "a"}, ["bab"], ["bb"]),
    "names-by-pattern": ({"patternProperties": {"^n": {"type": "integer"}}}, [{"n": 1, "m": "x"}, []], [{"nn": "x"}]),
    "no-other-names": (
        {"patternProperties": {"^n": {}}, "additionalProperties": False},
        [{"n": 1}, {}],
        [{"m": 1}],
    ),
    "a-reference-that-is-data": ({"const": {"$ref": "http://a.example/"}}, [{"$ref": "http://a.example/"}], [{}]),
    "a-property-that-is-called-pattern": (
        {"properties": {"pattern": {"type": "string"}}},
        [{"pattern": "("}],
        [{"pattern": 1}],
    ),
    "a-property-that-is-called-a-reference": (
        {"properties": {"$ref": {"type": "string"}}},
        [{"$ref": "x"}],
        [{"$ref": 1}],
    ),
    "true": ({"properties": {"a": True}}, [{"a": 1}], []),
    "false": ({"properties": {"a": False}}, [{}], [{"a": 1}]),
}


@pytest.mark.parametrize("name", FITS)
def test_an_answer_fits_a_schema_or_does_not(name: str) -> None:
    schema, right, wrong = FITS[name]
    assert [graded(schema, value).value for value in right] == [1.0] * len(right)
    assert [graded(schema, value).value for value in wrong] == [0.0] * len(wrong)


@contextmanager
def served() -> Iterator[tuple[str, list[str]]]:
    """A server that has a schema, its address, and the paths that it is asked for."""
    asked: list[str] = []

    class Schema(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"type": "string"}')

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with at_work(HTTPServer(("127.0.0.1", 0), Schema)) as server:
        yield f"http://127.0.0.1:{server.server_port}", asked


@pytest.mark.parametrize("nested", [False, True], ids=["refused-before", "with-an-answer"])
def test_no_schema_makes_us_ask_a_server(nested: bool) -> None:
    with served() as (address, asked):
        schema: dict[str, Json] = {"$ref": f"{address}/part.json"}
        if nested:  # a part with a name of its own: references begin there, so they are followed with an answer
            schema = {"$defs": {"a": {"$id": f"{address}/", "type": "null"}}, "$ref": f"{address}/part.json"}
            grade = graded(schema, "x")
            assert (grade.value, grade.reason and grade.reason.kind) == (None, "bad_schema")
        else:
            with pytest.raises(DataError, match="leads nowhere"):
                graded(schema, "x")
        assert asked == []


BAD: dict[str, tuple[Json, str]] = {
    "a-part-that-is-not-there": ({"$ref": "#/$defs/none"}, "the schema's reference '#/$defs/none' leads nowhere"),
    "deep-inside": ({"properties": {"a": {"items": {"anyOf": [{"$ref": "#/x"}]}}}}, "'#/x' leads nowhere"),
    "beside-a-property-id": ({"properties": {"id": {}, "a": {"$ref": "#/x"}}}, "'#/x' leads nowhere"),
    "in-a-property-default": ({"properties": {"default": {"pattern": "("}}}, "the schema's pattern '(' is none"),
    "a-file": ({"$ref": "file:///etc/passwd"}, "'file:///etc/passwd' leads nowhere"),
    "a-file-beside": ({"$ref": "other.json"}, "'other.json' leads nowhere"),
    "an-anchor": ({"$dynamicRef": "#x"}, "'#x' leads nowhere"),
    "a-pattern-that-is-none": ({"pattern": "("}, "the schema's pattern '(' is none"),
    "a-name-s-pattern": ({"patternProperties": {"[": {}}}, "the schema's pattern '[' is none"),
    "too-many-repeats": ({"pattern": "a{99999999999999999999}"}, "is none"),
    "nested-without-end": ({"pattern": "(" * 3000 + ")" * 3000}, "is none"),
    "an-unknown-type": ({"type": "text"}, "no JSON Schema: 'text' is not valid"),
    "no-step": ({"multipleOf": 0}, "no JSON Schema"),
    "a-text": ("string", "no JSON Schema"),
    "patterns-in-a-list": ({"patternProperties": ["a"]}, "no JSON Schema"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_schema_is_refused_before_a_call(name: str) -> None:
    schema, said = BAD[name]
    with pytest.raises(DataError) as caught:
        refuse_schema(schema, "schema.json")
    assert said in caught.value.problem
    assert caught.value.place == "schema.json"


@pytest.mark.parametrize(
    ("schema", "value"),
    [({"pattern": "a"}, "b"), ({"patternProperties": {"a": {}}}, {"b": 1})],
    ids=["a-text", "a-name"],
)
def test_a_pattern_that_takes_for_ever_leaves_the_case_unmeasured(
    schema: dict[str, Json], value: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(pattern: str, text: str) -> None:
        raise SlowPattern(f"{pattern} took long on {text}")

    monkeypatch.setattr(schemas, "search", slow)
    assert graded(schema, value) == unknown("slow_pattern", "a took long on b")


VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab1", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab1", max_size=2), inner, max_size=3),
    max_leaves=6,
)
SOME: list[dict[str, Json]] = [
    {"pattern": "a$"},
    {"patternProperties": {"a": {"type": "string"}, "b$": {"minimum": 0}}},
    {"patternProperties": {"^a": {"pattern": "1"}}, "additionalProperties": {"type": "null"}},
    {"propertyNames": {"pattern": "^[ab]*$"}},
    {"anyOf": [{"type": "integer"}, {"pattern": "^b"}]},
    {"items": {"patternProperties": {"": {"type": "boolean"}}}},
]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(SOME), VALUES)
def test_our_patience_changes_no_verdict(schema: dict[str, Json], value: Json) -> None:
    plain = jsonschema.Draft202012Validator(schema)
    ours = validator_of(schema)
    said, wanted = ([sorted(e.message for e in one.iter_errors(value))] for one in (ours, plain))
    assert said == wanted
    assert [e.json_path for e in ours.iter_errors(value)] == [e.json_path for e in plain.iter_errors(value)]


def test_the_place_of_what_is_wrong_is_said() -> None:
    schema: dict[str, Json] = {"properties": {"a": {"items": {"patternProperties": {"n": {"type": "integer"}}}}}}
    grade = graded(schema, {"a": [{}, {"n": "x"}]})
    assert grade.reason is not None
    assert grade.reason.text == "$.a[1].n: 'x' is not of type 'integer'"


@pytest.mark.parametrize("text", ["{", "[" * 9000], ids=["open", "nested-without-end"])
def test_a_file_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"answer\.json is no JSON"):
        JsonSchema(schema=File("schemas/answer.json", text))


def test_a_mistake_in_a_file_is_said_at_the_file() -> None:
    metric = JsonSchema(schema=File("schemas/answer.json", '{"$ref": "gone.json"}'))
    with pytest.raises(DataError) as caught:
        metric.refuse([CASE], "promptci.yaml")
    assert caught.value.place == "schemas/answer.json"
    assert "$defs" in (caught.value.hint or "")


def test_a_schema_s_classes_are_made_once() -> None:
    assert type(validator_of({"type": "string"})) is type(validator_of({"type": "null"}))
    assert schemas.unresolved() is not Exception
