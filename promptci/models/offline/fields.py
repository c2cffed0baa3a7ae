"""Answers with several fields: a JSON object whose keys say what belongs in them."""

from __future__ import annotations

import json
from functools import lru_cache

from promptci.core import Json
from promptci.models.offline.skills import SKILLS
from promptci.models.offline.skills.base import Skill, Wanted
from promptci.models.offline.skills.extract import EXTRACTIONS

_ASIDES: dict[str, Json] = {"reason": "by its words", "explanation": "by its words", "confidence": 0.8}


@lru_cache(maxsize=1024)
def _skill_for(key: str) -> Skill | None:
    """The extraction (or sentiment) that a field's name speaks of."""
    low = key.replace("_", " ").replace("-", " ").lower()
    # A field called `email` or `id` asks for the thing itself; the cues of instructions are more careful.
    plain = {"email": "email", "e mail": "email", "total": "amount", "order": "order_number", "id": "order_number"}
    if low in plain:
        return SKILLS[plain[low]]
    scored = [
        (sum(weight for pattern, weight in skill.cues if pattern.search(low)), skill)
        for skill in (*EXTRACTIONS, SKILLS["sentiment"])
    ]
    best = max(scored, key=lambda item: item[0])
    return best[1] if best[0] >= 1.0 else None


def record(keys: tuple[str, ...], answer: str, given: str, wanted: Wanted) -> str:
    """Return an object with `keys`: the answer under the first that names nothing else, null for what is missing."""
    made: dict[str, Json] = {}
    for key in keys:
        skill = _skill_for(key) if len(keys) > 1 else None
        if skill is not None:
            made[key] = skill.apply(given, wanted)
        elif key.lower() in _ASIDES:
            made[key] = _ASIDES[key.lower()]
        else:
            made[key] = None if answer in made.values() else answer
    return json.dumps(made, ensure_ascii=False)
