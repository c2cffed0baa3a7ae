"""Does a text help at all? Every case without it, beside the base's version and the new one."""

from __future__ import annotations

from promptci.core import Reason
from promptci.decide.interval import CONFIDENCE
from promptci.decide.units import gain_of, unit_interval
from promptci.measure.gates.base import cases_of, units_of
from promptci.measure.pair import Pair
from promptci.report.wording import counted, interval, level, percent, points
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask
from promptci.run.session import Session
from promptci.untrusted import one_line


def helped(run: Session, pair: Pair) -> tuple[Reason, ...]:
    """Ask every case without the text, where the settings want it; say what the text is worth on both sides.

    Each version is compared on all cases, so those that an early look left out are asked now: when a comparison of the
    two versions stopped must not choose what they are compared with. It gates nothing.
    """
    side = pair.new.side
    if not side.settings.without or pair.stopped is not None:
        return ()
    sides = {"With this version": pair.new, "With the base's": pair.old}
    if pair.old.side.template.digest == side.template.digest:
        del sides["With the base's"]
    none, before = Arm(side.without()), run.door.spent.sent
    arms = {said: Arm(arm.side) for said, arm in sides.items()}
    with run.progress.part(f"Asking {side.settings.id} without it", total=len(side.cases)) as step:
        jobs = (Job(arm, case) for case in side.cases for arm in (none, *arms.values()))
        stopped = ask(
            run, jobs, side.grading, lambda n: step(n // (1 + len(arms))), repeats=run.options.repeat, first=pair.first
        )
    if stopped is not None:
        return (Reason("help_unmeasured", f"Whether it helps at all was not asked to the end: {stopped.text}."),)
    found = [_compared(none, arm, said) for said, arm in arms.items()]
    score = percent(Pair(none, none, side.cases, len(side.cases)).scores()[1])
    what = "this text" if side.settings.without is True else one_line(str(side.settings.without))
    calls = counted(run.door.spent.sent - before, "call")
    return (
        Reason("without", f"Without {what} the score is {score} on {cases_of(len(side.cases))}; to know took {calls}."),
        *found,
    )


def _compared(none: Arm, arm: Arm, said: str) -> Reason:
    cases = none.side.cases  # the base's version is asked the new cases, too
    pair = Pair(none, arm, cases, len(cases))
    seen = units_of(pair, cases)
    ends = unit_interval(seen)
    measured = sum(unit.cases for unit in seen)
    if ends is None or 2 * measured < len(cases):
        told = f"{said}: too few cases were measured to tell whether it helps ({measured:,} of {len(cases):,})."
        return Reason("help_unmeasured", told)
    kind, word = ("helps", "it helps") if ends[0] > 0 else ("help_unknown", "whether it helps cannot be told")
    if ends[1] < 0:
        kind, word = "hurts", "it hurts"
    told = f"{points(gain_of(seen))} points ({level(CONFIDENCE)} interval {interval(ends)}): {word}"
    return Reason(kind, f"{said} it is {percent(pair.scores()[1])}, {told}.")
