"""Which of two answers a judge prefers, case by case, in both orders: wins minus losses, and the same at equal length.

The length-controlled rate is that of AlpacaEval 2 (Dubois et al. 2024, section 3): a logistic regression of the
preference on tanh of the standardised difference of lengths, read where that is zero. Ours has a term for the order in
which the answers were shown, and an intercept for each group in the place of the difficulty that the leaderboard's
other models give there.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, pstdev

from promptci.core import Reason
from promptci.decide.family import holm
from promptci.decide.interval import CONFIDENCE, gain_interval, t_quantile
from promptci.decide.logistic import Fit, Row, fit, sigmoid
from promptci.decide.paired import Change, mcnemar_p
from promptci.decide.slices import slices
from promptci.decide.verdict import MAX_UNMEASURED, Verdict

ALPHA = 0.05
FEWEST = 20  # cases for a regression


@dataclass(frozen=True, slots=True)
class Preference:
    """One case: 1 where the new answer was preferred, 0 the old one, 0.5 neither; shown first, and shown second.

    None where the judge's reply could not be had or read. Lengths are in characters.
    """

    case_id: str
    shown_first: float | None
    shown_second: float | None
    new_length: int
    old_length: int
    group: str = ""

    @property
    def value(self) -> float | None:
        """1 when the new answer won in both orders, 0 when it lost in both, else 0.5: a tie, or a matter of order."""
        if self.shown_first is None or self.shown_second is None:
            return None
        both = self.shown_first + self.shown_second
        return 1.0 if both == 2 else 0.0 if both == 0 else 0.5


@dataclass(frozen=True, slots=True)
class Controlled:
    """A win rate in [0, 1] at equal lengths and without the order's effect, with its interval at `CONFIDENCE`.

    `p_better` is by group, one-sided: how often a group that gains nothing would look this good.
    """

    rate: float
    low: float
    high: float
    p_better: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Preferred:
    """What the preferences show. `ships` names the groups whose answers are shown to be better, at a family's 5 %."""

    change: Change
    by_group: Mapping[str, Change]
    interval: tuple[float, float] | None
    controlled: Controlled | None
    ships: tuple[str, ...]
    verdict: Verdict


def change_of(preferences: Sequence[Preference]) -> Change:
    """Losses, wins and ties of the new answers."""
    values = [p.value for p in preferences]
    return Change(values.count(0.0), values.count(1.0), values.count(0.5), values.count(None))


def preferred(preferences: Sequence[Preference], shipped: Collection[str] | None = None) -> Preferred:
    """Decide. The verdict is about the groups that are `shipped` to users (None: all); the others are only counted.

    It fails when these answers are shown to be worse, together or in any one group after Holm's correction; it passes
    when they are shown to be better together. A group is for `ships` when it is better by the exact sign test, and at
    equal length, each after Holm's correction over all groups: longer answers alone gain nothing.
    """
    groups: dict[str, list[Preference]] = defaultdict(list)
    for one in preferences:
        groups[one.group].append(one)
    by_group = {name: change_of(groups[name]) for name in sorted(groups)}
    live = [p for p in preferences if shipped is None or p.group in shipped]
    change, controlled = change_of(live), length_controlled(preferences)
    live_groups = {name: c for name, c in by_group.items() if shipped is None or name in shipped}
    verdict = _verdict(change, live_groups)
    own = controlled if shipped is None else length_controlled(live)
    return Preferred(change, by_group, gain_interval(change), own, _ships(by_group, controlled), verdict)


def _ships(by_group: Mapping[str, Change], controlled: Controlled | None) -> tuple[str, ...]:
    if controlled is None:
        return ()
    p_values = {
        name: max(mcnemar_p(c.wins, c.losses), controlled.p_better.get(name, 1.0)) for name, c in by_group.items()
    }
    return tuple(name for name, p in holm(p_values).items() if p <= ALPHA)


def _verdict(change: Change, by_group: Mapping[str, Change]) -> Verdict:
    numbers = {"wins": float(change.wins), "losses": float(change.losses), "ties": float(change.ties)}
    if not change.measured:
        return Verdict("preferred", "unmeasured", (Reason("none_measured", "No case has a preference."),), numbers)
    worse, better = mcnemar_p(change.losses, change.wins), mcnemar_p(change.wins, change.losses)
    numbers |= {"p_worse": worse, "p_better": better}
    if worse <= ALPHA / 2:  # the other half is the groups': together they are red for nothing in 5 % of all runs
        told = f"Changed requests got worse answers: {change.losses} lost, {change.wins} won, p = {worse:.4f}."
        return Verdict("preferred", "fail", (Reason("worse", told),), numbers)
    groups, _ = slices(by_group, alpha=ALPHA / 2)
    if groups.name == "fail":
        return Verdict("preferred", "fail", groups.told, numbers)
    if change.unmeasured > MAX_UNMEASURED * change.cases:
        told = f"{change.unmeasured} of {change.cases} cases could not be measured."
        return Verdict("preferred", "unmeasured", (Reason("many_unmeasured", told),), numbers)
    if better <= ALPHA:
        told = f"Changed requests got better answers: {change.wins} won, {change.losses} lost, p = {better:.4f}."
        return Verdict("preferred", "pass", (Reason("better", told),), numbers)
    told = f"Undecided: {change.wins} won and {change.losses} lost show neither a gain nor a harm."
    return Verdict("preferred", "inconclusive", (Reason("undecided", told),), numbers)


def length_controlled(preferences: Sequence[Preference], *, confidence: float = CONFIDENCE) -> Controlled | None:
    """The win rate at equal lengths; None below `FEWEST` cases. An open end where lengths do not vary is 0 or 1."""
    known = [p for p in preferences if p.value is not None]
    if len(known) < FEWEST:
        return None
    names = sorted({p.group for p in known})
    spread = pstdev([p.new_length - p.old_length for p in known]) or 1.0
    rows = [row for p in known for row in _rows(p, names.index(p.group), len(names), spread)]
    found = fit(rows, len(names) + 2)
    counts = [sum(p.group == name for p in known) for name in names]
    p_better = {name: _p_above(found, k, counts[k]) for k, name in enumerate(names)}
    return _rate(found, [count / len(known) for count in counts], len(known), confidence, p_better)


def _rows(one: Preference, group: int, groups: int, spread: float) -> list[Row]:
    longer = math.tanh((one.new_length - one.old_length) / spread)
    shares = ((one.shown_first, 1.0), (one.shown_second, -1.0))
    return [
        Row(((group, 1.0), (groups, longer), (groups + 1, order)), share, one.case_id)
        for share, order in shares
        if share is not None
    ]


def _p_above(found: Fit, group: int, cases: int) -> float:
    """One-sided p-value for a coefficient above 0; by Student's law, as the variance is estimated from the cases."""
    spread = math.sqrt(max(found.covariance[group][group], 0.0))
    if spread == 0 or cases < 3:
        return 1.0
    score = found.coefficients[group] / spread
    # The normal tail at a score shrunk to Student's: its relative error is below a tenth from five cases on.
    freedom = cases - 1
    shrunk = math.copysign(math.sqrt(freedom * math.log1p(score * score / freedom)), score)
    return 1 - NormalDist().cdf(shrunk * (1 - 1 / (4 * freedom)))


def _rate(found: Fit, shares: Sequence[float], cases: int, confidence: float, p_better: dict[str, float]) -> Controlled:
    """The groups' rates by their shares, with an interval on the logit of the mean (delta method)."""
    rates = [sigmoid(found.coefficients[k]) for k in range(len(shares))]
    rate = sum(share * r for share, r in zip(shares, rates, strict=True))
    slopes = [share * r * (1 - r) for share, r in zip(shares, rates, strict=True)]
    variance = sum(
        slopes[i] * slopes[j] * found.covariance[i][j] for i in range(len(shares)) for j in range(len(shares))
    )
    bent = max(rate * (1 - rate), 1e-9)
    half = t_quantile(0.5 + confidence / 2, cases - 1) * math.sqrt(max(variance, 0.0)) / bent
    middle = math.log(max(rate, 1e-9) / max(1 - rate, 1e-9))
    return Controlled(rate, sigmoid(middle - half), sigmoid(middle + half), p_better)
