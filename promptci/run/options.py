"""What the command line may override, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promptci.models.base import Client, ModelSpec
from promptci.models.connect import connect

if TYPE_CHECKING:
    from promptci.models.account import Mode


@dataclass(frozen=True, slots=True)
class Options:
    """One run's options. None means: as the settings file says. Calls, tokens, dollars and minutes are hard caps.

    `shared_cache` is the address of a store of answers that several machines share, `executor` where calls are made,
    `repeat` the number of answers per case; `resume` is the id of an interrupted run, `run` a name for a new one;
    `trust_tree` takes hosts and keys that the base does not name. `connect` makes the client of a model; whoever embeds
    promptci may bring another.
    """

    config: Path | None = None
    outputs: tuple[Path, ...] = ()
    concurrency: int = 16
    repeat: int = 1
    seed: int = 0
    max_calls: int | None = None
    max_tokens: int | None = None
    max_usd: float | None = None
    max_minutes: float | None = None
    no_cache: bool = False
    replay: bool = False
    resume: str | None = None
    run: str | None = None
    strict: bool = False
    quiet: bool = False
    verbose: bool = False
    trust_tree: bool = False
    executor: str | None = None
    shared_cache: str | None = None
    connect: Callable[[ModelSpec], Client] = connect

    @property
    def mode(self) -> Mode:
        """How stored answers are used."""
        return "replay" if self.replay else "no_cache" if self.no_cache else "cache"
