"""OPRO (Yang et al. 2023, arXiv 2309.03409): show the best texts so far with their scores and ask for a better one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from promptci.core import Case, Message
from promptci.search.base import Proposal, Scored, Write
from promptci.search.layout import WHERE, Layout, Position, is_blank
from promptci.search.metaprompts import MetaPrompts, example, placed, placeholders, texts_of
from promptci.search.view import View

Choice = Literal["random", "constant", "wrong_overall", "wrong_shown"]


@dataclass(frozen=True, slots=True)
class Opro:
    """The paper's defaults: best 20 ascending, integer scores, 3 exemplars redrawn each step, 8 texts, temperature 1.

    `history` best texts are shown, those below `min_score` (of 1) are not (0.3 in the paper for GPT scorers, 0 for
    others). `buckets`: 100 for integers, 20, None for three decimals, 0 for no scores at all. `choice` of exemplars:
    random each step, constant, most often wrong so far, or most often wrong among the texts shown. The temperature
    rises linearly to `end_temperature` at step `rise_steps`. `position` and `labels` say where the instruction stands
    (`Layout`). `starts` are further starting points; they are scored in the first step. `form` is the meta-prompt for
    chat models or, scores and tags only, for pre-trained ones; `order` of its two blocks may be swapped.
    """

    write: Write
    metaprompts: MetaPrompts
    per_step: int = 8
    history: int = 20
    min_score: float = 0.0
    buckets: int | None = 100
    exemplars: int = 3
    choice: Choice = "random"
    temperature: float = 1.0
    end_temperature: float | None = None
    rise_steps: int = 200
    position: Position = "whole"
    labels: bool = False
    starts: Sequence[str] = ()
    form: Literal["chat", "pretrained"] = "chat"
    order: Literal["history_first", "exemplars_first"] = "history_first"
    name: str = "opro"

    def __call__(self, view: View) -> list[Proposal]:
        """Ask once for `per_step` texts; with several starting points, hand those over in the first step."""
        layout = Layout.of(view.incumbent.candidate.text, self.position, labels=self.labels)
        if self.starts and view.step == 1:
            return [Proposal(self.name, layout.place(text)) for text in self.starts]
        listed = best_ascending(view, self.history, self.min_score)
        shown = [] if self.form == "pretrained" else self._exemplars(view, listed)
        question = self._question(view, layout, listed, shown)
        replies = self.write(
            question, n=view.wanted(self.per_step), temperature=self._heat(view.step), sample=view.step
        )
        parents = [s.candidate for s in listed]
        return [placed(r, self.name, layout, parents, shown) for r in replies]

    def _question(self, view: View, layout: Layout, listed: list[Scored], shown: list[Case]) -> tuple[Message, ...]:
        texts = [layout.instruction(s.candidate.bare) for s in listed]
        scores = [_told(view, s, self.buckets) for s in listed]
        examples = [example(case) for case in shown]
        return self.metaprompts.ask(
            f"opro/{self.form}",
            data=[*texts, *texts_of(examples)],
            history=list(zip(texts, scores, strict=True)),
            scale=100 if self.buckets is None else self.buckets,
            examples=examples,
            exemplars_first=self.order == "exemplars_first",
            placeholders=placeholders(view.incumbent.candidate.text) if layout == Layout() else [],
            where=WHERE[self.position],
        )

    def _heat(self, step: int) -> float:
        if self.end_temperature is None:
            return self.temperature
        share = min(1.0, (step - 1) / max(1, self.rise_steps - 1))
        return round(self.temperature + share * (self.end_temperature - self.temperature), 3)

    def _exemplars(self, view: View, listed: Sequence[Scored]) -> list[Case]:
        pool = sorted(view.exemplars, key=lambda c: c.id)
        if self.choice == "constant":
            return pool[: self.exemplars]
        if self.choice == "random":
            return view.rng.sample(pool, min(self.exemplars, len(pool)))
        wrong = failures(view.scored if self.choice == "wrong_overall" else listed)
        return sorted(pool, key=lambda c: (-wrong[c.id], c.id))[: self.exemplars]


def best_ascending(view: View, limit: int, min_score: float = 0.0) -> list[Scored]:
    """The `limit` best scored texts, worst first; among equals the newest is nearest to the question.

    Texts that the race dropped early stand below all that met the whole track, whatever their few cases say.
    """
    known = [s for s in view.scored if view.scores.get(s.candidate.id, -1.0) >= min_score]
    known = [s for s in known if not is_blank(s.candidate.bare)]  # nothing can be learned from an empty text
    order = sorted(known, key=lambda s: (cases_behind(view, s) is None, view.scores[s.candidate.id]))
    return order[-limit:] if limit else []


def cases_behind(view: View, scored: Scored) -> int | None:
    """On how many train cases a score stands when the race dropped the text early; None for one that met the track."""
    others = [len(s.outcomes) for s in view.scored if s is not view.incumbent]
    track = min(len(view.incumbent.outcomes), max(others, default=len(view.incumbent.outcomes)))
    met = len(scored.outcomes)
    return met if scored is not view.incumbent and met < track else None


def _told(view: View, scored: Scored, buckets: int | None) -> str:
    """The score, and on how many cases it stands where they are few."""
    score, few = shown_score(view.scores[scored.candidate.id], buckets), cases_behind(view, scored)
    if not score or few is None:
        return score
    return f"{score} (from {few} {'case' if few == 1 else 'cases'} only)"


def shown_score(score: float, buckets: int | None) -> str:
    """What the optimizer model reads: 0 to `buckets`, with None three decimals of 100, with 0 nothing."""
    if buckets is None:
        return f"{100 * score:.3f}"
    return str(round(score * buckets)) if buckets else ""


def failures(scored: Sequence[Scored]) -> Counter[str]:
    """How often each case was answered below full marks, by case id. Unjudged answers are no failures."""
    return Counter(
        i for s in scored for i, o in s.outcomes.items() if o.score.value is not None and o.score.value < 1.0
    )
