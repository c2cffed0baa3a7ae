"""The sentences of the gates: one place, so that every gate says the same thing in the same words."""

from __future__ import annotations

from promptci.core import Reason, VerdictName
from promptci.decide.plan import Plan
from promptci.decide.power import cases_to_halve, detectable_drop
from promptci.decide.verdict import MAX_UNMEASURED, chances, points, several, too_many_unmeasured


def counted(plan: Plan, done: int, outcome: str, unmeasured: int) -> Reason:
    """What was run and what came out."""
    holes = f", {unmeasured} could not be measured" if unmeasured else ""
    return Reason("cases_run", f"{done} of {plan.planned} cases run: {outcome}{holes}.")


def meaning(plan: Plan, name: VerdictName | None, done: int, unmeasured: int, stopped: str | None) -> Reason:
    """What the decision means; `stopped` is why an undecided run ended."""
    if name == "fail":
        return _worse(plan)
    drop = f"{points(plan.ruled_out)} points"
    if name == "pass":
        return Reason("drop_ruled_out", f"A drop of {drop} or more is ruled out by these cases.")
    if name == "inconclusive":
        what = "a drop" if not plan.max_drop else f"a drop above the tolerated {points(plan.max_drop)} points"
        return Reason("undecided", f"Undecided: these cases do not show {what}, and do not rule out one of {drop}.")
    if unmeasured >= done:
        return Reason("none_measured", "None of the cases could be measured, so there is no verdict.")
    if too_many_unmeasured(unmeasured, done) or name == "unmeasured":
        share = points(MAX_UNMEASURED)
        why = f"More than {share} % of the cases could not be measured, so there is no verdict."
        return Reason("too_many_unmeasured", why)
    return Reason(
        "ended_early", "The run ended before a verdict" + ("." if stopped is None else f": {stopped.rstrip('.')}.")
    )


def _worse(plan: Plan) -> Reason:
    odds = f"less than {chances(plan.alpha)}, counting all our early looks"
    if plan.max_drop:
        tolerated = f"A change that costs the tolerated {points(plan.max_drop)} points"
        return Reason("drop_above_tolerance", f"{tolerated} or less would look this bad {odds}.")
    return Reason("drop_shown", f"A harmless change would look this bad {odds}.")


def unusable(holes: int) -> Reason:
    """What became of cases that passed before and have no usable answer now."""
    cases = "1 case that passed before" if holes == 1 else f"{holes} cases that passed before"
    said = f"{cases} got no usable answer (refused, empty or cut off), which counts against a pass as a loss would."
    return Reason("unusable_answers", said)


def asked_again(asked: int, passed: int) -> Reason:
    """What the old prompt did where its stored answers passed and the new ones fail."""
    cases, them = ("case", "it") if asked == 1 else ("cases", "all of them" if passed == asked else f"{passed} of them")
    if asked == 1 and not passed:
        them = "it no more"
    said = f"We re-asked the old prompt on the {asked:,} newly failing {cases}; it passed {them}."
    return Reason("asked_again", said)


def sight(cases: int, noise: float, alpha: float) -> Reason:
    """What this many cases can see, and how many would see twice as well."""
    smallest = detectable_drop(cases, noise, alpha=alpha)
    if smallest is None:
        few = several(cases, "case is", "cases are")
        return Reason("sight_none", f"{few} too few to see any drop while so many flip for no reason.")
    halved = cases_to_halve(cases, noise, alpha=alpha)
    more = "" if halved is None else f"; about {halved:,} cases would halve that"
    these = several(cases, "case", "cases")
    said = f"The smallest drop that {these} would show 4 times in 5 is {points(smallest)} points{more}."
    return Reason("sight", said)
