"""What `explain` finds on planted prompts: sentences worth 4 points and more, and how often it is wrong about others.

python benchmarks/explain.py [--prompts 20] [--calls 1000]
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Sequence

from planted import normal, unit

from promptci.search.screening.explain import explain

CASES = [f"c{i}" for i in range(200)]


class Prompt:
    """Twelve sentences, four of them worth 4 to 12 points, on cases of different difficulty."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"explain {seed}")
        self.seed, self.calls = seed, 0
        self.worth = dict.fromkeys((f"s{i}" for i in range(12)), 0.0)
        self.worth |= {s: rng.uniform(0.04, 0.12) for s in rng.sample(sorted(self.worth), 4)}
        self.text = " ".join(f"Rule {s} applies." for s in self.worth)

    def ask(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        self.calls += len(pairs)
        return [self._passes(text, case) for text, case in pairs]

    def _passes(self, text: str, case: str) -> float:
        own = [s for s in self.worth if f"Rule {s} " in text]
        share = 0.8 - sum(w for s, w in self.worth.items() if s not in own)
        z = math.sqrt(0.85) * normal(self.seed, case)
        z += math.sqrt(0.15 / 12) * sum(normal(self.seed, s, case) for s in own)
        z += math.sqrt(0.15 * (1 - len(own) / 12)) * normal(self.seed, "rest", case)
        chance = 0.5 * math.erfc(-z / math.sqrt(2))
        return float((chance < share) != (unit(self.seed, text, case) < 0.0257))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=20)
    parser.add_argument("--calls", type=int, default=1000)
    args = parser.parse_args()
    found: list[bool] = []
    called: list[bool] = []
    covered: list[bool] = []
    for seed in range(args.prompts):
        prompt = Prompt(seed)
        told = explain(prompt.text, CASES, prompt.ask, calls=args.calls, seed=seed)
        assert prompt.calls <= args.calls
        for sentence in told.sentences:
            worth = prompt.worth[sentence.text.split()[1]]
            (found if worth else called).append(sentence.matters == 1 if worth else sentence.matters != 0)
            covered.append(sentence.worth.interval[0] <= worth <= sentence.worth.interval[1])
    print(f"sentences worth 4 to 12 points found: {sum(found)} of {len(found)}")
    print(f"worthless ones called worth something: {sum(called)} of {len(called)} ({sum(called) / len(called):.1%})")
    print(f"90 % intervals cover: {sum(covered) / len(covered):.1%}")
    return 0 if all(found) and sum(called) <= 0.05 * len(called) else 1


if __name__ == "__main__":
    sys.exit(main())
