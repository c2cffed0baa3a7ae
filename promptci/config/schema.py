"""The JSON Schema of promptci.yaml, for editors."""

from __future__ import annotations

from typing import Any

from promptci.config.settings import Config


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of promptci.yaml, for editors."""
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}
    return {**found, "title": "promptci.yaml"}
