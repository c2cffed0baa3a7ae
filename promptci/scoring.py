"""Prompt x cases x model x metric -> outcomes, in the order asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from promptci.core import Case, Outcome, Reason, Score
from promptci.metrics.base import AskingMetric, Metric
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.door import Door
from promptci.models.entry import ANSWERED
from promptci.prompts.conversation import Conversation

NO_ANSWER_EXPECTED = Reason("no_expected", "the case expects no answer that this metric could compare with")
NO_GRADE = Reason("no_grade", "the judge's reply states no score")


@dataclass(frozen=True, slots=True)
class Task:
    """One case to be answered once under one prompt by one model; `sample` counts repeats from 0."""

    template: Conversation
    case: Case
    spec: ModelSpec
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Grading:
    """How outputs become values: the metric and, for one that asks, the judge model."""

    metric: Metric
    judge: ModelSpec


def answer(
    door: Door,
    tasks: Sequence[Task],
    grading: Grading,
    *,
    progress: Callable[[int], None] | None = None,
) -> list[Outcome]:
    """Answer and judge every task; the result has the tasks' order. A task without an answer has value None.

    Requests are rendered as they are sent, so that memory does not grow with the number of cases waiting. `progress` is
    called with the number of tasks answered. Raises DataError when a case lacks a variable of its template.
    """
    outcomes: list[Outcome | None] = [None] * len(tasks)
    done = 0

    def requests() -> Iterator[Request]:
        for task in tasks:
            yield Request(task.spec, "scorer", task.template.messages(task.case), task.sample)

    def taken(index: int, reply: Reply) -> None:
        nonlocal done
        outcomes[index] = measured(tasks[index], reply, grading.metric)
        done += 1
        if progress is not None:
            progress(done)

    door.ask(requests(), taken)
    found = [outcome for outcome in outcomes if outcome is not None]
    return graded(door, tasks, found, grading) if isinstance(grading.metric, AskingMetric) else found


def measured(task: Task, reply: Reply, metric: Metric) -> Outcome:
    """Turn a reply into an outcome; a failure or a metric that cannot judge is unmeasured, never a zero."""
    if reply.text is None:
        return Outcome(Score(task.case.id, None, _reason(reply)), task.sample)
    value = metric(task.case, reply.text)
    reason = NO_ANSWER_EXPECTED if value is None else None
    return Outcome(Score(task.case.id, value, reason), task.sample, reply.text, reply.cached, reply.model)


def _reason(reply: Reply) -> Reason | None:
    return None if reply.failure is None else reply.failure.reason


def unusable(outcome: Outcome) -> bool:
    """Whether the model did answer, but refused, said nothing or was cut off: that may be the prompt's doing."""
    reason = outcome.score.reason
    return outcome.score.value is None and outcome.output is None and reason is not None and reason.kind in ANSWERED


def graded(door: Door, tasks: Sequence[Task], outcomes: Sequence[Outcome], grading: Grading) -> list[Outcome]:
    """Ask the judge about every output that there is; a reply that states no score leaves the case unmeasured."""
    metric = grading.metric
    if not isinstance(metric, AskingMetric):
        raise TypeError("only a metric that asks can be graded by a judge")
    found = list(outcomes)
    outputs = [(i, outcome.output) for i, outcome in enumerate(outcomes) if outcome.output is not None]

    def question(i: int, output: str) -> Request:
        return Request(grading.judge, "judge", metric.messages(tasks[i].case, output), tasks[i].sample)

    def requests() -> Iterator[Request]:
        return (question(*pair) for pair in outputs)

    def taken(index: int, reply: Reply) -> None:
        place = outputs[index][0]
        value = None if reply.text is None else metric.read(reply.text)
        reason = None if value is not None else NO_GRADE if reply.failure is None else reply.failure.reason
        case_id = found[place].case_id
        if value is None and reply.text is not None:  # the next run asks again: this one is replayed to nobody else
            door.forget(question(*outputs[index]))
        stored = found[place].stored or reply.cached
        found[place] = replace(found[place], score=Score(case_id, value, reason), stored=stored, judge=reply.model)

    door.ask(requests(), taken)
    return found
