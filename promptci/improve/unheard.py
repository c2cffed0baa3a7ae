"""What to do where a search tried nothing of what the optimizer model said."""

from __future__ import annotations

from collections import Counter

from promptci.core import Reason
from promptci.search.account import KNOWN
from promptci.search.base import Found
from promptci.untrusted import one_line

_LARGER = "Take a larger optimizer model, or `search: {strategy: edits}`, which changes a sentence at a time."
_KEPT = "Look whether `search.keep`, `search.forbid` and what reviewers wished leave anything to be changed."
_MENDS = {
    "too long": _LARGER,
    "variables": _LARGER,
    "placeholders": _LARGER,
    "template syntax": _LARGER,
    "lost what is kept": _KEPT,
    "forbidden words": _KEPT,
    "quotes a case": "Take a larger optimizer model, which says rules in place of examples, or add cases.",
    "hidden characters": "Take another optimizer model: what it writes holds characters that nobody can see.",
    "file form": "Reword what its file cannot hold, or keep the prompt in a file of its own.",
}


def advice(found: Found) -> tuple[Reason, ...]:
    """Show one of the replies, or why a proposal was refused: whoever set up the optimizer model has to see it."""
    if found.reason.kind not in ("unreadable", "refused"):
        return ()
    fresh = [r for r in found.refused if not r.unread and r.reason not in KNOWN]
    if found.reason.kind == "refused" and fresh:
        (most, _), *_rest = Counter(r.reason for r in fresh).most_common(1)
        first = next(r for r in fresh if r.reason == most)
        shown = f"The first that is refused as {one_line(most)}: {one_line(first.detail, limit=200)}."
        return (Reason("refused", f"{shown} {_MENDS.get(most, 'The report shows its text.')}"),)
    reply = next((r.text for r in found.refused if r.unread and r.text), None)
    said = "A larger optimizer model, or `search: {style: plain}` for a small one, may help."
    return (Reason("reply", f'One of the replies began: "{one_line(reply, limit=300)}". {said}'),) if reply else ()
