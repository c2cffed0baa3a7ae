"""Units: clusters of related cases, or cases of their own, with the sum of their paired differences.

Cases from one source are not independent; judged one by one they give 10 to 24 % false alarms (decisions.md, section
2).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from promptci.decide.interval import CONFIDENCE, t_quantile


@dataclass(frozen=True, slots=True)
class Unit:
    """A cluster, or a case of its own: `total` of the differences new minus old over its `cases` measured cases."""

    total: float
    cases: int


def units(values: Sequence[float | None], clusters: Sequence[Hashable | None]) -> tuple[Unit, ...]:
    """Units in order of first appearance from differences in [-1, 1] (None: unmeasured) and the cluster of each case.

    A case without a cluster is a unit of its own. Raises ValueError when the lengths differ.
    """
    found: dict[tuple[str, Hashable], Unit] = {}
    for i, (value, cluster) in enumerate(zip(values, clusters, strict=True)):
        key: tuple[str, Hashable] = ("case", i) if cluster is None else ("cluster", cluster)
        unit = found.get(key, Unit(0.0, 0))
        found[key] = unit if value is None else Unit(unit.total + value, unit.cases + 1)
    return tuple(found.values())


def unit_interval(seen: Sequence[Unit], *, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Interval of the gain per case from units of unequal size: the ratio's linearised variance with a t quantile.

    None below two measured units. Each end is a one-sided 95 % bound by default (Cochran 1977, section 6).
    """
    measured = [u for u in seen if u.cases]
    if len(measured) < 2:
        return None
    gain = gain_of(measured)
    spread = sum((u.total - gain * u.cases) ** 2 for u in measured) * len(measured) / (len(measured) - 1)
    half = t_quantile(0.5 + confidence / 2, len(measured) - 1) * math.sqrt(spread) / sum(u.cases for u in measured)
    return max(gain - half, -1.0), min(gain + half, 1.0)


def gain_of(seen: Sequence[Unit]) -> float:
    """New minus old per measured case, in [-1, 1]; 0.0 when no case was measured."""
    return sum(u.total for u in seen) / max(1, sum(u.cases for u in seen))
