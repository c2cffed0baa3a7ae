"""Each proposer on the offline model over HTTP: instruction-induction tasks, from an empty prompt, within 600 calls.

    python benchmarks/search_offline.py --data DIR [--tasks first_word_letter,sum,singular_to_plural] [--seeds 3]

DIR holds the instruction-induction data (Honovich et al. 2022): `tasks.jsonl`, `induce/` and `execute/`. The search
sees 60 pairs of `induce`; what it finds, and every human instruction, is scored on `execute`. The offline model is no
language model: the figures say that the search works, not how well a model would do.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from promptci.assets import templates
from promptci.core import Case, Message, Outcome
from promptci.metrics.exact import Exact
from promptci.models.base import ModelSpec, Request
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.models.offline.server import running
from promptci.prompts.conversation import plain
from promptci.prompts.render import compile_template
from promptci.scoring import Grading, Task, answer
from promptci.search.base import Found
from promptci.search.guards import standard
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers import PROPOSERS, proposer
from promptci.search.stopping import Patience, Perfect, Steps

CALLS = 600


def pairs(data: Path, part: str, task: str, n: int) -> list[Case]:
    rows = (data / part / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()
    read = [json.loads(row) for row in rows[:n]]
    return [Case(f"{part}{i}", {"input": row["input"]}, row["output"]) for i, row in enumerate(read)]


def answered(door: Door, spec: ModelSpec, asked: Sequence[tuple[str, Case]]) -> list[Outcome]:
    return answer(door, [Task(plain(t), c, spec) for t, c in asked], Grading(Exact(), spec))


def score(spec: ModelSpec, text: str, cases: Sequence[Case]) -> float:
    with Door(budget=Budget(Limits()), concurrency=16) as door:
        return statistics.fmean(o.score.value or 0.0 for o in answered(door, spec, [(text, c) for c in cases]))


def run(spec: ModelSpec, strategy: str, cases: Sequence[Case], held_out: Sequence[Case], seed: int) -> Found:
    mixed = random.Random(seed).sample(list(cases), len(cases))
    half = len(mixed) // 2
    with Door(budget=Budget(Limits(max_calls=CALLS)), concurrency=16) as door:

        def write(
            messages: tuple[Message, ...], *, n: int, temperature: float, sample: int = 0, max_tokens: int = 1024
        ) -> list[str | None]:
            asked = [Request(spec, "optimizer", messages, sample * n + k, temperature, max_tokens) for k in range(n)]
            return [reply.text for reply in door.ask_all(asked)]

        return search(
            "",
            mixed[:half],
            mixed[half:],
            evaluate=lambda asked: answered(door, spec, asked),
            proposer=proposer(strategy, write, MetaPrompts((templates(),)), {}),
            stops=(Perfect(), Steps(10), Patience(4)),
            calls=lambda: door.spent.calls,
            max_calls=CALLS,
            guards=standard("", [*cases, *held_out], lambda text: compile_template(text).variables),
            seed=seed,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tasks", default="first_word_letter,sum,singular_to_plural")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    human = {row["task"]: row["human_instructions"] for row in map(json.loads, (args.data / "tasks.jsonl").open())}
    print("| task | best human | proposer | found: worst, mean | calls at most | |\n|---|---|---|---|---|---|")
    failed = False
    with running() as url:
        spec = ModelSpec("offline", base_url=url, seed=1)
        for task in args.tasks.split(","):
            cases, held_out = pairs(args.data, "induce", task, 60), pairs(args.data, "execute", task, 100)
            best = max(score(spec, text, held_out) for text in human[task])
            for strategy in PROPOSERS:
                found = [run(spec, strategy, cases, held_out, seed) for seed in range(args.seeds)]
                texts = [f.winner.candidate.text if f.winner else "" for f in found]
                scores = [score(spec, text, held_out) for text in texts]
                ok = statistics.fmean(scores) >= best - 0.05 and max(f.calls for f in found) <= CALLS
                failed = failed or not ok
                print(
                    f"| {task} | {100 * best:.0f} | {strategy} | {100 * min(scores):.0f}, "
                    f"{100 * statistics.fmean(scores):.0f} | {max(f.calls for f in found)} "
                    f"| {'pass' if ok else 'FAIL'} |",
                    flush=True,
                )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
