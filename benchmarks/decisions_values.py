"""Graded values, tolerances, clusters, betting bounds, and the size of what was confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from decision_worlds import Line, Rng, percent, rate_line

from promptci.decide.betting import betting_interval
from promptci.decide.draft import promise
from promptci.decide.gate import Gate, Kind
from promptci.decide.heldout import HeldOut
from promptci.decide.paired import Change
from promptci.decide.units import Unit

Draw = Callable[[Rng, int], Sequence[float]]


def drive(gate: Gate, values: Sequence[float]) -> tuple[str, int]:
    done = 0
    for batch in gate.batches():
        done += batch
        gate.look(list(values[:done]))
    assert gate.step is not None
    return str(gate.step.name), done


def bell(mean: float, sd: float) -> Draw:
    return lambda rng, n: np.clip(rng.normal(mean, sd, n), -1, 1).tolist()


def rare(share: float) -> Draw:
    """One case in 1 / share falls by 1, the others rise so that the mean stays."""
    return lambda rng, n: np.where(rng.random(n) < share, -1.0, share / (1 - share)).tolist()


def coin(loss: float, win: float) -> Draw:
    return lambda rng, n: rng.choice([-1.0, 1.0, 0.0], n, p=[loss, win, 1 - loss - win]).tolist()


def graded(rng: Rng, share: float) -> Iterator[Line]:
    for what, n, draw, least, most in (
        ("1.0 -> .667 on every case: red", 200, bell(-0.333, 0.0), 1.0, None),
        ("5-point drop, sd .3, n=400: red", 400, bell(-0.05, 0.3), 0.80, None),
        ("harmless, sd .3, n=400: red", 400, bell(0.0, 0.3), None, 0.05),
        ("harmless, one in 50 falls by 1, n=400: red", 400, rare(0.02), None, 0.05),
        ("harmless, one in 100 falls by 1, n=200: red", 200, rare(0.01), None, 0.05),
    ):
        runs = max(20, int(400 * share))
        red = sum(drive(Gate(n, Kind(graded=True)), draw(rng, n))[0] == "fail" for _ in range(runs))
        yield rate_line(f"8: graded, {what}", red, runs, least=least, most=most)


def tolerance(rng: Rng, share: float) -> Iterator[Line]:
    runs = max(20, int(400 * share))
    for max_drop, noise, drop, most in ((0.05, 0.05, 0.05, 0.05), (0.05, 0.05, 0.03, 0.05), (0.05, 0.05, 0.12, None)):
        gates = (Gate(400, max_drop=max_drop) for _ in range(runs))
        red = sum(drive(gate, coin(noise / 2 + drop, noise / 2)(rng, 400))[0] == "fail" for gate in gates)
        yield rate_line(f"8: max_drop 5 points, true drop {100 * drop:.0f}, n=400: red", red, runs, most=most)


def clusters(rng: Rng, share: float) -> Iterator[Line]:
    runs = max(20, int(300 * share))
    names = tuple(i // 5 for i in range(400))
    for what, drop, least, most in (
        ("harmless: pass early", 0.0, 0.80, None),
        ("5-point drop: pass", 0.05, None, 0.03),
    ):
        passed = 0
        for _ in range(runs):
            moves = rng.choice([-1.0, 1.0, 0.0], 400, p=[0.01 + drop, 0.01, 0.98 - drop])
            name, done = drive(Gate(400, Kind(clusters=names)), moves.tolist())
            passed += name == "pass" and (done < 400 or drop > 0)
        yield rate_line(f"8: 80 clusters of 5, {what}", passed, runs, least=least, most=most)


DISTRIBUTIONS: tuple[tuple[str, Draw, float], ...] = (
    ("bell", bell(-0.05, 0.3), -0.05),
    ("narrow", bell(0.0, 0.02), 0.0),
    ("rare losses", rare(0.02), 0.0),
    ("very rare losses", rare(0.005), 0.0),
    ("rare wins", lambda rng, n: [-x for x in rare(0.02)(rng, n)], 0.0),
    ("coins", coin(0.5, 0.5), 0.0),
    ("pass or fail, 5 % flips", coin(0.025, 0.025), 0.0),
    ("pass or fail, drop", coin(0.075, 0.025), -0.05),
    ("flat", lambda rng, n: rng.uniform(-1, 1, n).tolist(), 0.0),
    ("beta", lambda rng, n: (rng.beta(0.2, 0.2, n) - rng.beta(0.2, 0.2, n)).tolist(), 0.0),
)


def bounds(rng: Rng, share: float) -> Iterator[Line]:
    """How often the betting interval's lower end, at n = 100, exceeds the truth: the worst of ten distributions."""
    runs, worst = max(20, int(400 * share)), (0.0, "none")
    for name, draw, truth in DISTRIBUTIONS:
        ends = (betting_interval([Unit(x, 1) for x in draw(rng, 100)]) for _ in range(runs))
        wrong = sum(low > truth for low, _ in ends)
        worst = max(worst, (wrong / runs, name))
    ok = worst[0] <= 0.05
    yield Line(f"8: betting bound too high, worst of 10 ({worst[1]})", "<= 5 %", percent(worst[0]), ok)


def confirmed(rng: Rng, share: float) -> Iterator[Line]:
    """Candidates with true gains of 0 to 20 points; among the confirmed, how often "at least" is too much."""
    for n in (50, 100, 200):
        runs, opened, wrong, over, known = max(100, int(4_000 * share)), 0, 0, 0.0, 0
        calls = {"winner": [0, 0], "loser": [0, 0]}
        for _ in range(runs):
            gain, noise = rng.uniform(0, 0.2), rng.uniform(0.04, 0.12)
            values, question, done = coin(noise / 2, noise / 2 + gain)(rng, n), HeldOut(n, at=0.04), 0
            for batch in question.batches():
                done += batch
                seen = values[:done]
                question.look(Change(seen.count(-1.0), seen.count(1.0), seen.count(0.0)))
            kind = calls["winner" if question.answer == "improved" else "loser"]
            kind[0], kind[1] = kind[0] + done, kind[1] + n
            if question.answer == "improved":
                size = question.size(done)
                opened, wrong, known = opened + 1, wrong + (size.low > gain), known + size.known
                over += size.estimate - gain
        yield rate_line(f'13: {n} held-out cases, "at least" exceeds the truth', wrong, opened, most=0.05)
        mean = 100 * over / max(1, opened)
        asked = n >= 100
        yield Line(
            f"13: ... gain overstated by ({percent(known / max(1, opened))} have a known least gain)",
            "<= 1 point" if asked else "",
            f"{mean:.2f} points",
            mean <= 1 if asked else None,
        )
        used = ", ".join(f"{name}s {percent(a / max(1, b))}" for name, (a, b) in calls.items())
        yield Line("13: ... share of the calls used (losers 69-71 %, winners 29-87 %)", "", used, None)


def futile(rng: Rng, share: float) -> Iterator[Line]:
    runs = max(100, int(3_000 * share))
    for what, gain in (("no gain", 0.0), ("a gain of 10 points", 0.10)):
        early, whole, calls = 0, 0, 0
        for _ in range(runs):
            values = coin(0.04, 0.04 + gain)(rng, 100)
            for looks in (4, 1):
                question, done = HeldOut(100, at=0.04, looks=looks), 0
                for batch in question.batches():
                    done += batch
                    seen = values[:done]
                    question.look(Change(seen.count(-1.0), seen.count(1.0), seen.count(0.0)))
                won = question.answer == "improved"
                early, whole, calls = (early + won, whole, calls + done) if looks == 4 else (early, whole + won, calls)
        lost = 100 * (whole - early) / runs
        used = percent(calls / runs / 100)
        said = f"{percent(early / runs)} confirmed, {lost:.1f} points less than in one look, {used} of the calls"
        ok = lost <= 3.4 if gain else early / runs <= 0.04
        yield Line(f"13: four looks at 100 cases, {what}", "within 3.4 points" if gain else "<= 4 %", said, ok)


def drafts(rng: Rng, share: float) -> Iterator[Line]:
    """Of candidates that were not confirmed but point upwards: what a draft says beside the truth."""
    for spread in (0.03, 0.06):
        said: list[tuple[float, float, float]] = []
        for _ in range(max(60, int(3_000 * share))):
            gain, noise = float(rng.normal(0.0, spread)), rng.uniform(0.06, 0.16)
            values, question, done = (
                coin(noise / 2 + max(-gain, 0), noise / 2 + max(gain, 0))(rng, 140),
                HeldOut(140, at=0.04),
                0,
            )
            for batch in question.batches():
                done += batch
                change = Change(values[:done].count(-1.0), values[:done].count(1.0), values[:done].count(0.0))
                question.look(change)
            if question.answer != "improved" and (change.gain or 0) > 0:
                found = promise(change)
                said.append((found.better - (gain > 0), found.gain - gain, found.better))
        better, over, _ = (float(x) for x in np.mean(np.array(said), axis=0))
        what = f"13: drafts, gains around none with a spread of {100 * spread:.0f} points: better, said minus true"
        yield Line(what, "", f"{100 * better:+.1f} points of probability, {100 * over:+.2f} points of gain", None)
