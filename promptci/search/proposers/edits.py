"""Edits: many small changes from failures, from pairs and from other words, to be screened together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from promptci.core import Case, Message
from promptci.search.base import Proposal, Write
from promptci.search.layout import Layout, is_blank
from promptci.search.metaprompts import NO_REPLY, Example, MetaPrompts, example, texts_of
from promptci.search.proposers.ape import opening
from promptci.search.proposers.opro import Opro, failures
from promptci.search.screening.edits import Edit
from promptci.search.screening.pieces import Pieces
from promptci.search.suggestions import edits_of
from promptci.search.view import Suggested, View

Form = Literal["reflect", "induce", "reword", "plain", "shorten"]
_WORDS = 12  # of a sentence, enough to know it by


@dataclass(slots=True)
class Edits:
    """A source of edits for the screening search: `per_step` edits a reply, about `batch` train cases at a time.

    The first questions ask for reflection on failures, rules from pairs and other words; later ones reflect on other
    failures. `style`: rich asks for numbered edits, many a reply; plain for one sentence a reply, for small models;
    auto begins rich and goes on plain when neither of the first two replies could be read (`small`). `keep` are
    passages that no edit may touch, `forbid` words that no new text may hold. As a proposer it suggests whole texts.
    """

    write: Write
    metaprompts: MetaPrompts
    per_step: int = 8
    batch: int = 8
    style: Literal["auto", "rich", "plain"] = "auto"
    keep: Sequence[str] = ()
    forbid: Sequence[str] = ()
    temperature: float = 1.0
    max_tokens: int = 2048
    name: str = "edits"
    small: bool = field(default=False, init=False)
    demos: int = field(default=0, init=False)

    def __call__(self, view: View) -> list[Proposal]:
        """Whole texts, from the scored texts so far: they join the finals where edits do not add up."""
        return Opro(self.write, self.metaprompts, per_step=self.per_step)(view)

    def edits(self, view: View, base: Pieces, wanted: int, number: int) -> Suggested:
        """Ask once more; `number` 0 is the first time. At most `view.places` questions are sent."""
        most = view.places if view.places is not None else wanted
        if self.style == "plain" or self.small:
            return self._asked(view, base, "plain", min(wanted, most, 16), number)
        if is_blank(base.text):
            return self._opened(view, base, min(4, most), number)
        replies = max(1, min(most, -(-wanted // self.per_step)))
        parts = [self._asked(view, base, "reflect", min(2, replies) if number == 0 else min(replies, 8), number)]
        if number == 0:
            self.small = self.style == "auto" and not parts[0].edits
            more: tuple[Form, ...] = ("plain",) if self.small else ("induce", "reword")
            parts += [self._asked(view, base, form, 1, number) for form in more[: max(0, most - parts[0].replies)]]
        return together(parts)

    def shorter(self, view: View, base: Pieces, most: int) -> Suggested:
        """The sentences in fewer words; nobody is asked where nothing is there to be said shorter."""
        return self._asked(view, base, "shorten", most, 0) if base.free and most else Suggested()

    def _opened(self, view: View, base: Pieces, n: int, number: int) -> Suggested:
        """Nothing is there to edit: whole instructions from pairs, taken apart into sentences."""
        texts = opening(self.write, self.metaprompts, view, n, self.batch)
        above = Layout.of(base.text, "before_question")
        found = [e for p in texts if p.text for e in edits_of(above.instruction(p.text), base, "ape", p.shown)]
        kept = tuple(p for p in texts if p.text)
        if number == 0 and self.style == "auto" and not found:
            self.small = True
        return Suggested(tuple(found), kept, tuple(p for p in texts if p.text is None), len(texts))

    def _asked(self, view: View, base: Pieces, form: Form, n: int, number: int) -> Suggested:
        cases = self._cases(view, form)
        if form not in _CASELESS and not cases:
            return Suggested()
        examples = [example(c, self._given(view, c, form)) for c in cases]
        question = self._question(view, base, form, examples)
        replies = self.write(
            question, n=n, temperature=self.temperature, sample=1000 * view.step + number, max_tokens=self.max_tokens
        )
        shown = tuple(c.id for c in cases)
        asking = _asking(question, examples)
        found: list[Edit] = []
        unread: list[Proposal] = []
        for reply in replies:
            mine = edits_of(reply, base, _SOURCES[form], shown, asking) if reply else []
            found += mine
            if not mine:
                reason = "unreadable reply (no edit in it)" if reply else NO_REPLY
                unread.append(Proposal(self.name, None, reply or "", reason, shown=shown))
        return Suggested(tuple(found), (), tuple(unread), len(replies))

    def _cases(self, view: View, form: Form) -> list[Case]:
        """Failures of the text in the lead with a few passes, or any pairs when it fails nowhere."""
        if form in _CASELESS:
            return []
        wrong = failures([view.lead])
        pool = sorted(view.exemplars, key=lambda c: c.id)
        bad = [c for c in pool if wrong[c.id]] if form != "induce" else []
        good = [c for c in pool if c not in bad]
        passes = view.rng.sample(good, min(self.batch // 4 if bad else self.batch, len(good)))
        return [*view.rng.sample(bad, min(self.batch - len(passes), len(bad))), *passes]

    def _given(self, view: View, case: Case, form: Form) -> str | None:
        outcome = view.lead.outcomes.get(case.id)
        if form == "induce":
            return None
        return (outcome.output if outcome else None) if form == "plain" else (outcome and outcome.output) or ""

    def _question(self, view: View, base: Pieces, form: Form, examples: Sequence[Example]) -> tuple[Message, ...]:
        text = base.text.strip()
        numbered = [(i + 1, _short(base.pieces[i].body)) for i in base.free]
        score = view.scores.get(view.lead.candidate.id)
        return self.metaprompts.ask(
            f"edits/{form}",
            data=[text, *texts_of(examples)],
            text=text,
            examples=examples,
            sentences=numbered,
            last=numbered[-1][0] if numbered else 0,
            wanted=self.per_step,
            hopeless=score == 0,
        )


_SOURCES: dict[Form, str] = {
    "reflect": "reflect", "induce": "induce", "reword": "reword", "plain": "reflect", "shorten": "shorten"
}  # fmt: skip
_CASELESS = ("reword", "shorten")  # forms that show no case


def together(parts: Sequence[Suggested]) -> Suggested:
    """What several questions gave, as one."""
    return Suggested(
        tuple(e for p in parts for e in p.edits),
        tuple(t for p in parts for t in p.texts),
        tuple(u for p in parts for u in p.unread),
        sum(p.replies for p in parts),
    )


def _short(sentence: str) -> str:
    words = sentence.split()
    return " ".join(words[:_WORDS]) + (" ..." if len(words) > _WORDS else "")


def _asking(question: Sequence[Message], examples: Sequence[Example]) -> list[str]:
    """The lines of the question that are ours, not the data's: who repeats one has not answered."""
    data = {line.strip() for text in texts_of(examples) for line in text.splitlines()}
    lines = [line for message in question for line in message.content.splitlines()]
    return [re.sub(r"^(?:ADD after|REPLACE) \d+: ", "", line) for line in lines if line.strip() not in data]
