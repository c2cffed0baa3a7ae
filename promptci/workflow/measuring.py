"""Measuring two sides of a prompt on the same cases, batch by batch, until the gate has seen enough."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from promptci.core import Case, Outcome
from promptci.decide.gate import Gate
from promptci.decide.paired import count, passed
from promptci.scoring import Task, answer
from promptci.workflow.comparison import Pair, Values
from promptci.workflow.plan import Side
from promptci.workflow.session import Session

FRESH = 1000  # sample numbers from here on are reruns: never among the answers that a first measurement stored


def compared(run: Session, old: Side, new: Side, cases: Sequence[Case]) -> Pair:
    """Run both sides on `cases`, interleaved, in a random order seeded by the commit, until the gate decides."""
    order = list(cases)
    random.Random(run.seed_for("order", new.settings.id)).shuffle(order)  # noqa: S311 - repeatable on purpose
    gate = Gate(len(order), max_drop=new.settings.gate.max_drop)
    left, right, done, stopped = Values(), Values(), 0, None
    with run.progress.part(f"Checking {new.settings.id}", total=len(order)) as step:
        for size in gate.batches():
            batch = order[done : done + size]
            sides = [(old, left), (new, right)]
            stopped = ask(run, sides, batch, partial(_from, step, done), repeats=run.options.repeat)
            if stopped:
                break
            done += size
            _look(run, gate, (old, new), order[:done], left, right)
    ran = {c.id for c in order[:done]}
    in_order = tuple(c.id for c in cases if c.id in ran)
    return Pair(in_order, left, right, gate.verdict(stopped=stopped))


def alone(run: Session, side: Side, cases: Sequence[Case]) -> tuple[Values, str | None]:
    """Run one side on all `cases`; return its values and, if it could not go on, why."""
    values = Values()
    with run.progress.part(f"Scoring {side.settings.id}", total=len(cases)) as step:
        stopped = ask(run, [(side, values)], cases, step, repeats=run.options.repeat)
    return values, stopped


def _from(step: Callable[[int], None], before: int, done: int) -> None:
    step(before + done)


def _look(run: Session, gate: Gate, sides: tuple[Side, Side], ran: Sequence[Case], left: Values, right: Values) -> None:
    """Show the gate the counts so far; before it blocks, give the old prompt's newly failing cases a second answer."""
    pairs = [(c, left.by_case[c.id], right.by_case[c.id]) for c in ran]
    change = count([a for _, a, _ in pairs], [b for _, _, b in pairs])
    step = gate.look(change.losses, change.wins, len(ran), change.unmeasured)
    if not step.blocked:
        return
    old, new = sides
    losses = [c for c, a, b in pairs if passed(a) and passed(b) is False]
    again = answer(run.door, [Task(old.template, c, old.spec, FRESH) for c in losses], new.metric)
    gate.rerun(sum(passed(o.score.value) is not False for o in again))


def ask(
    run: Session,
    sides: Sequence[tuple[Side, Values]],
    cases: Sequence[Case],
    step: Callable[[int], None],
    *,
    repeats: int = 1,
    first: int = 0,
) -> str | None:
    """Answer `cases` on every side, interleaved, `repeats` times from sample `first` on; the last side's metric judges.

    `step` gets the number of cases done. Returns why nothing more can be asked, or None.
    """
    samples = range(first, first + repeats)
    tasks = [Task(s.template, case, s.spec, k) for case in cases for k in samples for s, _ in sides]
    per_case = len(samples) * len(sides)
    outcomes = answer(
        run.door, tasks, sides[-1][0].metric, progress=lambda n: step(n // per_case), answered=run.answered
    )
    for index, (_, values) in enumerate(sides):
        values.take(outcomes[index :: len(sides)])
    return ended(run, outcomes)


def ended(run: Session, outcomes: Sequence[Outcome]) -> str | None:
    """Return why nothing more can be asked (budget gone, replay, credentials, quota), or None."""
    if run.door.stopped is not None:
        return str(run.door.stopped)
    reasons = (o.score.reason or "" for o in outcomes if o.score.value is None)
    return next((r for r in reasons if r.startswith(("budget: ", "replay: "))), None)
