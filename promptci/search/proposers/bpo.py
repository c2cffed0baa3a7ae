"""BPO (Cheng et al. 2023, arXiv 2311.04155) for a prompt in a file: it learns from a good against a bad answer.

The paper's pairs are people's preferences; here execution says which answer is good: of the same case, one that passed
under some text of the search and one that failed under the text in the lead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptci.core import Case
from promptci.search.base import Proposal, Write
from promptci.search.layout import Layout, is_blank
from promptci.search.metaprompts import Example, MetaPrompts, answer_text, example, placed, placeholders, texts_of
from promptci.search.proposers.ape import opening
from promptci.search.proposers.opro import failures
from promptci.search.view import View

PASS = 1.0


@dataclass(slots=True)
class Bpo:
    """`per_step` rewrites a question, which shows `batch` cases, each with a good and a bad answer.

    `keep` are passages that no edit may touch, `forbid` words that no new text may hold. Where the text in the lead
    fails on no case there is nothing to compare; an empty text gets whole instructions from pairs first.
    """

    write: Write
    metaprompts: MetaPrompts
    per_step: int = 8
    batch: int = 4
    keep: Sequence[str] = ()
    forbid: Sequence[str] = ()
    temperature: float = 0.9
    max_tokens: int = 2048
    name: str = "bpo"

    def __call__(self, view: View) -> list[Proposal]:
        """Whole texts: the one in the lead, written anew."""
        if is_blank(view.lead.candidate.bare):
            return opening(self.write, self.metaprompts, view, self.per_step)
        replies, cases = self._asked(view, view.wanted(self.per_step), view.step)
        return [placed(reply, self.name, Layout(), [view.lead.candidate], cases) for reply in replies]

    def _asked(self, view: View, n: int, sample: int) -> tuple[list[str | None], list[Case]]:
        """The replies, and the cases that the question showed; nobody is asked where the lead fails on none."""
        wrong = failures([view.lead])
        bad = [c for c in sorted(view.exemplars, key=lambda c: c.id) if wrong[c.id]]
        cases = view.rng.sample(bad, min(self.batch, len(bad)))
        if not cases:
            return [], []
        examples = [Example(example(c).input, _good(view, c), _given(view, c)) for c in cases]
        text = view.lead.candidate.bare.strip()
        question = self.metaprompts.ask(
            "bpo/compare",
            data=[text, *texts_of(examples)],
            text=text,
            examples=examples,
            placeholders=placeholders(view.incumbent.candidate.text),
        )
        replies = self.write(question, n=n, temperature=self.temperature, sample=sample, max_tokens=self.max_tokens)
        return replies, cases


def _given(view: View, case: Case) -> str:
    outcome = view.lead.outcomes.get(case.id)
    return (outcome.output if outcome else None) or ""


def _good(view: View, case: Case) -> str:
    """An answer to the case that passed under another text; the expected one where none has passed so far."""
    passed = (s.outcomes[case.id].output for s in reversed(view.scored) if s.value(case.id) == PASS)
    return next((output for output in passed if output), None) or answer_text(case.expected)
