"""Planted worlds through the real search: what it finds, what it claims, what it spends, and why it stops.

A prompt is a few sentences, each with an effect that only the world knows; the optimizer model is scripted, but it gets
what a model gets, the meta-prompt as text, and answers in text. Each run goes through the real loop, guards, race,
overfit switch and, for the test half, `decide.screen` and `decide.accept`, as `promptci optimize` does.

    python benchmarks/races.py [--seeds 20] [--race-seeds 200]
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.pool import Pool

from race_worlds import NOISE, SENTENCE, World, prompt, unit, worlds

from promptci.assets import templates
from promptci.core import Case, Message, Outcome, Score
from promptci.decide.accept import accept, level, screen
from promptci.decide.paired import count
from promptci.search.base import Found, Scored
from promptci.search.guards import standard
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers import PROPOSERS, proposer
from promptci.search.race import RACES
from promptci.search.stopping import Patience, Perfect, Steps

BLOCK = re.compile(r"<(?:INS|parent)>\n(.*?)\n</(?:INS|parent)>(?:\s*score: (\d+))?", re.DOTALL)
PAIRS = re.compile(r"^Input: (.*)\n(?:Expected output|Output): (.*)$", re.MULTILINE)


class Models:
    """The scripted scorer and optimizer of one run; both count their calls."""

    def __init__(self, world: World, seed: int, train: Sequence[Case]) -> None:
        self.world, self.seed, self.train = world, seed, {c.id for c in train}
        self.calls = 0
        self.shares: dict[str, tuple[float, float]] = {}

    def evaluate(self, pairs: Sequence[tuple[str, Case]], /) -> list[Outcome]:
        self.calls += len(pairs)
        return [Outcome(Score(c.id, float(self.passes(t, c))), output="some answer") for t, c in pairs]

    def passes(self, text: str, case: Case) -> bool:
        if text not in self.shares:
            self.shares[text] = self.world.accuracy(text), self.world.accuracy(text, train=True)
        known = str(case.vars["ticket"]) in text
        right = known or unit(self.seed, case.id) < self.shares[text][case.id in self.train]
        return right != (unit(self.seed, case.id, text) < NOISE)

    def write(self, messages: tuple[Message, ...], *, n: int, sample: int = 0, **_settings: object) -> list[str | None]:
        self.calls += n
        rng = random.Random(f"{self.seed}:{sample}:{messages[-1].content}")
        return [f"<INS>{self._text(messages[-1].content, rng)}</INS>" for _ in range(n)]

    def _text(self, question: str, rng: random.Random) -> str:
        shown = PAIRS.findall(question)
        if shown and rng.random() < self.world.memorise:
            return prompt(()) + " " + " ".join(f"{a} is {b}." for a, b in rng.sample(shown, min(3, len(shown))))
        rules = self._base(question, rng)
        if "shorter version" in question:
            return prompt(rng.sample(rules, max(0, len(rules) - 1)), rng)
        if "Write a variation" in question:
            return prompt(rng.sample(rules, len(rules)), rng)
        for _ in range(rng.choice((1, 1, 2))):
            rules = self._edit(rules, "Given output:" in question, rng)
        return prompt(rules, rng)

    def _base(self, question: str, rng: random.Random) -> list[str]:
        """The rules to start from: those of a text in the question, better ones the likelier, or of several crossed."""
        blocks = [(SENTENCE.findall(text), int(score or 0)) for text, score in BLOCK.findall(question)]
        if not blocks:
            return rng.sample(sorted(self._known()), rng.choice((1, 2, 3)))
        if "Cross over" in question:
            every = [r for rules, _ in blocks for r in rules]
            return [r for r in dict.fromkeys(every) if rng.random() < 0.4 + 0.2 * every.count(r)]
        best = sorted(blocks, key=lambda b: b[1])[-5:]
        return list(rng.choices(best, weights=range(1, len(best) + 1))[0][0])

    def _edit(self, rules: list[str], informed: bool, rng: random.Random) -> list[str]:
        """Add a rule, or drop one. An optimizer that sees failures knows a helpful rule more often."""
        if rules and rng.random() < 0.3:
            return [r for r in rules if r != rng.choice(rules)]
        known = self._known()
        helpful = [r for r in known if known[r] > 0]
        pool = helpful if informed and helpful and rng.random() < 0.4 else sorted(known)
        return [*dict.fromkeys([*rules, rng.choice(pool)])]

    def _known(self) -> dict[str, float]:
        return {r: e + self.world.on_train.get(r, 0.0) for r, e in self.world.effects.items()}


@dataclass(frozen=True)
class Result:
    """One run. `gain` is the true gain (share) of what would be shipped, `claimed` of the winner before the test.

    `trapped` says whether a rule that holds on train only was ever in the lead.
    """

    outcome: str
    gain: float
    claimed: float
    calls: int
    stop_reason: str
    labelled: bool
    trapped: bool
    refused: int


def result(found: Found, outcome: str, claimed: float) -> Result:
    label = {found.overfit.candidate} if found.overfit else set()
    led = {s.lead for s in found.steps} | label
    return Result(
        outcome=outcome,
        gain=claimed if outcome == "improved" else 0.0,
        claimed=claimed,
        calls=found.calls,
        stop_reason=found.stop_reason,
        labelled=found.overfit is not None,
        trapped=any("trap" in s.candidate.text for s in found.candidates if s.candidate.id in led),
        refused=len(found.refused),
    )


def cases(name: str, n: int) -> list[Case]:
    return [Case(f"{name}{i}", {"ticket": f"ticket {name}{i}q says {name}{i}z"}, f"label{i % 4}") for i in range(n)]


def run(world: World, strategy: str, seed: int, *, race: str = "paired", development: int = 200) -> Result:
    """One search and, if its winner passes the screen, one question to 200 test cases."""
    half = development // 2
    train, validation, test = cases("a", half), cases("b", half), cases("t", 200)
    models = Models(world, seed, train)
    start = prompt(world.start)
    found = search(
        start,
        train,
        validation,
        evaluate=models.evaluate,
        proposer=proposer(strategy, models.write, MetaPrompts((templates(),)), {}),
        stops=(Perfect(), Steps(10), Patience(4)),
        calls=lambda: models.calls,
        guards=standard(start, [*train, *validation, *test], lambda _: frozenset()),
        race=RACES[race](),
        track=None if race == "paired" else development,
        seed=seed,
    )
    if found.winner is None:
        return result(found, "no_change", 0.0)
    outcome = confirmed(models, found.winner, start, found, test)
    return result(found, outcome, world.gain(found.winner.candidate.text))


def confirmed(models: Models, winner: Scored, start: str, found: Found, test: Sequence[Case]) -> str:
    """What `promptci optimize` says: the screen, then the first question to the test split."""
    if not screen([c.new - c.old for c in found.changes]).passed:
        return "no_change"
    old, new = ([float(models.passes(text, c)) for c in test] for text in (start, winner.candidate.text))
    return accept(count(old, new), at=level(1)).outcome


HEAD = (
    "| world | proposer | improved % | false % | true gain, points | overfit label % | calls | refused "
    "| why it stopped, most often |\n|---|---|---|---|---|---|---|---|---|"
)


def row(done: Sequence[tuple[World, str, Result]]) -> str:
    """One line of the table: a proposer in a world, over the seeds."""
    world, strategy, _ = done[0]
    results = [r for _, _, r in done]
    improved = [r for r in results if r.outcome == "improved"]
    stop, times = Counter(r.stop_reason for r in results).most_common(1)[0]
    return (
        f"| {world.name} | {strategy} | {percent(r in improved for r in results)} "
        f"| {percent(r.outcome == 'improved' and r.gain <= 0 for r in results)} "
        f"| {100 * mean(r.gain for r in results):.1f} | {percent(r.labelled for r in results)} "
        f"| {mean(r.calls for r in results):.0f} | {mean(r.refused for r in results):.0f} "
        f"| {stop} ({times}/{len(results)}) |"
    )


def percent(hits: Iterable[bool]) -> str:
    return f"{100 * mean(map(float, hits)):.0f}"


def mean(values: Iterable[float]) -> float:
    return statistics.fmean(values)


def job(what: tuple[str, str, int, str]) -> tuple[World, str, Result]:
    name, strategy, seed, race = what
    world = worlds(seed)[name]
    return world, strategy, run(world, strategy, seed, race=race)


def races(pool: Pool, seeds: int) -> list[str]:
    """The same proposer and world under each way of spending calls: what is gained, for which share of the calls.

    Each race is compared with full evaluation on its own seeds; those that are not ours take a fifth of them.
    """
    rows = [
        "| race | runs | true gain of the winner, points | % of full evaluation's | calls | % of full evaluation's |",
        "|---|---|---|---|---|---|",
    ]
    full = [r for _, _, r in pool.map(job, [("headroom", "mix", s, "full") for s in range(seeds)])]
    for race in ("full", "ucb", "filter", "halving", "paired"):
        n = seeds if race in ("full", "paired") else max(1, seeds // 5)
        jobs = [("headroom", "mix", s, race) for s in range(n)]
        done = full if race == "full" else [r for _, _, r in pool.map(job, jobs)]
        gain, most = mean(r.claimed for r in full[:n]), mean(r.calls for r in full[:n])
        mine, calls = mean(r.claimed for r in done), mean(r.calls for r in done)
        rows.append(
            f"| {race} | {n} | {100 * mine:.1f} | {100 * mine / gain:.1f} | {calls:.0f} | {100 * calls / most:.1f} |"
        )
    return rows


def required(done: dict[tuple[str, str], list[Result]], race_rows: Sequence[str]) -> list[str]:
    """The lines that must hold, with pass or fail."""
    nothing = [r for (world, _), rs in done.items() if world in ("nothing better", "memoriser") for r in rs]
    trap = [r for (world, _), rs in done.items() if world == "train-only rules" for r in rs]
    false = mean(float(r.outcome == "improved") for r in nothing)
    labelled = mean(float(r.labelled) for r in trap if r.trapped)
    shipped = sum(r.outcome == "improved" for r in trap)
    paired = [cell.strip() for cell in race_rows[-1].split("|")]
    lines = [
        ("nothing better to find: runs that end `improved`", "<= 5 %", f"{100 * false:.1f} %", false <= 0.05),
        ("a trap took the lead: runs labelled", ">= 95 %", f"{100 * labelled:.0f} %", labelled >= 0.95),
        ("a trap was shipped", "never", f"{shipped} of {len(trap)} runs", shipped == 0),
        ("mix: gain against full evaluation's", ">= 95 %", f"{paired[4]} %", float(paired[4]) >= 95),
        ("mix: calls against full evaluation's", "<= 20 %", f"{paired[6]} %", float(paired[6]) <= 20),
    ]
    rows = ["| what | must reach | measured | |", "|---|---|---|---|"]
    return rows + [f"| {what} | {want} | {got} | {'pass' if ok else 'FAIL'} |" for what, want, got, ok in lines]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="runs of each proposer in each world")
    parser.add_argument("--race-seeds", type=int, default=200, help="runs of each race; its gains differ much by run")
    args = parser.parse_args()
    began = time.monotonic()
    done: dict[tuple[str, str], list[Result]] = {}
    with Pool() as pool:
        print(HEAD)
        for world in worlds(0):
            for strategy in PROPOSERS:
                results = pool.map(job, [(world, strategy, seed, "paired") for seed in range(args.seeds)])
                done[world, strategy] = [r for _, _, r in results]
                print(row(results), flush=True)
        race_rows = races(pool, args.race_seeds)
    lines = required(done, race_rows)
    print("", *race_rows, "", *lines, "", f"{time.monotonic() - began:.0f} s", sep="\n")
    return 1 if any("FAIL" in line for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
