"""Options of a strategy as they stand in promptci.yaml: which there are, and which values they can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from promptci import options as rules
from promptci.core import Json
from promptci.errors import ConfigError
from promptci.options import Range, did_you_mean

__all__ = ["check", "did_you_mean", "names"]

_NOT_OPTIONS = frozenset(("write", "metaprompts", "name", "small", "demos"))
_AT_LEAST_ONE = frozenset(("per_step", "subsamples", "pairs", "rounds", "batches", "batch", "rise_steps"))
_SHARES = frozenset(("keep", "min_score"))


def names(factory: Callable[..., object]) -> tuple[str, ...]:
    """The options of a strategy, in the order in which it documents them. `factory` is its dataclass."""
    return rules.names(factory, _NOT_OPTIONS)


def check(strategy: str, factory: Callable[..., object], options: Mapping[str, Json]) -> None:
    """Raise ConfigError for an option that the strategy does not have, or a value that the option cannot have."""
    known = names(factory)
    wrong = next((option for option in options if option not in known), None)
    if wrong is not None:
        raise ConfigError(f"strategy '{strategy}' has no option '{wrong}'", hint=did_you_mean(wrong, known))
    ranges = {name: Range(0) for name in known}
    ranges |= {name: Range(1) for name in known if name in _AT_LEAST_ONE}
    ranges |= {name: Range(0, 1) for name in known if name in _SHARES}
    found = rules.mistake(f"strategy '{strategy}'", factory, options, hidden=_NOT_OPTIONS, ranges=ranges)
    if found is not None:
        raise ConfigError(found.problem, hint=found.hint)
