"""What a small set can see, and what would help it: more repeats, or more cases."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from promptci.decide.power import detectable_drop

MORE = 20  # cases that one sits down to write


@dataclass(frozen=True, slots=True)
class Outlook:
    """Detectable drops (shares; None: none): as it is, with 20 cases more, and with `repeats` answers per side.

    `repeats_help` says whether repeats see a drop a tenth smaller at least; they divide only the noise of
    the answers, never the luck in which cases the set has.
    """

    now: float | None
    with_more_cases: float | None
    repeats: int
    with_repeats: float | None

    @property
    def repeats_help(self) -> bool:
        """Whether repeats are worth asking for."""
        if self.with_repeats is None:
            return False
        return self.now is None or self.with_repeats <= 0.9 * self.now


def outlook(cases: int, noise: float, *, repeats: int = 5) -> Outlook:
    """What `cases` measured cases can show 4 times in 5 at level .05, and what would buy more.

    `noise` is the share of cases that flip between two runs, in [0, 1). With repeats the noise that is left is
    noise / repeats, by the normal approximation of the test of means, never below the five cases that any block needs.
    """
    now, more = (detectable_drop(n, noise, gate=True) for n in (cases, cases + MORE))
    return Outlook(now, more, repeats, _repeated(now, cases, noise, repeats))


def _repeated(now: float | None, cases: int, noise: float, repeats: int) -> float | None:
    """The drop with repeats: what it is now, less what the smaller noise saves by the normal approximation."""
    if now is None or cases == 0:
        return now
    saved = _approximate(cases, noise) - _approximate(cases, noise / repeats)
    return max(round(200 * (now - saved)) / 200, min(now, math.ceil(200 * 5 / cases) / 200))


def _approximate(cases: int, noise: float) -> float:
    """Solve drop * sqrt(n) = (z_a + z_b) * sqrt(noise + drop - drop^2) for the drop."""
    z = NormalDist().inv_cdf(0.95) + NormalDist().inv_cdf(0.8)
    share = z * z / cases
    a, b, c = 1 + share, -share, -share * noise
    return min(1.0, (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a))
