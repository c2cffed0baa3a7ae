"""Shapes of answers in other formats' own words, as the JSON Schema that a request takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from promptci.core import Json
from promptci.errors import DataError

_TYPES = {
    "string": "string", "text": "string", "number": "number", "float": "number", "integer": "integer",
    "int": "integer", "boolean": "boolean", "bool": "boolean", "null": "null", "any": None,
    "object": "object", "array": "array",
}  # fmt: skip
_KEY = re.compile(r"(?P<name>[^(?]+)(?P<optional>\?)?(?:\((?P<kind>\w+)(?:,\s*(?P<said>.*))?\))?")


def response_format(schema: Mapping[str, Json], name: str = "answer") -> dict[str, Json]:
    """Return the request's `response_format` for a JSON Schema."""
    return {"type": "json_schema", "json_schema": {"name": name, "schema": dict(schema)}}


def from_picoschema(given: Json, place: str) -> dict[str, Json]:
    """Return the JSON Schema of a Picoschema (dotprompt): `title: string, the title`, `tags?(array): string`.

    A mapping that is JSON Schema already stays. Raises DataError at `place`.
    """
    kind = given.get("type") if isinstance(given, dict) else None
    if isinstance(kind, str) and kind in _TYPES and ("properties" in given or kind != "object"):
        return dict(given)
    if isinstance(given, str):
        return _scalar(given, place)
    if not isinstance(given, dict):
        raise DataError("a schema must be a mapping of names to types", place=place)
    properties: dict[str, Json] = {}
    required: list[str] = []
    others: Json = False
    for key, value in given.items():
        if key == "(*)":  # any other names, of this type
            others = from_picoschema(value, place)
            continue
        found = _KEY.fullmatch(key)
        if found is None:
            raise DataError(f"the schema's key '{key}' is not read", place=place)
        name = found["name"].strip()
        properties[name] = _property(found["kind"], found["said"], value, place)
        if not found["optional"]:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": others}


def _property(kind: str | None, said: str | None, value: Json, place: str) -> dict[str, Json]:
    described = {"description": said} if said else {}
    if kind == "array":
        return {"type": "array", "items": from_picoschema(value, place), **described}
    if kind == "enum" and isinstance(value, list):
        return {"enum": value, **described}
    if kind in (None, "object"):
        return {**from_picoschema(value, place), **described}
    raise DataError(f"the schema's '({kind})' is not read", place=place, hint="array, object, enum")


def _scalar(said: str, place: str) -> dict[str, Json]:
    name, _, described = said.partition(",")
    if name.strip() not in _TYPES:
        hint = f"known: {', '.join(_TYPES)}; a schema that a program defines by name is written in place here"
        raise DataError(f"the schema's type '{name.strip()}' is not read", place=place, hint=hint)
    kind = _TYPES[name.strip()]
    return {**({"type": kind} if kind else {}), **({"description": described.strip()} if described.strip() else {})}


def from_properties(given: Iterable[Mapping[str, Json]], place: str) -> dict[str, Json]:
    """Return the JSON Schema of a list of {name, kind, description?, required?, items?, properties?} (prompty)."""
    properties: dict[str, Json] = {}
    required: list[str] = []
    for one in given:
        if not isinstance(one.get("name"), str):
            raise DataError("an output must have a 'name'", place=place)
        properties[one["name"]] = _output(one, place)
        if one.get("required", True):
            required.append(one["name"])
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _output(one: Mapping[str, Json], place: str) -> dict[str, Json]:
    kind = str(one.get("kind", one.get("type", "string")))
    if kind not in _TYPES:
        raise DataError(f"the output kind '{kind}' is not read", place=place, hint=f"known: {', '.join(_TYPES)}")
    found: dict[str, Json] = {"type": _TYPES[kind]} if _TYPES[kind] else {}
    if "description" in one:
        found["description"] = one["description"]
    if isinstance(one.get("enumValues"), list):
        found["enum"] = one["enumValues"]
    if kind == "array" and isinstance(one.get("items"), dict):
        found["items"] = _output(one["items"], place)
    if kind == "object" and isinstance(one.get("properties"), list):
        found |= from_properties(one["properties"], place)
    return found
