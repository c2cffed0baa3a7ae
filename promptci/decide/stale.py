"""Is a stored baseline stale? A few stored answers are asked again before a pass rests on them.

A provider that got better under the same name hides what a worse prompt costs: new answers look as good as the old
ones. So the sample is drawn first from cases that failed when they were stored, where a gain shows.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptci.core import Reason
from promptci.decide.paired import PASS_MARK
from promptci.decide.walk import Walk, lattice

SAMPLE = 20  # stored answers asked again
LEVEL = 0.01  # how often a baseline that is as it was is called stale; half of it for each direction


def stale_sample(stored: Mapping[str, Sequence[float | None]], seed: int, *, size: int = SAMPLE) -> tuple[str, ...]:
    """The ids of the stored cases to ask again: `size` of them, or all if fewer; the same for the same seed.

    Cases whose stored answers failed come first, those that all failed before others, in random order: unanimous ones
    tell most, and only a hidden gain can turn a worse prompt
    green, as a hidden loss makes red, which fresh answers of both sides then look into.
    """
    known = sorted(case_id for case_id, values in stored.items() if any(v is not None for v in values))
    random.Random(seed).shuffle(known)  # noqa: S311  # repeatable on purpose
    return tuple(sorted(known, key=lambda i: _share(stored[i]))[:size])


def _share(values: Sequence[float | None]) -> float:
    judged = [v >= PASS_MARK for v in values if v is not None]
    return sum(judged) / len(judged)


@dataclass(frozen=True, slots=True)
class Stale:
    """Whether the stored answers differ more from the fresh ones than their own repeats do."""

    stale: bool
    p_value: float
    asked: int
    better: int
    worse: int

    def said(self, date: str) -> Reason:
        """A sentence on it; `date` is the day of the baseline."""
        first = f"We re-asked {self.asked} of the answers stored on {date}"
        moved = f"{self.better} passed where most stored ones failed, {self.worse} failed where most passed"
        if self.stale:
            return Reason("baseline_stale", f"{first}: {moved}. The baseline is stale, so both sides ran afresh.")
        return Reason("baseline_holds", f"{first}: {moved}, no more than chance allows.")


def stale(stored: Mapping[str, Sequence[float | None]], fresh: Mapping[str, float | None]) -> Stale:
    """Compare the fresh answers with the stored ones of the same cases, at level 0.01, exactly.

    If nothing changed, each of a case's k + 1 answers is as likely to be the fresh one as any other; the sum of "fresh
    passes minus share of stored passes" has then a known law, case by case. Two-sided, twice the smaller tail. With
    five unanimous stored answers it takes three cases that move the same way, with one stored answer eight. Cases
    without a fresh or a stored value are left out.
    """
    cases = [(_passes(stored[i]), bool(v >= PASS_MARK)) for i, v in fresh.items() if v is not None and i in stored]
    cases = [((passes, k), new) for (passes, k), new in cases if k]
    unit, up, observed = lattice([k for (_, k), _ in cases]), Walk(), 0
    better = sum(new and 2 * passes < k for (passes, k), new in cases)
    worse = sum(not new and 2 * passes > k for (passes, k), new in cases)
    for (passes, k), new in cases:
        total = passes + new
        low, high = round(-total * unit / k), round((1 - (total - 1) / k) * unit)
        observed += high if new else low
        if 0 < total <= k:
            up.add(low, high, (k + 1 - total, total))
    p_value = min(1.0, 2 * min(up.tail(observed), up.tail(observed, below=True)))
    return Stale(p_value <= LEVEL, p_value, len(cases), better, worse)


def _passes(values: Sequence[float | None]) -> tuple[int, int]:
    judged = [v >= PASS_MARK for v in values if v is not None]
    return sum(judged), len(judged)
