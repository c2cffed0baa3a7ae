"""Repeats of one case: k-of-n rules, means, and cases whose repeats disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from promptci.decide.paired import PASS_MARK


def k_of_n(values: Sequence[float | None], needed: int | None = None, *, pass_mark: float = PASS_MARK) -> float | None:
    """1.0 if at least `needed` of the repeats pass, 0.0 if they cannot, None if the unmeasured ones decide.

    `values` in [0, 1], None unmeasured; `needed` defaults to more than half. Raises ValueError when it is not in 1..n.
    """
    least = len(values) // 2 + 1 if needed is None else needed
    if not values:
        return None
    if not 1 <= least <= len(values):
        raise ValueError("needed must be between 1 and the number of repeats")
    passes = sum(v is not None and v >= pass_mark for v in values)
    missing = sum(v is None for v in values)
    if passes >= least:
        return 1.0
    return 0.0 if passes + missing < least else None


def mean_value(values: Sequence[float | None]) -> float | None:
    """The mean of the measured repeats of one case, None if there is none.

    Repeats divide only the run's noise, so new cases come before repeats (decisions.md, section 2, pitfalls).
    """
    known = [v for v in values if v is not None]
    return fmean(known) if known else None


def flaky(samples: Mapping[str, Sequence[float | None]], *, pass_mark: float = PASS_MARK) -> tuple[str, ...]:
    """The ids, sorted, of cases whose measured repeats do not agree on pass or fail."""
    verdicts = ((case_id, {v >= pass_mark for v in values if v is not None}) for case_id, values in samples.items())
    return tuple(sorted(case_id for case_id, seen in verdicts if len(seen) > 1))
