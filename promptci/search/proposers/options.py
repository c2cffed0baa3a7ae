"""Options of a strategy as they stand in promptci.yaml: which there are, and which values they can have."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from promptci.core import Json
from promptci.errors import ConfigError

_NOT_OPTIONS = frozenset(("write", "metaprompts", "name", "small"))
_AT_LEAST_ONE = frozenset(("per_step", "subsamples", "pairs", "rounds", "batches", "batch", "rise_steps"))
_SHARES = frozenset(("keep", "min_score"))


def names(factory: Callable[..., object]) -> tuple[str, ...]:
    """The options of a strategy, in the order in which it documents them. `factory` is its dataclass."""
    return tuple(f.name for f in fields(factory) if f.name not in _NOT_OPTIONS)  # type: ignore[arg-type]  # a dataclass


def check(strategy: str, factory: Callable[..., object], options: Mapping[str, Json]) -> None:
    """Raise ConfigError for an option that the strategy does not have, or a value that the option cannot have."""
    known = names(factory)
    hints = get_type_hints(factory)
    for option, value in options.items():
        if option not in known:
            raise ConfigError(f"strategy '{strategy}' has no option '{option}'", hint=did_you_mean(option, known))
        problem = _problem(option, value, hints[option])
        if problem:
            raise ConfigError(f"option '{option}' of strategy '{strategy}' {problem}, not {value!r}")


def did_you_mean(wrong: str, known: Sequence[str]) -> str:
    """The closest known name, if there is one, and all of them."""
    close = difflib.get_close_matches(wrong, known, n=1)
    listed = f"known: {', '.join(sorted(known))}"
    return f"did you mean '{close[0]}'? {listed}" if close else listed


def _problem(option: str, value: Json, hint: Any) -> str | None:
    """What is wrong with the value, or None."""
    choices = [c for part in _parts(hint) if get_origin(part) is Literal for c in get_args(part)]
    if choices:
        return None if value in choices and type(value) in map(type, choices) else f"is one of {choices}"
    if not any(_fits(value, part) for part in _parts(hint)):
        return f"is {' or '.join(_name(part) for part in _parts(hint))}"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if value < (1 if option in _AT_LEAST_ONE else 0):
        return "is at least 1" if option in _AT_LEAST_ONE else "is not negative"
    return "is a share of 1" if option in _SHARES and value > 1 else None


def _parts(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a type; `int | None` and `Literal[...] | None` are unions of different make."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _fits(value: Json, kind: Any) -> bool:
    if kind is NoneType:
        return value is None
    if get_origin(kind) is not None:  # the only generic: a list of texts
        return isinstance(value, (list, tuple)) and all(isinstance(text, str) for text in value)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is kind


def _name(kind: Any) -> str:
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", NoneType: "null"}
    return words.get(kind, "a list of texts")
