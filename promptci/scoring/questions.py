"""Ask models about answers that a metric cannot grade alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promptci.metrics.base import Answer, Grade, Question, QuestioningMetric, unknown
from promptci.models.base import Reply, Request
from promptci.models.door import Door
from promptci.scoring.base import Grading, Task

Waiting = Mapping[int, tuple[Answer, list[Grade | None]]]


def asked(
    door: Door, tasks: Sequence[Task], grading: Grading, waiting: Waiting
) -> dict[int, tuple[list[Grade], bool, str]]:
    """Ask about every answer in `waiting` (by its task's index) whose grade is None for some metric.

    Return for each: all its grades, whether a reply was stored by an earlier run, and what the server says judged.
    """
    plan = [entry for index in waiting for entry in _planned(index, tasks[index], grading, waiting[index])]
    replies: dict[int, Reply] = {}

    def requests() -> Iterator[Request]:
        for index, _, question in plan:
            yield grading.request(tasks[index], question)

    door.ask(requests(), replies.__setitem__)
    given: dict[tuple[int, int], list[Reply]] = {}
    for n, (index, part, _) in enumerate(plan):
        given.setdefault((index, part), []).append(replies[n])
    found = {index: _read(index, tasks[index], grading, waiting[index], given) for index in waiting}
    for n, (index, part, question) in enumerate(plan):
        # The next run asks again: what nobody could read is replayed to nobody else.
        if found[index][0][part].useless and replies[n].text is not None:
            door.forget(grading.request(tasks[index], question))
    return found


def _planned(
    index: int, task: Task, grading: Grading, waiting: tuple[Answer, list[Grade | None]]
) -> Iterator[tuple[int, int, Question]]:
    answer, grades = waiting
    for n, part in enumerate(grading.combined.parts_of(task.case)):
        if grades[n] is None and isinstance(part.metric, QuestioningMetric):
            for question in part.metric.questions(task.case, answer):
                yield index, n, question


def _read(
    index: int,
    task: Task,
    grading: Grading,
    waiting: tuple[Answer, list[Grade | None]],
    given: Mapping[tuple[int, int], list[Reply]],
) -> tuple[list[Grade], bool, str]:
    answer, grades = waiting
    found: list[Grade] = []
    told: list[Reply] = []
    for n, part in enumerate(grading.combined.parts_of(task.case)):
        grade = grades[n]
        if grade is None and isinstance(part.metric, QuestioningMetric):
            replies = given[index, n]
            told += replies
            grade = part.settled(part.metric.read(task.case, answer, replies))
        found.append(grade or unknown("not_asked", "nobody was asked"))
    names = dict.fromkeys(r.model for r in told if r.model)
    return found, any(r.cached for r in told), " and ".join(names)
