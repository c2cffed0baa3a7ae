"""Measuring a run's prompts: each screened on the answers at hand, what looks worse confirmed afresh, then told."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promptci.core import Reason, VerdictName
from promptci.decide.verdict import Verdict, combined, too_many_unmeasured
from promptci.gitrepo.base import Base
from promptci.measure import remarks
from promptci.measure.baseline import stored_for
from promptci.measure.beforehand import accepted_at, is_compared
from promptci.measure.begun import go_on
from promptci.measure.confirm import Claim, confirmed
from promptci.measure.describe import Figures, Subject, described, of_arm, of_pair
from promptci.measure.gates.base import LEVEL, Confirmed, Screen, Screened, settled
from promptci.measure.gates.must_pass import must_pass
from promptci.measure.gates.score import max_length, min_score, score_look
from promptci.measure.help import helped
from promptci.measure.pair import Pair
from promptci.measure.touched import prompt_diff
from promptci.project.changes import Planned
from promptci.project.side import Side
from promptci.report.base import BaseUsed, PromptReport
from promptci.report.progress import Row
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask
from promptci.run.session import Session

if TYPE_CHECKING:  # what compares two sides is imported where there are two
    from promptci.measure.anchor import Due

_NEVER_GREEN = frozenset(("content_missing",))  # what could have been compared, had the content been there


@dataclass(frozen=True, slots=True)
class Measured:
    """One planned prompt on the answers at hand. `compared` says that there is an old side to compare with."""

    planned: Planned
    screen: Screen
    compared: bool
    notes: tuple[Reason, ...] = ()


_LOOKS = {"pass": "passes", "fail": "looks worse", "inconclusive": "undecided", "unmeasured": "unmeasured"}


def _rows(run: Session, count: int) -> AbstractContextManager[Row]:
    """Show several prompts one after another; one alone has its own bar."""
    return run.progress.table("Checking prompts", count) if count > 1 else nullcontext(lambda _name, _word: None)


def measured(run: Session, planned: Sequence[Planned], base: Base | None) -> list[PromptReport]:
    """Measure and gate every planned prompt (see `measured_pairs`), and say whether its text helps at all."""
    found = measured_pairs(run, planned, base)
    return [replace(report, reasons=(*report.reasons, *helped(run, pair))) for report, pair in found]


def measured_pairs(
    run: Session, planned: Sequence[Planned], base: Base | None, *, first: int = 0
) -> list[tuple[PromptReport, Pair]]:
    """Measure and gate every planned prompt; return its report with the pair that it is about.

    A harmless commit turns red 5 times in 100 at most, all of its prompts and gates together: each claim of a drop was
    screened on the answers at hand and is then tested on fresh ones, with Holm's correction over all gates. `first` is
    the sample that pairs are asked from; 0 takes stored answers where there are any.
    """
    go_on(run, planned)
    looks = [_due(run, p, base) for p in planned]
    family = max(1, sum(_at_stake(p, look) for p, look in zip(planned, looks, strict=True)))
    level = LEVEL / family
    found: list[Measured] = []
    with _rows(run, len(planned)) as row:
        for p, look in zip(planned, looks, strict=True):
            found.append(_measured(run, p, base, look, level, first))
            row(p.new.settings.id, _LOOKS[found[-1].screen.gates[0].verdict.name])
    places = [(i, k) for i, m in enumerate(found) for k, gate in enumerate(m.screen.gates) for _ in gate.alarms]
    claims = [Claim(m.screen.pair, alarm) for m in found for gate in m.screen.gates for alarm in gate.alarms]
    answers = confirmed(run, claims, family)
    told = []
    for i, one in enumerate(found):
        mine = [
            [a for place, a in zip(places, answers, strict=True) if place == (i, k)]
            for k in range(len(one.screen.gates))
        ]
        told.append((_with_judges(run, one.planned, _told(one, mine, base, run.project.prefix)), one.screen.pair))
    return told


def _with_judges(run: Session, planned: Planned, report: PromptReport) -> PromptReport:
    """Add how far judges and walls around grading code can be trusted, and what of the prompt's file is not sent."""
    said = (*_of_judges(run, planned, report), *remarks.of_walls(planned.new.grading.combined))
    said = (*said, *remarks.of_unsent(planned.new.prompt))
    return replace(report, reasons=(*report.reasons, *said)) if said else report


def _of_judges(run: Session, planned: Planned, report: PromptReport) -> tuple[Reason, ...]:
    grading = planned.new.grading
    if not grading.combined.needs.models:
        return ()
    from promptci.scoring.certifying import told

    found = told(run.door, grading, report.score, report.cases - report.unmeasured)
    return tuple(Reason("judge", text) for text in found)


def _due(run: Session, planned: Planned, base: Base | None) -> Due | None:
    if not is_compared(planned):
        return None
    from promptci.measure.anchor import due

    return due(run.project, planned, base)


def _at_stake(planned: Planned, look: Due | None) -> int:
    """How many gates of this prompt chance could turn red: they share the level of the commit."""
    gate = planned.new.settings.gate
    compared = 1 + gate.slices if is_compared(planned) else 0
    return compared + (gate.min_score is not None) + bool(gate.must_pass) + (look is not None)


def _measured(
    run: Session, planned: Planned, base: Base | None, look: Due | None, level: float, first: int
) -> Measured:
    old, new = planned.old, planned.new
    if old is None or not is_compared(planned):
        # A prompt that was named, not changed, must pass whatever the base does: its model may have moved on.
        before = None if old is None or planned.changed == "nothing" else Arm(old)
        return Measured(planned, _alone(run, new, before), False, _ties(new))
    from promptci.measure.screen import screened

    stored = stored_for(run.project, accepted_at(base), old, new)
    screen = screened(run, old, new, stored.baseline, level=level, first=first)
    used = () if stored.note is None or screen.pair.first != first else (stored.note,)
    if screen.pair.stopped is None and look is not None:
        from promptci.measure.anchor import anchored

        screen = replace(screen, gates=(*screen.gates, anchored(run, planned, look, level)))
    return Measured(planned, screen, True, (*screen.notes, *used))


def _ties(side: Side) -> tuple[Reason, ...]:
    """What a metric that compares with the base's answers could say without any."""
    if not side.grading.combined.needs.base_answer:
        return ()
    said = "A metric compares with the base's answers, and there are none to compare with: to it every case is a tie."
    return (Reason("no_rival", said),)


def _alone(run: Session, side: Side, before: Arm | None) -> Screen:
    """Run one side on all of its cases, and ask the gates that need no comparison."""
    arm, stopped = alone(run, side)
    pair = Pair(before or Arm(side), arm, side.cases, len(side.cases), stopped)
    holes = sum(arm.values.by_case.get(c.id) is None for c in side.cases)
    unknown = stopped is not None or too_many_unmeasured(holes, len(side.cases))
    count = "1 case" if len(side.cases) == 1 else f"{len(side.cases)} cases"
    said = f"{len(side.cases) - holes} of {count} measured; nothing to compare with."
    first = Verdict("measured", "unmeasured" if unknown else "pass", (Reason("alone", said),))
    looks = (score_look(arm, side.cases),)
    more = [] if stopped is not None else must_pass(run, arm, before)
    gates = (*min_score(arm, looks, len(side.cases), side.cases), *max_length(arm, side.cases), *more)
    return Screen(pair, (Screened(first), *gates))


def alone(run: Session, side: Side, *, repeats: int | None = None, first: int = 0) -> tuple[Arm, Reason | None]:
    """Run one side on all of its cases, from sample `first` on; return it and, if so, why it had to stop."""
    arm, repeats = Arm(side), run.options.repeat if repeats is None else repeats
    with run.progress.part(f"Scoring {side.settings.id}", total=len(side.cases)) as step:
        stopped = ask(run, (Job(arm, c) for c in side.cases), side.grading, step, repeats=repeats, first=first)
    return arm, stopped


def _told(one: Measured, answers: Sequence[Sequence[Confirmed]], base: Base | None, prefix: str) -> PromptReport:
    """Return the report of one prompt, its alarms confirmed or taken back."""
    planned, pair = one.planned, one.screen.pair
    gates = [settled(gate, mine) for gate, mine in zip(one.screen.gates, answers, strict=True)]
    verdict = gates[0] if len(gates) == 1 else combined(gates)
    figures = _figures(one, gates, answers)
    said = [*remarks.of_measure(planned), *verdict.told]
    said += [*remarks.of_sight(pair, verdict), *remarks.of_old(pair)] if one.compared else []
    said += remarks.of_noise(pair.old.values.samples, pair.new.side.settings.gate.ruled_out)
    said += remarks.of_calls(pair) if one.compared else []
    said += [*one.notes, *_ended(one), *pair.new.values.remarks, *remarks.of_failures(pair.new, pair.ran)]
    name = _capped(planned, verdict.name)
    said += [] if planned.held is None else [planned.held]
    subject = subject_of(planned, base, prefix, remarks.of_score(pair.new, pair.ran))
    return described(subject, name, said, figures=figures, gates=gates)


def _capped(planned: Planned, name: VerdictName) -> VerdictName:
    """Return the verdict that stands where something could not be compared as it was: never a pass."""
    missing = planned.note is not None and planned.note.kind in _NEVER_GREEN
    if name != "pass" or not (missing or planned.held):
        return name
    return "unmeasured" if missing else "inconclusive"


def _figures(one: Measured, gates: Sequence[Verdict], answers: Sequence[Sequence[Confirmed]]) -> Figures:
    pair = one.screen.pair
    alone = {a.alarm.name: g.gate for g, mine in zip(gates, answers, strict=True) for a in mine if a.by_one_case}
    if not one.compared:
        return of_arm(pair.new, pair.ran, planned=len(pair.order), gates=alone)
    return of_pair(pair, gates[0].numbers, alone)


def _ended(one: Measured) -> tuple[Reason, ...]:
    stopped = one.screen.pair.stopped
    if stopped is None or one.compared:  # the drop's own gate says it
        return ()
    return (Reason(stopped.kind, f"The run ended before a verdict: {stopped.text.rstrip('.')}."),)


def subject_of(planned: Planned, base: Base | None, prefix: str, warnings: tuple[Reason, ...] = ()) -> Subject:
    """Return what a report of this prompt is about; `prefix` is that of the settings in the repository."""
    used = BaseUsed(base.commit, base.how) if base is not None and base.commit and planned.old else None
    settings, (diff, line) = planned.new.settings, prompt_diff(planned, prefix)
    return Subject(settings.id, planned.why, planned.changed, settings.file, used, diff, line, warnings)
