"""The JSON Schema of promptci.yaml, for editors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptci.config.base import Settings
from promptci.config.settings import Config
from promptci.config.words import WORDS
from promptci.core import Json


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of promptci.yaml, for editors."""
    for section in Settings.__subclasses__():  # older releases of pydantic write a default only when its class is built
        section.model_rebuild()
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}
    for name, value in keys(found).items():
        value |= {"description": WORDS[name].meaning} if name in WORDS else {}
    prompt = found["$defs"]["PromptSettings"]
    prompt.pop("required")  # a .prompt.yml may bring its own cases
    prompt["anyOf"] = [{"required": ["file"]}, {"required": ["run", "files", "cases"]}]
    return {**found, "title": "promptci.yaml"}


def keys(schema: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    """Return the schema of every key, by its name with dots."""
    found: dict[str, dict[str, Json]] = {}

    def walk(node: Mapping[str, Json], prefix: str) -> None:
        for name, value in node.get("properties", {}).items():
            found[prefix + name] = value
            for inner in _inside(value, schema):
                walk(inner, f"{prefix}{name}.")

    walk(schema, "")
    return found


def _inside(value: Mapping[str, Json], schema: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """Return the sections that a value may be, or that its entries are."""
    for part in (value, *value.get("anyOf", ()), value.get("items", {})):
        name = part.get("$ref", "").rpartition("/")[2]
        if name:
            yield schema["$defs"][name]
