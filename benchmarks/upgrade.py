"""Prompts on another model: worse ones found and rewritten, harmless ones left alone, the cheapest taken, drift found.

    python benchmarks/upgrade.py [--seeds 200] [--only WORDS]

Two planted models answer the same prompt: 384 cases, eight in ten pass, one in twenty differs between two runs. The
code of `promptci upgrade` and of the schedule's watch runs on a repository in memory (`in_memory.py`); rewriting runs
through git, with an optimizer model that knows a text which suits the new model. Rates have a 95 % interval (Wilson).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from decision_worlds import Rng, interval_of_rate
from decisions_fresh import Chances, Setting, chances, dropped, reshuffled
from in_memory import SETTINGS, House, Planted, Store, eval_set, prompt, settings

from promptci.commands.upgrade import upgrade
from promptci.config.models import PriceSettings
from promptci.config.pin import on
from promptci.improve.standing import cheapest
from promptci.improve.upgrading import moves, standings
from promptci.measure.drift import watch
from promptci.models.base import ModelSpec, Reply, Request, Usage
from promptci.models.door import Door
from promptci.project.project import Project
from promptci.run.options import Options
from promptci.run.session import Session

WORLD = Setting("spread", 384, 0.05)
Change = Callable[[Rng, Chances], Chances]
START, SUITED = "Say the word.\n\n{{ n }}\n", "Say the word with care.\n\n{{ n }}\n"


@dataclass(frozen=True)
class Part:
    """One line: what is planted, how a seed's run went (True: as counted), and what the rate must be."""

    name: str
    run: Callable[[Rng], tuple[bool, float]]
    least: float | None = None
    most: float | None = None


class Models(Planted):
    """A door to planted models: `truth` has "MODEL NAME VERSION"."""

    def ask(self, requests: Iterable[Request | None], each: Callable[[int, Reply], None]) -> None:
        for index, request in enumerate(requests):
            assert request is not None, "all earlier ones are answered"
            text, number = request.messages[-1].content.split("\n\n")
            name = f"{request.spec.model} {text}"
            self.asked.add((name, request.sample, int(number)))
            said = "yes" if self.answers(name, request.sample)[int(number)] else "no"
            each(index, Reply(texts=(said,), usage=Usage(1000, 1000), model=request.spec.model, attempts=1))

    def note(self, text: str) -> None:
        """Keep no notes."""


class Two(House):
    """A house whose sessions ask several models."""

    def session(self, project: Project) -> tuple[Session, Planted]:
        run, _ = super().session(project)
        door = self.last = Models(self.truth, run.options.seed)
        run.door = cast("Door", door)
        return run, door


def house(rng: Rng, **models: Chances) -> Two:
    """One prompt, `p`, in force on the model `planted`; others answer as given."""
    store = Store({SETTINGS: settings({"p": ""}), "p.md": prompt("p", 0), "p.jsonl": eval_set(WORLD.n)})
    store.commit()
    return Two(store, {f"{name} p 0": truth for name, truth in models.items()}, rng)


def standing(change: Change, names: tuple[str, ...], rng: Rng) -> tuple[bool, float]:
    """Whether the other model's standing is one of `names`, and the calls that it took."""
    old = chances(rng, WORLD)
    here = house(rng, planted=old, other=change(rng, old))
    project = here.project
    run, door = here.session(project)
    (found,) = standings(run, moves(project, on(project.config, "other", None), project.config.prompts), gone=False)
    return found.name in names, door.calls


def choice(bad: float, rng: Rng) -> tuple[bool, float]:
    """Whether `fair`, the cheapest that is not worse, is taken, not a dear one as good nor a cheap one `bad` lower."""
    old = chances(rng, WORLD)
    here = house(rng, planted=old, dear=old, fair=old, poor=dropped(rng, old, bad))
    project = here.project
    run, door = here.session(project)
    prices = {"dear": 9.0, "fair": 2.0, "poor": 1.0}
    known = [on(project.config, name, PriceSettings(input=usd, output=usd)) for name, usd in prices.items()]
    each = [move for config in known for move in moves(project, config, project.config.prompts)]
    found = standings(run, each, gone=False)
    return cheapest([[one] for one in found]) == 1, door.calls


def watched(drift: float, rng: Rng, *, flip: float = 0.05) -> tuple[bool, float]:
    """Whether the watch calls it a drift, and its calls as a share of a check's, which asks each case of one side."""
    old = chances(rng, Setting("spread", WORLD.n, flip))
    here = house(rng, planted=old)
    here.accept("p")
    here.store.commit()
    here.truth["planted p 0"] = dropped(rng, old, abs(drift), up=drift > 0) if drift else old
    run, door = here.session(here.project)
    (found,) = watch(run, [here.side("p")])
    return found.way is not None, door.calls / WORLD.n


class Clients:
    """The client of a run through git: two models of different skill, and an optimizer that knows one better text."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def connect(self, spec: ModelSpec) -> Clients:  # noqa: ARG002 - one client for all
        return self

    async def send(self, request: Request) -> Reply:
        text = "\n".join(m.content for m in request.messages)
        if request.role == "optimizer":
            said = f"<INS>{SUITED.strip()}</INS>"
        else:
            share = 0.9 if request.spec.model == "old" or "with care" in text else 0.75
            case = text.split()[-1]
            steady = self._unit(f"{case}") < share  # the case is right for good
            said = "yes" if steady != (self._unit(f"{case} {request.sample} {request.spec.model}") < 0.02) else "no"
        return Reply(texts=(said,), usage=Usage(10, 1), model=request.spec.model, attempts=1)

    def _unit(self, text: str) -> float:
        return int.from_bytes(hashlib.sha256(f"{self.seed} {text}".encode()).digest()[:6], "big") / 2**48

    async def close(self) -> None:
        """Hold nothing."""


def rewritten(rng: Rng) -> tuple[bool, float]:
    """Whether a prompt that the new model answers 15 points worse is found, rewritten, and confirmed."""
    with tempfile.TemporaryDirectory() as place:
        path, clients = Path(place), Clients(int(rng.integers(1 << 30)))
        (path / "p.md").write_text(START)
        rows = (json.dumps({"id": f"c{n}", "n": f"number {n}", "expected": "yes"}) for n in range(WORLD.n))
        (path / "p.jsonl").write_text("\n".join(rows) + "\n")
        (path / SETTINGS).write_text(
            'version: 1\nmodels: {scorer: {model: old, base_url: "http://127.0.0.1:9/v1"}}\n'
            "budget: {max_calls: 20000}\nprompts: [{file: p.md, cases: p.jsonl}]\n"
            "search: {strategy: opro, steps: 2, per_step: 2, patience: 2}\n"
        )
        for args in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "Begin"]):
            subprocess.run(["git", "-C", place, "-c", "user.name=b", "-c", "user.email=b@x.org", *args], check=True)
        options = Options(config=path / SETTINGS, connect=clients.connect, quiet=True)
        report = upgrade(options, to=["new"], mode="write")
        carried = (path / "p.md").read_text() == SUITED and "model: new" in (path / SETTINGS).read_text()
    return report.verdict == "pass" and carried, report.calls


def down(points: float) -> Change:
    return lambda rng, old: dropped(rng, old, points / 100)


def up(points: float) -> Change:
    return lambda rng, old: dropped(rng, old, points / 100, up=True)


def alike(rng: Rng, old: Chances) -> Chances:  # noqa: ARG001 - one of several changes
    return old


def shuffled(rng: Rng, old: Chances) -> Chances:
    return reshuffled(rng, old, 0.07)


PARTS = (
    Part("the same model under another name: called worse", partial(standing, alike, ("worse",)), most=0.05),
    Part("7 % of cases moved, equally: called worse", partial(standing, shuffled, ("worse",)), most=0.05),
    Part("3 points better: called worse", partial(standing, up(3), ("worse",)), most=0.05),
    Part("10 points worse: called worse", partial(standing, down(10), ("worse",)), least=0.95),
    Part("10 points worse: called better or same", partial(standing, down(10), ("better", "same")), most=0.05),
    Part("10 points better: called better", partial(standing, up(10), ("better",))),
    Part("dear and fair as good, cheap 10 points worse: fair taken", partial(choice, 0.10), least=0.95),
    Part("dear and fair as good, cheap 15 points worse: fair taken", partial(choice, 0.15), least=0.95),
    Part("watch, no drift: called one", partial(watched, 0.0), most=0.01),
    Part("watch, no drift, steadier answers (2 % differ): called one", partial(watched, 0.0, flip=0.02), most=0.01),
    Part("watch, 10 points lower: found", partial(watched, -0.10), least=0.90),
    Part("watch, 10 points higher: found", partial(watched, 0.10), least=0.90),
    Part("through git, 15 points worse: found, rewritten, confirmed, moved", rewritten, least=0.90),
)


def told(at: int, seeds: int) -> tuple[str, bool]:
    part, start = PARTS[at], time.perf_counter()
    runs = [part.run(np.random.default_rng([seed, at])) for seed in range(seeds)]
    hits, took = sum(hit for hit, _ in runs), time.perf_counter() - start
    low, high = interval_of_rate(hits, seeds)
    wanted = f">= {100 * part.least:g} %" if part.least else f"<= {100 * part.most:g} %" if part.most else ""
    missed = (part.least or 0) > hits / seeds or (1 if part.most is None else part.most) < hits / seeds
    mean = sum(cost for _, cost in runs) / seeds
    calls = f"{100 * mean:.1f} % of a check's" if part.name.startswith("watch") else f"{mean:,.0f}"
    rate = f"{100 * hits / seeds:.1f} % of {seeds} ({100 * low:.1f} to {100 * high:.1f})"
    return f"| {part.name} | {wanted} | {rate} | {calls} | {took / seeds:.2f} |", missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--only", default="", help="the parts whose names contain this")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
    print("| what | must be | measured | calls | s a run |\n|---|---|---|---|---|", flush=True)
    missed = 0
    with ProcessPoolExecutor(options.workers) as pool:
        jobs = [pool.submit(told, i, options.seeds) for i, part in enumerate(PARTS) if options.only in part.name]
        for job in jobs:
            line, bad = job.result()
            missed += bad
            print(line, flush=True)
    print(f"\n{missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
