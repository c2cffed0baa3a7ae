"""Skills on animals: the larger of two, the animals in a list."""

from __future__ import annotations

import re

from promptci.models.offline.lexicon.animals import WEIGHTS
from promptci.models.offline.skills.base import Skill, Wanted, cues


def _items(given: str) -> list[str]:
    parts = re.split(r"\s*[,;\n]\s*|\s+(?:and|or|vs\.?|versus)\s+", given.strip().rstrip(".?!"))
    return [re.sub(r"^(?:and|or|an?|the)\s+", "", part.strip(), flags=re.IGNORECASE) for part in parts if part.strip()]


def weight_kg(name: str) -> float | None:
    """Return the usual weight of an animal by its name (its last word decides if the whole is unknown), else None."""
    low = name.lower().strip()
    if low in WEIGHTS:
        return WEIGHTS[low]
    if low.endswith("s") and low[:-1] in WEIGHTS:
        return WEIGHTS[low[:-1]]
    return WEIGHTS.get(low.rsplit(" ", 1)[-1]) if " " in low else None


def _larger(given: str, wanted: Wanted) -> str | None:
    items = _items(given)
    weights = [weight_kg(item) for item in items]
    if len(items) < 2 or not any(w is not None for w in weights) or len(given) > 120:
        return None
    # An unknown animal is taken for one of a middling size.
    known = [(weight if weight is not None else 8.0, item) for weight, item in zip(weights, items, strict=True)]
    smallest = re.search(r"\bsmall(?:er|est)\b|\blight(?:er|est)\b", wanted.low)
    best = min(known, key=lambda k: k[0]) if smallest else max(known, key=lambda k: k[0])
    return best[1]


def _animals(given: str, _: Wanted) -> str | None:
    items = _items(given)
    found = [item for item in items if weight_kg(item) is not None]
    return ", ".join(found) if len(items) >= 2 and found else None


ANIMALS: tuple[Skill, ...] = (
    Skill(
        "larger_animal",
        cues((r"\b(?:bigger|larger|largest|biggest|heavier|smaller)\b", 2.5), (r"\banimals?\b", 0.7)),
        _larger,
        (
            "Write the larger of the two animals.",
            "Output which of the animals in the input is bigger.",
            "Which is bigger?",
        ),
        ease=0.4,
    ),
    Skill(
        "animals_in_list",
        cues(
            (
                r"\banimals\b.{0,40}\b(?:list|words|given|input|items)\b|\b(?:list|words|items|following)\b.{0,40}\banimals\b",
                1.6,
            ),
            (r"\b(?:extract|find|list|select|filter|keep|name)\b.{0,30}\banimals\b", 2.0),
            (r"\banimals?\b", 0.8),
        ),
        _animals,
        ("Write only the animals from the list.", "Extract all animals from the input list.", "Find the animals."),
        ease=0.4,
    ),
)
