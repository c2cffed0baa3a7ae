"""Two prompts on the same cases: what changed, how likely chance alone is, and how large the difference may be.

Only cases whose verdict changed carry information (McNemar 1947). All p-values are one-sided and exact unless a
docstring says otherwise; `gain` is new minus old, so a negative gain is a drop.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

PASS_MARK = 0.5  # a case passes at or above it; exact metrics give 0 or 1, so any mark between them means the same
UNITS = 36_036_000  # per 1.0 of value: divisible by 1 to 15 and by 1,000
EXACT_WORK = 500_000  # sums that an exact sign-flip distribution may go through (about 0.2 s) before sampling starts


@dataclass(frozen=True, slots=True)
class Change:
    """How cases moved from old to new: newly failing, newly passing, the same, or not measured on one side at least."""

    losses: int
    wins: int
    ties: int
    unmeasured: int = 0

    def __post_init__(self) -> None:
        if min(self.losses, self.wins, self.ties, self.unmeasured) < 0:
            raise ValueError(f"counts are never negative: {self}")

    @property
    def measured(self) -> int:
        """Cases judged on both sides."""
        return self.losses + self.wins + self.ties

    @property
    def cases(self) -> int:
        """All cases, judged or not."""
        return self.measured + self.unmeasured

    @property
    def changed(self) -> int:
        """Cases that passed on one side only."""
        return self.losses + self.wins

    @property
    def gain(self) -> float | None:
        """New pass rate minus old on the measured cases, in [-1, 1]; None if none was measured."""
        return (self.wins - self.losses) / self.measured if self.measured else None


def passed(value: float | None, pass_mark: float = PASS_MARK) -> bool | None:
    """Whether a value in [0, 1] reaches the mark; None stays None (unmeasured)."""
    return None if value is None else value >= pass_mark


def count(old: Sequence[float | None], new: Sequence[float | None], *, pass_mark: float = PASS_MARK) -> Change:
    """Count how cases moved.

    `old[i]` and `new[i]` are values in [0, 1] of the same case, None where nobody could judge. Raises ValueError when
    the lengths differ.
    """
    pairs = [(passed(a, pass_mark), passed(b, pass_mark)) for a, b in zip(old, new, strict=True)]
    losses, wins = pairs.count((True, False)), pairs.count((False, True))
    unmeasured = sum(a is None or b is None for a, b in pairs)
    return Change(losses, wins, len(pairs) - losses - wins - unmeasured, unmeasured)


def differences(old: Sequence[float | None], new: Sequence[float | None]) -> list[float]:
    """New minus old, in [-1, 1], for each case measured on both sides. Raises ValueError on unequal lengths."""
    return [b - a for a, b in zip(old, new, strict=True) if a is not None and b is not None]


def mcnemar_p(hits: int, others: int) -> float:
    """Exact one-sided McNemar p-value: P(at least `hits` heads in `hits + others` tosses of a fair coin).

    `mcnemar_p(losses, wins)` asks for worse, `mcnemar_p(wins, losses)` for better; 1.0 when nothing changed. The sum is
    in whole numbers and divided once, so the result is correctly rounded. Raises ValueError on negative counts.
    """
    if min(hits, others) < 0:
        raise ValueError("counts are never negative")
    tosses = hits + others
    if hits > others:
        return _tail(tosses, hits) / (1 << tosses)
    return ((1 << tosses) - _tail(tosses, others + 1)) / (1 << tosses)  # the shorter tail is the faster one


@lru_cache(maxsize=4096)
def _tail(tosses: int, least: int) -> int:
    """Number of outcomes of `tosses` coins with at least `least` heads."""
    total, term = 0, math.comb(tosses, least)
    for heads in range(least, tosses + 1):
        total += term
        term = term * (tosses - heads) // (heads + 1)
    return total


@dataclass(frozen=True, slots=True)
class SignFlip:
    """A sign-flip test: `p_value` for a positive sum, over `units` that changed; `draws` is 0 when it is exact."""

    p_value: float
    units: int
    draws: int


def sign_flip(values: Sequence[float], *, seed: int = 0, draws: int = 20_000) -> SignFlip:
    """Test whether the sum of `values` is above what random signs give (Fisher's randomisation test), one-sided.

    `values` are paired differences (new minus old) or their sums by cluster, any unit; pass negated values to ask for
    worse. Exact by convolution when that is cheap (always for 0/1 outcomes), else from `draws` seeded sign vectors with
    p = (hits + 1) / (draws + 1), which keeps the level (Phipson & Smyth 2010). Raises ValueError when `draws` < 1 or a
    value is not finite.
    """
    if draws < 1:
        raise ValueError("draws must be at least 1")
    whole = [x for x in as_integers(values) if x]
    exact = _exact_flip(tuple(sorted(map(abs, whole))), sum(whole))
    if exact is not None:
        return SignFlip(exact, len(whole), 0)
    reached = sum(total >= sum(whole) for total in flipped_sums(whole, draws, seed))
    return SignFlip((reached + 1) / (draws + 1), len(whole), draws)


def as_integers(values: Sequence[float]) -> list[int]:
    """`values` as multiples of one small unit, so that equal sums compare equal; -x gives the opposite of x.

    The unit divides thirds, quarters, hundredths and the like exactly; anything else is rounded to 3e-8.
    """
    return [round(x * UNITS) for x in values]


def _exact_flip(magnitudes: tuple[int, ...], observed: int) -> float | None:
    """P(signed sum >= observed) from the whole distribution; None beyond EXACT_WORK sums."""
    ways, work = {0: 1}, 0
    for size in magnitudes:
        if work + 2 * len(ways) > EXACT_WORK:
            return None
        following: dict[int, int] = {}
        for total, n in ways.items():
            following[total + size] = following.get(total + size, 0) + n
            following[total - size] = following.get(total - size, 0) + n
        ways, work = following, work + len(following)
    return sum(n for total, n in ways.items() if total >= observed) / (1 << len(magnitudes))


def flipped_sums(whole: Sequence[int], draws: int, seed: int | str) -> Iterator[int]:
    """Sums of `whole` under seeded random signs; eight signs are looked up at once, which is what makes it fast."""
    tables = [_signed_sums(whole[i : i + 8]) for i in range(0, len(whole), 8)]
    rng = random.Random(seed)  # noqa: S311  # a seeded randomisation test, not a secret
    for _ in range(draws):
        yield sum(table[byte] for table, byte in zip(tables, rng.randbytes(len(tables)), strict=True))


def _signed_sums(block: Sequence[int]) -> list[int]:
    """All 256 signed sums of up to eight numbers, by the bits of the index."""
    sums = [0]
    for x in block:
        sums = [s - x for s in sums] + [s + x for s in sums]
    return sums * (256 // len(sums))
