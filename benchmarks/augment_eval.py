"""A judge of planted truth: what the evaluation of changed requests says when the truth is known.

`python benchmarks/augment_eval.py`: 500 runs of 300 cases whose judge likes longer answers and the one shown first,
with a gain and without; 200 worlds of 420 cases in six categories, two with a gain, two without, two with a harm.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Sequence

from promptci.decide.logistic import sigmoid
from promptci.decide.preferred import Preference, change_of, length_controlled, preferred

SPREAD = 600.0  # characters


def judged(
    rng: random.Random, cases: int, gains: Sequence[float], *, by_length: float = 0.0, by_order: float = 0.0
) -> list[Preference]:
    """A judge whose log odds are the category's gain, a liking for longer answers, and one for the first answer."""
    found = []
    for n in range(cases):
        old = int(rng.lognormvariate(6.5, 0.5))
        new = int(old * rng.lognormvariate(0.25, 0.5))
        own = gains[n % len(gains)] + by_length * math.tanh((new - old) / SPREAD)
        shares = [float(rng.random() < sigmoid(own + order)) for order in (by_order, -by_order)]
        found.append(Preference(f"c{n}", shares[0], shares[1], new, old, f"g{n % len(gains)}"))
    return found


def at_equal_length(runs: int, gain: float) -> None:
    """Print the mean raw and controlled rates, and how often the interval holds the truth."""
    raw, rates, covered = [], [], 0
    for seed in range(runs):
        found = judged(random.Random(f"length {gain} {seed}"), 300, [gain], by_length=1.6, by_order=0.4)
        rate, change = length_controlled(found), change_of(found)
        if rate is not None:
            covered += rate.low <= sigmoid(gain) <= rate.high
            rates.append(rate.rate)
        raw.append((change.wins + change.ties / 2) / change.measured)
    print(f"truth {sigmoid(gain):.3f}: raw {sum(raw) / runs:.3f}, at equal length {sum(rates) / runs:.3f}, ", end="")
    print(f"90 % interval holds it in {covered / runs:.3f} of {runs} runs")


def shipping(seeds: int) -> None:
    """Print how often a category without a gain was shipped, and how many with one were."""
    gains = [1.4, 1.4, 0.0, 0.0, -1.4, -1.4]
    wrong = right = 0
    for seed in range(seeds):
        ships = set(preferred(judged(random.Random(f"ship {seed}"), 420, gains, by_length=0.8, by_order=0.3)).ships)
        wrong += not ships <= {"g0", "g1"}
        right += len(ships & {"g0", "g1"})
    print(f"{seeds} worlds: without a gain shipped {wrong / seeds:.3f}, with a gain {right / seeds / 2:.3f}")


def false_alarms(runs: int) -> None:
    """Print how often a change without an effect is red, and how often it ships anything."""
    red = shipped = 0
    for seed in range(runs):
        found = preferred(judged(random.Random(f"none {seed}"), 240, [0.0] * 4, by_length=1.6, by_order=0.4))
        red += found.verdict.name == "fail"
        shipped += bool(found.ships)
    print(f"{runs} without an effect, but longer: red {red / runs:.3f}, shipped {shipped / runs:.3f}")


def main() -> None:
    """Run all three."""
    options = argparse.ArgumentParser()
    options.add_argument("--runs", type=int, default=500)
    options.add_argument("--seeds", type=int, default=200)
    given = options.parse_args()
    at_equal_length(given.runs, 0.0)
    at_equal_length(given.runs, 0.6)
    shipping(given.seeds)
    false_alarms(given.seeds)


if __name__ == "__main__":
    main()
