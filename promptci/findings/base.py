"""A finding: what is wrong or could go wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `id` names its kind and its page, docs/findings/<id>.md.

    An error keeps promptci from working or makes its answers wrong; a warning will, one day; a note is worth knowing.
    `fix` does what is safe to do without asking, and returns what it did; None where a person has to.
    """

    id: str
    level: Level
    place: str
    problem: str
    mend: str
    fix: Callable[[], str] | None = None


KINDS: dict[str, Level] = {
    "settings-unreadable": "error",
    "prompt-unreadable": "error",
    "key-missing": "error",
    "price-missing": "error",
    "model-retired": "error",
    "model-retires": "warning",
    "model-unlisted": "warning",
    "base-unknown": "error",
    "state-committed": "error",
    "state-not-writable": "error",
    "no-remote": "note",
    "few-cases": "warning",
    "drop-not-seen": "warning",
    "duplicate-cases": "warning",
    "contradicting-cases": "error",
    "alike-across-splits": "warning",
    "baseline-orphaned": "note",
    "baseline-unreadable": "error",
    "schema-stale": "note",
    "server-silent": "error",
    "list-missing": "note",
}


def finding(kind: str, place: str, problem: str, mend: str, fix: Callable[[], str] | None = None) -> Finding:
    """Return a finding of a known kind at its level. KeyError for another kind."""
    return Finding(kind, KINDS[kind], place, problem, mend, fix)
