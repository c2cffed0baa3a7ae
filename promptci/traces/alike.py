"""Texts that say nearly the same: pairs by shared words, and clusters of them.

Jaccard similarity of word sets, found exactly by prefix filtering: of two sets that share a part t of their words, the
rarest |x| - ceil(t |x|) + 1 words of each must meet (Bayardo, Ma & Srikant 2007, section 3).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

SAME = 0.85  # of the words shared: one is a copy of the other
ALIKE = 0.6  # of the words shared: cases that are not independent


def words(text: str) -> frozenset[str]:
    """The words of a text, numbers among them: in a sum they are what is asked."""
    return frozenset(re.findall(r"\w+", text.casefold()))


def pairs(sets: Sequence[frozenset[str]], least: float) -> Iterator[tuple[int, int]]:
    """Every pair (i, j) with j < i whose similarity is at least `least`, in (0, 1]; two empty sets are no pair."""
    common = Counter(word for one in sets for word in one)
    index: dict[str, list[int]] = defaultdict(list)
    for i, one in enumerate(sets):
        rarest = sorted(one, key=lambda word: (common[word], word))
        prefix = rarest[: len(one) - math.ceil(least * len(one)) + 1] if one else []
        for j in sorted({j for word in prefix for j in index[word]}):
            shared = len(one & sets[j])
            if shared >= least * (len(one) + len(sets[j]) - shared):
                yield i, j
        for word in prefix:
            index[word].append(i)


def clusters(count: int, joined: Iterator[tuple[int, int]]) -> list[int]:
    """For each of `count` texts the first one of its cluster: pairs of pairs belong together."""
    head = list(range(count))

    def top(i: int) -> int:
        while head[i] != i:
            head[i] = head[head[i]]
            i = head[i]
        return i

    for i, j in joined:
        a, b = sorted((top(i), top(j)))
        head[b] = a
    return [top(i) for i in range(count)]
