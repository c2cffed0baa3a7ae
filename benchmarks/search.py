"""Planted worlds through the real search: what it finds, what it claims, what it spends, and why it stops.

A prompt is a few sentences, each with an effect that only the world knows; the optimizer model is scripted, but it gets
what a model gets, the meta-prompt as text, and answers in text. Each run goes through the real loop, guards, race,
overfit switch and, for the test half, `decide.screen` and `decide.accept`, as `promptci optimize` does.

    python benchmarks/search.py [--seeds 20] [--offline] [--write docs/benchmarks.md]
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

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

NOISE = 0.04  # share of answers that are flipped for no reason
SENTENCE = re.compile(r"Rule (\w+) \w+\.")
VERBS = ("applies", "holds", "counts", "matters", "decides", "rules")
BLOCK = re.compile(r"<(?:INS|parent)>\n(.*?)\n</(?:INS|parent)>(?:\s*score: (\d+))?", re.DOTALL)
PAIRS = re.compile(r"^Input: (.*)\n(?:Expected output|Output): (.*)$", re.MULTILINE)


def unit(*names: object) -> float:
    """A number in [0, 1) that depends on the names alone."""
    return int.from_bytes(blake2b(repr(names).encode(), digest_size=6).digest(), "big") / 2**48


@dataclass(frozen=True)
class World:
    """`effects` are shares of cases by rule; `on_train` are effects that hold on train cases only."""

    name: str
    start: tuple[str, ...]
    effects: dict[str, float]
    on_train: dict[str, float] = field(default_factory=dict)
    base: float = 0.55
    memorise: float = 0.0  # how often the optimizer quotes the examples that it was shown

    def accuracy(self, text: str, *, train: bool = False) -> float:
        """The true share of cases that a text passes, before noise."""
        rules = set(SENTENCE.findall(text))
        own = sum(self.effects.get(r, 0.0) for r in rules)
        more = sum(self.on_train.get(r, 0.0) for r in rules) if train else 0.0
        return min(0.97, max(0.03, self.base + own + more))

    def gain(self, text: str) -> float:
        """True gain over the start on new cases, as a share, after noise."""
        return (1 - 2 * NOISE) * (self.accuracy(text) - self.accuracy(prompt(self.start)))


def prompt(rules: Iterable[str], rng: random.Random | None = None) -> str:
    """A text with these rules; `rng` words them anew, which changes nothing but chance answers."""
    verbs = (VERBS[0] if rng is None else rng.choice(VERBS) for _ in iter(int, 1))
    return " ".join(["Sort the ticket.", *(f"Rule {r} {v}." for r, v in zip(rules, verbs, strict=False))])


def names(kind: str, n: int) -> list[str]:
    return [f"{kind}{chr(97 + i)}" for i in range(n)]


def worlds() -> list[World]:
    """Room to improve; nothing better; rules that hold on train only; a memoriser; a prompt that should be shorter."""
    zero, bad = dict.fromkeys(names("idle", 10), 0.0), dict.fromkeys(names("harm", 8), -0.06)
    good = dict.fromkeys(names("good", 4), 0.07) | dict.fromkeys(names("fair", 4), 0.03)
    clutter = dict.fromkeys(names("clutter", 3), -0.07)
    trap = dict.fromkeys(names("trap", 8), 0.12)
    return [
        World("headroom", (), good | zero | bad),
        World("nothing better", (), zero | bad, base=0.7),
        World("train-only rules", (), zero | bad | dict.fromkeys(trap, 0.0), on_train=trap),
        World("memoriser", (), zero | bad, base=0.6, memorise=0.5),
        World("shorter is better", (*clutter, "idlea", "idleb"), zero | bad | clutter, base=0.8),
    ]


class Models:
    """The scripted scorer and optimizer of one run; both count their calls."""

    def __init__(self, world: World, seed: int, train: Sequence[Case]) -> None:
        self.world, self.seed, self.train = world, seed, {c.id for c in train}
        self.calls, self.asked = 0, 0

    def evaluate(self, pairs: Sequence[tuple[str, Case]], /) -> list[Outcome]:
        self.calls += len(pairs)
        return [Outcome(Score(c.id, float(self.passes(t, c))), output="some answer") for t, c in pairs]

    def passes(self, text: str, case: Case) -> bool:
        known = str(case.vars["ticket"]) in text
        right = known or unit(self.seed, case.id) < self.world.accuracy(text, train=case.id in self.train)
        return right != (unit(self.seed, case.id, text) < NOISE)

    def write(self, messages: tuple[Message, ...], *, n: int, sample: int = 0, **_settings: object) -> list[str | None]:
        self.calls += n
        self.asked += n
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
    """One run: `gain` is the true gain (share) of what would be shipped, `claimed` of the winner before the test."""

    found: Found
    outcome: str
    gain: float
    claimed: float
    calls: int


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
    calls = models.calls
    if found.winner is None:
        return Result(found, "no_change", 0.0, 0.0, calls)
    claimed = world.gain(found.winner.candidate.text)
    outcome = confirmed(models, found.winner, start, found, test)
    return Result(found, outcome, claimed if outcome == "improved" else 0.0, claimed, calls)


def confirmed(models: Models, winner: Scored, start: str, found: Found, test: Sequence[Case]) -> str:
    """What `promptci optimize` says: the screen, then the first question to the test split."""
    if not screen([c.new - c.old for c in found.changes]).passed:
        return "no_change"
    old, new = ([float(models.passes(text, c)) for c in test] for text in (start, winner.candidate.text))
    return accept(count(old, new), at=level(1)).outcome


def table(seeds: int) -> tuple[list[str], dict[tuple[str, str], list[Result]]]:
    """Run every proposer in every world."""
    rows = [
        "| world | proposer | improved % | false % | true gain, points | of what a pool could reach | overfit label % "
        "| calls | refused | why it stopped, most often |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    results: dict[tuple[str, str], list[Result]] = {}
    for world in worlds():
        for strategy in PROPOSERS:
            done = [run(world, strategy, seed) for seed in range(seeds)]
            results[world.name, strategy] = done
            rows.append(row(world, strategy, done))
    return rows, results


def row(world: World, strategy: str, done: Sequence[Result]) -> str:
    improved = [r for r in done if r.outcome == "improved"]
    false = sum(r.gain <= 0 for r in improved)
    best = max((sum(e for e in world.effects.values() if e > 0) - sum(world.effects.get(r, 0) for r in world.start)), 0)
    room = (1 - 2 * NOISE) * min(0.97 - world.accuracy(prompt(world.start)), best)
    mean = statistics.fmean(r.gain for r in done)
    labelled = sum(r.found.overfit is not None for r in done)
    stops = Counter(r.found.stop_reason for r in done).most_common(1)[0]
    refused = statistics.fmean(len(r.found.refused) for r in done)
    return (
        f"| {world.name} | {strategy} | {100 * len(improved) / len(done):.0f} | {100 * false / len(done):.0f} "
        f"| {100 * mean:.1f} | {f'{100 * mean / room:.0f} %' if room > 0 else '-'} | {100 * labelled / len(done):.0f} "
        f"| {statistics.fmean(r.calls for r in done):.0f} | {refused:.0f} | {stops[0]} ({stops[1]}/{len(done)}) |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    args = parser.parse_args()
    began = time.monotonic()
    rows, _results = table(args.seeds)
    print("\n".join(rows))
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
