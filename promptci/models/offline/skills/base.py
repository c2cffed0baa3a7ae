"""What a skill is: words that name it, a rule from an input to an answer, and ways to put the task in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Rule = Literal["", "first", "last", "wants", "main"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an instruction says besides the name of the task.

    `labels` are the answers it allows, in its spelling; `meanings` what it says about some of them; `rule` which of
    several matters decides; `fallback` the label for what fits nowhere. `low` is the whole instruction in lower case.
    """

    low: str = ""
    labels: tuple[str, ...] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)
    rule: Rule = ""
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Skill:
    """One thing that the stand-in can do.

    `cues` are (pattern over the lower-cased instruction, weight); the sum of the weights that match says how much the
    instruction speaks of this skill. `apply` returns the answer, or None when the input is not of its kind.
    `phrases` put the task in words, from clear to loose. `ease` scales how often an answer slips by chance.
    `choice` marks skills whose answers are labels.
    """

    name: str
    cues: tuple[tuple[re.Pattern[str], float], ...]
    apply: Callable[[str, Wanted], str | None]
    phrases: tuple[str, ...]
    ease: float = 1.0
    choice: bool = False


def cues(*pairs: tuple[str, float]) -> tuple[tuple[re.Pattern[str], float], ...]:
    """Compile (pattern, weight) pairs."""
    return tuple((re.compile(pattern), weight) for pattern, weight in pairs)


def words(text: str) -> list[str]:
    """Return the words of `text`: runs of letters, with apostrophes and hyphens inside."""
    return re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text)


def single(text: str) -> str | None:
    """Return the input if it is one word (quotes and a full stop aside), else None."""
    word = text.strip().strip("\"'“”.!,;:")
    return word if word and not re.search(r"\s", word) else None
