"""PAS (Zheng et al. 2024, arXiv 2407.06027) for a prompt in a file: one fixed complement, which is the smallest diff.

Its text says how to answer and stands where an added sentence goes; the prompt's own words stay to the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptci.core import Case
from promptci.search.base import Proposal, Write
from promptci.search.layout import is_blank
from promptci.search.metaprompts import MetaPrompts, answer_of, example, texts_of
from promptci.search.proposers.ape import opening
from promptci.search.screening.edits import Edit, apply
from promptci.search.screening.pieces import cut
from promptci.search.view import View


@dataclass(slots=True)
class Pas:
    """`per_step` complements a question, of the text in the lead and the inputs of `batch` train cases.

    `keep` are passages that no edit may touch, `forbid` words that no new text may hold. Beside an empty text there is
    nothing to stand: it gets whole instructions from pairs first.
    """

    write: Write
    metaprompts: MetaPrompts
    per_step: int = 8
    batch: int = 4
    keep: Sequence[str] = ()
    forbid: Sequence[str] = ()
    temperature: float = 1.0
    max_tokens: int = 1024
    name: str = "pas"

    def __call__(self, view: View) -> list[Proposal]:
        """Whole texts: the one in the lead with another complement each."""
        parent, base = view.lead.candidate, cut(view.lead.candidate.bare, self.keep)
        if is_blank(parent.bare):
            return opening(self.write, self.metaprompts, view, self.per_step)
        found = []
        for text, reason, raw, cases in self._asked(view, view.wanted(self.per_step), view.step):
            made = None if text is None else apply(base, [Edit(base.home, "insert", " ".join(text.split()), self.name)])
            shown = tuple(c.id for c in cases)
            found.append(Proposal(self.name, made, raw, reason, parents=(parent.id,), shown=shown))
        return found

    def _asked(self, view: View, n: int, sample: int) -> list[tuple[str | None, str, str, list[Case]]]:
        """For each reply its complement, or what is wrong with it, the reply, and the cases that were shown."""
        pool = sorted(view.exemplars, key=lambda c: c.id)
        cases = view.rng.sample(pool, min(self.batch, len(pool)))
        examples = [example(c) for c in cases]
        text = view.lead.candidate.bare.strip()
        question = self.metaprompts.ask(
            "pas/complement", data=[text, *texts_of(examples)], text=text, examples=examples
        )
        replies = self.write(question, n=n, temperature=self.temperature, sample=sample, max_tokens=self.max_tokens)
        return [(*answer_of(reply), reply or "", cases) for reply in replies]
