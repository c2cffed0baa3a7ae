"""Containment: an accepted answer stands somewhere in the output, as whole words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from promptci.core import Case
from promptci.metrics.exact import Exact, answers

# Part of the same word or number: letters, a sign before digits, digits on both sides of a point or comma.
_BEFORE = r"(?<!\w)(?<!\d[.,])(?<!\W[-−])(?<!^[-−])"
_AFTER = r"(?!\w)(?![.,]\d)"


@dataclass(frozen=True)
class Contains:
    """An accepted answer occurs in the output as whole words: "invalid" does not hold "valid", nor "12.5" "12".

    An output that names several answers holds each of them ("not true so false" holds "true"): where the answers are
    a closed set of labels, `exact` is the rule to take. An empty answer is held by an empty output only.
    """

    ignore_case: bool = True

    @property
    def version(self) -> str:
        """The rule and its options."""
        return f"contains/1 case={not self.ignore_case}"

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when an accepted answer occurs in the output, 0.0 when none does, None when the case has no answer."""
        accepted = answers(case)
        if not accepted:
            return None
        form = Exact(ignore_case=self.ignore_case).form
        given = form(output)
        return float(any(_holds(given, form(answer)) for answer in accepted))


def _holds(given: str, answer: str) -> bool:
    if not answer:
        return not given
    before = _BEFORE if answer[0].isdecimal() else r"(?<!\w)"
    after = _AFTER if answer[-1].isdecimal() else r"(?!\w)"
    return re.search(before + re.escape(answer) + after, given) is not None
