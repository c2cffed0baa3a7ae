"""Simulate the decisions through promptci's own functions: what must be reached, what is, and pass or fail.

    python benchmarks/decisions.py [--quick] [--second] [--share 1.0] [--seed 1]

Exit code 1 when a target is missed. numpy draws the worlds only; every decision is made by `promptci.decide`, and what
is about the whole command by the command's code (`decisions_command.py`). The worlds are assumed: a repository has
cases that any prompt gets right or wrong, and *movable* ones; a candidate decides some of the movable cases anew, and
every answer flips with a small probability for no reason.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

import decisions_accepted as accepted
import decisions_command as command
import decisions_fresh as fresh
import decisions_gate as gate
import decisions_values as values
import numpy as np
from decision_worlds import Line, Rng

Part = Callable[[Rng, float], Iterator[Line]]
FIRST: tuple[Part, ...] = (
    gate.false_alarms,
    gate.limits_lines,
    gate.other_gates,
    accepted.false_pull_requests,
    accepted.year,
    accepted.shipped,
    accepted.overfitting,
)
SECOND: tuple[Part, ...] = (
    gate.power_lines,
    values.graded,
    values.tolerance,
    values.clusters,
    values.bounds,
    fresh.five_answers,
    fresh.drift,
    fresh.anchor,
    values.confirmed,
    values.futile,
    values.drafts,
)
COMMAND: tuple[Part, ...] = (*command.COMMITS, command.must_pass, command.remembered, command.budgets)
ALL = (*FIRST, *SECOND, *COMMAND)
SLOWEST_FIRST = (gate.power_lines, *command.COMMITS, accepted.year, accepted.shipped, fresh.five_answers)


def run_part(index: int, seed: int, share: float) -> list[Line]:
    return list(ALL[index](np.random.default_rng([seed, index]), share))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="share of the full number of runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs, a minute")
    parser.add_argument("--second", action="store_true", help="only sections 8 to 13")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    share = 0.1 * options.share if options.quick else options.share
    wanted = [i for i, part in enumerate(ALL) if part not in FIRST or not options.second]
    start = time.perf_counter()
    order = sorted(wanted, key=lambda i: ALL[i] not in SLOWEST_FIRST)
    lines: list[Line] = []
    print("| what | must reach | measured | |\n|---|---|---|---|")
    with ProcessPoolExecutor(options.workers) as pool:
        jobs = {i: pool.submit(run_part, i, options.seed, share) for i in order}
        for line in (line for i in wanted for line in jobs[i].result()):
            mark = "" if line.ok is None else "ok" if line.ok else "missed"
            print(f"| {line.what} | {line.target} | {line.measured} | {mark} |", flush=True)
            lines.append(line)
    failed = sum(line.ok is False for line in lines)
    asked = sum(line.ok is not None for line in lines)
    print(f"\n{failed} of {asked} lines with a target missed; {time.perf_counter() - start:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
