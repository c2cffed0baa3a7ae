"""What models are asked about a prompt, as requests: one function a question, the texts in `templates/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptci.augment.base import Golden, Typed
from promptci.augment.replies import GROUNDS
from promptci.augment.spec import Spec
from promptci.core import Message
from promptci.models.base import ModelSpec, Request
from promptci.search.metaprompts import MetaPrompts

CHOICE_TOKENS = 200  # enough for a name or a grade after a sentence of thought


@dataclass(frozen=True)
class Questions:
    """Asks on behalf of one file: `generator` writes, `judge` grades, sorts and checks."""

    spec: Spec
    metaprompts: MetaPrompts
    generator: ModelSpec
    judge: ModelSpec

    def quality(self, typed: Typed) -> Request:
        """Whether the prompt is worth an example."""
        return self._judged("augment/quality", typed.whole, max_tokens=CHOICE_TOKENS)

    def category(self, typed: Typed) -> Request:
        """Which kind of prompt it is; a file with one category needs not ask."""
        kinds = self.spec.categories
        names = ", ".join(c.name for c in kinds)
        return self._judged("augment/category", typed.whole, max_tokens=CHOICE_TOKENS, categories=kinds, names=names)

    def made(self, typed: Typed, category: str, sample: int = 0) -> Request:
        """A complement, or another text in the prompt's place; `sample` makes tries independent.

        A rewrite sees the text alone: the context below it stays as it is.
        """
        name = "augment/complement" if self.spec.kind == "augment" else "rewrite/improve"
        shown = typed.whole if self.spec.kind == "augment" else typed.text
        golden = self._golden(category)
        data = [shown, *(text for one in golden for text in (one.prompt, one.made))]
        messages = self.metaprompts.ask(name, data=data, prompt=shown, golden=golden, rules=self.spec.rules)
        return self._written(messages, sample)

    def compared(self, typed: Typed, sample: int = 0) -> Request:
        """A rewrite, by a good and a bad answer (BPO, section 3.2)."""
        data = [typed.text, typed.context, typed.good, typed.bad]
        values = {"prompt": typed.text, "context": typed.context, "good": typed.good, "bad": typed.bad}
        return self._written(self.metaprompts.ask("rewrite/build", data=data, rules=self.spec.rules, **values), sample)

    def checked(self, typed: Typed, made: str, sample: int = 0) -> Request:
        """Whether a complement may stand."""
        grounds = tuple(GROUNDS.items())
        messages = self.metaprompts.ask(
            "augment/check", data=[typed.whole, made], prompt=typed.whole, made=made, grounds=grounds
        )
        return Request(self.judge, "judge", messages, sample=sample)

    def _golden(self, category: str) -> Sequence[Golden]:
        return self.spec.category(category).golden[: self.spec.limits.shots]

    def _judged(self, name: str, prompt: str, *, max_tokens: int, **values: object) -> Request:
        messages = self.metaprompts.ask(name, data=[prompt], prompt=prompt, **values)
        return Request(self.judge, "judge", messages, max_tokens=max_tokens)

    def _written(self, messages: tuple[Message, ...], sample: int) -> Request:
        return Request(self.generator, "optimizer", messages, sample=sample)
