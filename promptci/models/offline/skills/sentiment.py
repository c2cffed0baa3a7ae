"""Sentiment by a lexicon of praise and blame, with negation and contrast."""

from __future__ import annotations

import re
from functools import lru_cache

from promptci.models.offline.lexicon.feelings import BOOSTERS, CONTRASTS, FEELINGS, TURNERS
from promptci.models.offline.skills.base import Skill, Wanted, cues

_TOKEN = re.compile(r"[a-zé]+(?:['’-][a-zé]+)*|[.;!?]")
_POSITIVE = re.compile(
    r"^(?:very )?(?:pos|good|happy|satisf|favou?r|great|praise|recommend|like|thumbs up|yes|up\b|👍)", re.I
)
_NEGATIVE = re.compile(
    r"^(?:very )?(?:neg|bad|unhappy|dissatisf|unfavou?r|terrible|complain|dislike|thumbs down|no\b|down\b|poor)", re.I
)
_NEUTRAL = re.compile(r"^(?:neutral|mixed|ok\b|okay|average|none|unclear|neither)", re.I)


def _strength(word: str) -> float:
    found = FEELINGS.get(word)
    if found is not None:
        return found
    for ending, stem in (("ing", ""), ("ed", ""), ("ly", ""), ("s", ""), ("ness", ""), ("er", ""), ("est", "")):
        if word.endswith(ending) and len(word) - len(ending) > 3:
            found = FEELINGS.get(word[: -len(ending)] + stem) or FEELINGS.get(word[: -len(ending)] + "e")
            if found is not None:
                return found * 0.8
    if word.startswith(("un", "dis", "mis")) and len(word) > 6:
        return -0.6
    return -0.5 if word.endswith("less") else 0.3 if word.endswith("ful") else 0.0


@lru_cache(maxsize=4096)
def feeling(text: str) -> float:
    """Return how much praise (above 0) or blame (below 0) there is in `text`."""
    total, turned, boost = 0.0, 0, 1.0
    for piece in _TOKEN.findall(text.lower().replace("’", "'")):
        if piece in ".;!?":
            turned = 0
            continue
        if piece in CONTRASTS:
            total, turned = total * 0.5, 0
            continue
        strength = _strength(piece)
        if strength and (piece not in TURNERS or abs(strength) > 1):
            total += strength * boost * (-0.7 if turned else 1.0)
        turned = 4 if piece in TURNERS or piece.endswith("n't") else max(0, turned - 1)
        boost = 1.5 if piece in BOOSTERS else 1.0
    return total


def poles(labels: tuple[str, ...]) -> tuple[str, str, str]:
    """Return which labels mean praise, blame and neither; the usual words where the list has none for it."""
    good = next((label for label in labels if _POSITIVE.search(label)), "")
    bad = next((label for label in labels if _NEGATIVE.search(label)), "")
    neutral = next((label for label in labels if _NEUTRAL.search(label)), "")
    return (good or "positive", bad or "negative", neutral) if good or bad else ("positive", "negative", "")


def _sentiment(given: str, wanted: Wanted) -> str | None:
    if not re.search(r"[A-Za-z]{2}", given):
        return None
    good, bad, neutral = poles(wanted.labels)
    value = feeling(given)
    if neutral and abs(value) < 0.5:
        return neutral
    return good if value >= 0 else bad


SENTIMENT = Skill(
    "sentiment",
    cues(
        (r"\bsentiments?\b|\bpolarity\b", 3.0),
        (r"positive\b.{0,60}\bnegative|negative\b.{0,60}\bpositive", 2.5),
        (r"\bopinion|\bfeel(?:s|ings?)?\b|\btone\b|\bmood\b|\battitude\b", 0.8),
        (r"\breview", 0.5),
    ),
    _sentiment,
    (
        'Classify the sentiment of the input. Answer with only "positive" or "negative".',
        "Output whether the sentiment of the input is positive or negative.",
        "Decide if the text is a positive or a negative opinion.",
        "Say how the author feels.",
    ),
    ease=0.7,
    choice=True,
)
