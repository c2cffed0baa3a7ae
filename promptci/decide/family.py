"""All that one run tests, taken together: the chance of any false red stays at the level, whatever depends on what."""

from __future__ import annotations

from collections.abc import Mapping


def holm(
    p_values: Mapping[str, float], *, family: float | None = None, among: Mapping[str, int] | None = None
) -> dict[str, float]:
    """Holm's step-down correction (1979), weighted: corrected p-values in [0, 1], by the same keys.

    Rejecting those at or below alpha keeps the chance of any false one at alpha. `family` is the number of gates that
    were asked, those without a claim included; None: the claims alone. Correcting for the claims alone would be right
    if what was asked afresh were independent of what chose it; where a harmless edit moved cases for good, it is not.
    `among` has the number of tests of its gate that a claim was chosen from (1 where nothing is said): they share the
    gate's place. Raises ValueError for a family smaller than its claims.
    """
    weights = {key: 1 / (among or {}).get(key, 1) for key in p_values}
    left = sum(weights.values()) if family is None else family
    if left < sum(weights.values()) - 1e-9:
        raise ValueError("a family has at least the claims that are given")
    corrected: dict[str, float] = {}
    highest = 0.0
    for key in sorted(p_values, key=lambda k: (p_values[k] / weights[k], k)):
        highest = max(highest, min(1.0, left * p_values[key] / weights[key]))
        corrected[key] = highest
        left -= weights[key]
    return corrected
