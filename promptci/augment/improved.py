"""What a request becomes by the replies to the two questions about it: another text, or the same with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.augment.base import Typed, joined
from promptci.augment.replies import made_of
from promptci.augment.rules import COMPLEMENT, REWRITE, Attempt, broken
from promptci.augment.spec import Spec
from promptci.core import Reason
from promptci.models.base import Reply


@dataclass(frozen=True, slots=True)
class Improved:
    """What to send in a request's place. `reason` says why it is unchanged; then `made` is None, `text` the request's.

    `added_s` is what it took.
    """

    text: str
    made: str | None = None
    category: str = ""
    reason: Reason | None = None
    added_s: float = 0.0


def read_made(spec: Spec, typed: Typed, category: str, reply: Reply) -> Improved:
    """The request with the reply's text, or as it was: here only rules can say, a check would cost a call."""
    made = None if reply.failure is not None or reply.cut else made_of(reply.text or "")
    if made is None:
        unread = Reason("unreadable", "the reply gives no text, or was cut")
        reason = unread if reply.failure is None else reply.failure.reason
        return Improved(typed.text, category=category, reason=reason)
    rules = COMPLEMENT if spec.kind == "augment" else REWRITE
    wrong = broken(rules, Attempt(typed, made, spec.limits))
    if wrong is not None:
        return Improved(typed.text, category=category, reason=wrong)
    return Improved(joined(typed.text, made) if spec.kind == "augment" else made, made, category)
