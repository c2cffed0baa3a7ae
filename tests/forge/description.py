"""A forge's published OpenAPI description, as the judge of what we send and of what our fakes answer.

Only the slice that is used is kept (`openapi/`), without its prose. Answers are completed from it before they are
judged: a fake states what matters, and the rest of what the forge always sends is there, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_SAMPLES = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": []}
_FORMATS = {"date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01", "uri": "https://example.com/"}


@dataclass
class Description:
    """`check_request` and `check_answer` raise AssertionError, naming what is wrong."""

    document: dict[str, Any]
    _registry: Any = None
    _validators: dict[str, Draft202012Validator] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.document = _as_json_schema(self.document)
        self._registry = Registry().with_resource("urn:forge", DRAFT202012.create_resource(self.document))

    def check_request(self, method: str, path: str, content: Any) -> None:
        """The operation is there, each of its query parameters is known, and the body fits."""
        parts = urlsplit(path)
        template, operation = self._operation(method, parts.path)
        known = {p["name"]: p for p in map(self._followed, operation.get("parameters", [])) if p["in"] == "query"}
        for name, values in parse_qs(parts.query, keep_blank_values=True).items():
            assert name in known, f"{method} {template} has no parameter '{name}'"
            allowed = self._followed(known[name].get("schema", {})).get("enum")
            assert allowed is None or set(values) <= set(allowed), f"{name}={values} is none of {allowed}"
        body = self._followed(operation.get("requestBody", {}))
        if content is not None or body.get("required"):
            assert body, f"{method} {template} takes no body"
            self._fits(content, body["content"]["application/json"]["schema"], f"{method} {template}")

    def check_answer(self, method: str, path: str, status: int, content: Any) -> None:
        """The status is one of the operation's, and the content fits it."""
        schema = self._answer_schema(method, path, status)
        if schema is None:
            assert content is None, f"{status} has no content"
        else:
            self._fits(content, schema, f"answer {status} to {method} {path}")

    def completed(self, method: str, path: str, status: int, content: Any) -> Any:
        """Return `content` with everything that the forge always sends and that a fake does not care about."""
        schema = self._answer_schema(method, path, status)
        return content if schema is None else self._filled(schema, content)

    def _operation(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        for template, item in self.document["paths"].items():
            pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and method.lower() in item:
                return template, item[method.lower()]
        raise AssertionError(f"no such operation: {method} {path}")

    def _answer_schema(self, method: str, path: str, status: int) -> dict[str, Any] | None:
        template, operation = self._operation(method, urlsplit(path).path)
        assert str(status) in operation["responses"], f"{method} {template} never answers {status}"
        found = self._followed(operation["responses"][str(status)])
        media = found.get("content", {}).get("application/json")
        return None if media is None else media["schema"]

    def _fits(self, content: Any, schema: dict[str, Any], what: str) -> None:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            anchored = {"$id": "urn:forge-part", "allOf": [_anchored(schema)]}
            self._validators[key] = Draft202012Validator(anchored, registry=self._registry)
        for error in self._validators[key].iter_errors(content):
            raise AssertionError(f"{what}: {error.json_path}: {error.message[:300]}")

    def _followed(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/")]
            schema = found
        return schema

    def _filled(self, schema: dict[str, Any], given: Any) -> Any:
        schema = self._one(schema, given)
        if isinstance(given, list):
            return [self._filled(schema.get("items", {}), each) for each in given]
        if isinstance(given, dict):
            known = schema.get("properties", {})
            filled = {key: self._filled(known[key], each) if key in known else each for key, each in given.items()}
            lacking = (key for key in schema.get("required", []) if key not in given)
            return {**filled, **{key: self._sample(known.get(key, {})) for key in lacking}}
        return given

    def _one(self, schema: dict[str, Any], given: Any) -> dict[str, Any]:
        """Return one plain schema: references followed, all of `allOf` together, the first of a choice that fits."""
        schema = self._followed(schema)
        for key in ("anyOf", "oneOf"):
            if key in schema and "properties" not in schema:
                kinds = [self._followed(each) for each in schema[key]]
                wanted = {dict: "object", list: "array", str: "string", int: "integer"}.get(type(given), "null")
                return self._one(next((k for k in kinds if wanted in _types(k)), kinds[0]), given)
        if "allOf" in schema:
            parts = [self._one(each, given) for each in schema["allOf"]]
            properties = {k: v for part in parts for k, v in part.get("properties", {}).items()}
            required = [name for part in parts for name in part.get("required", [])]
            return {**parts[0], "properties": properties, "required": required}
        return schema

    def _sample(self, schema: dict[str, Any]) -> Any:
        schema = self._one(schema, {})
        types = _types(schema)
        if "null" in types:
            return None
        if "enum" in schema:
            return schema["enum"][0]
        if "object" in types:
            return self._filled(schema, {})
        kind = next(iter(types), "string")
        return _FORMATS.get(schema.get("format", ""), "") if kind == "string" else _SAMPLES[kind]


def _types(schema: dict[str, Any]) -> list[str]:
    found = schema.get("type") or ("object" if "properties" in schema else [])
    return [found] if isinstance(found, str) else list(found)


def _anchored(schema: Any) -> Any:
    """Return the schema with its references leading into the whole document."""
    if isinstance(schema, dict):
        return {k: f"urn:forge{v}" if k == "$ref" and isinstance(v, str) else _anchored(v) for k, v in schema.items()}
    return [_anchored(each) for each in schema] if isinstance(schema, list) else schema


def _as_json_schema(node: Any) -> Any:
    """Return an OpenAPI 3.0 node as JSON Schema: its `nullable` said as the type null."""
    if isinstance(node, list):
        return [_as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _as_json_schema(each) for key, each in node.items() if key != "nullable"}
    if node.get("nullable") is not True:
        return made
    if isinstance(node.get("type"), str):
        made["type"] = [node["type"], "null"]
        return {**made, "enum": [*made["enum"], None]} if "enum" in made else made
    return {"anyOf": [made, {"type": "null"}]}


@cache
def described(name: str) -> Description:
    """Return the slice kept for a forge: `github` or `gitlab`."""
    return Description(json.loads((Path(__file__).parent / "openapi" / f"{name}.json").read_text(encoding="utf-8")))


def judged(
    name: str, method: str, path: str, content: Any, answer: Callable[[str, str, Any], tuple[int, Any]],
    wrong: list[str], deviates: str = "never",
) -> tuple[int, Any]:  # fmt: skip
    """Return a fake's answer, made whole; what the description does not allow goes to `wrong`.

    A request that it does not allow is refused, as the forge would. `deviates` ends a complaint that is known.
    """
    rules = described(name)
    try:
        rules.check_request(method, path, content)
    except AssertionError as problem:
        wrong.append(f"refused: {problem}")
        return 422, {"message": "Invalid request"}
    try:
        status, said = answer(method, path, content)
    except (LookupError, StopIteration):  # it asks for something that is not there
        return 404, {"message": "Not Found"}
    try:
        if status < 300:
            said = rules.completed(method, path, status, said)
            rules.check_answer(method, path, status, said)
    except AssertionError as problem:
        if not str(problem).endswith(deviates):
            wrong.append(str(problem))
    return status, said
