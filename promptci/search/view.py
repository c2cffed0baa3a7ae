"""What a proposer is shown, and what it hands back: whole texts, or edits."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from promptci.core import Case
from promptci.search.base import Proposal, Refused, Scored
from promptci.search.screening.edits import Edit
from promptci.search.screening.pieces import Pieces


@dataclass(frozen=True, slots=True)
class View:
    """What a proposer may know: train cases, and every candidate with its outcomes on train only.

    `exemplars` are the train cases that may be shown to the optimizer model (after an overfit switch: those not shown
    before). `scores` are estimates on all train cases by candidate id, in [0, 1]: a candidate that the race dropped
    early is estimated by its paired difference to the incumbent on the cases that it met. `lead` is the best so far.
    `places` is how many texts the calls that are left can score, None without a cap.
    """

    step: int
    train: tuple[Case, ...]
    exemplars: tuple[Case, ...]
    scored: tuple[Scored, ...]
    scores: Mapping[str, float]
    lead: Scored
    rng: random.Random
    refused: tuple[Refused, ...] = ()
    places: int | None = None

    def wanted(self, per_step: int) -> int:
        """How many texts to ask for: `per_step`, or fewer when the calls that are left cannot score as many."""
        return per_step if self.places is None else max(1, min(per_step, self.places))

    @property
    def incumbent(self) -> Scored:
        """The text that the search began with."""
        return self.scored[0]


class Proposer(Protocol):
    """Suggests candidates from what is known so far."""

    @property
    def name(self) -> str:
        """The name in reports and in the configuration."""
        ...

    def __call__(self, view: View, /) -> list[Proposal]:
        """Return what to try next, best first or in any order; empty when there is nothing more to say."""
        ...


@dataclass(frozen=True, slots=True)
class Suggested:
    """What one round of questions gave: edits of the base, whole texts, and replies that gave neither."""

    edits: tuple[Edit, ...] = ()
    texts: tuple[Proposal, ...] = ()
    unread: tuple[Proposal, ...] = ()
    replies: int = 0


@runtime_checkable
class Bound(Protocol):
    """A proposer that is to `keep` passages of the text, and to `forbid` words; what does not is refused."""

    keep: Sequence[str]
    forbid: Sequence[str]


@runtime_checkable
class EditSource(Proposer, Bound, Protocol):
    """A proposer of edits, for a search that screens many of them together, with up to `demos` train cases quoted."""

    demos: int

    def edits(self, view: View, base: Pieces, wanted: int, number: int, /) -> Suggested:
        """Ask for about `wanted` edits of the text in the lead, cut into `base`. `number` counts the asks from 0."""
        ...

    def shorter(self, view: View, base: Pieces, most: int, /) -> Suggested:
        """Ask for the sentences of `base` in fewer words, in at most `most` questions that show no case."""
        ...
