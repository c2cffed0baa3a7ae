"""Measuring two sides of a prompt on the same cases, batch by batch, until the gate has seen enough."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from promptci.core import Case
from promptci.records.baseline import Baseline
from promptci.scoring import Task, answer
from promptci.workflow.asking import Job, ask, fresh
from promptci.workflow.comparison import Pair, Values
from promptci.workflow.gates import Watch, verdicts, watch_for
from promptci.workflow.plan import Side
from promptci.workflow.session import Session


def compared(run: Session, old: Side, new: Side, accepted: Baseline | None) -> Pair:
    """Run both sides on the new eval set, in an order seeded by the commit, until the gate decides.

    `accepted` are stored outcomes of the old side that may be compared with; without, both sides run, interleaved.
    """
    order = _shuffled(new.cases, run.seed_for("order", new.settings.id))
    watch = watch_for(order, new.settings.gate, run.seed_for("signs", new.settings.id))
    left, right, stopped = Values.of(accepted), Values(), None
    with run.progress.part(f"Checking {new.settings.id}", total=len(order)) as step:
        for size in watch.batches():
            batch = order[watch.done : watch.done + size]
            stopped = _batch(run, (old, left), (new, right), batch, partial(_from, step, watch.done))
            if accepted and _answered_by_another(accepted, right):
                left.forget_stored()
                accepted = None
                behind = order[: watch.done + size]
                stopped = stopped or _batch(run, (old, left), (new, right), behind, partial(_from, step, watch.done))
            if stopped:
                break
            _look(run, watch, size, (old, left), (new, right))
        ran = {c.id for c in order[: watch.done]}
        ids = tuple(c.id for c in new.cases if c.id in ran)
        gates = verdicts(run, watch, (old, left), (new, right), stopped)
    return Pair(ids, left, right, gates)


def alone(run: Session, side: Side, *, first: int = 0) -> tuple[Values, str | None]:
    """Run one side on all of its cases, from sample `first` on; return its values and, if so, why it had to stop."""
    values = Values()
    with run.progress.part(f"Scoring {side.settings.id}", total=len(side.cases)) as step:
        jobs = [Job(side, values, case) for case in side.cases]
        stopped = ask(run, jobs, side.grading, step, repeats=run.options.repeat, first=first)
    return values, stopped


def _shuffled(cases: Sequence[Case], seed: int) -> list[Case]:
    """Return the cases in a random order that keeps clusters together."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    names = sorted(groups)
    random.Random(seed).shuffle(names)  # noqa: S311 - repeatable on purpose
    return [case for name in names for case in groups[name]]


def _batch(
    run: Session, old: tuple[Side, Values], new: tuple[Side, Values], cases: Sequence[Case], step: Callable[[int], None]
) -> str | None:
    """Answer what is not known yet of `cases` on either side, interleaved."""
    jobs = [Job(*side, case) for case in cases for side in (old, new) if case.id not in side[1].by_case]

    def done(count: int) -> None:
        step(count * len(cases) // len(jobs))

    return ask(run, jobs, new[0].grading, done, repeats=run.options.repeat)


def _look(run: Session, watch: Watch, size: int, old: tuple[Side, Values], new: tuple[Side, Values]) -> None:
    """Show the gate what there is; before it blocks, ask the old prompt again where its stored answer passed.

    A stored answer may be a lucky one: the outcome of a run that was chosen because it was good.
    """
    (before, left), (after, right) = old, new
    if not watch.look(size, left, right).blocked:
        return
    doubted = [c for c in watch.losses(left, right) if c.id in left.stored]
    if not doubted:
        return
    tasks = [Task(before.template, c, before.spec, fresh(run, "rerun")) for c in doubted]
    again = answer(run.door, tasks, after.grading)
    watch.rerun(left, right, {o.case_id: o.score.value for o in again})


def _answered_by_another(accepted: Baseline, right: Values) -> bool:
    """Whether the server now lets another model answer than the one behind the stored outcomes."""
    return bool(right.models) and ", ".join(sorted(right.models)) != accepted.measure.answered


def _from(step: Callable[[int], None], before: int, done: int) -> None:
    step(before + done)
