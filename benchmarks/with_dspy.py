"""One search by an optimizer of DSPy for `other_optimizers.py`: `with_dspy.py URL SEED mipro|copro|simba`.

Reads rows.jsonl (`input`, `expected`) and start.txt here, prints the best instruction and the gain that the optimizer
saw. Settings are those that fill a cap of 1,000 calls and never pass it; DSPy's own cache is on, for the run alone.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import dspy


def right(example: Any, said: Any, trace: Any = None) -> bool:  # noqa: ARG001 - the form that DSPy calls
    return bool(said.label.strip() == example.label)


def main(url: str, seed: int, name: str) -> None:
    logging.disable(logging.WARNING)
    dspy.configure_cache(enable_disk_cache=False)
    lm = dspy.LM("openai/scorer", api_base=url, api_key="none", temperature=0)
    writer = dspy.LM("openai/optimizer", api_base=url, api_key="none", temperature=1.0)
    dspy.configure(lm=lm)
    rows = [json.loads(line) for line in Path("rows.jsonl").read_text().splitlines()]
    data = [dspy.Example(ticket=r["input"], label=r["expected"]).with_inputs("ticket") for r in rows]
    student = dspy.Predict(dspy.Signature("ticket -> label", Path("start.txt").read_text()))
    best, said = WAYS[name](student, data, writer, seed)
    text = best.predictors()[0].signature.instructions
    print("\n" + json.dumps({"text": text, "said": said, "demos": len(best.predictors()[0].demos)}))


def mipro(student: Any, data: list[Any], writer: Any, seed: int) -> tuple[Any, float | None]:
    """Instructions alone: 14 candidates, 17 trials on 35 of 100 validation cases, and full looks."""
    way = dspy.MIPROv2(
        metric=right, prompt_model=writer, auto=None, num_candidates=14, num_threads=8, seed=seed + 1,
        max_bootstrapped_demos=0, max_labeled_demos=0,
    )  # fmt: skip
    best = way.compile(student, trainset=data[:100], valset=data[100:], num_trials=17)
    return best, None


def copro(student: Any, data: list[Any], writer: Any, _: int) -> tuple[Any, float | None]:
    """Five texts in each of three rounds, each on 65 cases; the score is that of the best on the same cases."""
    way = dspy.COPRO(prompt_model=writer, metric=right, breadth=5, depth=3)
    shown = {"num_threads": 8, "display_progress": False, "display_table": 0}
    return way.compile(student, trainset=data[:65], eval_kwargs=shown), None


def simba(student: Any, data: list[Any], writer: Any, seed: int) -> tuple[Any, float | None]:
    """Rules alone: four batches of 17 cases, four candidates each, a last look on 100 cases."""
    way = dspy.SIMBA(
        metric=right, prompt_model=writer, bsize=17, num_candidates=4, max_steps=4, max_demos=0, num_threads=8
    )
    return way.compile(student, trainset=data[:100], seed=seed), None


WAYS = {"mipro": mipro, "copro": copro, "simba": simba}

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
