"""Asking the scorer about cases, for one arm of a prompt or for several, through the run's one door."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Literal, NamedTuple

from promptci.core import Case, Outcome, Reason
from promptci.run.arm import Arm
from promptci.run.session import Session
from promptci.scoring import Grading, Task, answer

_FINAL = ("budget", "replay")  # kinds of failures after which every further call fails alike
Fresh = Literal["anchor", "confirm", "accept", "must_pass", "rollover", "spot", "upgrade", "sentinel"]

FIRST_FRESH = 10_000  # sample numbers of first measurements are below it, those of fresh answers at or above
_LAST_FRESH = 1_000_000_000  # a sample number is added to the model's seed, and some servers take 31 bits only


class Job(NamedTuple):
    """One case to answer under one arm, whose values take the outcome."""

    arm: Arm
    case: Case


def fresh(run: Session, kind: Fresh, *, of: str | None = None) -> int:
    """Return the first of 100 sample numbers under which this run, and no other, asks for answers of this kind.

    An answer that another run stored may be one that somebody chose because it was good, so what decides must be asked
    anew. A resumed run, and one that goes on for one that was killed, gets the numbers that were drawn then, and with
    them the answers that are paid for. `of` names what is asked where nothing was ever chosen by such answers: then
    every run of the same gets the same, and pays once.
    """
    drawn = int.from_bytes(hashlib.sha256(f"{of or run.asks_as or run.run}\n{kind}".encode()).digest()[:6], "big")
    return FIRST_FRESH + 100 * (drawn % ((_LAST_FRESH - FIRST_FRESH) // 100))


def ask(
    run: Session,
    jobs: Iterable[Job],
    grading: Grading,
    step: Callable[[int], None] | None = None,
    *,
    repeats: int = 1,
    first: int = 0,
) -> Reason | None:
    """Answer every job `repeats` times, from sample `first` on, in their order, all judged by `grading`.

    Many jobs are asked `run.at_once` at a time, so that no more of them are held in memory. `step` gets the number of
    jobs done. Returns why nothing more can be asked, or None.
    """
    left, before, stopped = iter(jobs), 0, None
    while block := list(islice(left, run.at_once)):

        def done(count: int, before: int = before) -> None:
            if step is not None:
                step(before + count // repeats)

        outcomes = answer(run.door, tasks_of(block, repeats=repeats, first=first), grading, progress=done)
        for index, job in enumerate(block):
            job.arm.values.take(outcomes[index * repeats : (index + 1) * repeats])
        run.answered.update(name for o in outcomes for name in (o.model, o.judge) if name)
        stopped = stopped or ended(run, outcomes)
        before += len(block)
    return stopped


def tasks_of(jobs: Sequence[Job], *, repeats: int = 1, first: int = 0) -> list[Task]:
    """Return what `ask` asks of the scorer: every job `repeats` times, in order."""
    return [
        Task(one.template, case, one.spec, first + k, one.against)
        for one, case in ((job.arm.side, job.case) for job in jobs)
        for k in range(repeats)
    ]


def ended(run: Session, outcomes: Sequence[Outcome]) -> Reason | None:
    """Return why nothing more can be asked (budget gone, replay, credentials, quota), or None."""
    if run.door.stopped is not None:
        return run.door.stopped.reason
    reasons = (o.score.reason for o in outcomes if o.score.value is None)
    return next((r for r in reasons if r is not None and r.kind in _FINAL), None)
