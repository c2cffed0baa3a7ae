"""How likely the scorer finds the expected answers, asked beside its own: a finer signal than pass or fail."""

from __future__ import annotations

from collections.abc import Sequence

from promptci.metrics.base import Answer, Grade
from promptci.metrics.likely import LogProbability
from promptci.models.door import Door
from promptci.scoring.base import Grading, Task


def likelihoods(door: Door, tasks: Sequence[Task], grading: Grading) -> list[Grade]:
    """Return for each task the geometric mean probability per token of its expected answer, in [0, 1].

    One completion with echoed log probabilities is asked for each expected answer of a case. A grade has no value, and
    says why, where the server gives none or the case expects nothing that could be likely.
    """
    metric = LogProbability()
    given = [Answer("", asked=task.template.messages(task.case)) for task in tasks]
    questions = [metric.questions(task.case, answer) for task, answer in zip(tasks, given, strict=True)]
    pairs = [(task, q) for task, some in zip(tasks, questions, strict=True) for q in some]
    replies = iter(door.ask_all([grading.request(task, question) for task, question in pairs]))
    return [
        metric.read(task.case, answer, [next(replies) for _ in some])
        for task, answer, some in zip(tasks, given, questions, strict=True)
    ]
