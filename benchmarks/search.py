"""What a search confirms for its calls, on worlds of known truth: `edits` against `mix`, at equal calls.

Each run goes through the real loop, guards and screening, then asks the held-out cases once. `edits` keeps 70 % of the
200 cases for that, asks as many of them as its budget carries, in four looks at level .04; `mix` is confirmed as at its
time: half of the cases, three answers each, sign-flip test at .025. All calls are counted; "confirmed" is the true gain
of what was accepted, 0 for a run that accepts nothing.

`edits+likelihood` also asks how likely the right answer is, which is a second call for each answer of the search.

    python benchmarks/search.py [--quick] [--seeds 100] [--strategies edits,mix] [--worlds headroom,...]
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.pool import Pool

from planted import FLIP, KINDS, NEW, Models, World, cases, prompt

from promptci.assets import templates
from promptci.core import Case, Reason
from promptci.decide.accept import accept_graded, level, screen
from promptci.decide.answered import answered
from promptci.decide.heldout import HeldOut
from promptci.decide.paired import Change, count
from promptci.improve.purse import FEWEST, ROUND
from promptci.improve.reserve import shares
from promptci.search.base import Found
from promptci.search.guards import standard
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers import proposer
from promptci.search.stopping import Patience, Perfect, Steps

BUDGETS = (600, 1000, 2000)
HEADROOM = {600: 1.0, 1000: 2.5, 2000: 5.0}


@dataclass(frozen=True)
class Result:
    """One run; gains in points. `said` is what the search predicted for its winner."""

    confirmed: float
    winner: float
    accepted: bool
    said: float | None
    calls: int
    labelled: bool
    trap_led: bool
    trap_shipped: bool
    covered: tuple[bool, ...]
    reason: str


@dataclass
class Purse:
    """What `improve.purse` does with a budget, here in memory: the question's cases first, the rest to the search.

    `left` of the calls go back to a search that has found nothing, as far as they are worth another round.
    """

    models: Models
    budget: int
    held: int
    asks: int = 0

    def share(self) -> int:
        """Keep the question's part, and return how many calls there may be when the search ends."""
        self.asks = shares(self.budget - self.models.calls, self.held)[0]
        self.models.cap = self.budget - 2 * self.asks
        return self.models.cap

    def again(self) -> int | None:
        """The same of what is left."""
        left = self.budget - self.models.calls
        asks = shares(left, self.held)[0]
        return None if asks < FEWEST or left - 2 * asks < ROUND else self.share()


def run(kind: str, strategy: str, budget: int, seed: int, n: int = 200) -> Result:
    """One search within `budget` calls, and one question to the held-out cases."""
    strategy, _, likely = strategy.partition("+")
    world, every = World.of(kind, seed), cases(n, seed)
    random.Random(f"split {seed}").shuffle(every)
    held = round((0.7 if strategy == "edits" else 0.5) * n)
    test, rest = every[:held], every[held:]
    train, validation = rest[::2], rest[1::2]
    door = Reason("budget", "the search's part of the calls is used up")
    models = Models(world, [c.id for c in train], budget, likely=bool(likely), refused=door)
    purse, most = Purse(models, budget, held), max(0, budget - 6 * held)
    if strategy != "edits" and most < 2 * len(rest):  # it refused to try
        return Result(0.0, 0.0, False, None, 0, False, False, False, (), "budget")
    if strategy == "edits":
        most = purse.share()
    models.cap, start = most, prompt(world.start)
    found = search(
        start,
        train,
        validation,
        evaluate=models.evaluate,
        proposer=proposer(strategy, models.write, MetaPrompts((templates(),)), {}),
        stops=(Perfect(), Steps(10), Patience(4)),
        calls=lambda: models.calls,
        guards=standard(start, every, lambda _: frozenset()),
        max_calls=most,
        again=purse.again if strategy == "edits" else None,
        seed=seed,
    )
    models.cap = budget
    return _judged(found, world, models, strategy, start, test[: purse.asks] if strategy == "edits" else test)


def _judged(found: Found, world: World, models: Models, strategy: str, start: str, test: Sequence[Case]) -> Result:
    text = found.winner.candidate.text if found.winner else start
    accepted = found.winner is not None and _accepted(found, models, strategy, start, text, test)
    gain = world.gain(text)
    leads = {s.lead for s in found.steps}
    ahead = [c.candidate.text for c in found.candidates if c.candidate.id in leads]
    return Result(
        confirmed=gain if accepted else 0.0,
        winner=gain,
        accepted=accepted,
        said=100 * found.predicted.value if found.predicted and found.winner else None,
        calls=models.calls,
        labelled=found.overfit is not None,
        trap_led=found.overfit is not None or any(t in c.split() for c in ahead for t in world.traps),
        trap_shipped=accepted and any(t in text.split() for t in world.traps),
        covered=tuple(_covered(found, world)),
        reason=found.reason.kind,
    )


def _accepted(found: Found, models: Models, strategy: str, start: str, text: str, test: Sequence[Case]) -> bool:
    if strategy != "edits":
        if not screen([c.new - c.old for c in found.changes]).passed:
            return False
        models.calls += 6 * len(test)
        means = [[sum(models.passes(t, c, k) for k in range(1, 4)) / 3 for c in test] for t in (start, text)]
        return accept_graded([b - a for a, b in zip(*means, strict=True)], at=0.025).outcome == "improved"
    question, seen, change = HeldOut(len(test), at=level(1)), 0, Change(0, 0, 0)
    for size in question.batches():
        seen += size
        models.calls += 2 * size
        change = count(*([float(models.passes(t, c, 1)) for c in test[:seen]] for t in (start, text)))
        question.look(change)
    return answered(question, change).outcome == "improved"


def _covered(found: Found, world: World) -> Iterable[bool]:
    """Whether each added rule's interval holds its planted effect (worlds whose effects add up)."""
    if world.kind not in ("headroom", "nothing better"):
        return
    for worth in found.screens[0].worths if found.screens else ():
        if worth.edit.change == "insert" and worth.edit.text.startswith("Rule "):
            effect = (1 - 2 * FLIP) * world.effects.get(worth.edit.text.split()[1], 0.0) / 100
            yield worth.effect.interval[0] <= effect <= worth.effect.interval[1]


def mean(values: Iterable[float]) -> float:
    some = list(values)
    return statistics.fmean(some) if some else 0.0


def row(kind: str, strategy: str, budget: int, done: Sequence[Result]) -> str:
    se = statistics.pstdev(r.confirmed for r in done) / len(done) ** 0.5
    said = [r.said - r.winner for r in done if r.said is not None]
    false = mean(float(r.accepted and r.winner <= 0.01) for r in done)
    cells = [kind, strategy, f"{budget:,}", f"{mean(r.winner for r in done):.1f}"]
    cells += [f"{mean(r.confirmed for r in done):.1f} ± {se:.1f}", f"{mean(r.accepted for r in done):.0%}"]
    cells += [f"{false:.0%}", f"{mean(r.labelled for r in done):.0%}", f"{mean(said):+.1f}" if said else "-"]
    return f"| {' | '.join(cells)} | {mean(r.calls for r in done):,.0f} |"


HEAD = (
    "| world | strategy | calls | winner's true gain | confirmed, points | accepted | false | overfit label "
    "| predicted - true | calls used |\n|---|---|---|---|---|---|---|---|---|---|"
)


Done = dict[tuple[str, str, int], list[Result]]


@dataclass(frozen=True)
class Line:
    """One figure that must hold."""

    what: str
    want: str
    got: str
    holds: bool

    def __str__(self) -> str:
        return f"| {self.what} | {self.want} | {self.got} | {'pass' if self.holds else 'FAIL'} |"


def required(done: Done) -> list[str]:
    """The lines that must hold, with pass or fail."""
    lines = (*_confirmed(done), *_false(done), *_trapped(done), *_covering(done), *_predicted(done))
    return ["| what | must reach | measured | |", "|---|---|---|---|", *map(str, lines)]


def _confirmed(done: Done) -> Iterable[Line]:
    """What `edits` confirms where there is headroom, by itself and beside `mix`."""
    for budget, least in HEADROOM.items():
        if not (mine := done.get(("headroom", "edits", budget))):
            continue
        got = mean(r.confirmed for r in mine)
        what = f"edits, headroom, {budget:,} calls: confirmed"
        yield Line(what, f">= {least} points", f"{got:.1f}", got >= least)
        if old := done.get(("headroom", "mix", budget)):
            other = mean(r.confirmed for r in old)
            times = f"{got / max(other, 0.05):.1f} times"
            yield Line(f"... of mix's ({other:.1f})", ">= 2 times", times, got >= 2 * other)


def _false(done: Done) -> Iterable[Line]:
    """How often something was accepted that gains nothing, where that is worst."""
    cells = ((mean(float(r.accepted and r.winner <= 0.01) for r in rs), k) for k, rs in done.items() if k[1] == "edits")
    share, (kind, _, budget) = max(cells)
    what = f"edits: false improvements, worst cell ({kind}, {budget:,})"
    yield Line(what, "<= 5 %", f"{share:.0%}", share <= 0.05)


def _trapped(done: Done) -> Iterable[Line]:
    """What became of rules that help on train alone."""
    if traps := done.get(("train-only rules", "edits", max(BUDGETS))):
        labelled = mean(r.labelled for r in traps if r.trap_led)
        yield Line("a trap was ahead: runs labelled", ">= 95 %", f"{labelled:.0%}", labelled >= 0.95)
        shipped = sum(r.trap_shipped for r in traps)
        yield Line("a trap was shipped", "never", f"{shipped} of {len(traps)}", not shipped)


def _covering(done: Done) -> Iterable[Line]:
    """Whether intervals of single effects hold the truth as often as they say."""
    hits = [c for (_, s, b), rs in done.items() if s == "edits" and b == max(BUDGETS) for r in rs for c in r.covered]
    if hits:
        what = f"90 % intervals of {len(hits):,} planted effects cover"
        yield Line(what, "85 to 95 %", f"{mean(hits):.1%}", 0.85 <= mean(hits) <= 0.95)


def _predicted(done: Done) -> Iterable[Line]:
    """Whether a search promises what its winner truly gains."""
    for budget in BUDGETS:
        said = [r.said - r.winner for r in done.get(("headroom", "edits", budget), []) if r.said is not None]
        if said:
            what = f"headroom, {budget:,} calls: predicted minus true gain"
            yield Line(what, "within 1 point", f"{mean(said):+.1f}", abs(mean(said)) <= 1)


def job(what: tuple[str, str, int, int, int]) -> Result:
    return run(*what)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="10 seeds")
    parser.add_argument("--strategies", default="edits,mix")
    parser.add_argument("--worlds", default=",".join((*KINDS, *NEW)))
    parser.add_argument("--budgets", default=",".join(map(str, BUDGETS)))
    parser.add_argument("--cases", type=int, default=200, help="of the eval set; the lines that must hold are for 200")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    seeds, began = 10 if args.quick else args.seeds, time.monotonic()
    done: Done = {}
    print(HEAD)
    with Pool(args.processes) as pool:
        for kind in args.worlds.split(","):
            for strategy in args.strategies.split(","):
                for budget in map(int, args.budgets.split(",")):
                    if kind != "headroom" and budget < 2000 and budget != 1000:
                        continue
                    results = pool.map(
                        job, [(kind, strategy, budget, s, args.cases) for s in range(seeds)], chunksize=1
                    )
                    done[kind, strategy, budget] = results
                    print(row(kind, strategy, budget, results), flush=True)
    lines = required(done) if args.cases == 200 and "edits" in args.strategies.split(",") else []
    print("", *lines, "", f"{time.monotonic() - began:.0f} s", sep="\n")
    return 1 if any("FAIL" in line for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
