"""The finer signal: what the metric says of an answer, and where it is known how likely the expected one was.

Two texts that pass the same cases differ in how sure the model was. The metric comes first: on one case a pass always
outweighs any likelihood, and what is reported and confirmed is the metric alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promptci.core import Outcome
from promptci.decide.paired import PASS_MARK
from promptci.search.base import Change, Scored, gain, paired

LIKELY = 0.3  # share of the likelihood in a signal, below one half so that the metric decides wherever it differs
_TELLING = 0.9  # its share in a fit of many answers where it tells every pass from every failure
_FEWEST = 5  # passes, and failures, below which nobody knows what it tells


def signal(outcome: Outcome | None, share: float = LIKELY) -> float | None:
    """The value of an outcome in [0, 1], with its likelihood as `share` where that is known; None when unmeasured."""
    if outcome is None or outcome.score.value is None or outcome.likelihood is None:
        return None if outcome is None else outcome.score.value
    return (1 - share) * outcome.score.value + share * outcome.likelihood


def telling(outcomes: Iterable[Outcome]) -> float:
    """The share that likelihoods may have in a fit: as far as they tell passes from failures among these outcomes.

    A likelihood is not a coin that fell: it scatters less, and many answers say more by it. Its share is 0.9 times
    twice the excess over one half of the chance that a pass is likelier than a failure.
    """
    known = [
        (o.likelihood, o.score.value >= PASS_MARK)
        for o in outcomes
        if o.likelihood is not None and o.score.value is not None
    ]
    passes, failures = ([x for x, passed in known if passed is side] for side in (True, False))
    if min(len(passes), len(failures)) < _FEWEST:
        return LIKELY
    above = sum((a > b) + (a == b) / 2 for a in passes for b in failures) / (len(passes) * len(failures))
    return _TELLING * max(0.0, 2 * above - 1)


def strength(scored: Scored, case_ids: Sequence[str]) -> float | None:
    """The mean signal over those of the cases that were measured; None when none was."""
    values = [v for i in case_ids if (v := signal(scored.outcomes.get(i))) is not None]
    return sum(values) / len(values) if values else None


def finer(old: Scored, new: Scored, case_ids: Sequence[str]) -> tuple[Change, ...]:
    """Both signals on every case that was measured for both, in the order of `case_ids`."""
    both = ((i, signal(old.outcomes.get(i)), signal(new.outcomes.get(i))) for i in case_ids)
    return tuple(Change(i, a, b) for i, a, b in both if a is not None and b is not None)


def standing_of(scored: Scored, case_ids: Sequence[str]) -> tuple[float, float]:
    """What texts are put in order by: the mean of the metric, and among equals that of the signal; 0 unmeasured."""
    return round(scored.mean(case_ids) or 0.0, 9), strength(scored, case_ids) or 0.0


def ahead(old: Scored, new: Scored, case_ids: Sequence[str]) -> tuple[float, float]:
    """How far the new text is ahead, case by case: by the metric, and among equals by the signal."""
    return round(gain(paired(old, new, case_ids)) or 0.0, 9), gain(finer(old, new, case_ids)) or 0.0
