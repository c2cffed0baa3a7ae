"""What each edit is worth: ridge on outcomes paired by case, with the luck of the cases in the intervals.

The model of an answer: y = mean + case + sum of the effects of the edits that are in + noise. Cases are random (their
share of the variance is taken out, as a paired comparison does, but with every answer to the case instead of one),
effects have a prior of 3 points around nothing (Henderson's mixed model; screening after Box & Meyer 1986).
An effect that varies over cases is known for the cases asked only; what that leaves open for others is in the interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from promptci.search.screening.linear import Matrix, evidence, inverse, times

PRIOR = 0.03  # standard deviation of an edit's effect, as a share of cases: the most that is assumed
CONFIDENCE = 0.90
_Z = 1.6449  # of a two-sided 90 % interval
_PLAIN, _FAR = 3.0, 5.0  # standard errors, and the prior's, from which an effect is none of those that scatter by it
_WIDE = 0.3  # its own prior then: next to none
_MEAN = 0.5  # prior standard deviation of the mean of all answers: nothing is known


@dataclass(frozen=True, slots=True)
class Answer:
    """One call: which edits were in (their numbers), on which case, and the value, in [0, 1]."""

    edits: tuple[int, ...]
    case_id: str
    value: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """An effect on the share of cases passed, shrunk towards nothing, with its standard error."""

    value: float
    se: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 90 % interval: it holds for one edit named beforehand, not for the best of many."""
        return self.value - _Z * self.se, self.value + _Z * self.se


@dataclass(frozen=True, slots=True)
class Fit:
    """Effects of edits 0 to n-1 with their covariances; `noise`, `case_variance`, `spread` are variances.

    `noise` is that of an answer to one case under one text, `spread` that of one edit's effect over the cases. `prior`
    is the standard deviation of effects that was used.
    """

    effects: tuple[float, ...]
    covariance: Matrix = field(repr=False)
    noise: float
    case_variance: float
    spread: float
    prior: float
    answers: int
    cases: int

    def one(self, edit: int) -> Estimate:
        """The effect of one edit."""
        return Estimate(self.effects[edit], math.sqrt(self.covariance[edit][edit]))

    def of(self, edits: Sequence[int]) -> Estimate:
        """The effect of a set, if effects add up."""
        variance = sum(self.covariance[i][k] for i in edits for k in edits)
        return Estimate(sum(self.effects[i] for i in edits), math.sqrt(max(0.0, variance)))

    def changed(self, edits: Sequence[int]) -> float:
        """The share of cases that two answers, without and with the set, are expected to change."""
        return min(1.0, 2 * self.noise + len(edits) * self.spread + self.of(edits).value ** 2)


@dataclass(slots=True)
class _Case:
    """The sums over the answers to one case."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    edits: dict[int, int] = field(default_factory=dict)


def fit(
    answers: Sequence[Answer],
    edits: int,
    *,
    prior: float = PRIOR,
    learn: bool = True,
    own: Sequence[float] | None = None,
) -> Fit:
    """Estimate the effects of `edits` edits from answers, those of the text without any edit among them.

    `prior` is the effects' standard deviation; with `learn`, where they scatter less, what they show is used (empirical
    Bayes), so that the best of many is not overstated. A plain effect of over 15 points is no draw from there and
    is hardly shrunk: an answer's form, say, is wrong until one edit mends it. With `own` each effect has the standard
    deviation given there instead. An edit that was never in has effect 0, and the prior's variance.
    """
    cases = _by_case(answers)
    noise, between = _variances(cases)
    effects, _ = _posterior(*_equations(answers, cases, edits, noise, between), prior * prior)
    noise, spread = _spread(answers, effects, cases)
    # What is estimated is the effect on these cases; on others it differs by the luck of the draw.
    lucky = spread / max(1, len(cases))
    equations = _equations(answers, cases, edits, noise, between)
    prior = _learned(*equations, prior, lucky) if learn and edits else prior
    own = own or (_own(equations, edits, prior, len(cases)) if learn else [prior] * edits)
    luck = [max(lucky, _luck(p, effects[i]) / max(1, len(cases))) for i, p in enumerate(own)]
    effects, covariance = _posterior(*equations, [p * p + x for p, x in zip(own, luck, strict=True)])
    share = [p * p / (p * p + x) for p, x in zip(own, luck, strict=True)]
    wide = [[share[i] * share[k] * covariance[i][k] for k in range(edits)] for i in range(edits)]
    for i in range(edits):
        wide[i][i] += own[i] * own[i] * (1 - share[i])
    effects = [share[i] * effects[i] for i in range(edits)]
    return Fit(tuple(effects), wide, noise, between, spread, prior, len(answers), len(cases))


def _own(equations: tuple[Matrix, list[float]], edits: int, prior: float, cases: int) -> list[float]:
    """The prior of every edit: a wide one for those that are plain without any."""
    if not edits:
        return []
    free, covariance = _posterior(*equations, _WIDE * _WIDE)
    error = [math.sqrt(covariance[i][i] + _luck(_WIDE, free[i]) / max(1, cases)) for i in range(edits)]
    return [_WIDE if abs(free[i]) > max(_PLAIN * error[i], _FAR * PRIOR) else prior for i in range(edits)]


def _luck(prior: float, effect: float) -> float:
    """The least variance over cases of an effect on outcomes of 0 and 1; for small effects `spread` says more."""
    size = min(1.0, abs(effect))
    return size * (1 - size) if prior >= _WIDE else 0.0


def _learned(a: Matrix, b: Sequence[float], most: float, lucky: float) -> float:
    """The scatter of the effects, from a third of `most` to `most`, each value weighed by how well it explains all."""
    grid = [most * k / 6 for k in range(2, 7)]
    logs = [
        evidence(_with_prior(a, p * p + lucky), b)
        - (len(a) - 1) / 2 * math.log(p * p + lucky)
        - (math.log(p) + (most / p) ** 2 / 2)  # and one more edit that scatters as was assumed
        for p in grid
    ]
    weights = [math.exp(x - max(logs)) for x in logs]
    return math.sqrt(sum(w * p * p for w, p in zip(weights, grid, strict=True)) / sum(weights))


def _by_case(answers: Sequence[Answer]) -> dict[str, _Case]:
    cases: dict[str, _Case] = {}
    for answer in answers:
        case = cases.setdefault(answer.case_id, _Case())
        case.n += 1
        case.total += answer.value
        case.squares += answer.value * answer.value
        for edit in answer.edits:
            case.edits[edit] = case.edits.get(edit, 0) + 1
    return cases


def _variances(cases: dict[str, _Case]) -> tuple[float, float]:
    """The noise within and the variance between cases, by moments; both above zero."""
    within = sum(c.squares - c.total * c.total / c.n for c in cases.values())
    free = sum(c.n - 1 for c in cases.values())
    means = [c.total / c.n for c in cases.values()]
    mean = sum(means) / len(means) if means else 0.0
    noise = max(0.02, within / free) if free else 0.25
    scatter = sum((m - mean) ** 2 for m in means) / max(1, len(means) - 1)
    return noise, max(0.002, scatter - noise * sum(1 / c.n for c in cases.values()) / max(1, len(means)))


def _equations(
    answers: Sequence[Answer], cases: dict[str, _Case], edits: int, noise: float, between: float
) -> tuple[Matrix, list[float]]:
    """What the answers say of effects and mean, before the prior: a rank-one term takes out each case."""
    n = edits + 1
    a: Matrix = [[0.0] * n for _ in range(n)]
    b = [0.0] * n
    for answer in answers:
        columns = (*answer.edits, edits)
        for i in columns:
            b[i] += answer.value / noise
            row = a[i]
            for k in columns:
                row[k] += 1 / noise
    for case in cases.values():
        weight = between / (noise + case.n * between) / noise
        sums = [*case.edits.items(), (edits, case.n)]
        for i, x in sums:
            b[i] -= weight * x * case.total
            row = a[i]
            for k, z in sums:
                row[k] -= weight * x * z
    return a, b


def _posterior(a: Matrix, b: Sequence[float], variance: float | Sequence[float]) -> tuple[list[float], Matrix]:
    """Effects and, last, the mean, with their covariance, under effects of this prior variance, or one for each."""
    covariance = inverse(_with_prior(a, variance))
    return times(covariance, b), covariance


def _with_prior(a: Matrix, variance: float | Sequence[float]) -> Matrix:
    full = [list(row) for row in a]
    for i in range(len(a) - 1):
        full[i][i] += 1 / (variance if isinstance(variance, float) else variance[i])
    full[-1][-1] += 1 / _MEAN**2
    return full


def _spread(answers: Sequence[Answer], effects: Sequence[float], cases: dict[str, _Case]) -> tuple[float, float]:
    """The noise around the fit, and the variance of an edit's effect over cases, by moments.

    Where an edit works on one case more than on another, its residuals on one case stick together.
    """
    rests = [(a, a.value - sum(effects[i] for i in a.edits)) for a in answers]
    means: dict[str, float] = {}
    for answer, rest in rests:
        means[answer.case_id] = means.get(answer.case_id, 0.0) + rest / cases[answer.case_id].n
    sums: dict[tuple[str, int], float] = {}
    squares = 0.0
    for answer, rest in rests:
        left = rest - means[answer.case_id]
        squares += left * left
        for edit in answer.edits:
            sums[answer.case_id, edit] = sums.get((answer.case_id, edit), 0.0) + left
    noise = max(0.01, squares / max(1, sum(c.n - 1 for c in cases.values())))
    excess = weight = 0.0
    for (case_id, edit), total in sums.items():
        case = cases[case_id]
        n, outside = case.edits[edit], 1 - case.edits[edit] / case.n
        excess += total * total - n * noise * outside
        weight += (n * outside) ** 2
    return noise, max(0.0, excess / weight) if weight else 0.0
