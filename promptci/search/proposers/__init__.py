"""What suggests candidates from the trajectory, one file each, and the table of their names."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import fields

from promptci.core import Json
from promptci.errors import ConfigError
from promptci.search.base import Proposer, Write
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers.ape import Ape
from promptci.search.proposers.evoprompt import EvoPromptDe, EvoPromptGa
from promptci.search.proposers.mix import Mix
from promptci.search.proposers.opro import Opro
from promptci.search.proposers.reflect import Reflect

PROPOSERS: dict[str, Callable[..., Proposer]] = {
    "mix": Mix,
    "opro": Opro,
    "reflect": Reflect,
    "ape": Ape,
    "evoprompt-ga": EvoPromptGa,
    "evoprompt-de": EvoPromptDe,
}

_NOT_OPTIONS = frozenset(("write", "metaprompts", "name"))


def options_of(strategy: str) -> tuple[str, ...]:
    """The names of the options that a strategy takes, as they stand in promptci.yaml. KeyError for an unknown one."""
    return tuple(f.name for f in fields(PROPOSERS[strategy]) if f.name not in _NOT_OPTIONS)  # type: ignore[arg-type]  # every entry is a dataclass


def proposer(strategy: str, write: Write, metaprompts: MetaPrompts, options: Mapping[str, Json]) -> Proposer:
    """Build a proposer from its name and its options. ConfigError for a name or an option that does not exist."""
    if strategy not in PROPOSERS:
        raise ConfigError(f"unknown strategy '{strategy}'", hint=_hint(strategy, tuple(PROPOSERS)))
    known = options_of(strategy)
    for option in options:
        if option not in known:
            raise ConfigError(f"strategy '{strategy}' has no option '{option}'", hint=_hint(option, known))
    return PROPOSERS[strategy](write=write, metaprompts=metaprompts, **options)


def _hint(wrong: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(wrong, known, n=1)
    listed = f"known: {', '.join(sorted(known))}"
    return f"did you mean '{close[0]}'? {listed}" if close else listed
