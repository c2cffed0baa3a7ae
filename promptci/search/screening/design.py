"""The design: which edits are in each call's text, and on which case it is asked."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

MOST = 6  # edits in a text, on average at most: more, and the text is no longer the user's


def subsets(
    groups: Sequence[Sequence[int]],
    n: int,
    *,
    rate: float,
    rng: random.Random,
    most: int = MOST,
    kinds: int | None = None,
) -> list[tuple[int, ...]]:
    """`n` random sets of edits; each group is in with chance `rate` (less where that makes more than `most`).

    At most one edit of a group is in. Every group is in equally often, to one call, which random sets leave to luck.
    `kinds` limits the number of different sets, for servers that keep prefixes; it costs much (24 instead of as many as
    calls: two thirds of what is found).
    """
    rows = n if kinds is None else min(n, kinds)
    chosen: list[list[int]] = [[] for _ in range(rows)]
    share = min(rate, most / len(groups)) if groups else 0.0
    for group in groups:
        whole, rest = divmod(rows * share, 1)
        often = min(rows, int(whole) + (rng.random() < rest))
        for number, row in enumerate(rng.sample(range(rows), often)):
            chosen[row].append(group[number % len(group)])
    sets = [tuple(sorted(row)) for row in chosen]
    return [sets[i % rows] for i in range(n)]


def cycle(ids: Sequence[str], rng: random.Random) -> Iterator[str]:
    """Case ids for ever, each round in a new order, so that every case is asked equally often."""
    order = list(ids)
    while order:
        rng.shuffle(order)
        yield from order
