"""The interval of a bounded mean by betting: right at any look and for any distribution of values in [-1, 1].

Waudby-Smith & Ramdas 2021 (arXiv 2010.09686), with a mean over fixed bets in place of predictable ones, which makes it
independent of the order of the cases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promptci.decide.evidence import above_evidence
from promptci.decide.interval import CONFIDENCE
from promptci.decide.units import Unit, gain_of


def betting_interval(seen: Sequence[Unit], *, confidence: float = CONFIDENCE, largest: int = 1) -> tuple[float, float]:
    """Interval of the mean difference per case, in [-1, 1]; each end is a one-sided bound at half the error.

    The ends are where the evidence against a larger drop (or gain) reaches 2 / (1 - confidence), so an end inside of a
    drop means that the gate has not ruled that drop out. Raises ValueError when `confidence` is not in (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError("confidence must be in (0, 1)")
    enough, gain = 2 / (1 - confidence), gain_of(seen)
    mirrored = [Unit(-u.total, u.cases) for u in seen]
    low = _edge(lambda m: above_evidence(seen, m, largest=largest) >= enough, -1.0, gain)
    high = -_edge(lambda m: above_evidence(mirrored, m, largest=largest) >= enough, -1.0, -gain)
    return low, high


def _edge(excluded: Callable[[float], bool], low: float, high: float) -> float:
    """The largest mean that is still excluded from below, to 1e-6; `low` if none is."""
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if excluded(middle) else (low, middle)
    return low
