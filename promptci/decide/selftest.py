"""The A/A test: how often would this set have turned red although nothing changed? Resampled from stored repeats."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptci.decide.confirm import LEVEL, SCREEN, confirm
from promptci.decide.gate import Gate
from promptci.decide.paired import PASS_MARK


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Of `runs` resampled comparisons of a prompt with itself, how many blocked, and how many stayed red."""

    runs: int
    blocked: int
    red: int

    @property
    def rate(self) -> float:
        """The share that stayed red after fresh answers of both sides."""
        return self.red / self.runs


def self_test(
    samples: Mapping[str, Sequence[float | None]],
    *,
    runs: int = 1_000,
    seed: int = 0,
    max_drop: float = 0.0,
    detect: float = 0.05,
    pass_mark: float = PASS_MARK,
) -> SelfTest:
    """Run the gate `runs` times on two different stored repeats of each case, in random order; confirm on two others.

    `samples` are the repeats by case, values in [0, 1], None unmeasured. Cases with one judged repeat count as stable,
    those with two or three are confirmed on the same answers the other way round drawn anew. Raises ValueError when
    `runs` < 1.
    """
    if runs < 1:
        raise ValueError("runs must be at least 1")
    rng = random.Random(seed)  # noqa: S311  # repeatable on purpose
    known = [[float(v >= pass_mark) for v in values if v is not None] for _, values in sorted(samples.items())]
    known = [values for values in known if values]
    blocked = red = 0
    for _ in range(runs):
        order = rng.sample(known, len(known))
        gate = Gate(len(order), max_drop=max_drop, detect=detect, screen=None if max_drop else SCREEN)
        drawn = [_draw(rng, values) for values in order]
        gaps, done = [new - old for old, new, *_ in drawn], 0
        for size in gate.batches():
            done += size
            gate.look(gaps[:done])
        if gate.step is not None and gate.step.blocked:
            blocked += 1
            red += confirm([(d[2], d[3]) for d in drawn[:done] if d[0] != d[1]]) <= LEVEL
    return SelfTest(runs, blocked, red)


def _draw(rng: random.Random, values: Sequence[float]) -> list[float]:
    """Old, new, and fresh old and new again; different repeats while there are enough of them."""
    if len(values) == 1:
        return [values[0]] * 4
    if len(values) < 4:
        return [*rng.sample(values, 2), *rng.sample(values, 2)]
    return rng.sample(values, 4)
