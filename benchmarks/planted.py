"""Planted worlds for searches: a prompt is sentences, each with an effect that only the world knows.

Cases are of different difficulty, every sentence moves single cases of its own, and 2.6 % of the answers flip for no
reason (a probit model). The optimizer is scripted, but it gets what a model gets, the meta-prompt, and answers in text;
one that sees failures knows helpful sentences twice as often as others.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from statistics import NormalDist
from typing import Any

from promptci.core import Case, Message, Outcome, Score

FLIP, CEILING = 0.0257, 17.0
RULES = [f"r{i}" for i in range(62)]
KINDS = ("headroom", "nothing better", "train-only rules", "memoriser", "shorter is better")
NEW = ("interactions", "overlap and contradict", "kinds of cases")
_RULE = re.compile(r"Rule (\w+) \w+\.")
_BLOCK = re.compile(r"<(?:INS|parent)>\n(.*?)\n</(?:INS|parent)>(?:\s*score: (\d+))?", re.DOTALL)
_PAIRS = re.compile(r"^Input: (.*)\n(?:Expected output|Output): (.*)$", re.MULTILINE)
_NUMBERED = re.compile(r"^(\d+): (.*)$", re.MULTILINE)
_VERBS = ("applies", "holds", "counts", "matters", "decides", "rules")
_NORMAL = NormalDist()


def unit(*names: object) -> float:
    """A number in (0, 1) that depends on the names alone."""
    return (int.from_bytes(blake2b(repr(names).encode(), digest_size=6).digest(), "big") + 0.5) / 2**48


@lru_cache(maxsize=400_000)
def normal(*names: object) -> float:
    return _NORMAL.inv_cdf(unit(*names))


@dataclass
class World:
    """`effects` in points; `pairs` are added where both rules stand; `traps` help on train cases alone."""

    kind: str
    seed: int
    base: float = 0.70
    wide: float = 0.2
    memorise: float = 0.0
    start: tuple[str, ...] = ("s0", "s1")
    effects: dict[str, float] = field(default_factory=dict)
    pairs: dict[tuple[str, str], float] = field(default_factory=dict)
    traps: dict[str, float] = field(default_factory=dict)
    favoured: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: str, seed: int) -> World:
        world, rng = cls(kind, seed), random.Random(f"{kind}:{seed}")
        good = {"nothing better": 0, "memoriser": 0, "shorter is better": 0, "train-only rules": 2}.get(kind, 8)
        order = rng.sample(RULES, len(RULES))
        sizes = [rng.uniform(1.5, 5) for _ in range(good)]
        total = 24.0 if good == 8 else 4.0
        world.effects = {r: s * total / sum(sizes) for r, s in zip(order, sizes, strict=False)}
        world.effects |= {r: -rng.uniform(1, 4) for r in order[good : good + 20]}
        getattr(world, "_" + kind.replace(" ", "_").replace("-", "_"), lambda *_: None)(rng, order)
        return world

    def _train_only_rules(self, _rng: random.Random, order: list[str]) -> None:
        self.traps = dict.fromkeys(order[30:36], 30.0)

    def _memoriser(self, _rng: random.Random, _order: list[str]) -> None:
        self.memorise = 0.5

    def _shorter_is_better(self, _rng: random.Random, _order: list[str]) -> None:
        self.start = ("clutter0", "s0", "clutter1", "s1", "clutter2")
        self.effects |= dict.fromkeys(("clutter0", "clutter1", "clutter2"), -5.0)

    def _interactions(self, rng: random.Random, _order: list[str]) -> None:
        self.pairs = {(a, b): rng.gauss(0, 1.5) for i, a in enumerate(RULES) for b in RULES[i + 1 :]}

    def _overlap_and_contradict(self, _rng: random.Random, order: list[str]) -> None:
        """Each good rule has a twin that says the same: together no more than one. Four more pairs contradict."""
        for i in range(8):
            rule, twin = order[i], order[40 + i]
            self.effects[twin] = self.effects[rule]
            self.pairs[rule, twin] = -self.effects[rule]
        for i in range(0, 8, 2):
            self.pairs[order[i], order[i + 1]] = -1.5 * min(self.effects[order[i]], self.effects[order[i + 1]])

    def _kinds_of_cases(self, rng: random.Random, _order: list[str]) -> None:
        self.favoured = {r: rng.randrange(2) for r in self.effects}

    def points(self, rules: frozenset[str], case_kind: int | None = None) -> float:
        """What the rules gain over the start, in points; on one kind of cases, or on average."""
        if case_kind is None and self.favoured:
            return (self.points(rules, 0) + self.points(rules, 1)) / 2
        raw = 0.0
        for side, some in ((1, rules), (-1, frozenset(self.start))):
            raw += side * sum(self.effects.get(r, 0.0) * self._factor(r, case_kind) for r in some)
            raw += side * sum(v for (a, b), v in self.pairs.items() if a in some and b in some) if self.pairs else 0.0
        points = CEILING * math.tanh(raw / CEILING) if raw > 0 else raw
        return points - 0.6 * max(0, len(rules) - 10)

    def _factor(self, rule: str, case_kind: int | None) -> float:
        """A rule does two and a half times its effect on one kind of cases, and harms the other by half of it."""
        if case_kind is None or rule not in self.favoured:
            return 1.0
        return 2.5 if self.favoured[rule] == case_kind else -0.5

    def gain(self, text: str) -> float:
        """The true gain of a text on new cases, in points."""
        rules = frozenset(_RULE.findall(text))
        return (1 - 2 * FLIP) * 100 * (self._chance(self.points(rules)) - self._chance(0.0))

    def _chance(self, points: float) -> float:
        return min(0.98, max(0.02, self.base + points / 100))


def prompt(rules: Iterable[str], rng: random.Random | None = None) -> str:
    """A text with these rules; `rng` words them anew, which changes nothing but chance answers."""
    return " ".join(["Sort the ticket.", *(f"Rule {r} {rng.choice(_VERBS) if rng else _VERBS[0]}." for r in rules)])


def cases(n: int, seed: int) -> list[Case]:
    return [Case(f"c{i}", {"ticket": f"ticket {seed}x{i}q says {i}z"}, f"label{i % 4}") for i in range(n)]


class Models:
    """The scripted scorer and optimizer of one run; both count their calls.

    Beyond `cap` a question is answered by `refused`, as the door does; with None it is a mistake of the search.
    """

    def __init__(
        self, world: World, train: Iterable[str], cap: int, *, likely: bool = False, refused: Any = None
    ) -> None:
        self.world, self.train, self.cap, self.likely, self.refused = world, set(train), cap, likely, refused
        self.calls = 0
        self._shares: dict[tuple[frozenset[str], int, bool], float] = {}

    def evaluate(self, pairs: Sequence[tuple[str, Case]], /) -> list[Outcome]:
        asked = self._counted(len(pairs), 1 + self.likely)  # a likelihood is a call of its own
        plain = [self.outcome(c, self.passes(t, c)) for t, c in pairs[:asked]]
        if self.likely:
            plain = [replace(o, likelihood=self._likelihood(t, c)) for o, (t, c) in zip(plain, pairs, strict=False)]
        return plain + [Outcome(Score(c.id, None, self.refused)) for _, c in pairs[asked:]]

    def _likelihood(self, text: str, case: Case) -> float:
        """How sure the model is of the right answer: by the margin, with noise of its own."""
        return _NORMAL.cdf(2 * self._margin(text, case) + 0.2 * normal(self.world.seed, "likely", text, case.id))

    @staticmethod
    def outcome(case: Case, passed: bool) -> Outcome:
        other = f"label{(int(str(case.expected)[-1]) + 1) % 4}"  # a wrong answer is another label
        return Outcome(Score(case.id, float(passed)), output=str(case.expected) if passed else other)

    def passes(self, text: str, case: Case, sample: int = 0) -> bool:
        right = self._margin(text, case) > 0 or str(case.vars["ticket"]) in text
        return right != (unit(self.world.seed, case.id, text, sample) < FLIP)

    def _margin(self, text: str, case: Case) -> float:
        world, rules = self.world, frozenset(_RULE.findall(text))
        key = rules, int(unit(world.seed, "kind", case.id) < 0.5) if world.favoured else -1, case.id in self.train
        if key not in self._shares:
            points = world.points(rules, key[1] if world.favoured else None)
            points += sum(world.traps.get(r, 0.0) for r in rules) if key[2] else 0.0
            self._shares[key] = _NORMAL.inv_cdf(world._chance(points))
        own = normal(world.seed, "core", case.id)
        own += math.sqrt(0.5) * sum(normal(world.seed, r, case.id) for r in sorted(rules))
        own /= math.sqrt(1 + 0.5 * len(rules))
        latent = math.sqrt(1 - world.wide) * normal(world.seed, case.id) + math.sqrt(world.wide) * own
        return self._shares[key] + latent

    def _counted(self, wanted: int, each: int = 1) -> int:
        """How many of the questions the cap lets through; they are counted."""
        asked = wanted if self.refused is None else max(0, min(wanted, (self.cap - self.calls) // each))
        self.calls += asked * each
        assert self.calls <= self.cap, "more calls than the cap"
        return asked

    def write(self, messages: tuple[Message, ...], *, n: int, sample: int = 0, **_: object) -> list[str | None]:
        asked, question = self._counted(n), messages[-1].content
        said = [self.reply(question, random.Random(f"{self.world.seed}:{sample}:{k}:{question}")) for k in range(asked)]
        return [*said, *[None] * (n - asked)]

    def reply(self, question: str, rng: random.Random) -> str:
        if "one a line" in question or "one a\nline" in question:
            return "\n".join(self._line(question, rng) for _ in range(8))
        return f"<INS>{self._text(question, rng)}</INS>"

    def _line(self, question: str, rng: random.Random) -> str:
        """One suggested edit: mostly a rule to add, sometimes a sentence to reword or to delete."""
        numbered, shown = _NUMBERED.findall(question), _PAIRS.findall(question)
        if shown and rng.random() < self.world.memorise:
            return "ADD: " + " ".join(f"{a} is {b}." for a, b in rng.sample(shown, min(2, len(shown))))
        place, sentence = rng.choice(numbered) if numbered else ("1", "")
        rule = _RULE.search(sentence)
        if "ADD" not in question or rng.random() < 0.15:
            return (
                f"REPLACE {place}: Rule {rule[1]} {rng.choice(_VERBS)}." if rule else f"REPLACE {place}: Sort it all."
            )
        have = set(_RULE.findall(question))
        return f"ADD after {place}: Rule {self.drawn(have, 'Given output:' in question, rng)} applies."

    def drawn(self, have: set[str], informed: bool, rng: random.Random) -> str:
        pool = [r for r in RULES if r not in have] or RULES
        known = {r: self.world.effects.get(r, 0.0) + self.world.traps.get(r, 0.0) for r in pool}
        odds = [(2.0 if known[r] > 0 else 0.6 if known[r] < 0 else 1.0) if informed else 1.0 for r in pool]
        return rng.choices(pool, odds)[0]

    def _text(self, question: str, rng: random.Random) -> str:
        shown = _PAIRS.findall(question)
        if shown and rng.random() < self.world.memorise:
            return prompt(()) + " " + " ".join(f"{a} is {b}." for a, b in rng.sample(shown, min(3, len(shown))))
        rules = self._base(question, rng)
        if "shorter version" in question:
            return prompt(rng.sample(rules, max(0, len(rules) - 1)), rng)
        if "Write a variation" in question:
            return prompt(rng.sample(rules, len(rules)), rng)
        return self.changed(rules, "Given output:" in question, rng, rng.choice((1, 1, 2)))

    def changed(self, rules: Iterable[str], informed: bool, rng: random.Random, times: int) -> str:
        """A text with other sentences at `times` places, as an optimizer writes one that saw failures or did not."""
        left = list(rules)
        for _ in range(times):
            if len(left) > 1 and rng.random() < 0.3:
                left.remove(rng.choice(left))
            else:
                left.append(self.drawn(set(left), informed, rng))
        return prompt(dict.fromkeys(left), rng)

    def _base(self, question: str, rng: random.Random) -> list[str]:
        blocks = [(_RULE.findall(text), int(score or 0)) for text, score in _BLOCK.findall(question)]
        if not blocks:
            return rng.sample(RULES, rng.choice((1, 2, 3)))
        best = sorted(blocks, key=lambda b: b[1])[-5:]
        return list(rng.choices(best, weights=range(1, len(best) + 1))[0][0])
