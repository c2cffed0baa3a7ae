"""Reflection on failures: show wrong answers beside right ones, ask for a critique and the smallest edit to mend them.

After ProTeGi (arXiv 2305.03495) and GEPA (arXiv 2507.19457, parents from per-case winners). Unlike GEPA's stock prompt,
ours forbids facts of single examples, and the leak guard enforces it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from promptci.core import Case
from promptci.search.base import Candidate, Proposal, Scored, Write
from promptci.search.layout import Layout, is_blank
from promptci.search.metaprompts import MetaPrompts, example, placed, placeholders, texts_of
from promptci.search.proposers.ape import Ape
from promptci.search.proposers.opro import failures
from promptci.search.view import View


@dataclass(frozen=True, slots=True)
class Reflect:
    """`batches` questions a step, each about one parent and `batch` of its train cases, a quarter of them passes.

    Parents are drawn from the per-case winners, weighted by the cases that they win. `remember` edits of the same
    parent that did not help are shown, so that they are not proposed again.
    """

    write: Write
    metaprompts: MetaPrompts
    per_step: int = 8
    batches: int = 4
    batch: int = 8
    remember: int = 3
    temperature: float = 1.0
    name: str = "reflect"

    def __call__(self, view: View) -> list[Proposal]:
        """Ask about several failures; nothing when the parents fail on none."""
        winners = case_winners(view)
        wanted = view.wanted(self.per_step)
        asked = min(self.batches, wanted)
        found: list[Proposal] = []
        for i in range(asked):
            parent = view.rng.choices(list(winners), weights=list(winners.values()))[0]
            scored = next(s for s in view.scored if s.candidate.id == parent)
            cases = self._batch(view, scored)
            n = wanted // asked + (i < wanted % asked)
            if is_blank(scored.candidate.bare):  # nothing to edit: infer the instruction from pairs first
                found += Ape(self.write, self.metaprompts, per_step=n, subsamples=1, pairs=self.batch).infer(view)
            elif cases:
                found += self._edits(view, scored, cases, n, 1000 * view.step + i)
        return found

    def _batch(self, view: View, parent: Scored) -> list[Case]:
        """Failures of the parent, mixed with some passes; empty when there is no failure to learn from."""
        wrong = failures([parent])
        judged = [c for c in sorted(view.exemplars, key=lambda c: c.id) if parent.value(c.id) is not None]
        bad, good = [c for c in judged if wrong[c.id]], [c for c in judged if not wrong[c.id]]
        if not bad:
            return []
        passes = view.rng.sample(good, min(self.batch // 4, len(good)))
        fails = view.rng.sample(bad, min(self.batch - len(passes), len(bad)))
        return [*fails, *passes]

    def _edits(self, view: View, parent: Scored, cases: list[Case], n: int, sample: int) -> list[Proposal]:
        examples = [example(c, parent.outcomes[c.id].output or "") for c in cases]
        tried = _useless(view, parent.candidate)[-self.remember :] if self.remember else []
        question = self.metaprompts.ask(
            "reflect/edit",
            data=[*texts_of(examples), parent.candidate.bare, *tried],
            text=parent.candidate.bare,
            examples=examples,
            tried=tried,
            placeholders=placeholders(view.incumbent.candidate.text),
            hopeless=view.scores.get(parent.candidate.id) == 0,
        )
        replies = self.write(question, n=n, temperature=self.temperature, sample=sample, max_tokens=2048)
        return [placed(r, self.name, Layout(), [parent.candidate], cases) for r in replies]


def case_winners(view: View) -> Counter[str]:
    """Ids of the candidates that are best on some train case, with the number of cases on which they are.

    Candidates that the race dropped before half of the incumbent's cases do not take part; the lead always does.
    """
    least = len(view.incumbent.outcomes) / 2
    pool = [s for s in view.scored if len(s.outcomes) >= least]
    wins: Counter[str] = Counter({view.lead.candidate.id: 1})
    for case in view.train:
        values = {s.candidate.id: v for s in pool if (v := s.value(case.id)) is not None}
        top = max(values.values(), default=None)
        wins.update(i for i, v in values.items() if v == top)
    return wins


def _useless(view: View, parent: Candidate) -> list[str]:
    """Edits of this parent that did not score higher than it on train."""
    base = view.scores.get(parent.id, 0.0)
    children = [s.candidate for s in view.scored if parent.id in s.candidate.parents[:1]]
    return [c.bare for c in children if view.scores.get(c.id, 0.0) <= base]
