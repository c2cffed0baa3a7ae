"""The gate in one look and in many, slices, lowest scores, clusters and intervals, through the public functions."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from functools import cache

import numpy as np
from decision_worlds import Line, Rng, allowed, percent

from promptci.decide.boundary import crossing, level_at
from promptci.decide.gate import Gate, Kind
from promptci.decide.interval import gain_interval
from promptci.decide.limits import ScoreLook, min_score
from promptci.decide.paired import Change
from promptci.decide.power import DROPS, cases_needed, detectable_drop
from promptci.decide.slices import slices


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
