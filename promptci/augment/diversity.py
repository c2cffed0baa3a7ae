"""Pairs that say much the same as those before them, by BLEU against the nearest of them (BPO's self-BLEU filter).

Self-BLEU: Zhu et al. 2018 (Texygen); BLEU with the brevity penalty, up to pairs of words: prompts are short.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from promptci.augment.words import words

_NEAREST = 8  # texts before, by shared words, that one is compared with
_COMMON = 200  # texts that hold a word, from which on it finds nobody


def repeating(texts: Sequence[str], most: float) -> dict[int, int]:
    """For each text whose BLEU against a kept one before it is above `most`, in [0, 1], that one's number."""
    holding: dict[str, list[int]] = defaultdict(list)
    found: dict[int, int] = {}
    split = [words(text) for text in texts]
    for i, own in enumerate(split):
        near = Counter(j for word in set(own) if len(holding[word]) < _COMMON for j in holding[word])
        like = next((j for j, _ in near.most_common(_NEAREST) if bleu(own, split[j]) > most), None)
        if like is not None:
            found[i] = like
            continue
        for word in set(own):
            holding[word].append(i)
    return found


def bleu(own: Sequence[str], other: Sequence[str]) -> float:
    """Mean (geometric) of the precisions of words and pairs, times the brevity penalty; in [0, 1]."""
    if not own or not other:
        return float(list(own) == list(other))
    logs = 0.0
    orders = min(2, len(own))
    for size in range(1, orders + 1):
        mine, theirs = (Counter(tuple(t[i : i + size]) for i in range(len(t) - size + 1)) for t in (own, other))
        shared = (mine & theirs).total()
        if not shared:
            return 0.0
        logs += math.log(shared / mine.total())
    penalty = min(0.0, 1 - len(other) / len(own))
    return math.exp(logs / orders + penalty)
