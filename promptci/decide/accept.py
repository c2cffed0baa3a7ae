"""Acceptance: is this candidate better than the current prompt? One question to the test split, at a stated level.

The order is fixed: `screen` on the development cases, then `accept` on the test cases, once, at `level(query)`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, pvariance
from typing import Literal, NamedTuple

from promptci.decide.conditional import Size
from promptci.decide.interval import gain_interval
from promptci.decide.paired import Change, mcnemar_p, sign_flip
from promptci.decide.power import cases_needed
from promptci.decide.units import Unit, gain_of, unit_interval
from promptci.decide.verdict import held_out, points, several, too_many_unmeasured

FACTOR = 1.5  # a winner is asked on test only if its paired development gain exceeds this many standard errors
SMALLEST_SET = 60  # cases of all splits together; below it a search reports and never opens a pull request
FIRST_LEVEL = 0.04
FEW_TEST_CASES = 100  # below it each test case is answered three times per prompt

AcceptanceName = Literal["improved", "inconclusive", "no_change"]


def level(query: int) -> float:
    """The level of the `query`-th question (from 1) to one test set: .04, then .01 * 6 / (pi^2 (query - 1)^2).

    All together .05, however many follow; most of it for the first, which is often the only one. The ledger counts
    queries; a set that keeps half of its test cases keeps counting (decisions.md, section 14). Raises ValueError below
    1.
    """
    if query < 1:
        raise ValueError("queries are counted from 1")
    return FIRST_LEVEL if query == 1 else 0.01 * 6 / (math.pi * (query - 1)) ** 2


def repeats_on_test(test_cases: int) -> int:
    """How often each test case is answered per prompt: 3 below 100 test cases, else 1 (decisions.md, section 14)."""
    return 3 if test_cases < FEW_TEST_CASES else 1


def may_open(cases: int) -> bool:
    """Whether a set of `cases` (all splits together) is large enough for a pull request: 60 or more."""
    return cases >= SMALLEST_SET


@dataclass(frozen=True, slots=True)
class Screen:
    """The development gain (share) with its standard error; `passed` if it is worth a question to the test split."""

    passed: bool
    gain: float
    se: float
    reason: str


def screen(values: Sequence[float], *, sizes: Sequence[int] | None = None, factor: float = FACTOR) -> Screen:
    """Whether the paired development differences average more than 1.5 standard errors above zero.

    `values` pool train and validation: new minus old, one per measured case, in [-1, 1]; or sums by cluster, with the
    number of cases behind each in `sizes`. SE is that of a mean of independent differences around zero, sqrt(sum of
    squares) / cases, which for 0/1 outcomes is sqrt(pi / n). Cheap on purpose: it saves questions; the error rate is
    kept by `accept`.
    """
    cases = len(values) if sizes is None else sum(sizes)
    if not cases:
        return Screen(
            False, 0.0, 0.0, "No development case was measured, so the winner was not tried on the held-out cases."
        )
    gain, se = sum(values) / cases, math.sqrt(sum(x * x for x in values)) / cases
    passed = gain > factor * se and gain > 0
    verb = "exceeds" if passed else "does not exceed"
    follows = "so it was tried on the held-out cases" if passed else "so it was not tried on the held-out cases"
    where = several(cases, "development case", "development cases")
    reason = (
        f"Its gain on {where}, {100 * gain:+.1f} points, {verb} {factor:g} standard errors"
        f" ({100 * factor * se:.1f} points), {follows}."
    )
    return Screen(passed, gain, se, reason)


def foreseen(gain: float, se: float) -> Screen:
    """Whether a winner that was put together from screened edits is worth the question: any gain it should have is.

    `gain` (share) is what its edits say, shrunk already, with its standard error; it may have met few cases itself.
    """
    passed = gain > 0
    follows = "so it was tried on the held-out cases" if passed else "so it was not tried on the held-out cases"
    reason = f"Its edits should gain {100 * gain:+.1f} points on new cases (standard error {100 * se:.1f}), {follows}."
    return Screen(passed, gain, se, reason)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The answer of the test split.

    Gains are shares, new minus old; the ends of `interval` are one-sided 95 % bounds.
    Only an `improved` candidate's numbers may be shown; those of another stay out of records and prompts (`reasons` has
    none), unless the owner chose drafts for promising winners (`draft_reasons`). `cases_needed` is the number of test
    cases that would decide a gain like this one at this level 4 times in 5; None if it is not positive or takes too
    many. `size` is that of a gain confirmed in looks, conditional on its confirmation.
    """

    outcome: AcceptanceName
    p_value: float
    level: float
    wins: int
    losses: int
    cases: int
    gain: float
    interval: tuple[float, float] | None
    cases_needed: int | None
    reasons: tuple[str, ...]
    draft_reasons: tuple[str, ...]
    size: Size | None = None

    @property
    def promising(self) -> bool:
        """Passed the screen, not the test, but points upwards: what a draft may say."""
        return self.outcome == "inconclusive" and self.gain > 0


def not_asked(found: Screen) -> Acceptance:
    """The acceptance of a winner that did not pass the screen: no change, nothing asked, no level spent."""
    return Acceptance("no_change", 1.0, 0.0, 0, 0, 0, 0.0, None, None, (found.reason,), ())


def accept(change: Change, *, at: float) -> Acceptance:
    """Ask the test split once about 0/1 outcomes: exact one-sided McNemar test at level `at`, in (0, 1).

    Improved if p <= `at`. More than 5 % unmeasured cases, or none measured, is never an improvement. Raises ValueError
    on a level out of range.
    """
    _refuse_level(at)
    p_value, gain = mcnemar_p(change.wins, change.losses), change.gain or 0.0
    needed = cases_to_decide(change, at)
    counted = f"On {held_out(change.measured)} {change.wins} became right and {change.losses} became wrong"
    answer = _Answer(p_value, at, change.wins, change.losses, change.measured, gain, gain_interval(change), needed)
    return _worded(answer, counted, too_many_unmeasured(change.unmeasured, change.cases))


def accept_graded(
    values: Sequence[float], *, at: float, unmeasured: int = 0, sizes: Sequence[int] | None = None, seed: int = 0
) -> Acceptance:
    """Ask the test split once about graded outcomes, repeats or clusters: one-sided sign-flip test at level `at`.

    `values` are new minus old, one per measured case (its mean over repeats), or sums by cluster with the number of
    measured cases behind each in `sizes` (`units.units` gives both); they must be independent. `unmeasured` counts
    cases. Wins and losses count values above and below zero. Sampled only where exact would be slow, with enough draws
    for the level.
    """
    _refuse_level(at)
    seen = [Unit(x, n) for x, n in zip(values, sizes or [1] * len(values), strict=True)]
    test = sign_flip(values, seed=seed, draws=min(2_000_000, max(20_000, math.ceil(20 / at))))
    wins, losses, cases = sum(x > 0 for x in values), sum(x < 0 for x in values), sum(u.cases for u in seen)
    gain, needed = gain_of(seen), _needed_graded(values, cases, at)
    kind = ("case", "cases") if sizes is None else ("cluster", "clusters")
    counted = f"On {held_out(cases)} {several(wins, *kind)} became better and {losses} became worse"
    answer = _Answer(test.p_value, at, wins, losses, cases, gain, unit_interval(seen), needed)
    return _worded(answer, counted, too_many_unmeasured(unmeasured, cases + unmeasured))


def _refuse_level(at: float) -> None:
    if not 0 < at < 1:
        raise ValueError("the level must be in (0, 1)")


class _Answer(NamedTuple):
    """The numbers of an acceptance, before the words."""

    p_value: float
    level: float
    wins: int
    losses: int
    cases: int
    gain: float
    interval: tuple[float, float] | None
    cases_needed: int | None


def _worded(answer: _Answer, counted: str, holes: bool) -> Acceptance:
    """Decide and say it; `holes` means that too many cases were not measured."""
    better = answer.p_value <= answer.level and not holes
    told = _told(answer, counted)
    if holes:
        plain: tuple[str, ...] = ("Too many held-out cases could not be measured, so nothing was confirmed.",)
    else:
        plain = told if better else ("The held-out cases did not confirm the gain, so nothing changes.",)
    needed = answer.cases_needed
    more = () if needed is None else (f"About {needed:,} held-out cases would decide a gain of this size.",)
    return Acceptance("improved" if better else "inconclusive", *answer, plain, () if better else (*told, *more))


def _told(answer: _Answer, counted: str) -> tuple[str, ...]:
    """The numbers in words: the lower end first, as it is what one may count on."""
    chance = f"{counted}: chance alone does this well with probability {answer.p_value:.2g}, "
    chance += f"and {answer.level:.2g} was allowed."
    if answer.interval is None:
        return (chance,)
    # Outwards: a bound that is rounded towards the estimate promises more than was shown.
    low, high = (points(f(1000 * end) / 1000) for f, end in zip((math.floor, math.ceil), answer.interval, strict=True))
    return (f"The gain is at least {low} points (and at most {high}), each with 95 % confidence.", chance)


def cases_to_decide(change: Change, at: float) -> int | None:
    """Test cases for power .8 if the true gain and share of changed cases are the observed ones.

    The changed cases beyond the gain are noise, both ways of it: twice the losses. None without a gain, or when it
    takes too many.
    """
    gain = change.gain or 0.0
    if gain <= 0:
        return None
    return cases_needed(gain, max(change.changed / change.measured - gain, 0.0), alpha=at, power_wanted=0.8)


def _needed_graded(values: Sequence[float], cases: int, at: float) -> int | None:
    """The same for graded differences, by their variance: a normal approximation, marked "about" where it is shown."""
    if not values or fmean(values) <= 0:
        return None
    z = NormalDist().inv_cdf(1 - at) + NormalDist().inv_cdf(0.8)
    return max(cases, math.ceil(z * z * pvariance(values) / fmean(values) ** 2 * cases / len(values)))
