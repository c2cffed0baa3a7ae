"""Options as they stand in promptci.yaml, checked against the annotations of what they build: one rule for every table.

A factory is a frozen dataclass or any annotated callable. Its parameters are the options; their annotations say what a
value may be: `bool`, `int`, `float`, `str`, `Literal[...]`, `tuple[str, ...]`, `Mapping[...]`, `File`, a union of
these, each perhaps in `Annotated[..., Range(...)]`. What is annotated with anything else may be any value.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from promptci.core import Json, is_inside

Factory = Callable[..., object]


@dataclass(frozen=True, slots=True)
class File:
    """A file of the repository that an option names: its path, and its text at the revision in question."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that an option may be, ends included; `above` leaves out the lower end."""

    low: float | None = None
    high: float | None = None
    above: bool = False

    def holds(self, value: float) -> bool:
        """Whether the number may be given; a number that is none (nan) may not."""
        low, high = self.low, self.high
        if low is not None and not (value > low if self.above else value >= low):
            return False
        return value == value and (high is None or value <= high)

    def __str__(self) -> str:
        low = None if self.low is None else f"above {self.low:g}" if self.above else f"at least {self.low:g}"
        high = None if self.high is None else f"at most {self.high:g}"
        return " and ".join(part for part in (low, high) if part)


Share = Annotated[float, Range(0, 1)]
Positive = Annotated[float, Range(0, above=True)]
Count = Annotated[int, Range(0)]


class Mistake(NamedTuple):
    """What is wrong with one option, and how to mend it."""

    option: str
    problem: str
    hint: str | None = None


def names(factory: Factory, hidden: Collection[str] = ()) -> tuple[str, ...]:
    """Return the options that a factory takes, in its order, without those that only code may set."""
    parameters = inspect.signature(factory).parameters.values()
    return tuple(p.name for p in parameters if p.name not in hidden and p.kind is not p.VAR_KEYWORD)


def mistake(
    what: str,
    factory: Factory,
    given: Mapping[str, Json],
    *,
    hidden: Collection[str] = (),
    ranges: Mapping[str, Range] | None = None,
) -> Mistake | None:
    """Return the first thing wrong with the options `given` to `what` ("metric 'exact'"), or None.

    Unknown names, values of another type or out of range, paths that leave the repository, options left out that have
    no default. `ranges` adds to those of the annotations.
    """
    known, hints = names(factory, hidden), _hints(factory)
    for option, value in given.items():
        if option not in known:
            return Mistake(option, f"unknown option '{option}' of {what}", did_you_mean(option, known))
        if File in _kinds(hints.get(option, Any)) and isinstance(value, str) and not is_inside(value):
            outside = f"{value!r} is not a path inside the repository"
            return Mistake(option, outside, "write it from promptci.yaml on, with '/'")
        if (problem := _problem(value, hints.get(option, Any), (ranges or {}).get(option))) is not None:
            return Mistake(option, f"option '{option}' of {what} {problem}")
    parameters = inspect.signature(factory).parameters
    lacking = next((n for n in known if n not in given and parameters[n].default is inspect.Parameter.empty), None)
    return Mistake(lacking, f"{what} needs the option '{lacking}'", f"add '{lacking}: ...'") if lacking else None


def files(factory: Factory, given: Mapping[str, Json]) -> dict[str, str]:
    """Return the options among `given` that name files, with their paths in the shortest form."""
    hints = _hints(factory)
    paths = {o: v for o, v in given.items() if isinstance(v, str) and File in _kinds(hints.get(o, Any))}
    return {option: str(PurePosixPath(path)) for option, path in paths.items()}


_MOST_LISTED, _FIRST, _MOST_COMPARED = 60, 20, 20_000  # names: shown whole, shown of more, looked through


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return the closest known name, if there is one, and all of them; of very many, the first ones."""
    listed = sorted(known)
    close = difflib.get_close_matches(wrong, listed[:_MOST_COMPARED], n=1)
    first, more = (listed, 0) if len(listed) <= _MOST_LISTED else (listed[:_FIRST], len(listed) - _FIRST)
    every = f"known: {', '.join(first)}" if listed else "it has no options"
    every += f" and {more:,} more" if more else ""
    return f"did you mean '{close[0]}'? {every}" if close else every


def _hints(factory: Factory) -> dict[str, Any]:
    try:
        return get_type_hints(factory, include_extras=True)
    except (NameError, TypeError):  # annotations that only a type checker can read
        return {}


def _problem(value: Json, hint: Any, extra: Range | None) -> str | None:
    parts = _parts(hint)
    choices = [c for part in parts if get_origin(part) is Literal for c in get_args(part)]
    fitting = [part for part in parts if _fits(value, part)]
    if not fitting:
        others = [w for w in (_word(p) for p in parts if get_origin(p) is not Literal) if w]
        return f"must be {' or '.join([*map(str, choices), *others])}, not {value!r}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    bounds = [m for part in fitting for m in getattr(part, "__metadata__", ()) if isinstance(m, Range)]
    broken = next((r for r in (*bounds, *([extra] if extra else [])) if not r.holds(value)), None)
    return f"must be {broken}, not {value!r}" if broken else None


def _parts(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a type; `int | None` and `Literal[...] | None` are unions of different make."""
    if get_origin(hint) not in (Union, UnionType):
        return (hint,)
    return tuple(part for one in get_args(hint) for part in _parts(one))


def _kinds(hint: Any) -> tuple[Any, ...]:
    return tuple(_base(part) for part in _parts(hint))


def _base(part: Any) -> Any:
    return get_args(part)[0] if get_origin(part) is Annotated else part


def _listed(kind: Any) -> bool:
    """Whether a type is a list of one kind of things: `tuple[str, ...]`, `Sequence[str]`."""
    origin = get_origin(kind)
    return inspect.isclass(origin) and issubclass(origin, Sequence)


def _fits(value: Json, part: Any) -> bool:
    kind = _base(part)
    if get_origin(kind) is Literal:
        return any(value == c and type(value) is type(c) for c in get_args(kind))
    if _listed(kind):
        return isinstance(value, list | tuple) and all(_fits(entry, get_args(kind)[0]) for entry in value)
    if inspect.isclass(get_origin(kind)) and issubclass(get_origin(kind), Mapping):
        return isinstance(value, Mapping)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind in (bool, int, str):
        return type(value) is kind
    return value is None if kind is NoneType else isinstance(value, str | File) if kind is File else True


_WORDS: dict[Any, str] = {
    int: "a whole number", float: "a number", bool: "true or false", str: "a text", NoneType: "null", File: "a path",
}  # fmt: skip


def _word(part: Any) -> str:
    kind = _base(part)
    if _listed(kind):
        inner = {str: "texts", int: "whole numbers", float: "numbers"}.get(_base(get_args(kind)[0]), "mappings")
        return f"a list of {inner}"
    return _WORDS.get(kind, "a mapping")
