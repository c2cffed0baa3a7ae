"""What a prompt or a setting may ask of a model beside its messages, and the cap on tokens in each of its names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promptci.core import Json
from promptci.errors import DataError
from promptci.models.base import ModelSpec

CAPS = ("max_completion_tokens", "max_tokens")
"""The names that servers have for the cap on the tokens of one answer."""

OURS = frozenset({"model", "messages", "prompt", "input", "stream", "stream_options", "n", "best_of", "echo"})
"""What promptci sets for every call: with another value answers would be lost, or cost more than the budget holds."""


def own_name(spec: ModelSpec) -> str | None:
    """The name under which `extra` caps the tokens itself, or None; it is sent in the place of `max_tokens`."""
    return next((name for name in CAPS if type(spec.extra.get(name)) is int and spec.extra[name] > 0), None)


def cap(spec: ModelSpec) -> int:
    """The most tokens of one answer: the cap in `extra` is the user's own word on what the server takes, and wins."""
    name = own_name(spec)
    return spec.max_tokens if name is None else int(spec.extra[name])


def asked_with(spec: ModelSpec, parameters: Mapping[str, Json], place: str | None = None) -> ModelSpec:
    """Return `spec` with a prompt's own parameters: they win over the settings, and are part of the question's key.

    `temperature` (None sends none), `max_tokens` or `max_completion_tokens`, and `seed` have fields of their own; any
    other (`tools`, `tool_choice`, `response_format`, `top_p`, `stop` ...) is sent as it is. Raises DataError with
    `place` for what promptci sets itself and for a value that none of these can have.
    """
    rest = dict(parameters)
    for name in sorted(OURS & rest.keys()):
        raise DataError(f"'{name}' is not for a prompt to set", place=place, hint="promptci sets it for every call")
    caps = [rest.pop(name) for name in CAPS if name in rest]
    if len(caps) > 1:
        raise DataError("'max_tokens' and 'max_completion_tokens' are one cap", place=place, hint="keep one of them")
    if caps and (type(caps[0]) is not int or caps[0] <= 0):
        raise DataError("'max_tokens' must be a whole number above 0", place=place)
    temperature = rest.pop("temperature", spec.temperature)
    if temperature is not None and (type(temperature) not in (int, float) or not 0 <= temperature <= 2):
        raise DataError("'temperature' must be a number from 0 to 2, or null to send none", place=place)
    seed = rest.pop("seed", spec.seed)
    if seed is not None and type(seed) is not int:
        raise DataError("'seed' must be a whole number", place=place)
    extra = {name: value for name, value in spec.extra.items() if not caps or name not in CAPS}
    return replace(
        spec,
        temperature=temperature,
        max_tokens=caps[0] if caps else spec.max_tokens,
        seed=seed,
        extra=extra,
        parameters={**spec.parameters, **rest},
    )
