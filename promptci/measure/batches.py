"""Asking both arms of a pair about the next cases of its order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from promptci.core import Case, Reason
from promptci.measure.pair import Pair
from promptci.run.ask import Job, ask
from promptci.run.session import Session

Step = Callable[[int], None]


def answered(run: Session, pair: Pair, size: int, step: Step) -> Reason | None:
    """Ask what is not known yet of the next `size` cases on either side, interleaved.

    Returns why nothing more can be asked, or None.
    """
    cases = pair.order[pair.done : pair.done + size]
    return asked(run, pair, cases, partial(_told, step, pair.done), first=pair.first)


def asked(run: Session, pair: Pair, cases: Sequence[Case], step: Step, *, first: int) -> Reason | None:
    """Ask what is not known yet of `cases` on either side; `step` gets the number of cases done."""
    jobs = [Job(arm, c) for c in cases for arm in (pair.old, pair.new) if c.id not in arm.values.by_case]
    if not jobs:
        return None
    told = partial(_share, step, len(cases), len(jobs))
    return ask(run, jobs, pair.new.side.grading, told, repeats=run.options.repeat, first=first)


def _share(step: Step, cases: int, jobs: int, done: int) -> None:
    step(done * cases // jobs)


def _told(step: Step, before: int, done: int) -> None:
    step(before + done)
