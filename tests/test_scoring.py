"""Outcomes from replies: what a judge's useless reply costs the next run."""

from __future__ import annotations

from pathlib import Path

from promptci.core import Case
from promptci.metrics import METRICS
from promptci.models.base import ModelSpec
from promptci.models.budget import Budget
from promptci.models.cache import Cache
from promptci.models.door import Door
from promptci.prompts.conversation import plain
from promptci.scoring import Grading, Task, answer

from .conftest import ScriptedModel

SPEC = ModelSpec("m", "http://unused/v1")


def test_a_grade_that_could_not_be_read_is_asked_for_again_by_the_next_run_alone(tmp_path: Path) -> None:
    model = ScriptedModel(judge=lambda text: "I would rather not say." if model.calls("judge") < 3 else '{"score": 1}')
    values, sent = [], []
    for run in ("a", "a", "b", "c"):
        with Door(budget=Budget(), cache=Cache(tmp_path / "c"), connect=model.connect, run_id=run) as door:
            tasks = [Task(plain("Say it: {{ input }}"), Case(f"c{n}", {"input": n}, "yes"), SPEC) for n in range(2)]
            values.append([o.score.value for o in answer(door, tasks, Grading(METRICS["judge"](), SPEC))])
            sent.append(len(model.asked))
    assert values == [[None, None], [None, None], [1.0, 1.0], [1.0, 1.0]]
    assert sent == [4, 4, 6, 6], "run a, resumed, sends nothing; run b asks the judge alone; run c finds all stored"
