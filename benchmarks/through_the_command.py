"""The commits of `commits.py` through the command itself: real git, the real door with its cache, a planted model.

    python benchmarks/through_the_command.py [--runs 12] [--seed 1] [--only WORDS]

`commits.py` measures the rates on many runs in memory; this says that the command does the same. Beside its kinds: a
provider that gets 5 points better in silence under a prompt that gets 5 worse, on a baseline that `check --accept`
stored, and ten commits of one point down each, the anchor's look at every fifth.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from commits import KINDS, SPREAD, TWELVE, Commit, one, row
from decision_worlds import Rng
from decisions_fresh import chances, dropped
from in_memory import SETTINGS, House, Planted, Store, eval_set, prompt, settings

from promptci.commands.check import check
from promptci.measure.baseline import ANSWERS
from promptci.models.base import ModelSpec, Reply, Request
from promptci.records import baseline
from promptci.report.base import PromptReport
from promptci.run.options import Options


class Client:
    """The planted model as the door asks it."""

    def __init__(self, model: Planted) -> None:
        self.model = model

    def connect(self, spec: ModelSpec) -> Client:  # noqa: ARG002 - it is the same for all
        return self

    async def send(self, request: Request) -> Reply:
        replies: list[Reply] = []
        self.model.ask([request], lambda _, reply: replies.append(reply))
        return replies[0]

    async def close(self) -> None:
        """Hold nothing."""


class OnDisk(House):
    """A repository on disk, checked by the command."""

    place = Path()

    def git(self, *args: str) -> None:
        command = ["git", "-C", str(self.place), "-c", "user.name=b", "-c", "user.email=b@example.com", *args]
        subprocess.run(command, check=True, capture_output=True)

    def written(self, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            path = self.place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)

    def committed(self, files: dict[str, bytes]) -> None:
        """Make a commit of these files, in a new repository if there is none."""
        if not (self.place / ".git").exists():
            self.git("init", "-q", "-b", "main")
        self.written(files)
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", "state")

    def options(self) -> Options:
        seed = int(self.rng.integers(1 << 30))
        self.last = Planted(self.truth, seed)
        return Options(config=self.place / SETTINGS, quiet=True, seed=seed, connect=Client(self.last).connect)

    def check(self, base: str) -> list[PromptReport]:
        self.committed(self.store.commits[int(base)])
        self.written(self.store.tree)
        report = check(self.options(), base="HEAD")
        self.calls += report.calls
        return list(report.prompts)

    def accept(self, name: str, repeats: int = ANSWERS, *, lucky: int = 1) -> None:
        """The command stores five answers a case at least, and no run is chosen."""
        assert lucky == 1
        self.committed(self.store.tree)
        self.calls += check(replace(self.options(), repeat=repeats), ids=[name], accept=True).calls
        self.store.tree[baseline.path_of(name)] = (self.place / baseline.path_of(name)).read_bytes()


@contextmanager
def on_disk(store: Store, rng: Rng) -> Iterator[OnDisk]:
    with tempfile.TemporaryDirectory() as folder:
        house = OnDisk(store, {}, rng)
        house.place = Path(folder)
        yield house


def as_it_is(rng: Rng, kind: Commit) -> tuple[bool, int, int]:
    with on_disk(Store(), rng) as house:

        def make(store: Store, truth: dict[str, np.ndarray], _: Rng) -> OnDisk:
            house.store, house.truth = store, truth
            return house

        return one(rng, kind, make)


def begun(house: House) -> None:
    """One prompt with its accepted baseline, committed."""
    house.truth["p 0"] = chances(house.rng, SPREAD)
    house.store.tree |= {SETTINGS: settings({"p": ""}), "p.jsonl": eval_set(SPREAD.n), "p.md": prompt("p", 0)}
    house.accept("p")
    house.calls = 0


def drifted(rng: Rng, kind: Commit) -> tuple[bool, int, int]:  # noqa: ARG001 - as every kind is run
    """The provider turns one case in twenty from wrong to right, the prompt another twentieth from right to wrong."""
    with on_disk(Store(), rng) as house:
        begun(house)
        house.truth["p 0"] = dropped(rng, house.truth["p 0"], 0.05, up=True)
        house.truth["p 1"] = dropped(rng, house.truth["p 0"], 0.05)
        base = house.store.commit()
        house.store.tree["p.md"] = prompt("p", 1)
        (report,) = house.check(base)
        return report.verdict == "fail", house.calls, report.cases


def crept(rng: Rng, kind: Commit) -> tuple[bool, int, int]:  # noqa: ARG001 - as every kind is run
    """Ten commits of one point down each, until one is red."""
    with on_disk(Store(), rng) as house:
        begun(house)
        cases = 0
        for n in range(1, 11):
            house.truth[f"p {n}"] = dropped(rng, house.truth[f"p {n - 1}"], 0.01)
            base = house.store.commit()
            house.store.tree["p.md"] = prompt("p", n)
            (report,) = house.check(base)
            cases += report.cases
            if report.verdict == "fail":
                return True, house.calls, cases
        return False, house.calls, cases


OWN = {
    "provider 5 points better in silence, prompt 5 points worse": (drifted, 0.80),
    "ten commits of -1 point each": (crept, 0.90),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="the kinds whose names contain this")
    options, start, missed = parser.parse_args(), time.perf_counter(), 0
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    kinds = [(kind, as_it_is) for kind in KINDS if kind.lucky == 1]
    kinds += [(Commit(name, SPREAD, least=least), run) for name, (run, least) in OWN.items()]
    print("| what | must reach | measured | calls | cases run | |\n|---|---|---|---|---|---|")
    for kind, run in kinds:
        if options.only in kind.name:
            rng = np.random.default_rng([options.seed, len(kind.name)])
            runs = max(2, options.runs // 4) if kind.runs <= 3 * TWELVE and kind.prompts > 1 else options.runs
            told, bad = row(kind, [run(rng, kind) for _ in range(runs)])
            missed += bad
            print(told, flush=True)
    print(f"\n{missed} missed (the whole interval on the wrong side); {time.perf_counter() - start:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
