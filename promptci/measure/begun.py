"""A check that was begun before and never came to its report goes on where it was: it pays for no answer again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from promptci.core import Json, digest
from promptci.project.changes import Planned
from promptci.project.side import Side
from promptci.records.asking import asking
from promptci.run.session import Session


def go_on(run: Session, planned: Sequence[Planned]) -> None:
    """Let the run ask for the fresh answers of the same check that was killed, if there is one; once a run."""
    if not run.asks_as:
        run.asks_as = asking(run.place, key_of(run, planned))


def key_of(run: Session, planned: Sequence[Planned]) -> str:
    """Return the digest of all that decides a check: both sides of every prompt, and the options that count."""
    sides = [[p.new.settings.id, _of(p.new), None if p.old is None else _of(p.old)] for p in planned]
    return digest([sides, run.options.repeat, run.options.seed])


def _of(side: Side) -> list[Json]:
    return [
        repr(side.settings),  # all of it; a serializer takes longer to build than this check takes for it
        digest(side.content.decode("utf-8", "replace")),
        asdict(side.measure("")),
    ]
