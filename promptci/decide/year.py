"""How many false reds a year brings: plain arithmetic on the rate that holds per commit."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Year:
    """Expected false reds in twelve months, and the probability of any."""

    false_reds: float
    any_false_red: float


def year(commits_a_month: float, rate: float = 0.05) -> Year:
    """False reds from `commits_a_month` harmless commits that touch prompts, each red with probability `rate` at most.

    `rate` is per commit, all prompts and gates together (Holm). Raises ValueError for what is no rate or no number.
    """
    if not 0 <= commits_a_month < math.inf or not 0 <= rate <= 1:
        raise ValueError("commits are not negative and the rate is in [0, 1]")
    commits = 12 * commits_a_month
    return Year(commits * rate, 1 - (1 - rate) ** commits)
