"""Acceptance of a prompt that takes less: is it no worse than a drop allows? One question, at a stated level."""

from __future__ import annotations

import math
from collections.abc import Sequence

from promptci.decide.accept import Acceptance, AcceptanceName, Screen
from promptci.decide.evidence import BETS, FINE, above_evidence
from promptci.decide.exactdrop import LARGEST, drop_p
from promptci.decide.interval import gain_interval
from promptci.decide.paired import Change, sign_flip
from promptci.decide.units import Unit, gain_of, unit_interval
from promptci.decide.verdict import held_out, points


def fewest_cases(margin: float, at: float) -> int:
    """How many cases rule out a drop of `margin` (a share) at level `at` when not one of them changes."""
    return math.ceil(math.log(at) / math.log1p(-margin))


def not_worse(change: Change, *, margin: float, at: float, holes: bool = False) -> Acceptance:
    """Ask about 0/1 outcomes, one answer a side: exact for pairs whose cases are independent (`exactdrop.drop_p`).

    Accepted, as "improved", if a true drop of `margin` would look this well with probability `at` at most. `holes` says
    that too many cases were not measured (`verdict.too_many_unmeasured`), which is never accepted. Beyond 2,000 cases
    evidence by betting stands in for the exact sum. Raises ValueError on a level or margin out of range.
    """
    if change.measured <= LARGEST:
        p_value = drop_p(change, margin)
    else:
        p_value = _bet([Unit(1, 1)] * change.wins + [Unit(-1, 1)] * change.losses, change.ties, margin)
    numbers = (p_value, at, change.wins, change.losses, change.measured, change.gain or 0.0, gain_interval(change))
    return _worded(*numbers, margin, holes=holes)


def not_worse_graded(
    units: Sequence[Unit], *, margin: float, at: float, holes: bool = False, largest: int = 1
) -> Acceptance:
    """Ask about graded values, repeats or clusters: evidence by betting that the drop is smaller than `margin`.

    Valid for any values in [-1, 1] and at any look, at the price of some cases. `largest` is the largest unit of the
    whole plan. Otherwise as `not_worse`.
    """
    cases = sum(unit.cases for unit in units)
    p_value = min(1.0, 1 / max(1e-300, above_evidence(units, -margin, largest=largest, bets=FINE)))
    wins, losses = sum(u.total > 0 for u in units), sum(u.total < 0 for u in units)
    numbers = (p_value, at, wins, losses, cases, gain_of(units), unit_interval(units))
    return _worded(*numbers, margin, holes=holes)


def foreseen(gain: float, se: float) -> Screen:
    """The screen of a prompt that takes less, chosen for its chance of being found no worse: worth the question.

    `gain` (share) is what its edits say of the score on new cases, with its standard error.
    """
    said = f"Its edits should change the score by {100 * gain:+.1f} points on new cases (standard error {100 * se:.1f})"
    return Screen(True, gain, se, f"{said}, so it was tried on the held-out cases.")


def less(before: Sequence[float], after: Sequence[float], *, seed: int = 0) -> float:
    """P-value of "what an answer takes did not fall", from what the same cases took under both prompts.

    A sign-flip test of the paired differences, one-sided; 1.0 without a case. Raises ValueError on unequal lengths.
    """
    gaps = [a - b for a, b in zip(before, after, strict=True)]
    widest = max(map(abs, gaps), default=0.0)
    return sign_flip([gap / widest for gap in gaps], seed=seed).p_value if widest else 1.0


def _bet(changed: Sequence[Unit], ties: int, margin: float) -> float:
    evidence = above_evidence([*changed, *([Unit(0, 1)] * ties)], -margin, bets=BETS)
    return min(1.0, 1 / max(1e-300, evidence))


def _worded(
    p_value: float,
    at: float,
    wins: int,
    losses: int,
    cases: int,
    gain: float,
    interval: tuple[float, float] | None,
    margin: float,
    *,
    holes: bool,
) -> Acceptance:
    if not 0 < at < 1:
        raise ValueError("the level must be in (0, 1)")
    shown = p_value <= at and not holes
    chance = f"On {held_out(cases)} {wins} became right and {losses} became wrong: a prompt that loses {points(margin)}"
    chance += f" points looks this well with probability {p_value:.2g}, and {at:.2g} was allowed."
    if holes:
        plain: tuple[str, ...] = ("Too many held-out cases could not be measured, so nothing was confirmed.",)
    elif shown:
        plain = (f"Not worse: a drop of {points(margin)} points is ruled out on the held-out cases.", chance)
    else:
        plain = (f"The held-out cases do not rule out a drop of {points(margin)} points, so nothing changes.",)
    outcome: AcceptanceName = "improved" if shown else "inconclusive"
    draft = () if shown else (chance,)
    return Acceptance(outcome, p_value, at, wins, losses, cases, gain, interval, None, plain, draft)
