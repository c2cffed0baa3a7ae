"""Simulate the decisions through promptci's own functions: what must be reached, what is, and pass or fail.

    python benchmarks/decisions.py [--quick] [--second] [--share 1.0] [--seed 1]

Exit code 1 when a target is missed. numpy draws the worlds only; every decision is made by `promptci.decide`. The
worlds are assumed: a repository has cases that any prompt gets right or wrong, and *movable* ones; a candidate decides
some of the movable cases anew, and every answer flips with a small probability for no reason.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import decisions_accepted as accepted
import decisions_fresh as fresh
import decisions_values as values
import numpy as np
from decision_worlds import (
    Line,
    Rng,
    percent,
)

from promptci.decide.boundary import crossing, level_at
from promptci.decide.gate import Gate, Kind
from promptci.decide.interval import gain_interval
from promptci.decide.limits import ScoreLook, min_score
from promptci.decide.paired import Change, mcnemar_p
from promptci.decide.power import DROPS, cases_needed, detectable_drop
from promptci.decide.slices import slices

# --- the gate -------------------------------------------------------------------------------------------------------


def gated(rng: Rng, planned: int, noise: float, drop: float, detect: float = 0.05) -> tuple[str, int]:
    """One comparison driven to its decision: name, cases run."""
    values = rng.choice([-1.0, 1.0, 0.0], planned, p=[noise / 2 + drop, noise / 2, 1 - noise - drop]).tolist()
    return driven(Gate(planned, detect=detect), values)


def driven(gate: Gate, values: list[float]) -> tuple[str, int]:
    """Show the gate the differences, batch by batch, until it decides: name, cases run."""
    done = 0
    for batch in gate.batches():
        done += batch
        gate.look(values[:done])
    assert gate.step is not None
    return str(gate.step.name), done


def false_alarms(rng: Rng, share: float) -> Iterator[Line]:
    runs = max(50, int(5_000 * share))
    worlds = [(int(rng.integers(30, 501)), rng.uniform(0.01, 0.15)) for _ in range(runs)]
    blocked = [gated(rng, n, noise, 0.0)[0] == "fail" for n, noise in worlds]
    rate = sum(blocked) / runs
    yield Line(
        f"false alarms, {runs:,} no-op repositories, n 30-500, noise 1-15 %", "<= 5 %", percent(rate), rate <= 0.05
    )
    large = [b for b, (n, noise) in zip(blocked, worlds, strict=True) if n > 350 and noise > 0.10]
    rate = sum(large) / max(1, len(large))
    yield Line(
        "... of these, where it is hardest: n > 350, noise > 10 %",
        "<= 5 %",
        percent(rate),
        rate <= allowed(0.05, len(large)),
    )


def power_lines(rng: Rng, share: float) -> Iterator[Line]:
    runs = max(50, int(1_500 * share))
    for drop in (0.05, 0.10):
        for noise in (0.02, 0.05, 0.10):
            fixed, planned = cases_needed(drop, noise), cases_needed(drop, noise, gate=True)
            assert fixed is not None
            assert planned is not None
            harmful = [gated(rng, planned, noise, drop, drop) for _ in range(runs)]
            harmless = [gated(rng, planned, noise, 0.0, drop) for _ in range(runs)]
            power = sum(name == "fail" for name, _ in harmful) / runs
            wrong = sum(name == "pass" for name, _ in harmful) / runs
            mean, idle = (sum(cases for _, cases in rows) / runs for rows in (harmful, harmless))
            where = f"{100 * drop:.0f}-point drop, {100 * noise:.0f} % noise, {planned} planned ({fixed} in one look)"
            yield Line(f"power, {where}", ">= 90 %", percent(power), 1 - power <= allowed(0.10, runs))
            asked = drop == 0.05 and noise == 0.05
            yield Line(f"... mean cases for the drop (floor {floor(drop, noise):.0f})", *asked_mean(mean, 222, asked))
            yield Line("... mean cases for a harmless change", *asked_mean(idle, 160, asked))
            yield Line("... a drop this large passes", "<= 10 %", percent(wrong), wrong <= allowed(0.10, runs))


def asked_mean(mean: float, most: int, asked: bool) -> tuple[str, str, bool | None]:
    return (f"<= {most}", f"{mean:.0f}", mean <= most) if asked else ("", f"{mean:.0f}", None)


def floor(drop: float, noise: float) -> float:
    """Wald's bound on the mean cases of any test with these errors: 2.376 / (pi * kl(q, 1/2))."""
    rate = noise + drop
    q = (noise / 2 + drop) / rate
    return 2.376 / (rate * (q * math.log(2 * q) + (1 - q) * math.log(2 * (1 - q))))


def limits_lines(_: Rng, __: float) -> Iterator[Line]:
    least = next(n for n in range(1, 30) if Gate(40, looks=1).look([-1.0] * n + [0.0] * (40 - n)).blocked)
    yield Line("losses without a win that can block", ">= 5", str(least), least >= 5)
    for drop in (0.05, 0.10):
        cases = next(n for n in range(1, 200) if Gate(n, detect=drop, looks=1).look([0.0] * n).name == "pass")
        said = f"cases that certify 'drop < {100 * drop:.0f} points' without any change"
        yield Line(said, f"about {3 / drop:.0f}", str(cases), cases >= 0.95 * 3 / drop)
    took = 1000 * min(boundary_time() for _ in range(5))
    yield Line("boundary for 500 cases, 64 of them changed", "a few ms", f"{took:.1f} ms", took < 20)
    for drop, told in zip(DROPS, (1576, 800, 355, 130, 53), strict=True):
        fixed, gate = cases_needed(drop, 0.05), cases_needed(drop, 0.05, gate=True)
        near = fixed is not None and abs(fixed - told) <= 0.01 * told
        yield Line(
            f"cases for power .9 at 5 % noise, {100 * drop:.0f} points", f"{told}", f"{fixed} (gate {gate})", near
        )
    for cases, told_drop in ((20, 0.37), (50, 0.175), (100, 0.10), (200, 0.065)):
        seen = detectable_drop(cases, 0.05)
        gated_drop = detectable_drop(cases, 0.05, gate=True)
        close = seen is not None and abs(seen - told_drop) <= 0.0051
        measured = f"{100 * (seen or 1):.1f} (gate {100 * (gated_drop or 1):.1f})"
        yield Line(f"detectable drop, {cases} cases, 5 % noise, power .8", f"{100 * told_drop:.1f}", measured, close)


def boundary_time() -> float:
    crossing.cache_clear()
    start, path = time.perf_counter(), tuple((8, level_at(t, 8, 0.05)) for t in range(1, 9))
    crossing(path)
    return time.perf_counter() - start


def stored_baselines(rng: Rng, share: float) -> Iterator[Line]:
    """A stored baseline that was the luckiest of 40 runs, with and without the rerun of the losses."""
    runs = max(40, int(1_000 * share))
    for lucky, drop, rerun in ((40, 0.0, False), (40, 0.0, True), (1, 0.0, True), (1, 0.05, False), (1, 0.05, True)):
        rate = sum(against_stored(rng, lucky, drop, rerun) for _ in range(runs)) / runs
        whose = "the luckiest of 40 runs" if lucky > 1 else "a fair run"
        what = f"stored baseline is {whose}, {100 * drop:.0f}-point drop, {'rerun' if rerun else 'no rerun'}: blocked"
        wanted = drop == 0.0 and rerun
        yield Line(what, "<= 8 %" if wanted else "", percent(rate), rate <= 0.08 if wanted else None)


def against_stored(rng: Rng, lucky: int, drop: float, rerun: bool, n: int = 384, noise: float = 0.05) -> bool:
    chance = np.where(rng.random(n) < 0.8, 1.0, 0.0)
    chance[rng.random(n) < 2 * noise] = 0.5
    stored = max((rng.random(n) < chance for _ in range(lucky)), key=lambda answers: int(answers.sum()))
    after = chance.copy()
    after[rng.choice(np.flatnonzero(chance == 1), round(n * drop), replace=False)] = 0.0
    new, again = rng.random(n) < after, rng.random(n) < chance
    gate, done = Gate(n), 0
    for batch in gate.batches():
        done += batch
        lost = stored[:done] & ~new[:done]
        step = gate.look((new[:done].astype(float) - stored[:done]).tolist())
        standing, wins = int((lost & again[:done]).sum()), int((~stored[:done] & new[:done]).sum())
        if step.blocked and rerun and mcnemar_p(standing, wins) > 0.05:
            gate.withdraw()
    return gate.step is not None and gate.step.blocked


def other_gates(rng: Rng, share: float) -> Iterator[Line]:
    runs, few = max(40, int(2_000 * share)), max(20, int(300 * share))
    rate = sum(any_slice_blocks(rng) for _ in range(runs)) / runs
    what = "slices: any of 6 overlapping tags blocked on a harmless change, at the gate's stop"
    yield Line(what, "<= 5 %", percent(rate), rate <= allowed(0.05, runs))
    rate = sum(score_blocks(rng, 0.80) for _ in range(runs)) / runs
    what = "min_score .80: a prompt that truly scores .80 blocked, over all looks"
    yield Line(what, "<= 5 %", percent(rate), rate <= allowed(0.05, runs))
    rate = sum(score_blocks(rng, 0.70) for _ in range(runs)) / runs
    yield Line("... a prompt that truly scores .70 blocked, 200 cases", "", percent(rate), None)
    by_unit, by_case = zip(*(clustered(rng) for _ in range(few)), strict=True)
    rate, naive = sum(by_unit) / few, sum(by_case) / few
    what = f"clusters of 5 that move together: harmless changes blocked (case by case {percent(naive)})"
    yield Line(what, "<= 5 %", percent(rate), rate <= allowed(0.05, few))
    truths = ((0.01, 0.01), (0.025, 0.025), (0.075, 0.025), (0.02, 0.12), (0.1, 0.1))
    worst = min(coverage(n, loss, win) for n in (50, 100, 200) for loss, win in truths)
    yield Line("90 % interval: its least exact coverage in 15 worlds", "about 90 %", percent(worst), worst >= 0.87)


def any_slice_blocks(rng: Rng, n: int = 240) -> bool:
    tags = rng.random((6, n)) < rng.uniform(0.1, 0.5, size=(6, 1))
    noise = rng.uniform(0.02, 0.15)
    moved = rng.choice([-1, 1, 0], n, p=[noise / 2, noise / 2, 1 - noise])
    done = driven(Gate(n), moved.astype(float).tolist())[1]
    seen = [moved[:done][tag[:done]] for tag in tags]
    counts = {str(i): Change(int((m < 0).sum()), int((m > 0).sum()), int((m == 0).sum())) for i, m in enumerate(seen)}
    return slices(counts)[0].blocked


def score_blocks(rng: Rng, truth: float, n: int = 200) -> bool:
    passed = np.cumsum(rng.random(n) < truth)
    looks = [ScoreLook(end, int(passed[end - 1])) for end in Gate(n).plan.ends]
    return min_score(looks, planned=n, target=0.80).blocked


def clustered(rng: Rng) -> tuple[bool, bool]:
    moves = rng.choice([-1.0, 1.0, 0.0], 40, p=[0.08, 0.08, 0.84])
    values, names = [float(m) for m in moves for _ in range(5)], [str(i) for i in range(40) for _ in range(5)]
    kind = Kind(clusters=tuple(names))
    return driven(Gate(200, kind), values)[0] == "fail", driven(Gate(200), values)[0] == "fail"


def coverage(n: int, loss: float, win: float) -> float:
    """Exact: the probability of the outcomes whose interval holds the truth."""
    total = 0.0
    for losses in range(min(n, int(n * loss + 9 * math.sqrt(n * loss) + 9)) + 1):
        for wins in range(min(n - losses, int(n * win + 9 * math.sqrt(n * win) + 9)) + 1):
            low, high = interval(n, losses, wins)
            if low <= win - loss <= high:
                total += math.exp(log_multinomial(n, losses, wins, loss, win))
    return total


@cache
def interval(n: int, losses: int, wins: int) -> tuple[float, float]:
    found = gain_interval(Change(losses, wins, n - losses - wins))
    assert found is not None
    return found


def log_multinomial(n: int, losses: int, wins: int, loss: float, win: float) -> float:
    ties = n - losses - wins
    ways = math.lgamma(n + 1) - math.lgamma(losses + 1) - math.lgamma(wins + 1) - math.lgamma(ties + 1)
    return ways + losses * math.log(loss) + wins * math.log(win) + ties * math.log(1 - loss - win)


# --- the table ------------------------------------------------------------------------------------------------------

Part = Callable[[Rng, float], Iterator[Line]]
PARTS: tuple[Part, ...] = (
    false_alarms,
    power_lines,
    limits_lines,
    stored_baselines,
    other_gates,
    accepted.false_pull_requests,
    accepted.year,
    accepted.shipped,
    accepted.overfitting,
)
SECOND: tuple[Part, ...] = (
    values.graded,
    values.tolerance,
    values.clusters,
    values.bounds,
    fresh.five_answers,
    fresh.drift,
    fresh.anchor,
    values.confirmed,
    values.futile,
)
ALL = (*PARTS, *SECOND)
SLOWEST_FIRST = (accepted.year, accepted.shipped, power_lines, stored_baselines, fresh.five_answers)


def allowed(rate: float, runs: int) -> float:
    """A rate with two standard errors of the simulation on top: for lines whose exact value is the limit itself."""
    return rate + 2 * math.sqrt(rate * (1 - rate) / max(1, runs))


def run_part(index: int, seed: int, share: float) -> list[Line]:
    return list(ALL[index](np.random.default_rng([seed, index]), share))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="share of the full number of runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs, a minute")
    parser.add_argument("--second", action="store_true", help="only sections 8 to 13")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    share = 0.1 * options.share if options.quick else options.share
    wanted = [i for i, part in enumerate(ALL) if part in SECOND or not options.second]
    start = time.perf_counter()
    order = sorted(wanted, key=lambda i: ALL[i] not in SLOWEST_FIRST)
    with ProcessPoolExecutor(options.workers) as pool:
        jobs = {i: pool.submit(run_part, i, options.seed, share) for i in order}
        lines = [line for i in wanted for line in jobs[i].result()]
    print("| what | must reach | measured | |\n|---|---|---|---|")
    for line in lines:
        mark = "" if line.ok is None else "ok" if line.ok else "missed"
        print(f"| {line.what} | {line.target} | {line.measured} | {mark} |")
    failed = sum(line.ok is False for line in lines)
    asked = sum(line.ok is not None for line in lines)
    print(f"\n{failed} of {asked} lines with a target missed; {time.perf_counter() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
