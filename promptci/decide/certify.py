"""How far a judge can be trusted: its grades beside a person's, with intervals, and scores corrected for its errors.

Sensitivity is the share of what people pass that the judge passes, specificity the share of what they fail that it
fails. Pure functions: counts in, rates out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

from promptci.decide.verdict import several

CONFIDENCE = 0.90
FEWEST = 10  # people's passes, and people's fails, below which a rate says nothing


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its interval at `CONFIDENCE`, from `n` cases; value None when there was none."""

    value: float | None
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        if self.value is None:
            return "unknown"
        cases = several(self.n, "case", "cases")
        return f"{100 * self.value:.0f} % ({100 * self.low:.0f} to {100 * self.high:.0f}, {cases})"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A judge's grades beside people's, by passes and fails. `judge` is the hash of judge model and question."""

    judge: str
    both_pass: int
    both_fail: int
    judge_alone_passes: int
    people_alone_pass: int

    @property
    def labelled(self) -> int:
        """How many answers both graded."""
        return self.both_pass + self.both_fail + self.judge_alone_passes + self.people_alone_pass

    @property
    def sensitivity(self) -> Rate:
        """Share of people's passes that the judge passes."""
        return rate(self.both_pass, self.both_pass + self.people_alone_pass)

    @property
    def specificity(self) -> Rate:
        """Share of people's fails that the judge fails."""
        return rate(self.both_fail, self.both_fail + self.judge_alone_passes)

    @property
    def kappa(self) -> Rate:
        """Agreement beyond chance (Cohen 1960), with the variance of Fleiss, Cohen and Everitt 1969."""
        return kappa(self.both_pass, self.judge_alone_passes, self.people_alone_pass, self.both_fail)

    def below(self, floor: float) -> str | None:
        """Say why the judge does not reach `floor`, or None when both of its rates do."""
        rates = (("sensitivity", self.sensitivity), ("specificity", self.specificity))
        few = next((r for _, r in rates if r.n < FEWEST), None)
        if few is not None:
            kind = ("pass", "passes") if few == self.sensitivity else ("fail", "fails")
            return (
                f"The judge cannot be certified: people's grades hold {few.n} {kind[few.n != 1]}, "
                f"and {FEWEST} are the least. Add rows with 'human' and 'output', or take 'floor' away."
            )
        low = [f"{name} is {found}" for name, found in rates if found.value is not None and found.value < floor]
        return f"The judge is below its floor of {100 * floor:g} %: its {' and its '.join(low)}." if low else None

    def __str__(self) -> str:
        if not self.labelled:
            return "The judge was never compared with people."
        agreement = self.kappa.value  # None where one of the two gives everything the same grade
        return (
            f"Compared with people on {several(self.labelled, 'answer', 'answers')}, the judge has sensitivity "
            f"{self.sensitivity}, specificity {self.specificity}, "
            f"kappa {'unknown' if agreement is None else f'{agreement:.2f}'}."
        )


def certificate(judge: str, pairs: Sequence[tuple[bool, bool]]) -> Certificate:
    """Count (judge passes, people pass) pairs."""
    count = Counter(pairs)
    return Certificate(judge, count[True, True], count[False, False], count[True, False], count[False, True])


def rate(hits: int, n: int, *, confidence: float = CONFIDENCE) -> Rate:
    """Return a share with Wilson's interval (1927; recommended by Brown, Cai and DasGupta 2001)."""
    if n == 0:
        return Rate(None, 0.0, 1.0, 0)
    z = _z(confidence)
    share, wide = hits / n, z * z / n
    middle = (share + wide / 2) / (1 + wide)
    half = z / (1 + wide) * math.sqrt(share * (1 - share) / n + wide / (4 * n))
    return Rate(share, max(0.0, middle - half), min(1.0, middle + half), n)


def kappa(a: int, b: int, c: int, d: int, *, confidence: float = CONFIDENCE) -> Rate:
    """Return Cohen's kappa of a 2 x 2 table: a both pass, b judge alone, c people alone, d both fail."""
    n = a + b + c + d
    if n == 0:
        return Rate(None, -1.0, 1.0, 0)
    p = [[a / n, b / n], [c / n, d / n]]
    rows, columns = [sum(r) for r in p], [p[0][0] + p[1][0], p[0][1] + p[1][1]]
    agreed, chance = p[0][0] + p[1][1], sum(r * k for r, k in zip(rows, columns, strict=True))
    if chance >= 1:
        return Rate(None, -1.0, 1.0, n)
    value = (agreed - chance) / (1 - chance)
    on = sum(p[i][i] * (1 - (rows[i] + columns[i]) * (1 - value)) ** 2 for i in (0, 1))
    off = (1 - value) ** 2 * sum(p[i][1 - i] * (columns[i] + rows[1 - i]) ** 2 for i in (0, 1))
    variance = (on + off - (value - chance * (1 - value)) ** 2) / (n * (1 - chance) ** 2)
    half = _z(confidence) * math.sqrt(max(variance, 0.0))
    return Rate(value, max(-1.0, value - half), min(1.0, value + half), n)


def corrected(passes: int, n: int, judge: Certificate, *, confidence: float = CONFIDENCE) -> Rate:
    """Return the share that people would pass, from the share that the judge passes (Rogan and Gladen 1978).

    The interval carries the doubt about the judge's own rates (Lang and Reiczigel 2014). Value None when the judge does
    not tell passes from fails, or nothing was graded.
    """
    good, bad = judge.sensitivity, judge.specificity
    if n == 0 or good.value is None or bad.value is None or good.value + bad.value <= 1:
        return Rate(None, 0.0, 1.0, n)
    value = min(1.0, max(0.0, (passes / n + bad.value - 1) / (good.value + bad.value - 1)))
    z = _z(confidence)
    share, cases = (passes + z * z / 2) / (n + z * z), n + z * z
    se, n_se = (good.value * good.n + 1) / (good.n + 2), good.n + 2
    sp, n_sp = (bad.value * bad.n + 1) / (bad.n + 2), bad.n + 2
    gap = se + sp - 1
    if gap <= 0:
        return Rate(value, 0.0, 1.0, n)
    middle = (share + sp - 1) / gap
    by_se, by_sp = se * (1 - se) / n_se, sp * (1 - sp) / n_sp
    shift = 2 * z * z * (middle * by_se - (1 - middle) * by_sp)
    half = z * math.sqrt(share * (1 - share) / cases + middle**2 * by_se + (1 - middle) ** 2 * by_sp) / gap
    return Rate(value, min(1.0, max(0.0, middle + shift - half)), max(0.0, min(1.0, middle + shift + half)), n)


def self_agreement(repeats: Sequence[Sequence[float]]) -> Rate:
    """Return how often a judge gives one answer the same grade twice: the mean over answers of agreeing pairs.

    `repeats` has one row an answer; rows of fewer than two grades tell nothing. The interval is that of a share.
    """
    shares = [_agreeing(row) for row in repeats if len(row) > 1]
    if not shares:
        return Rate(None, 0.0, 1.0, 0)
    found = rate(round(sum(shares)), len(shares))
    return Rate(fmean(shares), min(found.low, fmean(shares)), max(found.high, fmean(shares)), len(shares))


def _agreeing(row: Sequence[float]) -> float:
    pairs = [(a, b) for i, a in enumerate(row) for b in row[i + 1 :]]
    return sum(a == b for a, b in pairs) / len(pairs)


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)
