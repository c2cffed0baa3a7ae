"""Measuring two sides of a prompt on the same cases, batch by batch, until the gate has seen enough."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from promptci.core import Case, Reason
from promptci.measure.watch import Watch, asked_again, verdicts, watch_for
from promptci.project.side import Side
from promptci.records.baseline import Baseline
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask, fresh
from promptci.run.session import Session
from promptci.run.values import Pair, Values
from promptci.untrusted import one_line


def compared(run: Session, old: Side, new: Side, accepted: Baseline | None) -> Pair:
    """Run both sides on the new eval set, in an order seeded by the commit, until the gate decides.

    `accepted` are stored outcomes of the old side that may be compared with; without, both sides run, interleaved. When
    stored answers turn out to be another model's than the new ones, both sides are run anew.
    """
    order = _shuffled(new.cases, run.seed_for("order", new.settings.id))
    gate = new.settings.gate
    watch, left, right, note = watch_for(order, gate), Arm(old, Values.of(accepted)), Arm(new), None
    with run.progress.part(f"Checking {new.settings.id}", total=len(order)) as step:
        stopped = _watched(run, watch, left, right, step)
        if stopped is None and _apart(left.values, right.values):
            note = _rolled(left.values, right.values)
            # The first watch is given up for the models' names, not for a value, and the second one sees new answers
            # only. What the first has spent of the level is taken off, so both together keep it.
            spent = 0.0 if watch.gate.step is None else watch.gate.step.level_spent
            watch, left, right = watch_for(order, gate, spent=spent), Arm(old), Arm(new)
            stopped = _watched(run, watch, left, right, step, first=fresh(run, "rollover"))
        ran = {c.id for c in watch.ran}
        ids = tuple(c.id for c in new.cases if c.id in ran)
        gates = verdicts(run, watch, left, right, stopped)
    return Pair(ids, left.values, right.values, gates, note)


def _watched(
    run: Session,
    watch: Watch,
    old: Arm,
    new: Arm,
    step: Callable[[int], None],
    *,
    first: int = 0,
) -> Reason | None:
    """Run batches until the gate decides or the models are no longer the same; return why it had to stop, if it had."""
    for size in watch.batches():
        batch = watch.order[watch.done : watch.done + size]
        stopped = _batch(run, old, new, batch, partial(_from, step, watch.done), first)
        if stopped is not None or (first == 0 and _apart(old.values, new.values)):
            return stopped
        if (stopped := _look(run, watch, size, old, new)) is not None:
            return stopped
    return None


def _apart(left: Values, right: Values) -> bool:
    """Whether stored answers are compared with another model's: it may answer under the same name by now."""
    return bool(left.stored or right.stored) and bool(left.models and right.models) and left.models != right.models


def _rolled(left: Values, right: Values) -> str:
    old, new = one_line(left.answered), one_line(right.answered)
    return f"Stored answers are not this model's ({old} on the old side, {new} on the new one), so both sides ran anew."


def alone(run: Session, side: Side, *, first: int = 0) -> tuple[Values, Reason | None]:
    """Run one side on all of its cases, from sample `first` on; return its values and, if so, why it had to stop."""
    arm = Arm(side)
    with run.progress.part(f"Scoring {side.settings.id}", total=len(side.cases)) as step:
        jobs = [Job(arm, case) for case in side.cases]
        stopped = ask(run, jobs, side.grading, step, repeats=run.options.repeat, first=first)
    return arm.values, stopped


def _shuffled(cases: Sequence[Case], seed: int) -> list[Case]:
    """Return the cases in a random order that keeps clusters together."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    names = sorted(groups)
    random.Random(seed).shuffle(names)  # noqa: S311 - repeatable on purpose
    return [case for name in names for case in groups[name]]


def _batch(
    run: Session,
    old: Arm,
    new: Arm,
    cases: Sequence[Case],
    step: Callable[[int], None],
    first: int,
) -> Reason | None:
    """Answer what is not known yet of `cases` on either side, interleaved, from sample `first` on."""
    jobs = [Job(arm, case) for case in cases for arm in (old, new) if case.id not in arm.values.by_case]

    def done(count: int) -> None:
        step(count * len(cases) // len(jobs))

    return ask(run, jobs, new.side.grading, done, repeats=run.options.repeat, first=first)


def _look(run: Session, watch: Watch, size: int, old: Arm, new: Arm) -> Reason | None:
    """Show the gate what there is; before it blocks, ask the old prompt again. Returns why that had to stop, if so."""
    left, right = old.values, new.values
    if not watch.look(size, left, right).blocked or not watch.doubted(left, right):
        return None
    stopped = asked_again(run, watch, old, new)
    if stopped is None:
        watch.rerun(left, right)
    else:
        watch.gate.suspend()
    return stopped


def _from(step: Callable[[int], None], before: int, done: int) -> None:
    step(before + done)
