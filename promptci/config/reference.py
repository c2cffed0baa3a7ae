"""The reference of promptci.yaml, made of the settings themselves: `python -m promptci.config.reference > FILE`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping

from promptci import options
from promptci.config.schema import json_schema, keys
from promptci.config.words import ROWS, WORDS
from promptci.core import Json
from promptci.metrics import ALIASES, METRICS
from promptci.metrics.build import NOT_OPTIONS, common

_HEAD = """\
# promptci.yaml, key by key

Made of the settings by `make reference`; do not edit by hand. `promptci schema` prints the same for editors. A key that
is not here is an error, and so is one without an effect.

"""
_ROWS = """\
## A row of an eval set

| column | example | meaning |
|---|---|---|
"""
_METRICS = """\
## Metrics

A metric is a name, or a mapping with its `name` and options. Every metric takes `not`, `weight`, `pass_mark` and
`label`; `not_NAME` is the same as `not: true`.

| metric | options with their defaults | what it says |
|---|---|---|
"""


def reference() -> str:
    """Return the whole page as Markdown."""
    schema = json_schema()
    rows = "".join(f"| `{name}` | `{said.example}` | {said.meaning} |\n" for name, said in ROWS.items())
    metrics = "".join(_metric(name) for name in METRICS)
    others = ", ".join(f"`{alias}` ({name})" for alias, (name, _) in ALIASES.items())
    return f"{_HEAD}{''.join(_sections(schema))}{_ROWS}{rows}\n{_METRICS}{metrics}\nOther names: {others}.\n"


def _sections(schema: Mapping[str, Json]) -> Iterator[str]:
    known = keys(schema)
    tops = [name for name in known if "." not in name]
    for top in tops:
        inner = {name: value for name, value in known.items() if name.startswith(f"{top}.") and not _again(name)}
        yield f"## `{top}`\n\n{WORDS[top].meaning}\n\n"
        if not inner:
            yield f"Example: `{top}: {WORDS[top].example}`\n\n"
            continue
        yield "| key | value | default | example | meaning |\n|---|---|---|---|---|\n"
        yield "".join(map(_row, inner.items()))
        yield "\n"


def _again(name: str) -> bool:
    """Whether a key is one of `models.scorer`, in the section of another model."""
    return name.startswith(("models.optimizer.", "models.judge.", "models.embedder."))


def _row(item: tuple[str, Mapping[str, Json]]) -> str:
    name, value = item
    said = WORDS[name]
    default = "" if "default" not in value or isinstance(value["default"], dict | None) else _yaml(value["default"])
    default = f"`{default}`" if default else ""
    return f"| `{name}` | {_kind(value)} | {default} | `{said.example}` | {said.meaning} |\n"


def _yaml(value: Json) -> str:
    words = {True: "true", False: "false"}
    return words[value] if isinstance(value, bool) else str(value).replace("'", "")


_KINDS = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "array": "list",
    "object": "mapping", "null": "null",
}  # fmt: skip


def _kind(value: Mapping[str, Json]) -> str:
    """Return what a value may be, in words."""
    if "$ref" in value:
        return "mapping"
    if "enum" in value:
        return ", ".join(f"`{one}`" for one in value["enum"])
    if "const" in value:
        return f"`{value['const']}`"
    if "anyOf" in value:
        parts = dict.fromkeys(_kind(part) for part in value["anyOf"])
        return " or ".join(part for part in parts if part != "null") + (" or null" if "null" in parts else "")
    return _KINDS[value["type"]] + _range(value)


def _range(value: Mapping[str, Json]) -> str:
    words = {"minimum": "from {}", "exclusiveMinimum": "above {}", "maximum": "to {}", "exclusiveMaximum": "below {}"}
    found = " ".join(text.format(f"{value[key]:g}") for key, text in words.items() if key in value)
    return f" {found}" if found else ""


def _metric(name: str) -> str:
    factory = METRICS[name]
    parameters = inspect.signature(factory).parameters
    own = [n for n in options.names(factory, NOT_OPTIONS) if n not in inspect.signature(common).parameters]
    told = ", ".join(_option(parameters[n]) for n in own)
    first = (inspect.getdoc(factory) or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    return f"| `{name}` | {told} | {first} |\n"


def _option(parameter: inspect.Parameter) -> str:
    if parameter.default in (inspect.Parameter.empty, None, "", ()) or callable(parameter.default):
        return f"`{parameter.name}`"
    if isinstance(parameter.default, bool | int | float | str) and len(str(parameter.default)) < 20:
        return f"`{parameter.name}: {_yaml(parameter.default)}`"
    return f"`{parameter.name}`"


if __name__ == "__main__":
    sys.stdout.write(reference())
