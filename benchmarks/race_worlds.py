"""The worlds of `races.py`: a prompt is a few sentences, each with an effect that only the world knows."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

NOISE = 0.04  # share of answers that are flipped for no reason
SENTENCE = re.compile(r"Rule (\w+) \w+\.")
TASKS = ("Sort", "Label", "Classify", "Tag", "Route", "File", "Assign", "Judge", "Place", "Group", "Mark", "Name")
VERBS = ("applies", "holds", "counts", "matters", "decides", "rules")


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
    task, *verbs = (words[0] if rng is None else rng.choice(words) for words in (TASKS, *[VERBS] * 99))
    return " ".join([f"{task} the ticket.", *(f"Rule {r} {v}." for r, v in zip(rules, verbs, strict=False))])


def names(kind: str, n: int) -> list[str]:
    return [f"{kind}{chr(97 + i)}" for i in range(n)]


def worlds(seed: int) -> dict[str, World]:
    """Room to improve; nothing better; rules that hold on train only; a memoriser; a prompt that should be shorter."""
    zero, bad = dict.fromkeys(names("idle", 10), 0.0), dict.fromkeys(names("harm", 8), -0.06)
    clutter, trap = dict.fromkeys(names("clutter", 3), -0.07), dict.fromkeys(names("trap", 8), 0.3)
    start = (*clutter, "idlea", "idleb")
    every = [
        World("headroom", (), landscape(seed), base=0.6),
        World("nothing better", (), zero | bad, base=0.7),
        World("train-only rules", (), zero | bad | dict.fromkeys(trap, 0.0), on_train=trap),
        World("memoriser", (), zero | bad, base=0.6, memorise=0.5),
        World("shorter is better", start, zero | bad | clutter, base=0.8),
    ]
    return {world.name: world for world in every}


def landscape(seed: int) -> dict[str, float]:
    """Forty rules: half of them harm (six points on average), a fifth does nothing, the rest helps (five points)."""
    rng = random.Random(f"landscape {seed}")

    def effect() -> float:
        kind = rng.random()
        if kind < 0.5:
            return -min(0.3, rng.expovariate(1 / 0.06))
        return rng.gauss(0, 0.01) if kind < 0.7 else min(0.25, rng.expovariate(1 / 0.05))

    return {f"r{i}": round(effect(), 3) for i in range(40)}
