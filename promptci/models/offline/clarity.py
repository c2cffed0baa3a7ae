"""How clear an instruction is, from features that a reader can point at, and what a lack of clarity costs.

The one table of the stand-in's habits. Each feature multiplies the share of answers that go wrong by chance (`slips`)
and the share that come as a sentence instead of the bare answer (`chatter`); each is worth finding by itself, so that
a search has steps to climb:

| feature               | what the text shows                                         | slips  | chatter |
|-----------------------|-------------------------------------------------------------|--------|---------|
| task                  | names a task that a skill recognises                        | x 0.40 | x 0.60  |
| order                 | a verb of output: write, output, answer with, list          | x 0.80 | x 0.10  |
| only                  | only, just, nothing else, no explanation, one word          | x 0.70 | x 0.10  |
| labels                | two or more allowed answers are listed                      | x 0.70 | x 0.70  |
| definitions           | at least two of them are explained                          | x 0.60 | x 1.00  |
| rule                  | says what to do when several apply, or none                 | x 0.70 | x 1.00  |
| case                  | lower case, upper case, as written                          | x 0.95 | x 0.90  |
| examples              | worked examples stand in the prompt                         | x 0.80 | x 0.30  |
| steps                 | asks to think or to read carefully first                    | x 0.95 | x 1.30  |
| wordy                 | asks for sentences, reasons, own words                      | x 1.00 | >= 0.50 |
| primed                | the message ends in a label such as `Answer:`               | x 1.00 | x 0.50  |
| long                  | more than 1,800 characters of instruction                   | x 1.40 | x 1.00  |

Without any feature one answer in four slips and two in three are chatter. Slips never fall below one in a hundred.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

BASE_SLIPS, LEAST_SLIPS, BASE_CHATTER, WORDY = 0.25, 0.01, 0.65, 0.50
LONG = 1800  # characters

FACTORS: dict[str, tuple[float, float]] = {
    "task": (0.40, 0.60),
    "order": (0.80, 0.10),
    "only": (0.70, 0.10),
    "labels": (0.70, 0.70),
    "definitions": (0.60, 1.00),
    "rule": (0.70, 1.00),
    "case": (0.95, 0.90),
    "examples": (0.80, 0.30),
    "steps": (0.95, 1.30),
    "primed": (1.00, 0.50),
    "long": (1.40, 1.00),
}

_WORDED: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "order",
        re.compile(
            r"\b(?:write|output|(?:answer|reply|respond) (?:with|in)|return|print|list|give|the output is|extract|"
            r"apply|spell|subtract|state|add the|sum the|break|negate|change|turn|rewrite|rephrase)\b"
        ),
    ),
    (
        "only",
        re.compile(
            r"\bonly\b|\bjust\b|nothing else|no (?:other|extra|further) (?:text|words?)|no explanations?|exactly one|"
            r"without (?:any )?expla|(?:do not|don't|never) (?:explain|add|write anything)|"
            r"(?:one|a single) (?:word|label|number|category)\b"
        ),
    ),
    (
        "case",
        re.compile(
            r"lower[- ]?case|upper[- ]?case|small letters|capital letters|as (?:written|listed|spelled)|exactly as"
        ),
    ),
    (
        "wordy",
        re.compile(
            r"(?<!not )(?<!n't )(?<!never )\b(?:explain your|justify|give reasons)|full sentences?|justification|"
            r"own words|politely|in detail"
        ),
    ),
    ("steps", re.compile(r"step by step|think (?:about|carefully|first|through)|carefully")),
)


def worded(low: str) -> frozenset[str]:
    """Return the features that single words of a lower-cased instruction show."""
    found = {name for name, pattern in _WORDED if pattern.search(low)}
    return frozenset(found | ({"long"} if len(low) > LONG else set()))


def slips(features: AbstractSet[str]) -> float:
    """Return the share of answers, 0.01 to 0.35, that go wrong by chance under an instruction with these features."""
    return max(LEAST_SLIPS, _product(features, BASE_SLIPS, 0))


def chatter(features: AbstractSet[str]) -> float:
    """Return the share of answers, 0 to 0.85, that come as a sentence around the answer."""
    return max(WORDY if "wordy" in features else 0.0, _product(features, BASE_CHATTER, 1))


def _product(features: AbstractSet[str], start: float, column: int) -> float:
    for name in FACTORS:  # in the table's order, so that the product is the same to the last bit
        if name in features:
            start *= FACTORS[name][column]
    return start
