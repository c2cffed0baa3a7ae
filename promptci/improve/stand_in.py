"""Where the old model answers no more, its accepted baseline stands in for it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from promptci.core import Reason, VerdictName
from promptci.decide.evidence import worse_evidence
from promptci.decide.units import gain_of, unit_interval
from promptci.decide.verdict import Verdict, points, too_many_unmeasured
from promptci.measure import remarks
from promptci.measure.baseline import stored_for
from promptci.measure.describe import described, of_pair, subject_of
from promptci.measure.gates.base import LEVEL, units_of
from promptci.measure.measuring import alone
from promptci.measure.pair import Pair
from promptci.project.changes import Planned
from promptci.records.baseline import Baseline
from promptci.report.base import PromptReport
from promptci.run.arm import Arm
from promptci.run.ask import fresh
from promptci.run.session import Session
from promptci.run.values import Values


def stood_in(run: Session, planned: Sequence[Planned], *, sample: int = 0) -> list[tuple[PromptReport, Pair]]:
    """Run every new side afresh and compare it with the baseline that HEAD has of the old one.

    Nothing of the old side can be asked again, so a drop is told by betting evidence over the cases (Waudby-Smith &
    Ramdas 2021), at the level that the number of prompts leaves (Bonferroni). A prompt without a comparable baseline is
    scored, and nobody can tell.
    """
    return [_one(run, each, len(planned), sample) for each in planned]


def _one(run: Session, planned: Planned, compared: int, sample: int) -> tuple[PromptReport, Pair]:
    old, new = planned.old or planned.new, planned.new
    accepted = stored_for(run.project, run.project.repository.head(), old, new).baseline
    arm, stopped = alone(run, new, first=fresh(run, "upgrade") + sample)
    pair = Pair(Arm(old, Values.of(accepted)), arm, new.cases, len(new.cases), stopped)
    verdict = _verdict(pair, accepted, compared)
    said = (*verdict.told, *remarks.of_failures(arm, new.cases))
    figures = of_pair(pair, verdict.numbers, {})
    subject = subject_of(new, planned.why, planned.changed)
    return described(subject, verdict.name, said, figures=figures, gates=[verdict]), pair


def _verdict(pair: Pair, accepted: Baseline | None, compared: int) -> Verdict:
    gaps = pair.gaps(pair.ran)
    if accepted is None:
        said = "The old model answers no more, and no accepted baseline can stand in for it: nothing to compare with."
        return Verdict("max_drop", "inconclusive", (Reason("no_baseline", said),))
    if pair.new.side.grading.combined.needs.base_answer:
        said = "The old model answers no more, and a metric compares with its answers: nothing to compare with."
        return Verdict("max_drop", "inconclusive", (Reason("no_rival", said),))
    if pair.stopped is not None or too_many_unmeasured(gaps.count(None), len(gaps)):
        why = pair.stopped.text if pair.stopped else "too many cases could not be measured"
        return Verdict("max_drop", "unmeasured", (Reason("unmeasured", f"Not measured to the end: {why}."),))
    units, gate = units_of(pair, pair.ran), pair.new.side.settings.gate
    evidence = worse_evidence(units, gate.max_drop, max(u.cases for u in units))
    ends = unit_interval(units)
    enough = len(gaps) >= math.log(LEVEL) / math.log1p(-gate.ruled_out)
    name: VerdictName = "inconclusive"
    if evidence >= compared / LEVEL:
        name = "fail"
    elif enough and ends is not None and ends[0] > -gate.ruled_out:
        name = "pass"
    said = f"The old model answers no more; its baseline of {accepted.date[:10]} stands in for it."
    told = f"Change: {100 * gain_of(units):+.1f} points; a drop of {points(gate.ruled_out)} is "
    told += "ruled out." if name == "pass" else "not ruled out."
    numbers = {} if ends is None else {"low": ends[0], "high": ends[1]}
    return Verdict("max_drop", name, (Reason("stand_in", said), Reason("change", told)), numbers)
