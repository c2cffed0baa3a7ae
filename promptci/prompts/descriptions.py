"""Descriptions of tools and of the fields of a JSON Schema: a model gets them as they stand, and nothing fills them.

Limits of names: `^[a-zA-Z0-9_-]{1,64}$` for functions of OpenAI's API (API reference, chat completions), and the Model
Context Protocol's for all others (specification of 2025-11-25, tool names), which Anthropic's is within.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.base import Edit, Slot
from promptci.prompts.tree import Path, Tree

MOST = 1024  # characters of a description that is written anew: some servers take no more
_FUNCTION, _TOOL = re.compile(r"[a-zA-Z0-9_-]{1,64}"), re.compile(r"[a-zA-Z0-9_.-]{1,128}")
_ARGUMENTS = ("parameters", "inputSchema", "input_schema")
_OF_A_SCHEMA = ("type", "enum", "anyOf", "oneOf", "allOf", "$ref", "properties", "items")


def describes(tree: Tree, path: Path) -> bool:
    """Whether the text at `path` describes a tool or a field. Raises DataError for a tool whose name none takes."""
    around = tree.value
    for key in path[:-1]:
        around = around[key]
    if path[-1:] != ("description",) or not isinstance(around, dict):
        return False
    is_tool = isinstance(around.get("name"), str) and any(name in around for name in _ARGUMENTS)
    if is_tool:
        _refuse(tree, path[:-1], around)
    return is_tool or any(name in around for name in _OF_A_SCHEMA)


def _refuse(tree: Tree, at: Path, tool: Mapping[str, Json]) -> None:
    openai = "parameters" in tool
    if (_FUNCTION if openai else _TOOL).fullmatch(tool["name"]) is None:
        most = "letters, digits, _ and -, at most 64" if openai else "letters, digits, _, - and ., at most 128"
        raise DataError(f"'{tool['name'][:80]}' is no name of a tool", place=tree.where(*at, "name"), hint=most)


def kept_short(slot: Slot | None, before: str) -> Slot | None:
    """Return the ways to write another description that is not too long; one that is longer already may stay so."""
    if slot is None:
        return None

    def ways(new: str) -> Iterable[Edit]:
        return slot(new) if len(new) <= max(MOST, len(before)) else ()

    return ways
