"""Prompt x cases x model x metric -> outcomes, in the order asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from promptci.core import Case, Outcome, Score
from promptci.metrics.base import Metric
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.door import Door
from promptci.prompts.render import Template

NO_ANSWER_EXPECTED = "the case expects no answer that this metric could compare with"


@dataclass(frozen=True, slots=True)
class Task:
    """One case to be answered once under one template by one model; `sample` counts repeats from 0."""

    template: Template
    case: Case
    spec: ModelSpec
    sample: int = 0


def answer(
    door: Door,
    tasks: Sequence[Task],
    metric: Metric,
    *,
    progress: Callable[[int], None] | None = None,
    answered: set[str] | None = None,
) -> list[Outcome]:
    """Answer and judge every task; the result has the tasks' order. A task without an answer has value None.

    Requests are rendered as they are sent, so that memory does not grow with the number of cases waiting. `progress` is
    called with the number of tasks done; `answered` collects the names of the models that answered. Raises DataError
    when a case lacks a variable of its template.
    """
    outcomes: list[Outcome | None] = [None] * len(tasks)
    done = 0

    def requests() -> Iterator[Request]:
        for task in tasks:
            yield Request(task.spec, "scorer", task.template.messages(task.case.vars), task.sample)

    def judged(index: int, reply: Reply) -> None:
        nonlocal done
        outcomes[index] = judge(tasks[index], reply, metric)
        if answered is not None and reply.model:
            answered.add(reply.model)
        done += 1
        if progress is not None:
            progress(done)

    door.ask(requests(), judged)
    return [outcome for outcome in outcomes if outcome is not None]


def judge(task: Task, reply: Reply, metric: Metric) -> Outcome:
    """Turn a reply into an outcome; a failure or a metric that cannot judge is unmeasured, never a zero."""
    if reply.text is None:
        return Outcome(Score(task.case.id, None, str(reply.failure)), task.sample)
    value = metric(task.case, reply.text)
    reason = NO_ANSWER_EXPECTED if value is None else None
    return Outcome(Score(task.case.id, value, reason), task.sample, reply.text)
