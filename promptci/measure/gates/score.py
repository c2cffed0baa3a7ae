"""The gates that need no comparison: the lowest score, and the longest answers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb

from promptci.core import Case
from promptci.decide import limits
from promptci.decide.evidence import score_evidence
from promptci.decide.limits import ScoreLook
from promptci.decide.paired import passed
from promptci.measure.gates.base import Alarm, Screened
from promptci.measure.pair import Pair
from promptci.run.arm import Arm


def score_look(arm: Arm, ran: Sequence[Case]) -> ScoreLook:
    """Return the new arm's counts after the cases run so far."""
    passes = unmeasured = 0
    for case in ran:
        value = arm.values.by_case.get(case.id)
        passes, unmeasured = passes + bool(passed(value)), unmeasured + (value is None)
    return ScoreLook(len(ran), passes, unmeasured)


def min_score(arm: Arm, looks: Sequence[ScoreLook], planned: int, ran: Sequence[Case]) -> list[Screened]:
    """Return what the gate `min_score` says, when it is set; a score below it is confirmed on fresh answers."""
    target = arm.side.settings.gate.min_score
    if target is None:
        return []
    values = [arm.values.by_case.get(c.id) for c in ran]
    whole = all(v in (None, 0.0, 1.0) for v in values) and not arm.side.grading.combined.graded
    verdict = (
        limits.min_score(looks, planned=planned, target=target) if whole else limits.min_mean(values, target=target)
    )
    if not verdict.blocked:
        return [Screened(verdict)]
    return [Screened(verdict, (Alarm("min_score", tuple(ran), Below(tuple(ran), target, whole), both=False),))]


class Below:
    """The test of fresh answers against a lowest score: exact binomial for pass or fail, else betting."""

    def __init__(self, cases: tuple[Case, ...], target: float, whole: bool) -> None:
        self.cases, self.target, self.whole = cases, target, whole

    def __call__(self, fresh: Pair) -> tuple[float, str]:
        """Return the chance of a score this low at the target, and the score."""
        values = [v for c in self.cases if (v := fresh.new.values.by_case.get(c.id)) is not None]
        if not values:
            return 1.0, "none of the fresh answers has a value"
        told = f"the score is {sum(values) / len(values):.3f} on {len(values):,} fresh answers"
        if self.whole and all(v in (0.0, 1.0) for v in values):
            return at_most(int(sum(values)), len(values), self.target), told
        evidence = score_evidence(values, self.target)
        return (min(1.0, 1 / evidence) if evidence else 1.0), told


def at_most(passes: int, cases: int, rate: float) -> float:
    """The exact binomial chance of `passes` or fewer of `cases` at a true pass rate `rate` in (0, 1]."""
    odds = Fraction(str(rate)).limit_denominator(10_000)
    total = sum(comb(cases, k) * odds**k * (1 - odds) ** (cases - k) for k in range(passes + 1))
    return float(total)


def max_length(arm: Arm, ran: Sequence[Case]) -> list[Screened]:
    """Return what the gate `length` says, when it is set: the mean characters of the answers."""
    limit = arm.side.settings.gate.max_length
    if limit is None:
        return []
    lengths = [float(arm.values.lengths[c.id]) for c in ran if c.id in arm.values.lengths]
    return [Screened(limits.ceiling("length", lengths, limit=limit, unit="characters"))]
