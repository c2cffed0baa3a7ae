"""OPRO (Yang et al. 2023, arXiv 2309.03409): show the best texts so far with their scores and ask for a better one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from promptci.core import Case
from promptci.search.base import Proposal, Scored, View, Write
from promptci.search.metaprompts import MetaPrompts, example, placeholders, read


@dataclass(frozen=True, slots=True)
class Opro:
    """Paper's defaults: best 20 ascending, integer scores, 3 exemplars redrawn each step, 8 texts, temperature 1."""

    write: Write
    metaprompts: MetaPrompts
    per_step: int = 8
    history: int = 20
    buckets: int | None = 100
    exemplars: int = 3
    choice: Literal["random", "constant"] = "random"
    temperature: float = 1.0
    template: str = "opro/chat"
    name: str = "opro"

    def __call__(self, view: View) -> list[Proposal]:
        """Ask once for `per_step` texts."""
        listed = best_ascending(view, self.history)
        shown = self._exemplars(view)
        question = self.metaprompts.ask(
            self.template,
            data=[s.candidate.text for s in listed] + [t for c in shown for t in (example(c).input, example(c).output)],
            history=[(s.candidate.text, shown_score(view.scores[s.candidate.id], self.buckets)) for s in listed],
            scale=self.buckets or 100,
            examples=[example(c) for c in shown],
            placeholders=placeholders(view.incumbent.candidate.text),
        )
        replies = self.write(question, n=self.per_step, temperature=self.temperature, sample=view.step)
        parents = [s.candidate for s in listed]
        return [read(r, self.name, parents, shown) for r in replies]

    def _exemplars(self, view: View) -> list[Case]:
        pool = sorted(view.exemplars, key=lambda c: c.id)
        if self.choice == "constant":
            return pool[: self.exemplars]
        return view.rng.sample(pool, min(self.exemplars, len(pool)))


def best_ascending(view: View, limit: int) -> list[Scored]:
    """The `limit` best scored texts, worst first; among equals the newest is nearest to the question."""
    known = [s for s in view.scored if s.candidate.id in view.scores]
    return sorted(known, key=lambda s: view.scores[s.candidate.id])[-limit:]


def shown_score(score: float, buckets: int | None) -> str:
    """The score as the optimizer model reads it: 0 to `buckets` as an integer, or three decimals of 100 when None."""
    return f"{100 * score:.3f}" if buckets is None else str(round(score * buckets))
