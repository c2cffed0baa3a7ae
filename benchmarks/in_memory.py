"""`promptci check` without git, disk and network: the command's own code on a repository in memory and a planted model.

A prompt's text is `NAME VERSION`, a blank line and `{{ n }}`; a case is a number. What the model answers is planted:
for every text (`NAME VERSION`) an array has the chance that each case is answered right. All that decides is the
command's: the plan, stored baselines, the screen, fresh answers, Holm, spot check, anchor. Only reading git's objects
and sending requests are replaced, so that a year of commits takes minutes.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from promptci.config import parse
from promptci.gitrepo import Repository
from promptci.gitrepo.base import Base
from promptci.gitrepo.changes import Commit
from promptci.measure.baseline import ANSWERS, made
from promptci.measure.measuring import alone, measured
from promptci.models.account import Spent
from promptci.models.base import Reply, Request, Usage
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.project.changes import plan
from promptci.project.project import Project
from promptci.project.side import Side, side
from promptci.records import baseline
from promptci.report.base import PromptReport
from promptci.report.progress import Progress
from promptci.run.ask import fresh
from promptci.run.options import Options
from promptci.run.session import Session

Chances = NDArray[np.float64]
Passes = NDArray[np.bool_]
UNUSED = 2_000_000_000  # sample numbers from here on are no run's
SETTINGS = "promptci.yaml"


def settings(prompts: Mapping[str, str]) -> bytes:
    """promptci.yaml with these prompts; each has further settings of its own, such as `gate: {slices: true}`, or ""."""
    rows = (
        f"  - {{id: {name}, file: {name}.md, cases: {name}.jsonl{', ' if more else ''}{more}}}\n"
        for name, more in prompts.items()
    )
    head = 'version: 1\nmodels: {scorer: {model: planted, base_url: "http://127.0.0.1:9/v1"}}\nprompts:\n'
    return (head + "".join(rows)).encode()


def eval_set(count: int, tags: Callable[[int], Sequence[str]] | None = None) -> bytes:
    """Cases whose right answer is "yes", numbered from 0."""
    rows = (
        {"id": f"c{n}", "n": str(n), "expected": "yes", "tags": [] if tags is None else list(tags(n))}
        for n in range(count)
    )
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def prompt(name: str, version: int) -> bytes:
    return f"{name} {version}\n\n{{{{ n }}}}\n".encode()


@dataclass
class Store:
    """Commits, the oldest first, each with all of its files; `tree` is the working tree."""

    tree: dict[str, bytes] = field(default_factory=dict)
    commits: list[dict[str, bytes]] = field(default_factory=list)

    def commit(self) -> str:
        self.commits.append(dict(self.tree))
        return str(len(self.commits) - 1)

    def head(self) -> str | None:
        return str(len(self.commits) - 1) if self.commits else None

    def is_shallow(self) -> bool:
        return False

    def read(self, rev: str, path: str) -> bytes | None:
        return self.commits[len(self.commits) - 1 if rev == "HEAD" else int(rev)].get(path)

    def history(self, paths: Sequence[str], since: str | None = None) -> list[Commit]:
        """The commits after `since` that changed one of `paths`, the newest first."""
        found = []
        for at in range(len(self.commits) - 1, -1 if since is None else int(since), -1):
            before = self.commits[at - 1] if at else {}
            if any(self.commits[at].get(path) != before.get(path) for path in paths):
                found.append(Commit(str(at), datetime.now(UTC), "", ""))
        return found


class InMemory(Project):
    """A project whose files are those of a `Store`."""

    def at(self, rev: str | None, path: str) -> bytes | None:
        store = cast("Store", self.repository)
        return store.tree.get(path) if rev is None else store.read(rev, path)


class Planted:
    """A door to the planted model: the same question in one run has one answer, another run asks anew.

    Answers do not depend on the order in which they are asked.
    """

    stopped = None
    notes: Sequence[str] = ()

    def __init__(self, truth: Mapping[str, Chances], seed: int) -> None:
        self.truth, self.seed = truth, seed
        self.drawn: dict[tuple[str, int], Passes] = {}
        self.asked: set[tuple[str, int, int]] = set()

    @property
    def calls(self) -> int:
        """Different questions so far."""
        return len(self.asked)

    @property
    def spent(self) -> Spent:
        return Spent(self.calls)

    def ask(self, requests: Iterable[Request | None], each: Callable[[int, Reply], None]) -> None:
        for index, request in enumerate(requests):
            assert request is not None, "all earlier ones are answered"
            name, number = request.messages[-1].content.split("\n\n")
            self.asked.add((name, request.sample, int(number)))
            said = "yes" if self.answers(name, request.sample)[int(number)] else "no"
            each(index, Reply(texts=(said,), usage=Usage(1, 1), model="planted-1", attempts=1))

    def answers(self, name: str, sample: int) -> Passes:
        """Whether each case passes under this text and sample number."""
        if (name, sample) not in self.drawn:
            chance = self.truth[name]
            rng = np.random.default_rng([self.seed, zlib.crc32(name.encode()), sample])
            self.drawn[name, sample] = rng.random(len(chance)) < chance
        return self.drawn[name, sample]

    def luckiest(self, name: str, sample: int, runs: int) -> None:
        """Fix the answers of one sample: those of the best of `runs` runs."""
        tried = [self.answers(name, UNUSED + k) for k in range(runs)]
        self.drawn[name, sample] = max(tried, key=lambda passes: int(passes.sum()))


@dataclass
class House:
    """A repository in memory with its planted truth; every check is a run of its own on fresh answers."""

    store: Store
    truth: dict[str, Chances]
    rng: np.random.Generator
    calls: int = 0
    runs: int = 0
    last: Planted = field(init=False)

    @property
    def project(self) -> Project:
        config = parse(self.store.tree[SETTINGS].decode(), SETTINGS)
        return InMemory(cast("Repository", self.store), Path(), "", SETTINGS, config)

    def session(self, project: Project) -> tuple[Session, Planted]:
        self.runs += 1
        options = Options(quiet=True, seed=int(self.rng.integers(1 << 30)))
        door = Planted(self.truth, options.seed)
        self.last = door
        name = f"run-{self.runs}-{options.seed}"
        door_, budget = cast("Door", door), Budget(Limits())
        run = Session(project, options, door_, budget, name, Path(), Progress(quiet=True), [], asks_as=name)
        return run, door

    def check(self, base: str) -> list[PromptReport]:
        """Compare the working tree with a commit, as `promptci check --base` does."""
        project = self.project
        run, door = self.session(project)
        found = measured(run, plan(project, base), Base(base, "named", base, ""))
        self.calls += door.calls
        return found

    def accept(self, name: str, repeats: int = ANSWERS, *, lucky: int = 1) -> None:
        """Write the prompt's baseline into the working tree, as `promptci check --accept` does.

        With `lucky`, the best of so many answers' runs, which somebody chose.
        """
        run, door = self.session(self.project)
        one = self.side(name)
        if lucky > 1:
            door.luckiest(f"{name} {one.prompt.template.split()[1]}", fresh(run, "accept"), lucky)
        arm, _ = alone(run, one, repeats=repeats, first=fresh(run, "accept"))
        self.calls += door.calls
        accepted = made(self.project, one, arm.values, calls=door.calls, cost_usd=0.0)
        self.store.tree[baseline.path_of(name)] = baseline.dump(accepted)

    def side(self, name: str) -> Side:
        project = self.project
        (own,) = project.config.chosen([name])
        return side(project, project.config, own, None)
