"""The record of a screening: each edit with its effect, and whether it is in the winner."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.search.screening.edits import Edit
from promptci.search.screening.fit import Estimate


@dataclass(frozen=True, slots=True)
class Worth:
    """What one edit is worth: its effect on the share of cases passed, and the tokens it adds to every call.

    `old` is the piece of the base text at its place: what it replaces or deletes, or what it follows. `gap` is how much
    more it does on train than on validation.
    """

    edit: Edit
    effect: Estimate
    old: str
    tokens: int
    kept: bool = False
    gap: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """One screening: the base text, every edit tried, and how many answers it took.

    `adds_up` says whether the kept edits together did what their effects say; None when that was not looked at.
    """

    number: int
    base: str
    worths: tuple[Worth, ...]
    answers: int
    adds_up: bool | None = None
