"""JSON Schemas as a pull request brings them: no address is asked for a part, and no pattern runs for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from promptci.core import Json
from promptci.errors import DataError
from promptci.extraction import refuse_pattern, search
from promptci.metrics.extras import package
from promptci.untrusted import one_line

METRIC = "json_schema"
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
# What maps names, of properties and the like, to schemas: a name there is no keyword, whatever it is.
_BY_NAME = ("properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions")
_DATA = ("const", "enum", "default", "examples")  # what stands there is data, whatever it looks like


def validator_of(schema: Json) -> Any:
    """Return jsonschema's validator of a schema, with the references of the standard's own schemas alone.

    Raises ConfigError without the package. Validating may raise `SlowPattern`, and `unresolved()` for a reference.
    """
    return _patient(_draft(schema))(schema, registry=package("jsonschema_specifications", "json", METRIC).REGISTRY)


def _draft(schema: Json) -> Any:
    """The class of validators for what `$schema` names, the newest where it names none."""
    validators = package("jsonschema", "json", METRIC).validators
    return validators.validator_for(schema, default=validators.Draft202012Validator)


@lru_cache(maxsize=16)
def _patient(base: Any) -> Any:
    own = {"pattern": _pattern, "patternProperties": _pattern_properties}
    return package("jsonschema", "json", METRIC).validators.extend(base, own)


def unresolved() -> type[Exception]:
    """Return what is raised for a reference that leads nowhere."""
    error: type[Exception] = package("referencing", "json", METRIC).exceptions.Unresolvable
    return error


def refuse_schema(schema: Json, place: str) -> None:
    """Raise DataError at `place` for what is no schema, for a reference that leads out of it, and for a bad pattern."""
    inside = list(_subschemas(schema))
    for one in inside:
        several = one.get("patternProperties")
        for pattern in (one.get("pattern"), *(several if isinstance(several, Mapping) else ())):
            _refuse_pattern(pattern, place)
    try:
        _draft(schema).check_schema(schema)
    except package("jsonschema", "json", METRIC).SchemaError as problem:
        raise DataError(f"no JSON Schema: {one_line(problem.message)[:200]}", place=place) from None
    if any("$id" in one or "id" in one for one in inside if one is not schema):
        return  # a part with a name of its own is where references in it begin: they are followed with an answer
    resolver = validator_of(schema)._resolver  # the one that the validator itself asks
    for reference in (one.get(key) for one in inside for key in _REFERENCES):
        if isinstance(reference, str):
            _refuse_reference(reference, resolver, place)


def _subschemas(schema: Json) -> Iterator[Mapping[str, Json]]:
    pending = [schema]
    while pending:
        one = pending.pop()
        if isinstance(one, Mapping):
            yield one
            for key, value in one.items():
                if key in _BY_NAME and isinstance(value, Mapping):
                    pending += value.values()
                elif key not in _DATA:
                    pending.append(value)
        elif isinstance(one, list):
            pending += one


def _refuse_reference(reference: str, resolver: Any, place: str) -> None:
    try:
        resolver.lookup(reference)
    except unresolved():
        hint = "put the part that it names under '$defs', and write '#/$defs/name'"
        raise DataError(f"the schema's reference '{reference}' leads nowhere", place=place, hint=hint) from None


def _refuse_pattern(pattern: Json, place: str) -> None:
    if not isinstance(pattern, str):
        return
    try:
        refuse_pattern(pattern)
    except re.error as problem:
        raise DataError(f"the schema's pattern {pattern!r} is none: {problem}", place=place) from None


def _pattern(validator: Any, pattern: str, instance: Json, schema: Json) -> Iterator[Exception]:
    del schema
    if validator.is_type(instance, "string") and search(pattern, instance) is None:
        yield package("jsonschema", "json", METRIC).ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Mapping[str, Json], instance: Json, schema: Json) -> Iterator[Any]:
    del schema
    for pattern, inner in patterns.items() if validator.is_type(instance, "object") else ():
        for name, value in instance.items():
            if search(pattern, name) is not None:
                yield from validator.descend(value, inner, path=name, schema_path=pattern)
