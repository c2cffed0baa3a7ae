"""What a draft may say of an unconfirmed candidate: how likely it is better, and what it would gain, shrunk."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.decide.paired import Change, mcnemar_p

PRIOR = 2  # wins and losses that are added each: most candidates that were not confirmed are about as good as before


@dataclass(frozen=True, slots=True)
class Promise:
    """`better`: probability in (0, 1) that the candidate is better; `gain`: its gain (share), shrunk to none."""

    better: float
    gain: float


def promise(change: Change) -> Promise:
    """From the held-out counts, with a Beta(2, 2) prior on the share of wins among changed cases.

    The probability is exact: P(share > 1/2) under Beta(wins + 2, losses + 2) is a binomial tail.
    """
    wins, losses = change.wins + PRIOR, change.losses + PRIOR
    shrunk = (wins - losses) / (wins + losses)
    gain = shrunk * change.changed / change.measured if change.measured else 0.0
    return Promise(1 - mcnemar_p(wins, losses - 1), gain)
