"""Views of a planted trajectory, and an optimizer model that keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from promptci.assets import templates
from promptci.core import Case, Message, Outcome, Score
from promptci.search.base import Candidate, Scored, generator
from promptci.search.metaprompts import MetaPrompts
from promptci.search.view import View

METAPROMPTS = MetaPrompts((templates(),))
TRAIN = tuple(Case(f"t{i}", {"input": f"in{i}"}, f"out{i % 3}") for i in range(10))


@dataclass
class Writer:
    """Answers each question with `reply(k)` in tags; keeps questions and settings."""

    reply: Callable[[int], str | None] = lambda k: f"<INS>written {k}</INS>"
    questions: list[str] = field(default_factory=list)
    settings: list[dict[str, object]] = field(default_factory=list)
    given: int = 0

    def __call__(
        self, messages: tuple[Message, ...], *, n: int, temperature: float, sample: int = 0, max_tokens: int = 1024
    ) -> list[str | None]:
        self.questions.append(messages[-1].content)
        self.settings.append({"n": n, "temperature": temperature, "sample": sample, "max_tokens": max_tokens})
        self.given += n
        return [self.reply(k) for k in range(self.given - n, self.given)]


def scored(
    text: str, passes: Mapping[str, float] | float, *, step: int = 1, parents: Sequence[str] = (), met: int = 10
) -> Scored:
    """A candidate that passes the first cases by share, or the cases that are named."""
    candidate = Candidate(text, "test", step, tuple(parents))
    outcomes = {}
    for i, case in enumerate(TRAIN[:met]):
        value = passes.get(case.id, 0.0) if isinstance(passes, Mapping) else float(i < passes * len(TRAIN))
        outcomes[case.id] = Outcome(Score(case.id, value), output=f"given {case.id}")
    return Scored(candidate, outcomes)


def view(*known: Scored, step: int = 2, lead: Scored | None = None, seed: int = 0) -> View:
    """The first of `known` is the incumbent; scores are plain means."""
    ids = [c.id for c in TRAIN]
    scores = {s.candidate.id: m for s in known if (m := s.mean(ids)) is not None}
    best = lead or max(known, key=lambda s: scores.get(s.candidate.id, -1.0))
    return View(step, TRAIN, TRAIN, known, scores, best, generator(seed, step))
