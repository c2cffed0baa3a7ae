"""The stable split: where a case belongs is a hash of its id, so that adding cases moves none.

Train is what proposers see; validation is what the search chooses and stops on; test is read once per run, by the
acceptance test alone (Dwork et al. 2015; Blum & Hardt 2015).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from promptci.core import Case

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


def share_of_test(cases: int) -> float:
    """Return the share of cases kept for the test: .5 up to 300 cases, .4 to 600, .3 above."""
    return 0.5 if cases <= 300 else 0.4 if cases <= 600 else 0.3


def position(group: str) -> tuple[float, float]:
    """Return two independent uniform numbers in [0, 1) for a case id or cluster, the same on every machine and day."""
    raw = hashlib.sha256(f"{_SALT}\n{group}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(raw[:8], "big") / 2**64, int.from_bytes(raw[8:16], "big") / 2**64


def split(cases: Sequence[Case], *, share: float | None = None) -> Split:
    """Split by the hash of each case's cluster, or its id. Half of what is not test is train.

    `share` pins the test share: the ledger records the one in force when the test was first read, so that a set that
    grows past 300 or 600 cases later does not move cases between the parts.
    """
    share = share_of_test(len(cases)) if share is None else share
    parts: tuple[list[Case], list[Case], list[Case]] = ([], [], [])
    for case in cases:
        first, second = position(case.group)
        parts[2 if first < share else 0 if second < 0.5 else 1].append(case)
    return Split(tuple(parts[0]), tuple(parts[1]), tuple(parts[2]), share)
