"""The sentences of the gates: one place, so that every gate says the same thing in the same words."""

from __future__ import annotations

from promptci.core import VerdictName
from promptci.decide.plan import Plan
from promptci.decide.power import cases_to_halve, detectable_drop
from promptci.decide.verdict import MAX_UNMEASURED, chances, points, too_many_unmeasured


def counted(plan: Plan, done: int, outcome: str, unmeasured: int) -> str:
    """What was run and what came out."""
    holes = f", {unmeasured} could not be measured" if unmeasured else ""
    return f"{done} of {plan.planned} cases run: {outcome}{holes}."


def meaning(plan: Plan, name: VerdictName | None, done: int, unmeasured: int, stopped: str | None) -> str:
    """What the decision means; `stopped` is why an undecided run ended."""
    drop = points(plan.max_drop)
    if name == "fail":
        odds = chances(plan.alpha)
        return f"A harmless change would look this bad less than {odds}, counting all our early looks."
    if name == "pass":
        return f"A drop of {drop} points or more is ruled out by these cases."
    if name == "inconclusive":
        return f"Neither a drop nor its absence is shown: {drop} points are not ruled out by these cases."
    if unmeasured >= done:
        return "None of the cases could be measured, so there is no verdict."
    if too_many_unmeasured(unmeasured, done) or name == "unmeasured":
        return f"More than {points(MAX_UNMEASURED)} % of the cases could not be measured, so there is no verdict."
    return "The run ended before a verdict" + ("." if stopped is None else f": {stopped}.")


def unusable(holes: int) -> str:
    """What became of cases that passed before and have no usable answer now."""
    cases = "1 case that passed before" if holes == 1 else f"{holes} cases that passed before"
    return f"{cases} got no usable answer (refused, empty or cut off), which counts against a pass as a loss would."


def asked_again(asked: int, passed: int) -> str:
    """What the old prompt did where its stored answers passed and the new ones fail."""
    return f"The old prompt ran the newly failing cases again and passed {passed} of {asked}."


def sight(cases: int, noise: float, alpha: float) -> str:
    """What this many cases can see, and how many would see twice as well."""
    smallest = detectable_drop(cases, noise, alpha=alpha)
    if smallest is None:
        return f"{cases} cases are too few to see any drop while so many flip for no reason."
    halved = cases_to_halve(cases, noise, alpha=alpha)
    more = "" if halved is None else f"; about {halved:,} cases would halve that"
    return f"The smallest drop that {cases} cases would show 4 times in 5 is {points(smallest)} points{more}."
