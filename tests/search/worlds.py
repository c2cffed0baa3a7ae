"""Small planted worlds: whether a text passes a case is known, and what the optimizer model writes is scripted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from promptci.assets import templates
from promptci.core import Case, Message, Outcome, Reason, Score
from promptci.search.base import Found, StopRule
from promptci.search.guards import standard
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers import proposer
from promptci.search.stopping import Patience, Steps

Passes = Callable[[str, Case], bool]


def cases(n: int, name: str = "c") -> list[Case]:
    return [
        Case(f"{name}{i}", {"input": f"ticket about matter {name}{i}x"}, "yes" if i % 2 else "no") for i in range(n)
    ]


def chance(*names: object) -> float:
    """A number in [0, 1) that depends on the names alone."""
    return int.from_bytes(hashlib.sha256(repr(names).encode()).digest()[:6], "big") / 2**48


@dataclass
class World:
    """Counts every call, and refuses calls over the cap as the door does."""

    passes: Passes
    script: Sequence[Sequence[str]] = ()
    cap: int = 10**9
    calls: int = 0
    questions: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    output: str = "maybe"

    def evaluate(self, pairs: Sequence[tuple[str, Case]]) -> list[Outcome]:
        return [self._one(text, case) for text, case in pairs]

    def _one(self, text: str, case: Case) -> Outcome:
        if self.calls >= self.cap:
            return Outcome(Score(case.id, None, Reason("budget", f"budget: {self.cap} calls are used up")))
        self.calls += 1
        self.asked.append((text, case.id))
        good = self.passes(text, case)
        return Outcome(Score(case.id, float(good)), output=str(case.expected) if good else self.output)

    def write(self, messages: tuple[Message, ...], *, n: int, sample: int = 0, **_settings: object) -> list[str | None]:
        if self.calls >= self.cap:
            return [None] * n
        self.calls += 1
        self.questions.append(messages[-1].content)
        step = len(self.questions) - 1
        texts = [*(self.script[step] if step < len(self.script) else ())]
        texts += [f"Variation {step}.{i}" for i in range(n - len(texts))]
        return [f"<INS>{text}</INS>" for text in texts[:n]]

    def run(
        self,
        start: str = "Answer.",
        *,
        train: Sequence[Case] | None = None,
        validation: Sequence[Case] | None = None,
        strategy: str = "opro",
        stops: Sequence[StopRule] = (Patience(3), Steps(8)),
        seed: int = 0,
        max_calls: int | None = None,
        **options: object,
    ) -> Found:
        train = cases(30, "t") if train is None else train
        validation = cases(30, "v") if validation is None else validation
        return search(
            start,
            train,
            validation,
            evaluate=self.evaluate,
            proposer=proposer(strategy, self.write, MetaPrompts((templates(),)), options),
            stops=stops,
            guards=standard(start, [*train, *validation], lambda text: frozenset()),
            calls=lambda: self.calls,
            max_calls=max_calls,
            seed=seed,
        )
