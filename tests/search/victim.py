"""A whole search as a process of its own, to be killed: `python victim.py FOLDER URL NAME STRATEGY [--resume]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from promptci.assets import templates
from promptci.core import Case, Message, Outcome
from promptci.metrics.exact import Exact
from promptci.models.base import ModelSpec, Request
from promptci.models.budget import Budget, Limits
from promptci.models.cache import Cache
from promptci.models.door import Door
from promptci.prompts.conversation import plain
from promptci.prompts.render import compile_template
from promptci.scoring import Grading, Task, answer
from promptci.search.base import Found
from promptci.search.guards import standard
from promptci.search.journal import Journal
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers import proposer
from promptci.search.stopping import Patience, Steps


def cases(n: int) -> list[Case]:
    return [Case(f"c{i}", {"input": f"{7 * i % 50} {11 * i % 40}"}, str(7 * i % 50 + 11 * i % 40)) for i in range(n)]


def run(
    door: Door,
    spec: ModelSpec,
    strategy: str,
    *,
    n: int = 16,
    seed: int = 0,
    max_calls: int | None = None,
    journal: Journal | None = None,
) -> Found:
    """A short search for the instruction to add two numbers."""

    def write(
        messages: tuple[Message, ...], *, n: int, temperature: float, sample: int = 0, max_tokens: int = 1024
    ) -> list[str | None]:
        ask = [Request(spec, "optimizer", messages, sample * n + k, temperature, max_tokens) for k in range(n)]
        return [reply.text for reply in door.ask_all(ask)]

    def evaluate(pairs: Sequence[tuple[str, Case]], /) -> list[Outcome]:
        return answer(door, [Task(plain(t), c, spec) for t, c in pairs], Grading(Exact(), spec))

    every = cases(n)
    return search(
        "Do it.",
        every[: n // 2],
        every[n // 2 :],
        evaluate=evaluate,
        proposer=proposer(strategy, write, MetaPrompts((templates(),)), {"per_step": 6}),
        stops=(Steps(3), Patience(3)),
        calls=lambda: door.spent.calls,
        max_calls=max_calls,
        guards=standard("Do it.", every, lambda text: compile_template(text).variables),
        seed=seed,
        on_step=journal.step if journal else None,
    )


def main(folder: str, url: str, name: str, strategy: str, *flags: str) -> None:
    spec = ModelSpec("offline", base_url=url, seed=1)
    place = Path(folder)
    with (
        Door(budget=Budget(Limits()), cache=Cache(place / "cache"), run_id=name, concurrency=4) as door,
        Journal(place / f"{name}.jsonl", {"name": "victim"}, resume="--resume" in flags) as journal,
    ):
        found = run(door, spec, strategy, max_calls=300 if strategy == "edits" else None, journal=journal)
        journal.end(found)
    winner = found.winner.candidate.text if found.winner else None
    sys.stdout.write(json.dumps({"winner": winner, "stop": found.stop_reason, "calls": found.calls}))


if __name__ == "__main__":
    main(*sys.argv[1:])
