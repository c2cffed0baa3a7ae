"""EvoPrompt (Guo et al. 2023, arXiv 2309.08532): a population of prompts, crossed and mutated by the model."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from promptci.search.base import Candidate, Proposal, Scored, Write
from promptci.search.layout import Layout, is_blank
from promptci.search.metaprompts import MetaPrompts, placed, placeholders
from promptci.search.proposers.ape import Ape
from promptci.search.proposers.variation import Variation, ranked
from promptci.search.view import View

Initial = Literal["top", "bottom", "random"]


@dataclass(frozen=True, slots=True)
class _Population:
    """What both forms share: a population of `per_step` prompts, made from human and generated ones.

    With `starts` (human prompts) the first step scores them all; `initial` picks the half that stays, and the second
    step adds one paraphrase of each (with `paraphrase` off, `initial` picks all). Without, the first step adds
    paraphrases of the incumbent, or, when that is empty, instructions inferred as APE does. The operator's temperature
    is 0.5, as in the paper.
    """

    write: Write
    metaprompts: MetaPrompts
    per_step: int = 10
    starts: Sequence[str] = ()
    initial: Initial = "top"
    paraphrase: bool = True
    temperature: float = 0.5

    origin: ClassVar[str]

    def __call__(self, view: View) -> list[Proposal]:
        """Found the population, then breed it."""
        if view.step == 1:
            return self._founders(view)
        if view.step == 2 and self.starts and self.paraphrase:
            picked = self._picked(view, view.scored, max(1, self.per_step // 2))
            return [p for i, s in enumerate(picked) for p in self._vary().of(s.candidate, 1, sample=2000 + i)]
        return self._breed(view, self._members(view))

    def _breed(self, view: View, members: list[Scored]) -> list[Proposal]:
        raise NotImplementedError

    def _survivors(self, view: View, members: list[Scored], children: list[Scored]) -> list[Scored]:
        raise NotImplementedError

    def _founders(self, view: View) -> list[Proposal]:
        if self.starts:
            return [Proposal(self.origin, text) for text in self.starts]
        if is_blank(view.incumbent.candidate.bare):
            return Ape(self.write, self.metaprompts, per_step=self.per_step).infer(view)
        return self._vary().of(view.incumbent.candidate, view.wanted(self.per_step - 1), sample=1000)

    def _members(self, view: View) -> list[Scored]:
        """Today's population: the founders, with the generations since then folded in."""
        founding = 2 if self.starts and self.paraphrase else 1
        founders = [s for s in view.scored if s.candidate.step <= founding]
        if self.starts and self.paraphrase:
            first = [s for s in founders if s.candidate.step < 2]
            half = self._picked(view, first, max(1, self.per_step // 2))
            members = [*half, *(s for s in founders if s.candidate.step == 2)]
        else:
            members = self._picked(view, founders, self.per_step)
        for step in range(founding + 1, view.step):
            members = self._survivors(view, members, [s for s in view.scored if s.candidate.step == step])
        return members

    def _picked(self, view: View, scored: Sequence[Scored], n: int) -> list[Scored]:
        allowed = {s.candidate.id for s in scored}
        pool = [s for s in ranked(view) if s.candidate.id in allowed]
        if self.initial == "random":  # ids are digests, so their order is a fixed random one
            pool.sort(key=lambda s: s.candidate.id)
        return pool[-n:] if self.initial == "bottom" else pool[:n]

    def _vary(self) -> Variation:
        return Variation(self.write, self.metaprompts, self.origin, self.temperature)

    def _ask(self, view: View, form: str, texts: Sequence[Candidate], parents: Sequence[Candidate], i: int) -> Proposal:
        question = self.metaprompts.ask(
            f"evoprompt/{form}",
            data=[c.bare for c in texts],
            texts=[c.bare for c in texts],
            placeholders=placeholders(view.incumbent.candidate.text),
        )
        replies = self.write(question, n=1, temperature=self.temperature, sample=1000 * view.step + i)
        return placed(replies[0] if replies else None, self.origin, Layout(), parents)


@dataclass(frozen=True, slots=True)
class EvoPromptGa(_Population):
    """Genetic algorithm: two parents by `selection`, one call that crosses and mutates.

    `update`: topk keeps the best of old and new; replace puts each child in its slot. The paper finds roulette ahead of
    tournament and random.
    """

    selection: Literal["roulette", "tournament", "random"] = "roulette"
    update: Literal["topk", "replace"] = "topk"
    name: str = "evoprompt-ga"

    origin: ClassVar[str] = "evoprompt-ga"

    def _breed(self, view: View, members: list[Scored]) -> list[Proposal]:
        children = []
        for i in range(view.wanted(self.per_step)):
            one, two = self._parents(view, members)
            slot = members[i % len(members)].candidate
            children.append(self._ask(view, "ga", [one, two], [slot, one, two], i))
        return children

    def _parents(self, view: View, members: list[Scored]) -> tuple[Candidate, Candidate]:
        one = self._pick(view, members)
        others = [s for s in members if s is not one] or members
        return one.candidate, self._pick(view, others).candidate

    def _pick(self, view: View, pool: list[Scored]) -> Scored:
        if self.selection == "random":
            return view.rng.choice(pool)
        if self.selection == "tournament":
            return max(view.rng.choices(pool, k=2), key=lambda s: view.scores[s.candidate.id])
        return view.rng.choices(pool, weights=_fitness(view, pool))[0]

    def _survivors(self, view: View, members: list[Scored], children: list[Scored]) -> list[Scored]:
        if self.update == "topk":
            allowed = {s.candidate.id for s in (*members, *children)}
            return [s for s in ranked(view) if s.candidate.id in allowed][: self.per_step]
        slots = {s.candidate.parents[0]: s for s in children if s.candidate.parents}
        return [slots.get(m.candidate.id, m) for m in members]


@dataclass(frozen=True, slots=True)
class EvoPromptDe(_Population):
    """Differential evolution: each member meets a child made of the differences of two others; the better one stays.

    `version` 1 mutates only the differing parts and combines them with a third prompt (`third`: the best so far, or a
    random one), 2 crosses them straight into the member, 3 mutates both parents whole.
    """

    version: Literal[1, 2, 3] = 1
    third: Literal["best", "random"] = "best"
    name: str = "evoprompt-de"

    origin: ClassVar[str] = "evoprompt-de"

    def _breed(self, view: View, members: list[Scored]) -> list[Proposal]:
        best = ranked(view)[0].candidate
        children = []
        for i in range(view.wanted(self.per_step)):
            member = members[i % len(members)]
            others = [s.candidate for s in members if s is not member] or [member.candidate]
            one, two = _two(view.rng, others)
            third = best if self.third == "best" else view.rng.choice(others)
            middle = [] if self.version == 2 else [third]
            texts = [one, two, *middle, member.candidate]
            children.append(self._ask(view, f"de_v{self.version}", texts, [member.candidate, one, two], i))
        return children

    def _survivors(self, view: View, members: list[Scored], children: list[Scored]) -> list[Scored]:
        """The better of each member and its best child; while the population is short, further children fill it up."""
        best_first = sorted(children, key=lambda s: -_score(view, s))
        slots = {s.candidate.parents[0]: s for s in reversed(best_first) if s.candidate.parents}
        pairs = [(m, slots.get(m.candidate.id, m)) for m in members]
        kept = [c if _score(view, c) > _score(view, m) else m for m, c in pairs]
        rest = [c for c in best_first if c not in kept]
        return [*kept, *rest[: max(0, self.per_step - len(kept))]]


def _score(view: View, scored: Scored) -> float:
    return view.scores.get(scored.candidate.id, 0.0)


def _fitness(view: View, pool: list[Scored]) -> list[float]:
    """Each one's share of the wheel; equal shares when nobody scores at all."""
    weights = [view.scores[s.candidate.id] for s in pool]
    return weights if any(weights) else [1.0] * len(pool)


def _two(rng: random.Random, pool: Sequence[Candidate]) -> tuple[Candidate, Candidate]:
    """Two different ones where there are two."""
    drawn = rng.sample(list(pool), min(2, len(pool)))
    return drawn[0], drawn[-1]
