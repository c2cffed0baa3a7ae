"""Both arms of a pair asked case by case up to the next look, and meanwhile the cases behind it: no call waits for one.

A look decides by the cases' order. What was asked ahead and is not needed is as much as one window of calls, whatever
came in first; it is stored like every answer, and whoever asks for it later in the run has it for nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from promptci.core import Outcome, Reason
from promptci.measure.batches import Step
from promptci.measure.pair import Pair
from promptci.run.ask import Job, ended, tasks_of
from promptci.run.session import Session
from promptci.scoring import answer_ahead

Look = Callable[[int], bool]
"""Takes the cases done; whether that is enough."""


def answered_ahead(run: Session, pair: Pair, ends: Sequence[int], look: Look, step: Step) -> Reason | None:
    """Answer the pair's cases in order, `look` at each of `ends` (cases) until it has enough.

    The calls behind a look are on their way before it: `options.concurrency` of them. `pair.ahead` counts those that no
    look needed. The metrics must ask no model and compare with no other answer. Returns why nothing more can be asked,
    or None.
    """
    arms = (pair.old, pair.new)
    jobs = [[Job(arm, case) for arm in arms if case.id not in arm.values.by_case] for case in pair.order]
    course = _Course(run, jobs, deque(ends), look, step)
    tasks = tasks_of([job for each in jobs for job in each], repeats=run.options.repeat, first=pair.first)
    outcomes = answer_ahead(run.door, tasks, pair.new.side.grading, course.room)
    run.answered.update(name for o in outcomes for name in (o.model, o.judge) if name)
    pair.ahead += len(course.waiting)
    return course.stopped


@dataclass(slots=True)
class _Course:
    """The way through the cases of `jobs` (by case, in order). `waiting` are outcomes that no look has needed yet."""

    run: Session
    jobs: Sequence[Sequence[Job]]
    ends: deque[int]
    look: Look
    step: Step
    waiting: deque[Outcome] = field(default_factory=deque)
    done: int = 0
    enough: bool = False
    stopped: Reason | None = None
    upto: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.upto = [0, *accumulate(map(len, self.jobs))]

    def room(self, outcomes: Sequence[Outcome]) -> int:
        """Take outcomes in order; say how many tasks may have been asked: to the next look, and a window beyond."""
        self.waiting.extend(outcomes)
        repeats = self.run.options.repeat
        while self.ends and not self._over and len(self.waiting) >= repeats * len(self.jobs[self.done]):
            self._take(repeats)
        upto = self.ends[0] if self.ends and not self._over else self.done
        return repeats * self.upto[upto] + self.run.options.concurrency

    @property
    def _over(self) -> bool:
        return self.enough or self.stopped is not None

    def _take(self, repeats: int) -> None:
        """Give the next case's outcomes to its arms, and look if it is the last one of its batch."""
        for job in self.jobs[self.done]:
            mine = [self.waiting.popleft() for _ in range(repeats)]
            job.arm.values.take(mine)
            self.stopped = self.stopped or ended(self.run, mine)
        self.done += 1
        self.step(self.done)
        if self.done == self.ends[0] and self.stopped is None:
            self.enough = self.look(self.ends.popleft())
