"""Fit a line with the search loop: the texts are pairs of whole numbers, the cases are points."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

from promptci.core import Case, Message, Outcome, Score
from promptci.search.base import Found
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers.opro import Opro
from promptci.search.race import FullEvaluation
from promptci.search.stopping import Patience, Steps

HERE = Path(__file__).resolve().parent


def points(w: int, b: int, *, n: int = 50, seed: int = 0) -> list[Case]:
    rng = random.Random(seed)
    xs = [rng.uniform(-1, 1) for _ in range(n)]
    return [Case(f"p{i:02}", {"x": x}, w * x + b + rng.gauss(0, 0.5)) for i, x in enumerate(xs)]


def evaluate(pairs: Sequence[tuple[str, Case]], /) -> list[Outcome]:
    """A point's value falls with its distance from the line, from 1 on it towards 0."""
    return [Outcome(Score(case.id, 1 / (1 + error(text, case)))) for text, case in pairs]


def error(text: str, case: Case) -> float:
    w, b = map(int, text.split(","))
    return abs(w * float(case.vars["x"]) + b - float(case.expected))


def write(messages: tuple[Message, ...], *, n: int, sample: int = 0, **_settings: object) -> list[str | None]:
    """A scripted optimizer: reads the pairs in the question and answers with neighbours of the better ones."""
    pairs = [(int(w), int(b)) for w, b in re.findall(r"^text: (-?\d+), (-?\d+)$", messages[-1].content, re.MULTILINE)]
    rng = random.Random(sample)
    replies: list[str | None] = []
    for _ in range(n):
        w, b = rng.choice(pairs[-5:])
        replies.append(f"<INS>{w + rng.randint(-3, 3)}, {b + rng.randint(-3, 3)}</INS>")
    return replies


def run(w: int = 15, b: int = 14, *, seed: int = 0) -> Found:
    proposer = Opro(
        write,
        MetaPrompts((HERE / "regression",)),
        buckets=None,
        exemplars=0,
        starts=["2, 25", "24, 3", "10, 10", "20, 20", "18, 9"],
    )
    return search(
        "0, 0",
        points(w, b, seed=seed),
        [],
        evaluate=evaluate,
        proposer=proposer,
        stops=[Steps(60), Patience(20)],
        calls=lambda: 0,
        race=FullEvaluation(),
        seed=seed,
        minimal=False,
    )


def main() -> None:
    found = run()
    for step in found.steps:
        if step.promoted:
            print(f"step {step.number:2}: score {step.development:.3f}")
    print(f"w, b = {found.winner.candidate.text if found.winner else 'none'}; {found.stop_reason}")


if __name__ == "__main__":
    main()
