"""Other words for the same text, or fewer: the paraphrase of APE's resampling and EvoPrompt, and a shortening."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.search.base import Candidate, Proposal, Scored, Write
from promptci.search.layout import Layout
from promptci.search.metaprompts import MetaPrompts, placed, placeholders
from promptci.search.view import View

_WHOLE = Layout()


@dataclass(frozen=True, slots=True)
class Variation:
    """Asks for variations of one text; with `shorter`, for one that says the same in less."""

    write: Write
    metaprompts: MetaPrompts
    origin: str
    temperature: float
    shorter: bool = False

    def of(
        self, source: Candidate, n: int, *, sample: int, layout: Layout = _WHOLE, text: str | None = None
    ) -> list[Proposal]:
        """Return `n` proposals from `source` (or from `text`, with `source` as the parent)."""
        text = layout.instruction(source.bare) if text is None else text
        names = placeholders(source.bare) if layout == _WHOLE else []
        question = self.metaprompts.ask(
            "variation/paraphrase", data=[text], text=text, shorter=self.shorter, placeholders=names
        )
        replies = self.write(question, n=n, temperature=self.temperature, sample=sample)
        return [placed(r, self.origin, layout, [source]) for r in replies]


def ranked(view: View) -> list[Scored]:
    """The scored candidates, best estimate on train first; among equals the oldest first."""
    known = [s for s in view.scored if s.candidate.id in view.scores]
    return sorted(known, key=lambda s: -view.scores[s.candidate.id])
