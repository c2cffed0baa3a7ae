"""APE (Zhou et al. 2022, arXiv 2211.01910): infer the instruction from input/output pairs, then resample the best."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from promptci.core import Case
from promptci.search.base import Proposal, Write
from promptci.search.layout import Layout, Position
from promptci.search.metaprompts import MetaPrompts, example, placed, texts_of
from promptci.search.proposers.variation import Variation, ranked
from promptci.search.view import View

Mode = Literal["forward", "reverse", "both", "trigger"]


@dataclass(frozen=True, slots=True)
class Ape:
    """The paper's defaults: 50 instructions from 5 subsamples of 5 pairs at temperature 0.9, one pass, no resampling.

    `mode`: forward (the instruction ends the text), reverse (it is a blank before the pairs), both in turn, or trigger
    (a sentence, beginning with `prefix`, that should open the incumbent's correct answers; Zhou et al., section 4.3).
    `rounds` passes draw fresh subsamples; after them `resample_rounds` passes paraphrase the best `keep` of all (the
    paper's iterative Monte Carlo search). `position` defaults to before the question, for a trigger to the answer.
    """

    write: Write
    metaprompts: MetaPrompts
    per_step: int = 50
    subsamples: int = 5
    pairs: int = 5
    mode: Mode = "forward"
    rounds: int = 1
    resample_rounds: int = 0
    keep: float = 0.2
    temperature: float = 0.9
    max_tokens: int = 1024
    position: Position | None = None
    prefix: str = "Let's"
    name: str = "ape"

    def __call__(self, view: View) -> list[Proposal]:
        """Infer instructions, later resample them; nothing more after the last round."""
        if view.step <= self.rounds:
            return self.infer(view)
        if view.step <= self.rounds + self.resample_rounds:
            return self._resample(view)
        return []

    def infer(self, view: View) -> list[Proposal]:
        """One pass: `per_step` instructions from fresh subsamples of pairs, in whatever step."""
        layout = self._layout(view)
        found: list[Proposal] = []
        for number, (cases, n) in enumerate(self._draws(view)):
            examples = [example(c, self._answer(view, c)) for c in cases]
            question = self.metaprompts.ask(
                f"ape/{self._form(number)}", data=texts_of(examples), examples=examples, prefix=self.prefix
            )
            replies = self.write(
                question,
                n=n,
                temperature=self.temperature,
                sample=1000 * view.step + number,
                max_tokens=self.max_tokens,
            )
            found += [self._begun(placed(r, self.name, layout, [], cases), layout) for r in replies]
        return found

    def _draws(self, view: View) -> Iterator[tuple[list[Case], int]]:
        """Subsamples of pairs, each with the number of instructions to ask for; the numbers add up to `per_step`."""
        pool = sorted(view.exemplars, key=lambda c: c.id)
        if self.mode == "trigger":
            pool = [c for c in pool if self._answer(view, c) is not None]
        wanted = view.wanted(self.per_step)
        asked = min(self.subsamples, wanted) if pool else 0
        for i in range(asked):
            n = wanted // asked + (i < wanted % asked)
            yield view.rng.sample(pool, min(self.pairs, len(pool))), n

    def _answer(self, view: View, case: Case) -> str | None:
        """The incumbent's full answer to that case when it was right: the reasoning that a trigger should open."""
        outcome = view.incumbent.outcomes.get(case.id)
        right = self.mode == "trigger" and outcome is not None and outcome.score.value == 1.0
        return outcome.output if right and outcome is not None else None

    def _form(self, number: int) -> str:
        return ("forward", "reverse")[number % 2] if self.mode == "both" else self.mode

    def _layout(self, view: View) -> Layout:
        start = view.incumbent.candidate.text
        trigger = self.mode == "trigger" and "{{" in start
        return Layout.of(start, self.position or ("answer_begin" if trigger else "before_question"))

    def _begun(self, proposal: Proposal, layout: Layout) -> Proposal:
        if self.mode != "trigger" or proposal.text is None:
            return proposal
        if layout.instruction(proposal.text).startswith(self.prefix):
            return proposal
        return Proposal(
            self.name, None, proposal.raw, f"does not begin with {self.prefix!r}", proposal.parents, proposal.shown
        )

    def _resample(self, view: View) -> list[Proposal]:
        layout = self._layout(view)
        pool, wanted = ranked(view), view.wanted(self.per_step)
        best = pool[: max(1, round(self.keep * len(pool)))]
        vary = Variation(self.write, self.metaprompts, self.name, self.temperature)
        found: list[Proposal] = []
        for i, scored in enumerate(best[:wanted]):
            n = wanted // len(best) + (i < wanted % len(best))
            found += vary.of(scored.candidate, n, sample=1000 * view.step + i, layout=layout)
        return found


def opening(write: Write, metaprompts: MetaPrompts, view: View, per_step: int, pairs: int = 8) -> list[Proposal]:
    """Where nothing is written yet that could be refined: whole instructions, inferred from pairs of train cases."""
    wanted = view.wanted(per_step)
    return Ape(write, metaprompts, per_step=wanted, subsamples=min(2, wanted), pairs=pairs).infer(view)
