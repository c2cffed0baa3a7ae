"""`.prompt`: dotprompt (google.github.io/dotprompt): front matter, then Handlebars with roles, history and partials."""

from __future__ import annotations

import re
from collections.abc import Mapping

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.base import Edit, PromptFile, Slot
from promptci.prompts.chat import rewritable
from promptci.prompts.handlebars.parse import logic
from promptci.prompts.parameters import UNSENT, UNSENT_NOTE, sorted_out
from promptci.prompts.roles import marked_by_tags, parts_of
from promptci.prompts.schema import from_picoschema, response_format
from promptci.prompts.text import Front, front_matter

_COMMENT = re.compile(r"\A\ufeff?(?:[ \t]*(?:#[^\n]*)?\r?\n)+(?=---)")  # a licence above the front matter
_OWN = ("config", "input", "output", "tools", "toolDefs", "ext")


class DotPrompt:
    """One file of dotprompt. Tags that decide (`#if`, `#each`, partials) are filled, and never rewritten."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Read front matter and messages. Raises DataError with place:line for what cannot be honoured."""
        if selector is not None:
            raise DataError("this format has nothing to choose from", place=place, hint="leave out '::' and the rest")
        above = _COMMENT.match(text)
        front = front_matter(text, place, above.end() if above else 0)
        parts, slots = parts_of(text, marked_by_tags(text, front.end, place), place)
        # A name with a dot belongs to an extension (google.github.io/dotprompt/reference/frontmatter).
        own = {key: value for key, value in front.values.items() if "." not in key}
        parameters, notes = sorted_out(own, lambda key: front.where(place, key), also=(*_OWN, *UNSENT))
        parameters |= _config(front, place) | _output(front, place)
        if unsent := sorted(UNSENT & {*front.values, *(front.values.get("config") or {})}):
            notes[UNSENT_NOTE] = unsent
        given = front.values.get("input") or {}
        defaults = given.get("default", {}) if isinstance(given, dict) else None
        if not isinstance(defaults, dict) or not isinstance(given, dict):
            raise DataError("'input' must be a mapping with 'schema' and 'default'", place=front.where(place, "input"))
        if front.values.get("tools") or front.values.get("toolDefs"):
            hint = (
                "tools are defined in the program; take them out, or write the messages into a JSON chat with 'tools'"
            )
            raise DataError("tools by name cannot be sent", place=front.where(place, "tools"), hint=hint)
        kept = tuple(None if s is None else _keeping(s, p.text) for s, p in zip(slots, parts, strict=True))
        return PromptFile(parts, kept, rewritable(parts), parameters, notes, "handlebars", _optional(given) | defaults)


def _keeping(slot: Slot, old: str) -> Slot:
    """A slot for texts with the same tags of logic in the same order."""
    wanted = logic(old)

    def ways(new: str) -> list[Edit]:
        return list(slot(new)) if logic(new) == wanted else []

    return ways


def _optional(given: Mapping[str, Json]) -> dict[str, Json]:
    """The names that the input's Picoschema marks with `?`: empty where a case lacks them."""
    schema = given.get("schema")
    names = [key.partition("(")[0] for key in schema] if isinstance(schema, dict) else []
    return {name.removesuffix("?").strip(): "" for name in names if name.strip().endswith("?")}


def _config(front: Front, place: str) -> dict[str, Json]:
    config = front.values.get("config") or {}
    if not isinstance(config, dict):
        raise DataError("'config' must be a mapping", place=front.where(place, "config"))
    known = {key: value for key, value in config.items() if key not in ("version", "apiKey", *UNSENT)}
    parameters, notes = sorted_out(known, lambda key: front.where(place, "config", key))
    for key in notes:
        raise DataError(f"unknown key '{key}' of 'config'", place=front.where(place, "config", key))
    return parameters


def _output(front: Front, place: str) -> dict[str, Json]:
    output, where = front.values.get("output") or {}, front.where(place, "output")
    if not isinstance(output, dict):
        raise DataError("'output' must be a mapping with 'format' and 'schema'", place=where)
    for key in output:
        if key not in ("format", "schema"):
            raise DataError(f"unknown key '{key}' of 'output'", place=front.where(place, "output", key))
    kind = output.get("format", "json" if "schema" in output else "text")
    if kind not in ("json", "text"):
        raise DataError(f"the output format '{kind}' cannot be asked for", place=where, hint="known: json, text")
    if "schema" in output and kind == "json":
        return {"response_format": response_format(from_picoschema(output["schema"], where))}
    return {"response_format": {"type": "json_object"}} if kind == "json" else {}


FORMAT = DotPrompt()
