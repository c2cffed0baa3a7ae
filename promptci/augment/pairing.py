"""A complement or a rewrite for each prompt: written, held against the rules, checked, and tried again up to a cap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from promptci.augment.base import UNASKED, Dropped, Pair, Typed
from promptci.augment.questions import Questions
from promptci.augment.replies import check_of, made_of, rewrite_of
from promptci.augment.rules import COMPLEMENT, REWRITE, Attempt, broken
from promptci.core import Reason
from promptci.models.base import Reply, Request


class Ask(Protocol):
    """Asks models; the replies are in the requests' order."""

    def __call__(self, requests: Sequence[Request], /) -> Sequence[Reply]:
        """Return one reply for each request."""
        ...


_UNTRIED = Reason("untried", "nobody was asked")


@dataclass(frozen=True, slots=True)
class Draft:
    """A prompt on its way to a pair: how often it was tried, the text to check next, and what was wrong last."""

    typed: Typed
    category: str
    attempts: int = 0
    text: str | None = None
    given: bool = False
    wrong: Reason | None = None

    def refused(self, reason: Reason, corrected: str | None = None) -> Draft:
        """The same without its text; or with the judge's own, which is checked like any other."""
        return replace(self, text=corrected, given=corrected is not None, wrong=reason)


def complements(ask: Ask, questions: Questions, prompts: Sequence[tuple[Typed, str]]) -> list[Pair | Dropped]:
    """A checked complement for each prompt with its category, or why there is none; in their order."""
    return _rounds(ask, questions, prompts, _write_complement, _checked)


def rewrites(ask: Ask, questions: Questions, prompts: Sequence[tuple[Typed, str]]) -> list[Pair | Dropped]:
    """A rewrite for each prompt that has a good and a bad answer, or why there is none; in their order."""
    return _rounds(ask, questions, prompts, _write_rewrite, _unchecked)


Write = Callable[[Questions, Draft], Request]
Verify = Callable[[Ask, Questions, list[Draft]], list[Pair | Dropped | Draft]]


def _rounds(
    ask: Ask, questions: Questions, prompts: Sequence[tuple[Typed, str]], write: Write, verify: Verify
) -> list[Pair | Dropped]:
    done: dict[int, Pair | Dropped] = {}
    open_: dict[int, Draft] = {n: Draft(typed, category) for n, (typed, category) in enumerate(prompts)}
    while open_:
        drafts = _written(ask, questions, list(open_.values()), write)
        ready = [d for d in drafts if isinstance(d, Draft) and d.text is not None]
        verdicts = iter(verify(ask, questions, ready))
        after = [next(verdicts) if isinstance(d, Draft) and d.text is not None else d for d in drafts]
        numbered = list(zip(open_, after, strict=True))
        ended = {n: _ended(one, questions.spec.limits.attempts) for n, one in numbered}
        done |= {n: one for n, one in ended.items() if one is not None}
        open_ = {n: one for n, one in numbered if isinstance(one, Draft) and n not in done}
    return [done[n] for n in range(len(prompts))]


def _ended(one: Pair | Dropped | Draft, attempts: int) -> Pair | Dropped | None:
    if not isinstance(one, Draft):
        return one
    out = one.attempts >= attempts and one.text is None
    return Dropped(one.typed.id, "pair", one.wrong or _UNTRIED) if out else None


def _write_complement(questions: Questions, draft: Draft) -> Request:
    return questions.made(draft.typed, draft.category, sample=draft.attempts)


def _write_rewrite(questions: Questions, draft: Draft) -> Request:
    return questions.compared(draft.typed, sample=draft.attempts)


def _written(ask: Ask, questions: Questions, drafts: list[Draft], write: Write) -> list[Draft | Dropped]:
    """Each draft with a text that breaks no rule, or with what was wrong; those that have one are not asked for."""
    lacking = [d for d in drafts if d.text is None]
    replies = iter(ask([write(questions, d) for d in lacking]))
    return [_ruled(questions, d if d.text is not None else _read(questions, d, next(replies))) for d in drafts]


def _read(questions: Questions, draft: Draft, reply: Reply) -> Draft | Dropped:
    tried = replace(draft, attempts=draft.attempts + 1)
    if reply.failure is not None:
        reason = reply.failure.reason
        return Dropped(draft.typed.id, "pair", reason) if reply.failure.kind in UNASKED else tried.refused(reason)
    if reply.cut:
        return tried.refused(Reason("cut", "it was cut at the cap on tokens"))
    text = (made_of if questions.spec.kind == "augment" else rewrite_of)(reply.text or "")
    return tried.refused(Reason("unreadable", "the reply gives no text")) if text is None else replace(tried, text=text)


def _ruled(questions: Questions, draft: Draft | Dropped) -> Draft | Dropped:
    if isinstance(draft, Dropped) or draft.text is None:
        return draft
    rules = COMPLEMENT if questions.spec.kind == "augment" else REWRITE
    wrong = broken(rules, Attempt(draft.typed, draft.text, questions.spec.limits))
    return draft if wrong is None else draft.refused(wrong)


def _checked(ask: Ask, questions: Questions, drafts: list[Draft]) -> list[Pair | Dropped | Draft]:
    asked = [questions.checked(d.typed, d.text or "") for d in drafts]
    return [_judged(d, reply) for d, reply in zip(drafts, ask(asked), strict=True)]


def _judged(draft: Draft, reply: Reply) -> Pair | Dropped | Draft:
    """A pair whose check failed or cannot be read is refused: the published scripts left such pairs in, unfiltered."""
    if reply.failure is not None:
        reason = reply.failure.reason
        return Dropped(draft.typed.id, "pair", reason) if reply.failure.kind in UNASKED else draft.refused(reason)
    check = check_of(reply.text or "")
    if check is None:
        return draft.refused(Reason("no_verdict", "the judge's reply states no verdict"))
    if check.stands:
        return _pair(draft)
    kind = check.grounds[0] if check.grounds else "refused"
    reason = Reason(kind, f"the judge refused it: {', '.join(check.grounds) or 'no ground is named'}")
    # The judge's own text is checked once like any other, never taken on trust, and never corrected in turn.
    return draft.refused(reason, check.text or None if not draft.given else None)


def _unchecked(ask: Ask, questions: Questions, drafts: list[Draft]) -> list[Pair | Dropped | Draft]:
    del ask, questions
    return [_pair(draft) for draft in drafts]


def _pair(draft: Draft) -> Pair:
    return Pair(draft.typed, draft.category, draft.text or "", draft.attempts)
