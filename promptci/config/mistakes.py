"""Mistakes in words about the file: where, what, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from promptci import yamlfile
from promptci.config.base import WORDED, guess
from promptci.config.settings import Config
from promptci.config.words import WORDS
from promptci.core import Json
from promptci.errors import ConfigError

# What the contract names and a later version brings, with what to do until then.
_LATER = {
    "judge": "it belongs to a prompt: write it below the prompt's file",
    "prompts.gate.max_cost_usd": "use `metrics` with `cost`",
    "prompts.gate.max_latency_s": "use `metrics` with `latency`",
}

_MUST_BE = {
    "bool_type": "true or false", "dict_type": "a mapping", "float_type": "a number",
    "int_from_float": "a whole number", "int_type": "a whole number", "model_attributes_type": "a mapping",
    "model_type": "a mapping",
    "string_type": "a text", "tuple_type": "a list", "string_too_short": "a text that is not empty",
    "too_short": "a list with at least one entry", "literal_error": "{expected}", "greater_than": "above {gt:g}",
    "greater_than_equal": "at least {ge:g}", "less_than": "below {lt:g}", "less_than_equal": "at most {le:g}",
    "string_too_long": "at most {max_length} characters long",
}  # fmt: skip

_KEYS_OWN = ("missing", "extra_forbidden")  # of a key itself, whether the file has it or not


def first_mistake(errors: Sequence[ErrorDetails], document: yamlfile.Document, place: str) -> ConfigError:
    """Turn the mistake that stands first in the file into an error with its line, in words about the file."""
    located = [(_path(e, document.value), e) for e in errors]
    # A list counts its good entries only, so one bad entry also makes it "too short": the inner mistake is the cause.
    inner = [one for one in located if not any(p[: len(one[0])] == one[0] != p for p, _ in located)]
    # A misspelt key is unknown and the right one is missing: the spelling is the cause.
    path, first = min(inner, key=lambda one: (one[1]["type"] == "missing", document.line(one[0])))
    where = f"{place}:{document.line(path)}"
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    name = ".".join(part for part in path if isinstance(part, str))
    context = first.get("ctx", {})
    if first["type"] == "mistake":
        return ConfigError(context["problem"], place=where, hint=context["hint"])
    if first["type"] == "extra_forbidden":
        if name in _LATER:
            return ConfigError(
                f"'{name}' is not there" if name == "judge" else f"'{name}' is not there yet",
                place=where,
                hint=_LATER[name],
            )
        return ConfigError(f"unknown key '{key}'", place=where, hint=guess(key, _keys(path[:-1])))
    if first["type"] == "missing":
        return ConfigError(f"'{name}' is missing", place=where, hint=_example(name))
    entry = f"entry {path[-1] + 1} of " if path and isinstance(path[-1], int) else ""
    if first["type"] == "string_pattern_mismatch":
        return ConfigError(f"{entry}'{name}' must be {WORDED[key]}", place=where, hint=_example(name))
    wanted = _MUST_BE.get(first["type"])
    said = f"must be {wanted.format(**context)}" if wanted else f"is wrong: {first['msg']}"
    return ConfigError(f"{entry}'{name}' {said}", place=where, hint=_example(name))


def _example(name: str) -> str | None:
    """Return how a key is written, None for a name that is no key of its own."""
    said = WORDS.get(name)
    return said and f"for example {name.rpartition('.')[2]}: {said.example}"


def _path(error: ErrorDetails, value: Json) -> yamlfile.Path:
    """Return the part of pydantic's location that the file has, and a missing key: the rest are branches of unions."""
    below: tuple[int | str, ...] = error.get("ctx", {}).get("at", ())
    *parents, last = error["loc"] + below
    path: list[int | str] = []
    for part in parents:
        if _inside(part, value):
            path.append(part)
            value = value[part]
    return (*path, last) if error["type"] in _KEYS_OWN or _inside(last, value) else tuple(path)


def _inside(part: int | str, value: Json) -> bool:
    return part in value if isinstance(value, dict) else isinstance(value, list) and isinstance(part, int)


def _keys(path: yamlfile.Path) -> Iterable[str]:
    """Return the keys that the section at `path` knows."""
    model: Any = Config
    named = False  # whether the next part is a name that the user gave, such as a judge's
    for part in path:
        if isinstance(part, str) and not named:
            annotation = model.model_fields[part].annotation
            named = get_origin(annotation) is dict
            parts = [annotation, *getattr(annotation, "__args__", ())]
            model = next(p for p in parts if isinstance(p, type) and issubclass(p, BaseModel))
        else:
            named = False
    return list(model.model_fields)
