"""Stored baselines, fresh confirmation, families of prompts, drift and anchor, through the public functions.

Worlds: *spread*, every case flips a little; *conc*, flips sit in coin-like cases, p ~ U(0, 1); *reshuffled*, a harmless
edit moves a share of the cases for good, as likely up as down. `flip` is the share of cases that differ between two
runs of one prompt. Eight cases in ten pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
from decision_worlds import Line, Rng, rate_line
from numpy.typing import NDArray

from promptci.core import Case
from promptci.decide.anchor import anchor_level
from promptci.decide.confirm import LEVEL, SCREEN
from promptci.decide.gate import Gate, Kind
from promptci.decide.paired import mcnemar_p
from promptci.decide.stale import stale, stale_sample
from promptci.measure.confirm import FUTILE
from promptci.measure.gates import drop
from promptci.measure.pair import Pair
from promptci.project.side import Side
from promptci.run.arm import Arm
from promptci.run.values import Values

Chances = NDArray[np.float64]
NOBODY = cast("Side", None)


@dataclass(frozen=True)
class Setting:
    """A kind of noise, cases, and flips between two runs."""

    kind: str
    n: int
    flip: float

    def __str__(self) -> str:
        return f"{self.kind} n={self.n} flip {100 * self.flip:.0f} %"


def chances(rng: Rng, at: Setting) -> Chances:
    right = (rng.random(at.n) < 0.8).astype(float)
    if at.kind == "spread":
        slip = (1 - np.sqrt(1 - 2 * at.flip)) / 2
        return np.asarray(np.where(right == 1, 1 - slip, slip))
    coin = rng.random(at.n) < 3 * at.flip
    return np.asarray(np.where(coin, rng.random(at.n), right))


def dropped(rng: Rng, chance: Chances, drop: float, up: bool = False) -> Chances:
    """The same with a share `drop` of the cases turned from steadily right to wrong (`up`: from wrong to right)."""
    able = np.flatnonzero(chance < 0.1 if up else chance > 0.9)
    after = chance.copy()
    moved = rng.choice(able, min(len(able), round(len(chance) * drop)), replace=False)
    after[moved] = 1 - after[moved]
    return after


def reshuffled(rng: Rng, chance: Chances, share: float, coin: bool = False) -> Chances:
    """A share of the cases moved for good, equally both ways; with `coin` each way by the toss of a coin.

    By coins the prompt's score truly changes a little, the more commits the more; equally it stays what it was.
    """
    moved = round(len(chance) * share)
    down = int(rng.binomial(moved, 0.5)) if coin else (moved + int(rng.random() < 0.5)) // 2
    return dropped(rng, dropped(rng, chance, down / len(chance)), (moved - down) / len(chance), up=True)


def run(rng: Rng, chance: Chances) -> Chances:
    return np.asarray(rng.random(len(chance)) < chance, dtype=float)


@dataclass(frozen=True)
class Ended:
    """How a check ended: the verdict, or "not confirmed"; and the cases that it ran."""

    name: str
    done: int


def pair_of(old: Chances, new: Chances) -> Pair:
    """Two arms of nobody's with these values, in the order in which they run."""
    cases = tuple(Case(str(i), {}) for i in range(len(old)))
    before, after = (Arm(NOBODY, Values({str(i): float(v) for i, v in enumerate(values)})) for values in (old, new))
    return Pair(before, after, cases)


def check(rng: Rng, old: Chances, new: Chances, stored: Chances, k: int = 1, *, confirms: bool = True) -> Ended:
    """Screen stored against new answers, and confirm a block on fresh answers of both sides.

    With `confirms` as a check does, at its screen's level; without, the screen alone at 5 in 100.
    """
    pair, fresh = pair_of(stored, run(rng, new)), pair_of(run(rng, old), run(rng, new))
    return ended(pair, fresh, k, SCREEN) if confirms else ended(pair, None, k, LEVEL)


def ended(pair: Pair, fresh: Pair | None, k: int, screen: float) -> Ended:
    """Look as the gate does, `k` stored answers a case; `fresh` are the answers that confirm (None: nothing does)."""
    total = len(pair.order)
    gate = Gate(total, Kind(stored=(k,) * total) if k > 1 else Kind(), screen=screen, batch=16)
    gaps, pair.done = [None if g is None else round(g, 9) for g in pair.gaps(pair.order)], 0
    for batch in gate.batches():
        pair.done += batch
        gate.look(gaps[: pair.done])
    assert gate.step is not None
    if fresh is None or not gate.step.blocked:
        return Ended(str(gate.step.name), pair.done)
    return Ended(confirmed(pair, fresh, gate), pair.done)


def confirmed(pair: Pair, fresh: Pair, gate: Gate) -> str:
    """Ask the changed cases again, twice as many each time, as `measure.confirm.drop_alarms` does."""
    early = pair.done < len(pair.order)
    while True:
        fresh.order = tuple(pair.changed(pair.ran))
        fresh.done = len(fresh.order)
        if drop.p_of_drop(pair, fresh, gate, early=early) <= LEVEL:
            return "fail"
        net = sum(g or 0.0 for g in drop.weighed(pair, fresh, gate))
        if (fresh.done >= FUTILE and net >= 0) or pair.done == len(pair.order):
            return "not confirmed"
        pair.done += min(pair.done, len(pair.order) - pair.done)


def answered(rng: Rng, chance: Chances, k: int = 1, lucky: int = 1) -> Chances:
    """Stored values: means of k answers; the best of `lucky` runs."""
    runs = (np.mean([run(rng, chance) for _ in range(k)], axis=0) for _ in range(lucky))
    return np.asarray(max(runs, key=lambda values: float(values.sum())))


def five_answers(rng: Rng, share: float) -> Iterator[Line]:
    runs = max(20, int(300 * share))
    for where, lost, k, confirms, goal in (
        (("spread", 200, 0.05), 0.05, 1, False, None),
        (("spread", 200, 0.05), 0.05, 5, False, 0.81),
        (("spread", 200, 0.05), 0.05, 5, True, None),
        (("conc", 584, 0.10), 0.05, 5, True, 0.89),
        (("spread", 200, 0.05), 0.0, 5, True, None),
        (("conc", 384, 0.05), 0.0, 5, True, None),
    ):
        setting, red, done = Setting(*where), 0, 0
        for _ in range(runs):
            old = chances(rng, setting)
            found = check(rng, old, dropped(rng, old, lost), answered(rng, old, k), k, confirms=confirms)
            red, done = red + (found.name == "fail"), done + found.done
        how = "confirmed" if confirms else "screen alone"
        what = f"9: stored answers: {k}, {100 * lost:.0f}-point drop, {how}, red: {setting}"
        most = 0.013 if lost == 0 else None
        yield rate_line(f"{what} (mean cases {done / runs:.0f})", red, runs, least=goal, most=most)


def drift(rng: Rng, share: float) -> Iterator[Line]:
    """The provider got 5 points better under the same name, the prompt 5 points worse; five stored answers a case."""
    runs, found, red, false = max(30, int(500 * share)), 0, 0, 0
    for _ in range(runs):
        before = chances(rng, Setting("spread", 384, 0.05))
        stored = {str(i): [float(a) for a in rng.random(5) < p] for i, p in enumerate(before)}
        now = dropped(rng, before, 0.05, up=True)
        asked = stale_sample(stored, int(rng.integers(1 << 30)))
        again, same = run(rng, now), run(rng, before)
        called = stale(stored, {i: float(again[int(i)]) for i in asked}).stale
        false += stale(stored, {i: float(same[int(i)]) for i in asked}).stale
        found += called
        worse = dropped(rng, now, 0.05)
        base = run(rng, now) if called else np.array([np.mean(stored[str(i)]) for i in range(384)])
        red += check(rng, now, worse, base, 1 if called else 5).name == "fail"
    yield rate_line("10: silent provider gain of 5 points, baseline called stale", found, runs)
    yield rate_line("10: ... and a 5-point worse prompt: red again", red, runs, least=0.80)
    yield rate_line("10: nothing changed, baseline called stale", false, runs, most=0.01)


def anchor(rng: Rng, share: float) -> Iterator[Line]:
    for what, commits, lost, moved, least, most in (
        ("ten commits of -1 point: found", 10, 0.01, 0.0, 0.90, None),
        ("ten commits of -.5 points: found", 10, 0.005, 0.0, None, None),
        ("fifty harmless commits: red", 50, 0.0, 0.0, None, 0.04),
        ("fifty commits that reshuffle 2 % each: red", 50, 0.0, 0.02, None, 0.03),
    ):
        runs, red = max(60, int(2_000 * share)), 0
        for _ in range(runs):
            accepted = now = chances(rng, Setting("spread", 384, 0.05))
            for commit in range(1, commits + 1):
                now = reshuffled(rng, now, moved) if moved else dropped(rng, now, lost) if lost else now
                if commit % 5 == 0:
                    old, new = run(rng, accepted), run(rng, now)
                    p = mcnemar_p(int((old > new).sum()), int((new > old).sum()))
                    if p <= anchor_level(commit // 5):
                        red += 1
                        break
        yield rate_line(f"11: anchor, {what}", red, runs, least=least, most=most)
