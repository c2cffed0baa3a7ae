"""Parts of `decisions.py` on accepting a candidate: false pull requests, what is shipped, and overfitting noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from decision_worlds import (
    MEMORISER,
    NOTHING_BETTER,
    Found,
    Line,
    Rng,
    World,
    answers,
    draw_kinds,
    held_out,
    moved,
    narrow,
    percent,
    published,
    roomy,
    search,
)
from numpy.typing import NDArray

from promptci.decide.accept import Acceptance, accept, accept_graded, level, not_asked, repeats_on_test, screen
from promptci.decide.paired import Change


def certify(rng: Rng, found: Found, kinds: NDArray[np.int_], at: float) -> Acceptance:
    """Screen on development, then the one question to the test cases, repeated when they are few."""
    screened = screen(moved(found.base, found.best))
    if not screened.passed:
        return not_asked(screened)
    chance = np.select([kinds == 0, kinds == 1, kinds == 2], [found.fixed, found.kept, 1.0], 0.0)
    old, new = (kinds == 1) | (kinds == 2), rng.random(len(kinds)) < chance
    repeats = repeats_on_test(len(kinds))
    if repeats == 1:
        values = moved(answers(rng, old), answers(rng, new))
        return accept(Change(values.count(-1.0), values.count(1.0), values.count(0.0)), at=at)
    sums = [np.sum([answers(rng, side) for _ in range(repeats)], axis=0) for side in (old, new)]
    return accept_graded([float(x) / repeats for x in sums[1] - sums[0]], at=at)


def certified_run(rng: Rng, world: World, cases: int) -> tuple[Acceptance, float]:
    """Our policy: rank on pooled development cases, ask once. The answer and the winner's true gain."""
    test = held_out(cases)
    kinds = draw_kinds(rng, world, cases)
    found = search(rng, world, kinds[test:], (cases - test) // 2, slice(None))
    return certify(rng, found, kinds[:test], level(1)), world.gain(found.fixed, found.kept)


def uncertified_run(rng: Rng, world: World, cases: int) -> tuple[float, float]:
    """Best on validation with half of all cases on each side: true gain and observed gain."""
    half = cases // 2
    found = search(rng, world, draw_kinds(rng, world, cases), half, slice(half, None))
    return world.gain(found.fixed, found.kept), float(np.mean(moved(found.base[half:], found.best[half:])))


def shipped(rng: Rng, share: float) -> Iterator[Line]:
    yield from shipped_in(rng, max(20, int(2_000 * share)), roomy, "2-24 points to be had", asked=True)
    few = max(20, int(800 * share))
    yield from shipped_in(rng, few, published, "gains spread as OPRO's published ones", asked=False)
    yield from shipped_in(rng, few, narrow, "12 points to be had everywhere", asked=False)


def shipped_in(rng: Rng, runs: int, draw: Callable[[Rng], World], where: str, *, asked: bool) -> Iterator[Line]:
    for cases, least in ((200, 0.85), (400, 0.95)):
        ours, over, bare, bare_over, opened = 0.0, 0.0, 0.0, 0.0, 0
        for _ in range(runs):
            world = draw(rng)
            answer, truth = certified_run(rng, world, cases)
            if answer.outcome == "improved":
                ours, over, opened = ours + truth, over + answer.gain - truth, opened + 1
            truth, observed = uncertified_run(rng, world, cases)
            bare, bare_over = bare + truth, bare_over + observed - truth
        counted = f"{100 * ours / runs:.1f} of {100 * bare / runs:.1f} points, {percent(opened / runs)} of runs open"
        what = f"shipped gain of uncertified best-on-validation's, N={cases}, {where}"
        enough = ours / bare >= least if asked else None
        yield Line(what, f">= {percent(least)}" if asked else "", f"{percent(ours / bare)} ({counted})", enough)
        mean = 100 * over / max(1, opened)
        what = f"... overstated by (uncertified: {100 * bare_over / runs:.1f} points)"
        yield Line(
            what, *(("<= 1 point", f"{mean:.2f} points", mean <= 1) if asked else ("", f"{mean:.2f} points", None))
        )


def false_pull_requests(rng: Rng, share: float) -> Iterator[Line]:
    runs = max(20, int(4_000 * share))
    for name, world in (("nothing better exists", NOTHING_BETTER), ("candidates memorise train", MEMORISER)):
        opened = sum(certified_run(rng, world, 200)[0].outcome == "improved" for _ in range(runs))
        yield Line(
            f"false pull requests per run, {name}, N=200", "<= 5 %", percent(opened / runs), opened / runs <= 0.05
        )
    runs = max(20, int(500 * share))
    opened = sum(uncertified_run(rng, NOTHING_BETTER, 200)[1] > 0 for _ in range(runs))
    yield Line("... best on validation instead", "", percent(opened / runs), None)


def year(rng: Rng, share: float) -> Iterator[Line]:
    years = max(5, int(600 * share))
    opened = sum(opens_within_a_year(rng) for _ in range(years))
    rate = opened / years
    yield Line("false pull requests per 52 weekly runs on one test set, N=200", "<= 5 %", percent(rate), rate <= 0.05)


def opens_within_a_year(rng: Rng, cases: int = 200) -> bool:
    test, query = held_out(cases), 1
    kinds = draw_kinds(rng, NOTHING_BETTER, cases)
    for _ in range(52):
        found = search(rng, NOTHING_BETTER, kinds[test:], (cases - test) // 2, slice(None))
        answer = certify(rng, found, kinds[:test], level(query))
        if answer.outcome == "improved":
            return True
        query += answer.level > 0  # a winner that did not pass the screen asked nothing and spent nothing
    return False


def overfitting(rng: Rng, share: float) -> Iterator[Line]:
    runs = max(20, int(600 * share))
    for side, least in ((150, 0.95), (60, None)):
        caught = sum(any(overfit_run(rng, MEMORISER, side)) for _ in range(runs)) / runs
        what = f"overfitting detected within 25 steps, {side} train and {side} validation cases"
        target = "" if least is None else f">= {percent(least)}"
        yield Line(what, target, percent(caught), None if least is None else caught >= least)
    fired = sum(any(overfit_run(rng, roomy(rng), 150)) for _ in range(runs)) / runs
    yield Line("... fires on a genuine search", "<= 5 %", percent(fired), fired <= 0.05)


def overfit_run(rng: Rng, world: World, side: int) -> list[bool]:
    return search(rng, world, draw_kinds(rng, world, 2 * side), side, slice(None), steps=25).gaps
