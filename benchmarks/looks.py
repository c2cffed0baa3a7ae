"""What the looks of a check cost in time: the pipeline kept full across them, beside batch after batch.

    python benchmarks/looks.py [--times 5]

A harmless edit of 400 cases, 16 calls at a time, a model that takes 200 ms, always or in the mean (log-normal). The
check's own code runs with the real door; only the model is planted. Both ways decide by the cases' order, so they come
to the same verdict after the same number of cases.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from unittest.mock import patch

import numpy as np
from in_memory import SETTINGS, House, Planted, Store, eval_set, prompt, settings

from promptci.measure import screen
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.project.project import Project
from promptci.report.base import PromptReport
from promptci.run.session import Session

MEAN_S, AT_ONCE, CASES = 0.2, 16, 400


class Slow:
    """The planted model, which takes its time."""

    def __init__(self, model: Planted, spread: float) -> None:
        self.model, self.spread, self.rng = model, spread, np.random.default_rng(7)

    def connect(self, spec: ModelSpec) -> Slow:  # noqa: ARG002 - it is the same for all
        return self

    async def send(self, request: Request) -> Reply:
        # A log-normal time of the mean, whatever the spread.
        await asyncio.sleep(MEAN_S * float(np.exp(self.rng.normal(-(self.spread**2) / 2, self.spread))))
        replies: list[Reply] = []
        self.model.ask([request], lambda _, reply: replies.append(reply))
        return replies[0]

    async def close(self) -> None:
        """Hold nothing."""


class SlowHouse(House):
    """Its checks go through the real door."""

    spread = 0.0

    def session(self, project: Project) -> tuple[Session, Planted]:
        run, planted = super().session(project)
        slow = Slow(planted, self.spread)
        run.door = Door(budget=Budget(Limits()), concurrency=AT_ONCE, connect=slow.connect)
        return run, planted


def checked(spread: float, seed: int) -> tuple[float, PromptReport, int]:
    """Seconds, the report, and the calls of one check."""
    store = Store({SETTINGS: settings({"p": ""}), "p.jsonl": eval_set(CASES), "p.md": prompt("p", 0)})
    chance = np.where(np.arange(CASES) % 5 > 0, 0.97, 0.03)
    house = SlowHouse(store, {"p 0": chance, "p 1": chance}, np.random.default_rng(seed))
    house.spread = spread
    base = store.commit()
    store.tree["p.md"] = prompt("p", 1)
    begun = time.perf_counter()
    (report,) = house.check(base)
    return time.perf_counter() - begun, report, house.calls


def batch_after_batch(spread: float, seed: int) -> tuple[float, PromptReport, int]:
    """As metrics that ask a judge are run: the next batch begins when the last one is answered."""
    with patch.object(screen, "alone", lambda _: False):
        return checked(spread, seed)


def main(times: int) -> None:
    print("| latency | how | wall s | calls | cases | of which asked ahead and not needed |\n|---|---|---|---|---|---|")
    for spread in (0.0, 0.5, 1.0):
        told = "always 200 ms" if not spread else f"200 ms in the mean, log-normal, sigma {spread:g}"
        for how, run in (("batch after batch", batch_after_batch), ("kept full", checked)):
            found = [run(spread, seed) for seed in range(times)]
            wall, calls = statistics.fmean(s for s, _, _ in found), statistics.fmean(c for _, _, c in found)
            cases = statistics.fmean(r.cases for _, r, _ in found)
            ahead = statistics.fmean(r.gates[0].numbers["asked_ahead"] for _, r, _ in found)
            print(f"| {told} | {how} | {wall:.2f} | {calls:.0f} | {cases:.0f} | {ahead:.0f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    main(parser.parse_args().times)
