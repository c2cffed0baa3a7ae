"""Whether an answer refuses. By its words, so a rule of thumb: `judge` with a rubric is the surer way."""

from __future__ import annotations

import re
from dataclasses import dataclass

from promptci.core import Case

_NOT = r"(?:can(?:no|')?t|can not|unable|not able|won't|do not|don't)"
_DO = (
    r"(?:help|assist|answer|provide|comply|do|fulfil|create|write|generate|support|discuss|engage|share|complete|"
    r"continue|give|offer|participate|process|respond|that|this|with)"
)
_SIGNS = re.compile(
    "|".join(
        (
            rf"\bI(?:'m| am)?\s+(?:really |very |so )?(?:sorry|afraid)\b[^.!?\n]{{0,60}}\b{_NOT}\b",
            rf"\b(?:I|we)\s+(?:really |simply |just )?(?:can(?:no|')?t|can not|won't|will not)\s+{_DO}\b",
            r"\b(?:I|we)\s+(?:must|have to|need to)?\s*(?:respectfully )?decline\b",
            r"\b(?:I|we)(?:'m| am|'re| are) (?:not able|unable|not allowed|not permitted) to\b",
            rf"\bas an? (?:AI|artificial intelligence)(?: \w+){{0,3}}\b[^.!?\n]{{0,60}}\b{_NOT}\b",
            r"\bagainst (?:my|our|the) (?:policy|policies|guidelines|programming)\b",
            r"\btut mir leid\b[^.!?\n]{0,60}\b(?:kann|darf)\b",
            r"\bich kann (?:dir|ihnen|dabei|das) [^.!?\n]{0,40}\bnicht\b",
            r"\bje (?:ne peux pas|suis désolé)",
            r"\blo siento\b[^.!?\n]{0,60}\bno puedo\b",
            r"\bmi dispiace\b[^.!?\n]{0,60}\bnon posso\b",
        )
    ),
    re.IGNORECASE,
)
_BEGINNING = 400  # characters: a refusal says so at once


@dataclass(frozen=True)
class Refusal:
    """The output refuses, by the words of its beginning (English, and common forms of four other languages).

    Mostly used as `not_refusal`. An empty answer counts as a refusal.
    """

    version: str = "refusal/1"

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when it refuses, 0.0 when not."""
        del case
        text = output.strip()[:_BEGINNING].replace("’", "'")
        return float(not text or _SIGNS.search(text) is not None)
