"""Tasks answered in their order as far as somebody wants them, the next ones asked ahead meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from promptci.core import Outcome
from promptci.models.base import Reply, Request
from promptci.models.door import Door
from promptci.scoring.answering import graded, read, request_of
from promptci.scoring.base import Grading, Task

Room = Callable[[Sequence[Outcome]], int]
"""Takes the outcomes that follow on those it got before, in order, and says how many tasks may have been asked."""


def answer_ahead(door: Door, tasks: Sequence[Task], grading: Grading, room: Room) -> int:
    """Answer `tasks` from the first on, each asked as soon as there is `room` for it; return how many were asked.

    `room` is called with nothing at first, then whenever the answered beginning of the tasks grows. So what it decides
    rests on the order and never on which answer came first, and which tasks are asked does not depend on that either.
    The metrics must ask no model and compare with no other answer. Raises DataError when a case lacks a variable of its
    template.
    """
    taken = _InOrder(tasks, grading, room)
    door.ask(taken.requests(), taken)
    return taken.complete


class _InOrder:
    """Replies as they come in, handed on as far as they are complete from the first on."""

    def __init__(self, tasks: Sequence[Task], grading: Grading, room: Room) -> None:
        self._tasks, self._grading, self._tell = tasks, grading, room
        self._found: dict[int, Outcome] = {}
        self.complete = 0
        self._room = min(room(()), len(tasks))

    def requests(self) -> Iterator[Request | None]:
        """What is asked, rendered as it is sent; None while there is no room, the end when nothing can make any."""
        at = 0
        while True:
            while at < self._room:
                at += 1
                yield request_of(self._tasks[at - 1])
            if self.complete == at:
                return
            yield None

    def __call__(self, index: int, reply: Reply) -> None:
        task, metric = self._tasks[index], self._grading.combined
        outcome, given = read(task, reply, self._grading, asking=False)
        if given is not None:
            grades = [grade for grade in metric.direct(task.case, given) if grade is not None]
            outcome = graded(outcome, task, self._grading, grades)
        self._found[index] = outcome
        news = []
        while self.complete in self._found:
            news.append(self._found.pop(self.complete))
            self.complete += 1
        if news:
            self._room = max(self._room, min(self._tell(news), len(self._tasks)))
