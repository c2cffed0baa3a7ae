"""What the screen's level and the weights of fresh answers cost and bring: rules beside each other on the same answers.

    python benchmarks/screens.py [--runs 1000] [--seed 1] [--only WORDS]

Each run draws a prompt, an edit, stored answers, new ones and fresh ones of both, once for all rules. The screen is the
gate's, the confirmation the command's (`measure.gates.drop.p_of_drop`) on the changed cases, twice as many each time,
as `measure.confirm.drop_alarms` asks them. Nothing is spot-checked, and one prompt has one gate.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from unittest.mock import patch

import numpy as np
from decision_worlds import Rng, interval_of_rate
from decisions_fresh import Chances, Ended, Setting, answered, chances, dropped, ended, pair_of, reshuffled, run

from promptci.decide.gate import Gate
from promptci.measure.gates import drop
from promptci.measure.pair import Pair

RULES = {"5, all alike": (0.05, False), "10, all alike": (0.10, False), "10, weighed": (0.10, True)}


@dataclass(frozen=True)
class World:
    """A setting, what the edit does to the chances, and how many stored answers a case has."""

    name: str
    setting: Setting
    edit: Callable[[Rng, Chances], tuple[Chances, Chances]]
    stored: int


def worse(rng: Rng, old: Chances) -> tuple[Chances, Chances]:
    return old, dropped(rng, old, 0.05)


def moved(rng: Rng, old: Chances) -> tuple[Chances, Chances]:
    return old, reshuffled(rng, old, 0.07, coin=True)


def waking(rng: Rng, old: Chances) -> tuple[Chances, Chances]:
    """Eighty cases between hardly ever and every other time, each the one before and the other after by a coin."""
    before, after, at = old.copy(), old.copy(), rng.choice(len(old), 80, replace=False)
    up = rng.random(80) < 0.5
    before[at], after[at] = np.where(up, 0.03, 0.5), np.where(up, 0.5, 0.03)
    return before, after


WORLDS = (
    World("5 points worse, one stored answer", Setting("spread", 584, 0.10), worse, 1),
    World("5 points worse, five stored answers", Setting("conc", 584, 0.10), worse, 5),
    World("harmless: 7 % moved by coins, one stored answer", Setting("spread", 384, 0.05), moved, 1),
    World("harmless: 80 cases between 3 and 50 %, by coins, five stored", Setting("spread", 300, 0.05), waking, 5),
)


def rules_for(world: World) -> dict[str, tuple[float, bool]]:
    """With one answer a side every weight is 1, so that the last two rules are one."""
    return {name: RULES[name] for name in ([*RULES] if world.stored > 1 else [*RULES][:2])}


def once(rng: Rng, world: World) -> dict[str, Ended]:
    """One run under every rule."""
    old, new = world.edit(rng, chances(rng, world.setting))
    pair, found = pair_of(answered(rng, old, world.stored), run(rng, new)), {}
    fresh = pair_of(run(rng, old), run(rng, new))
    for name, (screen, weighs) in rules_for(world).items():
        with patch.object(drop, "weighed", drop.weighed if weighs else alike):
            found[name] = ended(pair, fresh, world.stored, screen)
    return found


def alike(_pair: Pair, fresh: Pair, _gate: Gate) -> list[float | None]:
    return fresh.gaps(fresh.ran)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="the worlds whose names contain this")
    options, start = parser.parse_args(), time.perf_counter()
    print("| edit | screen, fresh answers | red | pass | inconclusive | not confirmed | cases |")
    print("|---|---|---|---|---|---|---|")
    for number, world in enumerate(WORLDS):
        if options.only in world.name:
            rng = np.random.default_rng([options.seed, number])
            told(world, [once(rng, world) for _ in range(options.runs)])
    print(f"\n{options.runs:,} runs, {time.perf_counter() - start:.0f} s")


def told(world: World, found: list[dict[str, Ended]]) -> None:
    """Print a row a rule."""
    runs = len(found)
    for rule in rules_for(world):
        names, cases = Counter(f[rule].name for f in found), sum(f[rule].done for f in found) / runs
        low, high = (100 * end for end in interval_of_rate(names["fail"], runs))
        red = f"{100 * names['fail'] / runs:.1f} % ({low:.1f} to {high:.1f})"
        rest = " | ".join(f"{100 * names[n] / runs:.1f} %" for n in ("pass", "inconclusive", "not confirmed"))
        print(f"| {world.name}: {world.setting} | {rule} | {red} | {rest} | {cases:.0f} |", flush=True)


if __name__ == "__main__":
    main()
