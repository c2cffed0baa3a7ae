"""What the held-out cases said in their looks, as an acceptance: its size is conditional on having been accepted."""

from __future__ import annotations

import math

from promptci.decide.accept import Acceptance, AcceptanceName, cases_to_decide
from promptci.decide.conditional import Size
from promptci.decide.draft import promise
from promptci.decide.heldout import HeldOut
from promptci.decide.interval import gain_interval
from promptci.decide.paired import Change
from promptci.decide.verdict import held_out, points, too_many_unmeasured


def answered(held: HeldOut, change: Change) -> Acceptance:
    """The acceptance after the last look at `change`, the counts so far.

    The interval of an improvement is the conditional one (`HeldOut.size`), that of another the plain one, which only a
    draft may show. More than 5 % unmeasured cases are never an improvement.
    """
    holes = too_many_unmeasured(change.unmeasured, change.cases)
    outcome: AcceptanceName = "improved" if held.answer == "improved" and not holes else "inconclusive"
    size = held.size(change.measured) if outcome == "improved" else None
    needed = cases_to_decide(change, held.at)
    told = _chance(held, change)
    reasons: tuple[str, ...]
    draft: tuple[str, ...] = ()
    if size is not None:
        reasons = (_sized(size), told)
    elif holes:
        reasons = ("Too many held-out cases could not be measured, so nothing was confirmed.",)
    else:
        reasons = ("The held-out cases did not confirm the gain, so nothing changes.",)
        draft = (*_draft(change, needed), told)
    return Acceptance(
        outcome,
        held.p_value(),
        held.at,
        change.wins,
        change.losses,
        change.measured,
        change.gain or 0.0,
        (size.low, size.high) if size else gain_interval(change),
        needed,
        reasons,
        draft,
        size,
    )


def _chance(held: HeldOut, change: Change) -> str:
    looks = "1 look" if len(held.history) == 1 else f"{len(held.history)} looks"
    counted = f"On {held_out(change.measured)} {change.wins} became right and {change.losses} became wrong"
    chance = f"chance alone does this well with probability {held.p_value():.2g}"
    return f"{counted}: {chance}, {looks} counted, and {held.at:.2g} was allowed."


def _sized(size: Size) -> str:
    # Outwards: a bound that is rounded towards the estimate promises more than was shown.
    low, high = (points(f(1000 * end) / 1000) for f, end in ((math.floor, size.low), (math.ceil, size.high)))
    if size.known:
        return f"The gain is at least {low} points (and at most {high}), each with 95 % confidence among accepted ones."
    return f"Confirmed better, size not known: between {low} and {high} points, each end with 95 % confidence."


def _draft(change: Change, needed: int | None) -> tuple[str, ...]:
    seen = promise(change)
    said = f"It is better with probability {100 * seen.better:.0f} %, and would gain about {points(seen.gain)} points."
    return (said, *([] if needed is None else [f"About {needed:,} held-out cases would decide a gain of this size."]))
