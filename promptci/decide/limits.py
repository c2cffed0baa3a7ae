"""The other gates, each with its own name: a lowest score, ceilings on cost and the like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean, stdev

from promptci.core import Reason, VerdictName
from promptci.decide.boundary import Path, crossing, level_at
from promptci.decide.evidence import score_evidence
from promptci.decide.interval import t_quantile
from promptci.decide.verdict import Verdict, chances, several, too_many_unmeasured

_TOO_FEW = Reason("too_many_unmeasured", "Too few cases could be measured to know the score.")


@dataclass(frozen=True, slots=True)
class ScoreLook:
    """Cumulative counts of the new prompt when a batch is done: cases run, passed, not measured."""

    cases_done: int
    passes: int
    unmeasured: int = 0

    @property
    def measured(self) -> int:
        """Cases that could be judged."""
        return self.cases_done - self.unmeasured

    @property
    def failures(self) -> int:
        """Measured cases that did not pass."""
        return self.measured - self.passes


def min_score(looks: Sequence[ScoreLook], *, planned: int, target: float, alpha: float = 0.05) -> Verdict:
    """The gate `min_score`: fail only if the true pass rate is shown to be below `target`, a share in (0, 1].

    An exact group-sequential binomial test: at each look (the same as those of the comparison, which may end the run
    early) the failures are compared with the boundary of a prompt that truly passes `target` of the cases, spending
    alpha * done / planned. So a prompt at the target or above it is blocked with probability alpha at most, over
    all looks. A score below the target that crosses nothing is inconclusive; at the target or above it passes. Raises
    ValueError on a target out of range.
    """
    if not 0 < target <= 1:
        raise ValueError("target must be in (0, 1]")
    now = looks[-1] if looks else ScoreLook(0, 0)
    if too_many_unmeasured(now.unmeasured, now.cases_done):
        return Verdict("min_score", "unmeasured", (_TOO_FEW,))
    score, crossed = now.passes / now.measured, _score_crosses(looks, planned, target, alpha)
    said = Reason(
        "score",
        f"The score is {score:.3f} on {several(now.measured, 'case', 'cases')}; the lowest allowed is {target:g}.",
    )
    numbers = {"score": score, "target": target}
    if crossed:
        more = f"A prompt at {target:g} would score this low less than {chances(alpha)}, counting all our early looks."
        return Verdict("min_score", "fail", (said, Reason("below", more)), numbers)
    if score < target:
        more = "That is below it, but a prompt at the target would often score this low on so few cases."
        return Verdict("min_score", "inconclusive", (said, Reason("below_not_shown", more)), numbers)
    return Verdict("min_score", "pass", (said,), numbers)


def _score_crosses(looks: Sequence[ScoreLook], planned: int, target: float, alpha: float) -> bool:
    """Whether the failures reached the boundary at any look."""
    odds = (1 - Fraction(str(target))).limit_denominator(10_000)
    path: Path = ()
    before = 0
    for look in looks:
        if look.measured < before:
            raise ValueError("counts are cumulative")
        path = (*path, (look.measured - before, level_at(look.cases_done, planned, alpha)))
        before = look.measured
        if look.failures >= crossing(path, (odds.numerator, odds.denominator)).critical:
            return True
    return False


def min_mean(values: Sequence[float | None], *, target: float, alpha: float = 0.05) -> Verdict:
    """The gate `min_score` for graded values in [0, 1] without a pass mark; None is unmeasured.

    Fails if the betting evidence for "the true mean is below the target" reaches 1 / alpha (Waudby-Smith & Ramdas
    2021), which holds at any stopping time and needs more cases than `min_score`. Otherwise as there.
    """
    if not 0 < target <= 1:
        raise ValueError("target must be in (0, 1]")
    known = [v for v in values if v is not None]
    if too_many_unmeasured(len(values) - len(known), len(values)):
        return Verdict("min_score", "unmeasured", (_TOO_FEW,))
    score, evidence = fmean(known), score_evidence(known, target)
    name: VerdictName = "fail" if evidence >= 1 / alpha else "inconclusive" if score < target else "pass"
    said = Reason(
        "score",
        f"The mean score is {score:.3f} on {several(len(known), 'case', 'cases')}; the lowest allowed is {target:g}.",
    )
    more = {
        "fail": (Reason("below", f"A prompt at {target:g} would score this low less than {chances(alpha)}."),),
        "inconclusive": (
            Reason("below_not_shown", "That is below it, but not by more than chance gives on so few cases."),
        ),
    }.get(name, ())
    return Verdict("min_score", name, (said, *more), {"score": score, "target": target, "evidence": evidence})


def ceiling(name: str, values: Sequence[float], *, limit: float, unit: str, alpha: float = 0.05) -> Verdict:
    """The gate `name`: the mean of `values` must not exceed `limit`.

    Values are one per case, in `unit` (USD, seconds, characters), as is the limit. Fails if the one-sided t bound at
    `alpha` below the mean exceeds the limit; a mean above it that is not shown is inconclusive. Costs and times are
    skewed to the right, which makes that bound cautious. No value is unmeasured.
    """
    if not values:
        return Verdict(name, "unmeasured", (Reason("none_measured", f"No {name} was measured."),))
    mean, low = fmean(values), -math.inf
    if len(values) > 1:
        low = mean - t_quantile(1 - alpha, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    verdict: VerdictName = "fail" if low > limit else "inconclusive" if mean > limit else "pass"
    met = several(len(values), "case", "cases")
    told = f"The mean {name} is {mean:.4g} {unit} over {met}; the limit is {limit:.4g} {unit}."
    said, unclear = (
        Reason("mean", told),
        Reason("above_not_shown", "That is above it, but not by more than chance gives."),
    )
    more = (unclear,) if verdict == "inconclusive" else ()
    return Verdict(name, verdict, (said, *more), {"mean": mean, "limit": limit})
