"""Before anything turns red: every claim of a run asked afresh of both prompts, and Holm over all of its gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from promptci.core import Reason
from promptci.decide.family import holm
from promptci.measure.batches import Step, answered, asked
from promptci.measure.gates.base import Alarm, Confirmed, cases_of, shown_p
from promptci.measure.gates.must_pass import reruns_for
from promptci.measure.pair import Pair
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask, fresh
from promptci.run.session import Session

if TYPE_CHECKING:
    from promptci.decide.gate import Gate

FUTILE = 10  # changed cases asked again: where they are not worse on the whole, more cases show no drop


@dataclass(frozen=True, slots=True)
class Claim:
    """One alarm and the pair that it is about."""

    pair: Pair
    alarm: Alarm


def confirmed(run: Session, claims: Sequence[Claim], family: int) -> list[Confirmed]:
    """Ask both arms of every claim afresh and correct the p-values for all gates of the run, `family` of them.

    Other answers chose the claims; but a harmless edit that moves cases for good, each by a coin of its own, moves the
    fresh answers with the first ones, and then only correcting for what could have been claimed keeps the chance of any
    false red at the level. Returns one answer for each claim, in their order.
    """
    found = [_asked(run, claim, family) for claim in claims]
    p_values = {str(i): p for i, (p, _, _) in enumerate(found) if p is not None}
    among = {str(i): claim.alarm.among for i, claim in enumerate(claims)}
    corrected = holm(p_values, family=family, among=among)
    return [
        Confirmed(claim.alarm, corrected.get(str(i)), told, stopped)
        for i, (claim, (_, told, stopped)) in enumerate(zip(claims, found, strict=True))
    ]


def drop_alarms(run: Session, pair: Pair, gate: Gate, level: float, step: Step) -> tuple[Alarm, ...]:
    """Ask the cases that changed either way afresh of both prompts, where the gate shows a drop; none where not.

    A few changed cases show little when they are asked again, so the pair runs on, doubling its cases, until the drop
    is shown at `level`, is plainly not there, or all cases ran. Where it is not there the gate is undecided, as before
    its look, so the pair runs on like any other while its cases may still rule the drop out.
    """
    if gate.step is None or not gate.step.blocked:
        return ()
    from promptci.measure.gates.drop import counts, p_of_drop, weighed

    fresh_pair, first = Pair(Arm(pair.old.side), Arm(pair.new.side), ()), fresh(run, "confirm")
    early = pair.done < len(pair.order)
    while True:
        fresh_pair.order = tuple(pair.changed(pair.ran))
        stopped = asked(run, fresh_pair, fresh_pair.order, _quiet, first=first)
        if stopped is not None:
            return (Alarm("max_drop", (), lambda _: (None, ""), unfinished=stopped),)
        fresh_pair.done = len(fresh_pair.order)
        pair.old.values.show_also(fresh_pair.old.values)
        p_value, (down, up) = p_of_drop(pair, fresh_pair, gate, early=early), counts(fresh_pair)
        futile = fresh_pair.done >= FUTILE and sum(g or 0.0 for g in weighed(pair, fresh_pair, gate)) >= 0
        if p_value <= level or futile or pair.done == len(pair.order):
            told = f"of {cases_of(fresh_pair.done)} asked again {down} got worse and {up} better, p {shown_p(p_value)}"
            if p_value > level:
                _ruled_out(run, pair, gate, step)
            return (Alarm("max_drop", (), partial(_known, (p_value, told))),)
        size = min(pair.done, len(pair.order) - pair.done)
        stopped = answered(run, pair, size, step)
        if stopped is not None:
            return (Alarm("max_drop", (), lambda _: (None, ""), unfinished=stopped),)
        pair.done += size


def _ruled_out(run: Session, pair: Pair, gate: Gate, step: Step) -> None:
    """Answer further cases until they rule the drop out, cannot even if nothing more moves, or no more can be asked."""
    while rest := len(pair.order) - pair.done:
        gaps, holes = pair.gaps(pair.ran), pair.holes()
        if gate.clears(gaps, holes) or not gate.clears((*gaps, *[0.0] * rest), holes):
            return
        size = next(end for end in gate.plan.ends if end > pair.done) - pair.done
        if answered(run, pair, size, step) is not None:
            return
        pair.done += size


def _known(answer: tuple[float, str], _fresh: Pair) -> tuple[float, str]:
    """Return what was found already."""
    return answer


def _quiet(_done: int) -> None:
    """Tell nobody: the cases were counted when they ran."""


def _asked(run: Session, claim: Claim, family: int) -> tuple[float | None, str, Reason | None]:
    """Return the p-value, what was seen, and why it could not be asked, if so."""
    alarm, several = claim.alarm, claim.alarm.repeats > 1
    if alarm.unfinished is not None:
        return None, "", alarm.unfinished
    repeats = max(reruns_for(family * alarm.among) if several else 1, run.options.repeat)
    pair = Pair(Arm(claim.pair.old.side), Arm(claim.pair.new.side), alarm.cases, len(alarm.cases))
    # The same cases of one prompt under the same number are the same answers: claims of several gates share them.
    first = fresh(run, "must_pass" if several else "confirm")
    stopped = _ask(run, pair, alarm, repeats, first) if alarm.cases else None
    if stopped is not None:
        return None, "", stopped
    p_value, told = alarm.p_value(pair)
    return p_value, told, Reason("unmeasured", told) if p_value is None else None


def _ask(run: Session, pair: Pair, alarm: Alarm, repeats: int, first: int) -> Reason | None:
    arms = (pair.old, pair.new) if alarm.both else (pair.new,)
    with run.progress.part(f"Confirming {pair.new.side.settings.id}", total=len(alarm.cases)) as step:
        jobs = [Job(arm, case) for case in alarm.cases for arm in arms]
        grading = pair.new.side.grading
        return ask(run, jobs, grading, lambda done: step(done // len(arms)), repeats=repeats, first=first)
