"""What a commit meets: the whole of `promptci check` on planted prompts, one or twelve of them, all gates together.

    python benchmarks/commits.py [--share 1.0] [--seed 1] [--only WORDS]

Worlds as in `decisions_fresh.py`: 384 cases, eight in ten pass, one in twenty differs between two runs of one prompt. A
harmless commit moves nothing, or a share of the cases for good, as often up as down, either exactly so or each case by
the toss of a coin of its own. Rates stand beside their runs and a 95 % interval (Wilson). The command's code runs on a
repository in memory (`in_memory.py`); `end_to_end.py` runs the same through git.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from decision_worlds import Rng, interval_of_rate
from decisions_fresh import Chances, Setting, chances, dropped, reshuffled
from in_memory import SETTINGS, House, Store, eval_set, prompt, settings

SPREAD, CONC = Setting("spread", 384, 0.05), Setting("conc", 384, 0.05)
ALL_GATES = "gate: {slices: true, min_score: 0.7, must_pass: [smoke]}"
TAGS = ("a", "b", "c", "d", "e", "f")

Change = Callable[[Rng, Chances], Chances]


@dataclass(frozen=True)
class Commit:
    """One kind of commit: its prompts, what it does to the first `hurt` of them and to the others, stored answers.

    `stored` answers a case in the baseline (0: none); `lucky`: the best of so many runs was stored.
    """

    name: str
    setting: Setting
    prompts: int = 1
    gates: str = ""
    harm: float = 0.0
    moved: float = 0.0
    coins: bool = False
    stored: int = 0
    lucky: int = 1
    least: float | None = None
    most: float | None = None
    runs: int = 200


def tags_of(number: int) -> list[str]:
    """Each case has about two of six tags; four cases must pass."""
    return [tag for i, tag in enumerate(TAGS) if (number * 7919 + i * 104729) % 100 < 30] + ["smoke"] * (number < 4)


def changed(rng: Rng, old: Chances, kind: Commit, first: bool) -> Chances:
    """The new prompt's chances: the first prompt is hurt, the others are moved about."""
    if first and kind.harm:
        return dropped(rng, old, kind.harm)
    return reshuffled(rng, old, kind.moved, coin=kind.coins) if kind.moved else old


Make = Callable[[Store, dict[str, Chances], Rng], House]


def one(rng: Rng, kind: Commit, make: Make = House) -> tuple[bool, int, int]:
    """Whether the commit is red, the calls of its check, and the cases that were run of the first prompt.

    `make` gives the repository: in memory, or on disk.
    """
    names = [f"p{i}" for i in range(kind.prompts)]
    store = Store({SETTINGS: settings(dict.fromkeys(names, kind.gates))})
    house = make(store, {}, rng)
    for i, name in enumerate(names):
        old = chances(rng, kind.setting)
        if kind.gates:
            old[:4] = 0.999  # what must pass does
        house.truth |= {f"{name} 0": old, f"{name} 1": changed(rng, old, kind, i == 0)}
        if kind.gates:
            house.truth[f"{name} 1"][:4] = 0.999
        store.tree |= {f"{name}.md": prompt(name, 0), f"{name}.jsonl": eval_set(kind.setting.n, tags_of)}
        if kind.stored:
            house.accept(name, kind.stored, lucky=kind.lucky)
    base = store.commit()
    store.tree |= {f"{name}.md": prompt(name, 1) for name in names}
    house.calls = 0
    reports = house.check(base)
    return any(r.verdict == "fail" for r in reports), house.calls, reports[0].cases


TWELVE = 40
KINDS = (
    Commit("one prompt, all gates on, harmless: noise", SPREAD, gates=ALL_GATES, most=0.05),
    Commit("one prompt, all gates on, harmless: noise in coin-like cases", CONC, gates=ALL_GATES, most=0.05),
    Commit("one prompt, all gates on, harmless: 7 % moved, equally", SPREAD, gates=ALL_GATES, moved=0.07, most=0.05),
    Commit(
        "one prompt, all gates on, harmless: 7 % moved, by coins", SPREAD, gates=ALL_GATES, moved=0.07, coins=True,
        most=0.05, runs=400,
    ),
    Commit("one prompt, harmless: 7 % moved, by coins", SPREAD, moved=0.07, coins=True, most=0.05, runs=400),
    Commit("12 prompts, harmless: noise", SPREAD, 12, most=0.06, runs=TWELVE),
    Commit("12 prompts, harmless: 7 % moved, equally", SPREAD, 12, moved=0.07, most=0.06, runs=TWELVE),
    Commit("12 prompts, harmless: 7 % moved, by coins", SPREAD, 12, moved=0.07, coins=True, most=0.06, runs=3 * TWELVE),
    Commit("12 prompts, one of them 5 points worse", SPREAD, 12, harm=0.05, runs=TWELVE),
    Commit("fresh answers, 5 points worse", SPREAD, harm=0.05),
    Commit("all gates on, 5 points worse", SPREAD, gates=ALL_GATES, harm=0.05),
    Commit("honest stored baseline, 5 points worse: spread 384, flip 5 %", SPREAD, harm=0.05, stored=1, least=0.87),
    Commit(
        "honest stored baseline, 5 points worse: spread 584, flip 10 %", Setting("spread", 584, 0.10), harm=0.05,
        stored=1, least=0.86,
    ),
    Commit("honest stored baseline, 5 points worse: conc 384, flip 5 %", CONC, harm=0.05, stored=1, least=0.85),
    Commit(
        "honest stored baseline, 5 points worse: conc 584, flip 10 %", Setting("conc", 584, 0.10), harm=0.05, stored=1,
        least=0.80,
    ),
    Commit("luckiest of 40 runs stored, harmless: spread", SPREAD, stored=1, lucky=40, most=0.02),
    Commit("luckiest of 40 runs stored, harmless: conc", CONC, stored=1, lucky=40, most=0.02),
    Commit("five stored answers, 5 points worse: spread 384", SPREAD, harm=0.05, stored=5),
    Commit("five stored answers, harmless: spread 384", SPREAD, stored=5, most=0.013),
    Commit(
        "five stored answers, 5 points worse: conc 584, flip 10 %", Setting("conc", 584, 0.10), harm=0.05, stored=5,
        least=0.89,
    ),
)  # fmt: skip


def part(kind: Commit, seed: int, runs: int) -> list[tuple[bool, int, int]]:
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    return [one(rng, kind) for _ in range(runs)]


@dataclass(frozen=True)
class Rated:
    """A kind's rate of red with its interval, in words; `missed`: the whole interval is on the wrong side."""

    target: str
    told: str
    calls: float
    cases: float
    missed: bool


def rated(kind: Commit, found: list[tuple[bool, int, int]]) -> Rated:
    red, runs = sum(r for r, _, _ in found), len(found)
    low, high = interval_of_rate(red, runs)
    target = f">= {100 * kind.least:g} %" if kind.least else f"<= {100 * kind.most:g} %" if kind.most else ""
    missed = (kind.least is not None and high < kind.least) or (kind.most is not None and low > kind.most)
    calls, cases = (sum(r[i] for r in found) / runs for i in (1, 2))
    told = f"{100 * red / runs:.1f} % of {runs} ({100 * low:.1f} to {100 * high:.1f})"
    return Rated(target, told, calls, cases, missed)


def row(kind: Commit, found: list[tuple[bool, int, int]]) -> tuple[str, bool]:
    said = rated(kind, found)
    mark = "" if not said.target else "missed" if said.missed else "ok"
    told = f"| {kind.name}: red | {said.target} | {said.told} | {said.calls:,.0f} | {said.cases:.0f} | {mark} |"
    return told, said.missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="share of the full number of runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="the kinds whose names contain this")
    parser.add_argument("--workers", type=int, default=2)
    options, start = parser.parse_args(), time.perf_counter()
    wanted = [kind for kind in KINDS if options.only in kind.name]
    print("| what | must reach | measured | calls | cases run | |\n|---|---|---|---|---|---|")
    with ProcessPoolExecutor(options.workers) as pool:
        jobs = [pool.submit(part, k, options.seed, max(3, round(k.runs * options.share))) for k in wanted]
        rows = []
        for kind, job in zip(wanted, jobs, strict=True):
            rows.append(row(kind, job.result()))
            print(rows[-1][0], flush=True)
    missed = sum(m for _, m in rows)
    print(f"\n{missed} missed (the whole interval on the wrong side); {time.perf_counter() - start:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
