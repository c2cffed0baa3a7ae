"""The stable split: where a case belongs is a hash of its content, so that adding or renaming cases moves none.

Train is what proposers see; validation is what the search chooses and stops on; test is read once per run, by the
acceptance test alone (Dwork et al. 2015; Blum & Hardt 2015).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from promptci.core import Case
from promptci.identity import group_of

_SALT = "promptci.split/1"
SMALLEST = 60  # below this many cases a test half certifies nothing: report, never propose a change


@dataclass(frozen=True, slots=True)
class Split:
    """The three parts, each in the order of the eval set. `test_share` is the share that was aimed at."""

    train: tuple[Case, ...]
    validation: tuple[Case, ...]
    test: tuple[Case, ...]
    test_share: float

    @property
    def development(self) -> tuple[Case, ...]:
        """Train and validation together: what a search may score on."""
        return self.train + self.validation


SCREENING_SHARE = 0.7  # a screening search needs few development cases, and held-out ones are what limits the gain


def share_of_test(*, screening: bool = False) -> float:
    """Return the share of cases kept for the test: .5, or .7 for a search that screens (decisions.md, section 14)."""
    return SCREENING_SHARE if screening else 0.5


def position(group: str) -> tuple[float, float]:
    """Return two independent uniform numbers in [0, 1) for a case or cluster by name, the same everywhere."""
    raw = hashlib.sha256(f"{_SALT}\n{group}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(raw[:8], "big") / 2**64, int.from_bytes(raw[8:16], "big") / 2**64


def split(cases: Sequence[Case], variables: Collection[str] | None = None, *, share: float | None = None) -> Split:
    """Split by the hash of each case's cluster, or of its content. Half of what is not test is train.

    `variables` are those that the prompt uses (None: all count); ids, order, other columns and white space move no
    case, and cases that are alike stay together. `share` is the test share in (0, 1): the ledger records the one in
    force when the test was first read (`ledger.pinned_share`), so that another default later moves nothing.
    """
    share = share_of_test() if share is None else share
    parts: tuple[list[Case], list[Case], list[Case]] = ([], [], [])
    for case in cases:
        first, second = position(group_of(case, variables))
        parts[2 if first < share else 0 if second < 0.5 else 1].append(case)
    return Split(tuple(parts[0]), tuple(parts[1]), tuple(parts[2]), share)
