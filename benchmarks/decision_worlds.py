"""The assumed worlds of `decisions.py`: repositories, candidates, a search that ranks them, and noisy answers.

A repository has cases that any prompt gets right or wrong, and *movable* ones. A candidate decides some of the movable
cases of its parent anew, and every answer flips with a small probability for no reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from promptci.decide.overfit import overfit
from promptci.evals.split import share_of_test

Answers = NDArray[np.bool_]
Rng = np.random.Generator


@dataclass(frozen=True)
class Line:
    """One row of the table; `ok` is None for a figure without a target."""

    what: str
    target: str
    measured: str
    ok: bool | None


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def rate_line(what: str, hits: int, runs: int, *, least: float | None = None, most: float | None = None) -> Line:
    """A rate with its target, if it has one: ok by the measured value, without slack for the simulation's error."""
    rate = hits / max(1, runs)
    target = f">= {100 * least:g} %" if least is not None else "" if most is None else f"<= {100 * most:g} %"
    ok = rate >= least if least is not None else None if most is None else rate <= most
    return Line(what, target, f"{percent(rate)} of {runs:,}", ok)


def allowed(rate: float, runs: int) -> float:
    """A rate with two standard errors of the simulation on top: for lines whose exact value is the limit itself."""
    return rate + 2 * math.sqrt(rate * (1 - rate) / max(1, runs))


def interval_of_rate(hits: int, runs: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a simulated rate, 95 % by default."""
    share, rate = z * z / runs, hits / runs
    half = (share * (rate * (1 - rate) + share / 4)) ** 0.5
    return max(0.0, (rate + share / 2 - half) / (1 + share)), min(1.0, (rate + share / 2 + half) / (1 + share))


FLIP = 0.0257  # per answer; two runs of one prompt then differ in 5 % of the cases
STEPS, CHILDREN, REDECIDED = 15, 8, 0.4  # of the movable cases by each child


@dataclass(frozen=True)
class World:
    """Shares of cases (wrong but `fixable`, right but `fragile`, right and solid); what candidates do to them."""

    fixable: float
    fragile: float
    solid: float
    fix: float  # mean probability that a fixable case decided anew becomes right
    keep: float  # ... that a fragile one stays right
    spread: float  # of both between candidates
    memorise: float = 0.0  # share of all train cases that each child learns by heart

    def gain(self, fixed: float, kept: float) -> float:
        """True gain over the base prompt, flips included, of a candidate with these probabilities of right answers."""
        return (1 - 2 * FLIP) * (self.fixable * fixed - self.fragile * (1 - kept))


def roomy(rng: Rng) -> World:
    """Two to 24 points can be had, two can be lost; best-on-validation gains about 10 and looks 5 better (N=200)."""
    base = float(np.clip(rng.normal(0.65, 0.12), 0.35, 0.85))
    return World(min(rng.uniform(0.04, 0.26), 1 - base), 0.02, base - 0.02, 0.75, 0.75, 0.2)


def narrow(_: Rng) -> World:
    """Twelve points can be had everywhere, and five can be lost: no repository is easy."""
    return World(0.14, 0.05, 0.60, 0.75, 0.75, 0.2)


def published(rng: Rng) -> World:
    """Starting scores and gains as in OPRO's 68 published ones, most of them small and some very large."""
    base, reached = (share / 100 for share in OPRO[rng.integers(len(OPRO))])
    fragile = min(0.05, base)
    fixable = (max(reached - base, 0.02) + 0.1 * fragile) / 0.9  # a good search fixes nine in ten of them
    return World(min(fixable, 1 - base), fragile, base - fragile, 0.7, 0.7, 0.2)


# Test accuracy of "Let's think step by step" and of the prompt found (arXiv 2309.03409, tables 7 and 10).
OPRO = (
    (4.5, 52), (4.5, 54.5), (6, 73), (12, 17.5), (13, 19.5), (17, 15.5), (18, 16.5), (33, 41), (33, 57), (37, 56.5),
    (37, 57), (41.5, 52), (41.5, 91), (43.5, 81), (45.5, 50), (45.5, 50), (46, 49), (46, 55.5), (46.5, 57.5), (46.5,
    79), (46.5, 86.5), (46.5, 88), (47.5, 50.5), (50, 65), (50, 67), (50.7, 58), (52.5, 69), (52.5, 74), (52.5, 86),
    (52.5, 90.5), (53, 56.4), (54.5, 53), (55, 61), (55, 83), (55, 88), (55.3, 58), (55.3, 58.7), (57, 62), (58,
    53.5), (59.5, 63.5), (59.5, 64), (61.5, 16.5), (61.5, 34.5), (61.5, 87), (62, 67), (62, 75), (62.2, 70.6),
    (62.2, 83.2), (63, 90), (64.1, 71.8), (64.1, 72.6), (65.5, 82.5), (67.5, 79.5), (72.5, 77), (75, 93), (75, 96),
    (79, 82.5), (79.5, 67.5), (79.5, 85.5), (80, 82), (80, 84.5), (83, 83.5), (83, 86.5), (94.5, 100), (94.5, 100),
    (95.5, 100), (96, 99.5), (96, 100),
)  # fmt: skip

NOTHING_BETTER = World(0.10, 0.10, 0.60, 0.5, 0.5, 0.0)  # wins and losses are equal in truth, whatever a candidate does
MEMORISER = World(0.10, 0.10, 0.55, 0.35, 0.5, 0.0, memorise=0.15)  # better on train, worse elsewhere


def draw_kinds(rng: Rng, world: World, n: int) -> NDArray[np.int_]:
    """0 fixable, 1 fragile, 2 solid, 3 hopeless, for n cases."""
    rest = 1 - world.fixable - world.fragile - world.solid
    return rng.choice(4, n, p=[world.fixable, world.fragile, world.solid, rest])


def answers(rng: Rng, right: Answers) -> Answers:
    """One run: every answer flips with probability FLIP."""
    return np.asarray(right ^ (rng.random(right.shape) < FLIP))


@dataclass
class Found:
    """The best candidate of a search: its truth, and its and the base prompt's answers on the development cases."""

    fixed: float
    kept: float
    base: Answers
    best: Answers
    gaps: list[bool]


def search(rng: Rng, world: World, kinds: NDArray[np.int_], train: int, ranked: slice, steps: int = STEPS) -> Found:
    """A hill climb that ranks candidates on the cases `ranked`; proposers see the first `train` cases."""
    start = (kinds == 1) | (kinds == 2)
    base = answers(rng, start)
    found = Found(0.0, 1.0, base, base, [])
    right, fixed, kept, score = start, 0.0, 1.0, int(base[ranked].sum())
    for _ in range(steps):
        q = np.clip(rng.normal([world.fix, world.keep], world.spread, (CHILDREN, 2)), 0, 1)
        anew = rng.random((CHILDREN, len(kinds))) < REDECIDED
        drawn = rng.random(anew.shape) < np.where(kinds == 0, q[:, :1], q[:, 1:])
        children = np.where(anew & (kinds < 2), drawn, right)
        if world.memorise:
            children[:, :train] |= rng.random((CHILDREN, train)) < world.memorise
        seen = answers(rng, children)
        scores = seen[:, ranked].sum(axis=1)
        top = int(scores.argmax())
        found.gaps.append(fires(base, seen[top], train))
        if scores[top] > score:
            score, right = int(scores[top]), children[top]
            fixed = (1 - REDECIDED) * fixed + REDECIDED * float(q[top, 0])
            kept = (1 - REDECIDED) * kept + REDECIDED * float(q[top, 1])
            found.fixed, found.kept, found.best = fixed, kept, seen[top]
    return found


def moved(old: Answers, new: Answers) -> list[float]:
    return [float(x) for x in new.astype(int) - old.astype(int)]


def fires(base: Answers, best: Answers, train: int) -> bool:
    differences = moved(base, best)
    return train < len(differences) and overfit(differences[:train], differences[train:]).fires


def held_out(cases: int) -> int:
    """How many of `cases` the split keeps for the test."""
    return round(cases * share_of_test())
