"""Find a short round trip with the search loop: the texts are tours, and the only case is the map."""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Sequence
from pathlib import Path

from promptci.core import Case, Message, Outcome, Score
from promptci.search.base import Found
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers.opro import Opro
from promptci.search.stopping import Patience, Perfect, Steps

HERE = Path(__file__).resolve().parent
Towns = list[tuple[int, int]]


def towns(n: int = 10, *, seed: int = 0) -> Towns:
    rng = random.Random(seed)
    return [(rng.randint(-100, 100), rng.randint(-100, 100)) for _ in range(n)]


def length(tour: Sequence[int], places: Towns) -> float:
    return sum(math.dist(places[a], places[b]) for a, b in zip(tour, [*tour[1:], tour[0]], strict=True))


def shortest(places: Towns) -> float:
    """The shortest tour's length, by dynamic programming over subsets (Held and Karp)."""
    n = len(places)
    best = {(1 << k, k): math.dist(places[0], places[k]) for k in range(1, n)}
    for size in range(2, n):
        for subset in itertools.combinations(range(1, n), size):
            bits = sum(1 << k for k in subset)
            for k in subset:
                before = ((bits ^ (1 << k), j) for j in subset if j != k)
                best[bits, k] = min(best[key] + math.dist(places[key[1]], places[k]) for key in before)
    full = (1 << n) - 2
    return min(best[full, k] + math.dist(places[k], places[0]) for k in range(1, n))


def write(messages: tuple[Message, ...], *, n: int, sample: int = 0, **_settings: object) -> list[str | None]:
    """A scripted optimizer: reads the tours in the question and turns round a stretch of one of the better ones."""
    tours = [line.split(",") for line in re.findall(r"^text: ([\d,]+)$", messages[-1].content, re.MULTILINE)]
    rng = random.Random(sample)
    replies: list[str | None] = []
    for _ in range(n):
        tour = rng.choice(tours[-5:])
        i, j = sorted(rng.sample(range(1, len(tour) + 1), 2))
        replies.append(f"<INS>{','.join([*tour[:i], *reversed(tour[i:j]), *tour[j:]])}</INS>")
    return replies


def run(n: int = 10, *, seed: int = 0) -> Found:
    places = towns(n, seed=seed)
    least = shortest(places)

    def evaluate(pairs: Sequence[tuple[str, Case]], /) -> list[Outcome]:
        return [Outcome(Score(c.id, min(1.0, least / length([*map(int, t.split(","))], places)))) for t, c in pairs]

    the_map = Case("map", {"towns": "; ".join(f"{i}: {x} {y}" for i, (x, y) in enumerate(places))})
    return search(
        ",".join(map(str, range(n))),
        [the_map],
        [],
        evaluate=evaluate,
        proposer=Opro(write, MetaPrompts((HERE / "salesman",)), buckets=None, exemplars=1),
        stops=[Perfect(), Steps(120), Patience(60)],
        calls=lambda: 0,
        seed=seed,
        minimal=False,
    )


def main() -> None:
    found = run()
    for step in found.steps:
        if step.promoted:
            print(f"step {step.number:3}: {step.development:.1%} of the shortest tour's speed")
    print(f"tour {found.winner.candidate.text if found.winner else 'none'}; {found.stop_reason}")


if __name__ == "__main__":
    main()
