"""Instruction induction (Honovich et al. 2022): the empty prompt, the best human instruction, what the search finds.

For each task the search sees `induce` only; every score in the table is on `execute`, which nothing here ever chose on.
The best human instruction is chosen by its score on `induce`, as the search's is.

    python benchmarks/instruction_induction.py --data DIR [--task NAME]... [--model M --base-url URL]

DIR holds `tasks.jsonl`, `induce/` and `execute/`. The default model is the offline stand-in, which has skills for some
of the tasks and none for others: those stay in the table with their low score.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptci import assets
from promptci.core import Case, Message, Outcome
from promptci.evals.split import split
from promptci.metrics import METRICS
from promptci.metrics.base import Metric
from promptci.models.base import ModelSpec, Request
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.prompts.conversation import plain
from promptci.prompts.render import compile_template
from promptci.scoring import Grading, answer
from promptci.scoring import Task as Question
from promptci.search import guards
from promptci.search.base import Write
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers import proposer
from promptci.search.stopping import Patience, Perfect, Steps

EMPTY = "Input: {{ input }}\nOutput:"
LOOSE = {"ignore_case": True, "ignore_punctuation": True}
METRIC_OF = {
    "em": lambda: METRICS["exact"](**LOOSE),
    "f1": METRICS["token_f1"],
    "contains": METRICS["contains"],
    "exact_set": METRICS["word_set"],
}


@dataclass(frozen=True)
class Task:
    """One task: cases to search on, cases to report on, and what people wrote."""

    name: str
    metric: Metric
    induce: tuple[Case, ...]
    execute: tuple[Case, ...]
    human: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One line of the table: scores on `execute` in [0, 1], and calls of the search."""

    task: str
    empty: float
    human: float
    found: float
    calls: int
    stop: str
    text: str


def load(data: Path, wanted: Sequence[str]) -> list[Task]:
    rows = [json.loads(line) for line in (data / "tasks.jsonl").read_text(encoding="utf-8").splitlines()]
    return [task_of(data, row) for row in rows if not wanted or row["task"] in wanted]


def task_of(data: Path, row: dict[str, Any]) -> Task:
    name = row["task"]
    induce, execute = (tuple(cases(data / part / f"{name}.jsonl")) for part in ("induce", "execute"))
    return Task(name, METRIC_OF[row["metric"]](), induce, execute, tuple(row["human_instructions"]))


def cases(path: Path) -> list[Case]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Case(f"{n}", {"input": row["input"]}, row["output"]) for n, row in enumerate(rows)]


class Bench:
    """Asks one model, within one budget per task."""

    def __init__(self, spec: ModelSpec, max_calls: int, steps: int, strategy: str, seed: int) -> None:
        self.spec, self.max_calls, self.steps, self.strategy, self.seed = spec, max_calls, steps, strategy, seed

    def score(self, door: Door, text: str, on: Sequence[Case], metric: Metric) -> float:
        template = plain(text)
        values = [
            o.score.value
            for o in answer(door, [Question(template, c, self.spec) for c in on], Grading(metric, self.spec))
        ]
        judged = [v for v in values if v is not None]
        return sum(judged) / len(judged) if judged else float("nan")

    def row(self, task: Task) -> Row:
        with Door(budget=Budget(Limits()), concurrency=16) as door:
            empty = self.score(door, EMPTY, task.execute, task.metric)
            best = max(task.human, key=lambda text: self.score(door, with_input(text), task.induce, task.metric))
            human = self.score(door, with_input(best), task.execute, task.metric)
        found, calls, stop = self.search(task)
        with Door(budget=Budget(Limits()), concurrency=16) as door:
            return Row(task.name, empty, human, self.score(door, found, task.execute, task.metric), calls, stop, found)

    def search(self, task: Task) -> tuple[str, int, str]:
        """Search on `induce` alone, from the empty prompt; return the text, the calls sent and why it stopped."""
        parts = split(task.induce, share=0.0)
        with Door(budget=Budget(Limits(max_calls=self.max_calls)), concurrency=16) as door:

            def evaluate(pairs: Sequence[tuple[str, Case]]) -> list[Outcome]:
                return answer(
                    door,
                    [Question(plain(t), c, self.spec) for t, c in pairs],
                    Grading(task.metric, self.spec),
                )

            found = search(
                EMPTY,
                parts.train,
                parts.validation,
                evaluate=evaluate,
                proposer=proposer(self.strategy, self.writer(door), MetaPrompts((assets.templates(),)), {}),
                stops=(Perfect(), Steps(self.steps), Patience(max(3, self.steps // 3))),
                calls=lambda: door.spent.calls,
                guards=guards.standard(EMPTY, task.induce, lambda text: compile_template(text).variables),
                seed=self.seed,
            )
            best = found.winner or found.incumbent
            return best.candidate.text, door.spent.calls, found.stop_reason

    def writer(self, door: Door) -> Write:
        def write(
            messages: tuple[Message, ...], *, n: int, temperature: float, sample: int = 0, max_tokens: int = 1024
        ) -> list[str | None]:
            asked = [
                Request(
                    self.spec, "optimizer", messages, sample * n + k, temperature=temperature, max_tokens=max_tokens
                )
                for k in range(n)
            ]
            return [reply.text for reply in door.ask_all(asked)]

        return write


def with_input(instruction: str) -> str:
    return f"{instruction.strip()}\n\n{EMPTY}"


def table(rows: Sequence[Row]) -> str:
    lines = [
        "| task | empty | best human | found | calls | why the search stopped |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        scores = " | ".join(f"{100 * value:.1f}" for value in (row.empty, row.human, row.found))
        lines.append(f"| {row.task} | {scores} | {row.calls:,} | {row.stop} |")
    means = [sum(getattr(r, name) for r in rows) / len(rows) for name in ("empty", "human", "found")]
    lines.append(
        "| **mean** | " + " | ".join(f"**{100 * m:.1f}**" for m in means) + f" | {sum(r.calls for r in rows):,} | |"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with tasks.jsonl, induce/ and execute/")
    parser.add_argument("--task", action="append", default=[], help="only this task; repeatable")
    parser.add_argument("--model", default="offline")
    parser.add_argument("--base-url")
    parser.add_argument("--strategy", default="mix")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--max-calls", type=int, default=3000, help="cap for each task's search")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="also print the instructions that were found")
    args = parser.parse_args()
    spec = ModelSpec(args.model, args.base_url, max_tokens=256)
    bench = Bench(spec, args.max_calls, args.steps, args.strategy, args.seed)
    start, rows = time.monotonic(), []
    for task in load(args.data, args.task):
        rows.append(bench.row(task))
        print(f"{task.name}: {100 * rows[-1].found:.1f}", file=sys.stderr)
        if args.show:
            print(rows[-1].text, file=sys.stderr)
    print(table(rows))
    print(f"\n{len(rows)} tasks, model {args.model}, strategy {args.strategy}, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
