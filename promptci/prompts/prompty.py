"""`.prompty`, version 1 and 2-alpha (github.com/microsoft/prompty): front matter, then messages under lines `system:`.

Where to send (`connection`, `configuration`) is kept as a note and never used: an address in a prompt's file would
decide which server gets the key. `sample` is an example for people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from promptci.core import Json, Style
from promptci.errors import DataError
from promptci.prompts.base import PromptFile
from promptci.prompts.chat import rewritable
from promptci.prompts.parameters import check, sorted_out
from promptci.prompts.roles import marked_by_lines, parts_of
from promptci.prompts.schema import from_properties, response_format
from promptci.prompts.text import Front, front_matter

_ENV = re.compile(r"\$\{env:[^:}]*(?::(?P<default>[^}]*))?\}")
_OWN = ("model", "inputs", "outputs", "inputSchema", "outputSchema", "kind", "tools", "template", "sample")
_STYLES: Mapping[str, Style] = {
    "jinja2": "jinja",
    "jinja": "jinja",
    "mustache": "handlebars",
    "handlebars": "handlebars",
}
_MODEL = (
    "id",
    "name",
    "provider",
    "api",
    "apiType",
    "connection",
    "configuration",
    "parameters",
    "options",
    "response",
)


class Prompty:
    """One file of prompty."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Read front matter and messages. Raises DataError with place:line for what cannot be honoured."""
        if selector is not None:
            raise DataError("this format has nothing to choose from", place=place, hint="leave out '::' and the rest")
        front = front_matter(text, place)
        parts, slots = parts_of(text, marked_by_lines(text, front.end, place), place)
        parameters, notes = sorted_out(front.values, lambda key: front.where(place, key), also=_OWN)
        sent, noted = _model(front, place)
        parameters |= sent | _outputs(front, place)
        if tools := _tools(front, place):
            parameters["tools"] = tools
        if "sample" in front.values:
            noted["sample"] = front.values["sample"]
        if front.values.get("kind", "prompt") != "prompt":
            where = front.where(place, "kind")
            problem = f"a file of the kind '{front.values['kind']}' is no prompt"
            raise DataError(problem, place=where, hint="write kind: prompt, or leave 'kind' out")
        style, defaults = _style(front, place), _defaults(front, place)
        return PromptFile(parts, slots, rewritable(parts), parameters, notes | noted, style, defaults)


def _model(front: Front, place: str) -> tuple[dict[str, Json], dict[str, Json]]:
    """What is sent, and what is only noted."""
    model = front.values.get("model")
    if model is None:
        return {}, {}
    if isinstance(model, str):
        where = front.where(place, "model")
        return {"model": check("model", _named(model, where), where)}, {}
    if not isinstance(model, dict):
        raise DataError("'model' must be a name or a mapping", place=front.where(place, "model"))
    for key in model:
        if key not in _MODEL:
            hint = f"known: {', '.join(_MODEL)}"
            raise DataError(f"unknown key '{key}' of 'model'", place=front.where(place, "model", key), hint=hint)
    if (api := model.get("api", model.get("apiType", "chat"))) != "chat":
        where = front.where(place, "model", "api" if "api" in model else "apiType")
        raise DataError(f"the API '{api}' is not used", place=where, hint="only chat is")
    found: dict[str, Json] = {}
    for section in ("parameters", "options"):
        given = model.get(section) or {}
        if not isinstance(given, dict):
            raise DataError(f"'{section}' must be a mapping", place=front.where(place, "model", section))
        more = given.get("additionalProperties") or {}
        if not isinstance(more, dict):
            where = front.where(place, "model", section, "additionalProperties")
            raise DataError("'additionalProperties' must be a mapping", place=where)
        given = {k: v for k, v in given.items() if k != "additionalProperties"} | more
        sent, notes = sorted_out(given, partial(front.where, place, "model", section))
        for key in notes:
            raise DataError(f"unknown key '{key}' of '{section}'", place=front.where(place, "model", section, key))
        found |= sent
    name = model.get("id") or model.get("name")
    if name is not None:
        where = front.where(place, "model")
        found["model"] = check("model", _named(name, where), where)
    return found, {k: model[k] for k in ("provider", "connection", "configuration") if k in model}


def _tools(front: Front, place: str) -> list[Json]:
    """Functions by name, description and parameters (2-alpha), as a request takes them."""
    given = front.values.get("tools") or []
    named = [{"name": name, **one} for name, one in given.items()] if isinstance(given, dict) else given
    if not isinstance(named, list) or not all(isinstance(one, dict) for one in named):
        raise DataError("'tools' must be a list of functions", place=front.where(place, "tools"))
    return [_tool(one, front.where(place, "tools", number)) for number, one in enumerate(named)]


def _tool(one: Mapping[str, Json], where: str) -> Json:
    if one.get("type") == "function" and isinstance(one.get("function"), dict):
        return dict(one)
    kind = one.get("kind", one.get("type", "function"))
    if kind != "function" or not isinstance(one.get("name"), str):
        problem = f"a tool of the kind '{kind}' cannot be sent" if kind != "function" else "a tool must have a 'name'"
        raise DataError(problem, place=where, hint="tools are functions: name, description and parameters")
    said = one.get("parameters", one.get("arguments")) or []
    said = said.get("properties", said) if isinstance(said, dict) and said.get("type") != "object" else said
    if isinstance(said, dict) and said.get("type") != "object":
        said = [
            {"name": name, **(inner if isinstance(inner, dict) else {"kind": inner})} for name, inner in said.items()
        ]
    schema = said if isinstance(said, dict) else from_properties(said, where)
    told = {key: one[key] for key in ("description", "strict") if key in one}
    return {"type": "function", "function": {"name": one["name"], **told, "parameters": schema}}


def _named(name: Json, where: str) -> Json:
    """A model's name; of `${env:NAME:default}` the default: a prompt's file reads no environment."""
    found = _ENV.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        return name
    if not found["default"]:
        hint = "write the model's name, or a default behind it: ${env:NAME:my-model}"
        raise DataError(f"the model is named by an environment variable, {name}", place=where, hint=hint)
    return found["default"]


def _outputs(front: Front, place: str) -> dict[str, Json]:
    """The shape of the answer: a list of names and kinds (2-alpha) or a mapping of them (1)."""
    given, where = _properties(front, "outputs", "outputSchema"), front.where(place, "outputs")
    if not given:
        return {}
    if isinstance(given, dict):
        given = [{"name": name, **(one if isinstance(one, dict) else {"kind": one})} for name, one in given.items()]
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise DataError("'outputs' must be a list of names and kinds", place=where)
    return {"response_format": response_format(from_properties(given, where))}


def _properties(front: Front, name: str, schema: str) -> Json:
    """Inputs or outputs, which newer files keep as the `properties` of a schema."""
    given = front.values.get(schema)
    return given.get("properties") if isinstance(given, dict) else front.values.get(name)


def _style(front: Front, place: str) -> Style:
    given = front.values.get("template", "jinja2")
    if isinstance(given, dict):
        given = given.get("format", "jinja2")
    if isinstance(given, dict):
        given = given.get("kind", "jinja2")
    if not isinstance(given, str) or given not in _STYLES:
        hint = f"known: {', '.join(_STYLES)}"
        raise DataError(f"the template format {given!r} is not read", place=front.where(place, "template"), hint=hint)
    return _STYLES[given]


def _defaults(front: Front, place: str) -> dict[str, Json]:
    """Defaults of inputs; those of version 1 may be a mapping of names to types."""
    given = _properties(front, "inputs", "inputSchema") or {}
    if isinstance(given, dict):
        return {n: one["default"] for n, one in given.items() if isinstance(one, dict) and "default" in one}
    if not isinstance(given, list) or not all(map(_named_input, given)):
        raise DataError("'inputs' must be a list of names", place=front.where(place, "inputs"))
    found = {one["name"]: one["default"] for one in given if "default" in one}
    return found | {one["name"]: "" for one in given if one.get("required") is False and "default" not in one}


def _named_input(one: Json) -> bool:
    return isinstance(one, dict) and isinstance(one.get("name"), str)


FORMAT = Prompty()
