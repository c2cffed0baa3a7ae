"""Where the calls of a search went, and why it ended: what reports say and what code may decide on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from promptci.core import Outcome, Reason

Kind = Literal[
    "budget",
    "replay",
    "no_case",
    "no_reply",
    "unreadable",
    "refused",
    "nothing_left",
    "steps",
    "patience",
    "perfect",
    "done",
]
# A search that ended so has not looked for what it was to look for: its "nothing better" says nothing.
CUT_SHORT: frozenset[str] = frozenset(("budget", "replay", "no_case", "no_reply", "unreadable", "refused"))
KNOWN: frozenset[str] = frozenset(("duplicate", "declined by people"))  # refusals of what was decided before


def ending(kind: Kind, text: str) -> Reason:
    """Why a search ended; `kind` is what code reads."""
    return Reason(kind, text)


def refused_by_door(outcomes: Sequence[Outcome]) -> Reason | None:
    """The reason of the first outcome that the door refused to ask for (budget, or replay only), or None."""
    reasons = (o.score.reason for o in outcomes if o.score.value is None)
    return next((r for r in reasons if r is not None and r.kind in ("budget", "replay")), None)


def nothing_judged(outcomes: Sequence[Outcome]) -> Reason | None:
    """Why nothing at all could be judged, or None when something was."""
    if not outcomes or any(o.score.value is not None for o in outcomes):
        return None
    return ending("no_case", f"no case could be judged: {outcomes[0].score.reason}")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Calls by what they were for; `confirmation` and `unused` are known only when the run is over."""

    start: int = 0
    proposals: int = 0
    screening: int = 0
    finals: int = 0
    confirmation: int = 0
    unused: int = 0

    def closed(self, *, confirmation: int, max_calls: int | None) -> Ledger:
        """The ledger of the whole run: with what the confirmation took, and what is left of the cap."""
        done = replace(self, confirmation=confirmation, unused=0)
        return replace(done, unused=max(0, max_calls - done.total) if max_calls is not None else 0)

    @property
    def total(self) -> int:
        """All calls that were sent."""
        return self.start + self.proposals + self.screening + self.finals + self.confirmation

    def __str__(self) -> str:
        parts = [("start", self.start), ("proposals", self.proposals), ("screening", self.screening)]
        parts += [("finals", self.finals), ("confirmation", self.confirmation), ("unused", self.unused)]
        return ", ".join(f"{name} {n:,}" for name, n in parts if n)
