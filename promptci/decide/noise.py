"""How noisy a set is, from stored repeats: flips per prompt and per case, and what its coins cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from promptci.decide.paired import PASS_MARK
from promptci.decide.power import cases_needed

COIN = 0.3  # a case whose two runs differ this often at least is called a coin


@dataclass(frozen=True, slots=True)
class Coin:
    """A case that passes by chance: how often it passed, and how often two runs of it differ (shares)."""

    case_id: str
    passes: float
    flips: float


@dataclass(frozen=True, slots=True)
class Noise:
    """`flips`: the share of cases that differ between two runs of one prompt; `cases`: those with repeats.

    `coins` are the least stable cases, worst first; `without` is what `flips` would be without them (those that are
    left counted as they are).
    """

    flips: float
    cases: int
    coins: tuple[Coin, ...]
    without: float

    def coins_cost(self, drop: float) -> int | None:
        """How many cases more the gate needs for `drop` (power .9) because of the coins; None beyond 10,000."""
        full, clean = (cases_needed(drop, x, gate=True) for x in (self.flips, self.without))
        return None if full is None or clean is None else full - clean


def noise_of(samples: Mapping[str, Sequence[float | None]], *, pass_mark: float = PASS_MARK) -> Noise | None:
    """The noise of one prompt from repeats by case (values in [0, 1], None unmeasured); None without two of any case.

    A case with s passes in k repeats differs between two runs with probability 2 s (k - s) / (k (k - 1)), unbiased: the
    share of its pairs of repeats that differ.
    """
    found = []
    for case_id, values in samples.items():
        judged = [v >= pass_mark for v in values if v is not None]
        k, s = len(judged), sum(judged)
        if k > 1:
            found.append(Coin(case_id, s / k, 2 * s * (k - s) / (k * (k - 1))))
    if not found:
        return None
    found.sort(key=lambda c: c.case_id)
    coins = sorted((c for c in found if c.flips >= COIN), key=lambda c: (-c.flips, c.case_id))
    rest = [c.flips for c in found if c.flips < COIN]
    return Noise(fmean(c.flips for c in found), len(found), tuple(coins), fmean(rest) if rest else 0.0)
