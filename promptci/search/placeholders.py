"""The placeholders of a text that a program fills in a way of its own: kept one by one, and none invented."""

from __future__ import annotations

import re
from dataclasses import dataclass

from promptci.search.base import Proposal

# Those of Python's format and %-format, of shells and JavaScript, of Mustache and its like; a name, or nothing.
_PLACEHOLDER = re.compile(r"\$?\{\{?\{?\s*[\w.]*\s*\}?\}?\}|%\(\w+\)[sdr]|%[sd](?!\w)|\$[A-Za-z_]\w*")
_BRACES = re.compile(r"[{}]")


@dataclass(frozen=True, slots=True)
class SamePlaceholders:
    """Exactly the baseline's placeholders, and no other brace than it has: nobody knows how the program fills them."""

    baseline: str
    reason: str = "placeholders"

    def __call__(self, proposal: Proposal) -> str | None:
        """Compare the sets, then look for braces that belong to none."""
        text = proposal.text or ""
        own, found = (set(_PLACEHOLDER.findall(one)) for one in (self.baseline, text))
        if own != found:
            lost, new = sorted(own - found), sorted(found - own)
            said = [f"lost {', '.join(lost)}"] * bool(lost) + [f"invented {', '.join(new)}"] * bool(new)
            return "; ".join(said)[:200]
        known = set(_BRACES.findall(_PLACEHOLDER.sub("", self.baseline)))
        loose = next((b for b in _BRACES.findall(_PLACEHOLDER.sub("", text)) if b not in known), None)
        return None if loose is None else f"loose {loose!r}"
