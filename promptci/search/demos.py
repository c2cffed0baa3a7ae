"""Demonstrations: train cases with their answers, quoted inside the prompt; never from validation or test."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from promptci.core import Case
from promptci.search.base import Proposal
from promptci.search.layout import question_start
from promptci.search.metaprompts import example
from promptci.search.screening.edits import Edit
from promptci.search.view import Proposer, View


@dataclass(frozen=True, slots=True)
class WithDemos:
    """Gives each text of another proposer `k` demonstrations, and tries fresh ones for the prompt in the lead.

    Half of the texts inherit the demonstrations of the lead, so that good texts and good demonstrations can meet.
    """

    inner: Proposer
    k: int

    @property
    def name(self) -> str:
        """The inner proposer's name: demonstrations are an option, not a strategy."""
        return self.inner.name

    def __call__(self, view: View) -> list[Proposal]:
        """Ask the other proposer, then draw demonstrations from train."""
        proposals = self.inner(view)
        pool = [c.id for c in sorted(view.exemplars, key=lambda c: c.id) if quotable(c)]
        if not proposals or not pool:
            return proposals
        lead = view.lead.candidate
        again = Proposal("demos", lead.bare, parents=(lead.id,))
        drawn = [replace(p, demos=self._draw(view, pool, inherit=i % 2 == 0)) for i, p in enumerate(proposals)]
        return [*drawn, replace(again, demos=self._draw(view, pool, inherit=False))]

    def _draw(self, view: View, pool: list[str], *, inherit: bool) -> tuple[str, ...]:
        lead = view.lead.candidate
        if inherit and lead.demos:
            return lead.demos
        return tuple(view.rng.sample(pool, min(self.k, len(pool))))


def demonstrations(pool: Sequence[Case], slots: int, taken: Sequence[str], most: int, rng: random.Random) -> list[Edit]:
    """At most `most` train cases as edits to be screened, drawn at random, spread over what is left of `slots`.

    Each stands in its slot against the others there, so a text quotes `slots` at most; `taken` are quoted already.
    """
    free = slots - len(taken)
    left = sorted((c for c in pool if quotable(c) and c.id not in taken), key=lambda c: c.id)
    drawn = rng.sample(left, min(most, len(left))) if free > 0 else []
    return [
        Edit(-1, "insert", quoted("", [case]), "demonstration", demo=case.id, slot=number % free)
        for number, case in enumerate(drawn)
    ]


def quotable(case: Case) -> bool:
    """Whether a case can stand in a template as plain text: an answer, no chat, no braces that Jinja2 would read."""
    shown = example(case)
    return bool(shown.output and not case.messages) and not any(
        brace in shown.input + shown.output for brace in ("{{", "{%", "{#")
    )


def quoted(text: str, cases: Sequence[Case]) -> str:
    """`text` with its demonstrations: after the instruction, before the question (APE found that place no worse)."""
    if not cases:
        return text
    block = "\n\n".join(f"Input: {e.input}\nOutput: {e.output}" for e in map(example, cases))
    at = question_start(text)
    return "\n\n".join(part for part in (text[:at].rstrip(), block, text[at:].lstrip("\n")) if part)
