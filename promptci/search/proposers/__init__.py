"""What suggests candidates from the trajectory, one file each, and the table of their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from promptci.core import Json
from promptci.errors import ConfigError
from promptci.plugins import Table
from promptci.search.base import Write
from promptci.search.demos import WithDemos
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers.ape import Ape
from promptci.search.proposers.bpo import Bpo
from promptci.search.proposers.edits import Edits
from promptci.search.proposers.evoprompt import EvoPromptDe, EvoPromptGa
from promptci.search.proposers.mix import Mix
from promptci.search.proposers.opro import Opro
from promptci.search.proposers.options import check, did_you_mean, names
from promptci.search.proposers.pas import Pas
from promptci.search.proposers.reflect import Reflect
from promptci.search.view import Proposer

PROPOSERS: Table[Callable[..., Proposer]] = Table(
    "proposers",
    {
        "edits": Edits,
        "mix": Mix,
        "opro": Opro,
        "reflect": Reflect,
        "ape": Ape,
        "evoprompt-ga": EvoPromptGa,
        "evoprompt-de": EvoPromptDe,
        "pas": Pas,
        "bpo": Bpo,
    },
)
DEFAULT = "edits"
_DEMOS = "demos"


def options_of(strategy: str) -> tuple[str, ...]:
    """The names of the options that a strategy takes in promptci.yaml. KeyError for an unknown strategy."""
    return (*names(PROPOSERS[strategy]), _DEMOS)


def proposer(strategy: str, write: Write, metaprompts: MetaPrompts, options: Mapping[str, Json]) -> Proposer:
    """Build a proposer from its name and its options; `demos: k` gives each of its texts k train cases to quote.

    Raises ConfigError for a name or an option that does not exist, and for a value that the option cannot have.
    """
    if strategy not in PROPOSERS:
        raise ConfigError(f"unknown strategy '{strategy}'", hint=did_you_mean(strategy, tuple(PROPOSERS)))
    own = {name: value for name, value in options.items() if name != _DEMOS}
    check(strategy, PROPOSERS[strategy], own)
    k = options.get(_DEMOS, 0)
    if type(k) is not int or k < 0:
        raise ConfigError(f"option 'demos' is the number of demonstrations, 0 or more, not {k!r}")
    built = PROPOSERS[strategy](write=write, metaprompts=metaprompts, **own)
    if isinstance(built, Edits):
        built.demos = k  # each demonstration is an edit, screened like the others
        return built
    return WithDemos(built, k) if k else built
