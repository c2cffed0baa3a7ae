"""Ask the scorer, take the answer out of each reply, grade it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from promptci.core import Case, Outcome, PartScore, Reason, Score
from promptci.extraction import Extracted
from promptci.metrics.base import Answer, Grade, asks
from promptci.metrics.expected import answers
from promptci.models.base import Reply, Request
from promptci.models.budget import cost_usd
from promptci.models.door import Door
from promptci.models.entry import ANSWERED
from promptci.scoring.base import Grading, Task
from promptci.scoring.questions import asked
from promptci.scoring.rivals import opponent_key, with_rivals

Progress = Callable[[int], None] | None


def answer(
    door: Door,
    tasks: Sequence[Task],
    grading: Grading,
    *,
    progress: Progress = None,
) -> list[Outcome]:
    """Answer and grade every task; the result has the tasks' order. A task without an answer has value None.

    Requests are rendered as they are sent, so that memory does not grow with the number of cases waiting. `progress` is
    called with the number of tasks answered. With a judge below its floor nothing is asked and all is unmeasured; so is
    a task whose rival has no answer.
    Raises DataError when a case lacks a variable of its template.
    """
    if (why := _refused(door, grading)) is not None:
        return [Outcome(Score(task.case.id, None, why), task.sample) for task in tasks]
    if grading.combined.needs.base_answer and any(task.against for task in tasks):
        return _beside_rivals(door, tasks, grading, progress)
    return _answered(door, tasks, grading, progress)


def _refused(door: Door, grading: Grading) -> Reason | None:
    if grading.floor is None:
        return None
    from promptci.scoring.certifying import refused

    return refused(door, grading, grading.floor)


def _beside_rivals(door: Door, tasks: Sequence[Task], grading: Grading, progress: Progress) -> list[Outcome]:
    """Answer the base's own tasks first: their answers are the others' rivals, and are sent for once."""
    own = [i for i, task in enumerate(tasks) if task.against is None]
    others = [i for i, task in enumerate(tasks) if task.against is not None]
    first = _answered(door, [tasks[i] for i in own], grading, progress)
    known = {opponent_key(tasks[i]): outcome for i, outcome in zip(own, first, strict=True)}
    matched = with_rivals(door, [tasks[i] for i in others], grading, known)
    told = None if progress is None else lambda n: progress(len(own) + n)
    found = dict(zip(own, first, strict=True)) | dict(zip(others, _answered(door, matched, grading, told), strict=True))
    return [found[i] for i in range(len(tasks))]


def _answered(door: Door, tasks: Sequence[Task], grading: Grading, progress: Progress) -> list[Outcome]:
    taken = _Taken(tasks, grading, progress)
    door.ask(taken.requests(), taken)
    for index, (grades, stored, judge) in asked(door, tasks, grading, taken.waiting).items():
        outcome = taken.outcomes[index]
        outcome = replace(outcome, stored=outcome.stored or stored, judge=judge)
        taken.outcomes[index] = graded(outcome, tasks[index], grading, grades)
    return [taken.outcomes[index] for index in sorted(taken.outcomes)]


def request_of(task: Task) -> Request:
    """Return what the scorer is asked."""
    return Request(task.spec, "scorer", task.template.messages(task.case), task.sample)


class _Taken:
    """Replies as they come in, in any order: outcomes by their task's index, and those that wait for a judge."""

    def __init__(self, tasks: Sequence[Task], grading: Grading, progress: Progress) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self.waiting: dict[int, tuple[Answer, list[Grade | None]]] = {}
        self._tasks, self._grading, self._progress = tasks, grading, progress
        self._metric, self._asking = grading.combined, asks(grading.combined)

    def requests(self) -> Iterator[Request]:
        """What the scorer is asked, rendered as it is sent."""
        for task in self._tasks:
            yield request_of(task)

    def __call__(self, index: int, reply: Reply) -> None:
        task = self._tasks[index]
        outcome, given = read(task, reply, self._grading, self._asking)
        grades = [] if given is None else self._metric.direct(task.case, given)
        known = [grade for grade in grades if grade is not None]
        if given is not None and len(known) < len(grades):
            self.waiting[index] = given, grades
        elif given is not None:
            outcome = graded(outcome, task, self._grading, known)
        self.outcomes[index] = outcome
        if self._progress is not None:
            self._progress(len(self.outcomes))


def read(task: Task, reply: Reply, grading: Grading, asking: bool) -> tuple[Outcome, Answer | None]:
    """Take the answer out of a reply: an outcome that is not graded yet, and the answer where there is one to grade.

    A failure is unmeasured, never a zero; but an empty reply is an answer where the case expects an empty one.
    """
    text = reply.text
    if text is None and reply.failure is not None and reply.failure.kind == "empty" and _blank(task.case):
        text = ""
    if text is None:
        reason = None if reply.failure is None else reply.failure.reason
        return Outcome(Score(task.case.id, None, reason), task.sample), None
    found = grading.extraction.apply(text)
    outcome = _ungraded(task, reply, found)
    if found.text is None:
        return replace(outcome, score=Score(task.case.id, None, Reason("empty", str(found.problem)))), None
    if found.missing is not None:
        return replace(
            outcome, score=Score(task.case.id, 0.0), parts=(PartScore("answer", 0.0, Reason("wrong", found.missing)),)
        ), None
    rival = task.rival
    if rival is not None:
        outcome = replace(outcome, stored=outcome.stored or rival.stored)
        if rival.text is None:
            return replace(outcome, score=Score(task.case.id, None, rival.reason)), None
    given = Answer(
        text=found.text,
        raw=text,
        tool_calls=reply.tool_calls,
        cut=reply.cut,
        latency_s=outcome.latency_s,
        finish_reason=reply.finish_reason,
        usage=reply.usage,
        cost_usd=outcome.cost_usd,
        logprobs=reply.logprobs,
        stripped=found.stripped,
        rival=None if rival is None else rival.text,
        asked=task.template.messages(task.case) if asking else (),
        tools=task.spec.parameters.get("tools"),
    )
    return outcome, given


def _blank(case: Case) -> bool:
    """Whether an empty answer is one that the case accepts; blanks around an answer never count."""
    return any(not answer.strip() for answer in answers(case))


def _ungraded(task: Task, reply: Reply, found: Extracted) -> Outcome:
    """What is known of an answer before it is graded."""
    return Outcome(
        Score(task.case.id, None),
        task.sample,
        found.text,
        reply.cached,
        reply.model,
        stripped=found.stripped,
        cost_usd=cost_usd(reply.usage, task.spec),
        latency_s=None if reply.cached else reply.latency_s,
        calls=reply.tool_calls,
        read=reply.usage.input_tokens,
        written=reply.usage.output_tokens,
    )


def graded(outcome: Outcome, task: Task, grading: Grading, grades: Sequence[Grade]) -> Outcome:
    """Give an outcome its value from its metrics' grades; a metric that cannot tell leaves it unmeasured."""
    metric = grading.combined
    total = metric.total(task.case, grades)
    reason = total.reason if total.value is None else None
    return outcome.graded(Score(task.case.id, total.value, reason), metric.told(task.case, grades))


def unusable(outcome: Outcome) -> bool:
    """Whether the model did answer, but refused, said nothing or was cut off: that may be the prompt's doing."""
    reason = outcome.score.reason
    return outcome.score.value is None and outcome.output is None and reason is not None and reason.kind in ANSWERED
