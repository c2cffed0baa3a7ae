"""Both arms of a pair asked case by case up to the next look, and meanwhile the cases behind it: no call waits for one.

A look decides by the cases' order. What was asked ahead and is not needed is as much as one window of calls, whatever
came in first; it is stored like every answer, and whoever asks for it later in the run has it for nothing.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, repeat
from typing import overload

from promptci.core import Outcome, Reason
from promptci.measure.batches import Step
from promptci.measure.pair import Pair
from promptci.run.ask import Job, ended, tasks_of
from promptci.run.session import Session
from promptci.scoring import Task, answer_ahead

Look = Callable[[int], bool]
"""Takes the cases done; whether that is enough."""


def answered_ahead(run: Session, pair: Pair, ends: Sequence[int], look: Look, step: Step) -> Reason | None:
    """Answer the pair's cases in order, `look` at each of `ends` (cases) until it has enough.

    The calls behind a look are on their way before it: `options.concurrency` of them. `pair.ahead` counts those that no
    look needed. The metrics must ask no model and compare with no other answer. Returns why nothing more can be asked,
    or None.
    """
    tasks = _Tasks(pair, run.options.repeat)
    course = _Course(run, tasks, deque(ends), look, step)
    answer_ahead(run.door, tasks, pair.new.side.grading, course.room)
    pair.ahead += len(course.waiting)
    return course.stopped


class _Tasks(Sequence[Task]):
    """What is asked of a pair's cases, in their order: those of its arms that lack a case, each `repeats` times.

    A task is made when it is asked for, and may be asked for until its case has its values.
    """

    def __init__(self, pair: Pair, repeats: int) -> None:
        self._pair, self._repeats, self._arms = pair, repeats, (pair.old, pair.new)
        known = any(arm.values.by_case for arm in self._arms)
        counts = (len(self.jobs(at)) for at in range(len(pair.order))) if known else repeat(2, len(pair.order))
        self.upto = array("Q", accumulate(counts, initial=0))

    def __len__(self) -> int:
        return self._repeats * self.upto[-1]

    def jobs(self, at: int) -> list[Job]:
        """What has to be asked of one case."""
        case = self._pair.order[at]
        return [Job(arm, case) for arm in self._arms if case.id not in arm.values.by_case]

    @overload
    def __getitem__(self, index: int) -> Task: ...
    @overload
    def __getitem__(self, index: slice) -> list[Task]: ...
    def __getitem__(self, index: int | slice) -> Task | list[Task]:
        """Return one task, or several."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number, again = divmod(index, self._repeats)
        at = bisect_right(self.upto, number) - 1
        return tasks_of([self.jobs(at)[number - self.upto[at]]], first=self._pair.first + again)[0]


@dataclass(slots=True)
class _Course:
    """The way through the cases of `tasks`. `waiting` are outcomes that no look has needed yet."""

    run: Session
    tasks: _Tasks
    ends: deque[int]
    look: Look
    step: Step
    waiting: deque[Outcome] = field(default_factory=deque)
    done: int = 0
    enough: bool = False
    stopped: Reason | None = None

    def room(self, outcomes: Sequence[Outcome]) -> int:
        """Take outcomes in order; say how many tasks may have been asked: to the next look, and a window beyond."""
        self.waiting.extend(outcomes)
        self.run.answered.update(name for o in outcomes for name in (o.model, o.judge) if name)
        repeats, upto = self.run.options.repeat, self.tasks.upto
        while self.ends and not self._over and len(self.waiting) >= repeats * (upto[self.done + 1] - upto[self.done]):
            self._take(repeats)
        end = self.ends[0] if self.ends and not self._over else self.done
        return repeats * upto[end] + self.run.options.concurrency

    @property
    def _over(self) -> bool:
        return self.enough or self.stopped is not None

    def _take(self, repeats: int) -> None:
        """Give the next case's outcomes to its arms, and look if it is the last one of its batch."""
        for job in self.tasks.jobs(self.done):
            mine = [self.waiting.popleft() for _ in range(repeats)]
            job.arm.values.take(mine)
            self.stopped = self.stopped or ended(self.run, mine)
        self.done += 1
        self.step(self.done)
        if self.done == self.ends[0] and self.stopped is None:
            self.enough = self.look(self.ends.popleft())
