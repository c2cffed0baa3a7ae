"""Containment: an accepted answer stands somewhere in the output, as whole words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from promptci.core import Case
from promptci.metrics.exact import Exact, answers


@dataclass(frozen=True)
class Contains:
    """An accepted answer occurs in the output, bounded by non-word characters: "invalid" does not hold "valid"."""

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
        return float(any(re.search(rf"(?<!\w){re.escape(form(a))}(?!\w)", given) is not None for a in accepted))
