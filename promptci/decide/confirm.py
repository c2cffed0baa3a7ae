"""Before red: fresh answers of both prompts on every case that changed.

A stored answer may be a lucky one, and so may a first fresh one. On fresh answers of both sides the luck is even:
under "harmless" each pair of a case may as well stand the other way round, whatever the stored answers were. Asking
again only the losses, as before, is biased towards the change (decisions.md, section 9).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from promptci.decide.paired import sign_flip
from promptci.decide.units import units

Pair = tuple[float | None, float | None]  # fresh values of one case, old and new, in [0, 1]; None: not measured
LEVEL = 0.05  # of a whole run: all prompts and gates that it compares
# What the looks before it may spend on counted cases. The fresh answers keep LEVEL by themselves, so a narrow screen
# only hides drops: at .05 it lost 7 of 100 true ones of 5 points, at .10 it loses 1 (docs/benchmarks.md).
SCREEN = 0.10


def confirm(pairs: Sequence[Pair], clusters: Sequence[Hashable | None] | None = None) -> float:
    """One-sided p-value for "worse" from fresh values of the cases that changed either way; 1.0 without any.

    For pass or fail values this is the exact McNemar test, for clusters (in the order of `pairs`) and graded values the
    sign-flip test of sums (exact where cheap, else sampled with a p-value that keeps the level). Signs are valid here
    though they are not for the screen of graded values: what is asked is whether both prompts answer *alike*, and then
    old and new of one case may be exchanged, however skewed the values; a change that only moves the mean's parts about
    was the screen's to leave alone. A case without both values counts as unchanged. Raises ValueError when `clusters`
    has another length.
    """
    gaps = [None if old is None or new is None else old - new for old, new in pairs]
    names = [None] * len(gaps) if clusters is None else list(clusters)
    return sign_flip([unit.total for unit in units(gaps, names)], draws=100_000).p_value
