"""`promptci check`: score what changed, old and new on the same cases, and gate it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from promptci.core import Reason
from promptci.decide.limits import ScoreLook
from promptci.decide.paired import passed
from promptci.decide.power import cases_to_halve, noise_seen
from promptci.decide.verdict import Verdict, combined, points, too_many_unmeasured
from promptci.gitrepo.base import Base
from promptci.measure.baseline import made, measured, stored_for
from promptci.measure.batches import alone, compared
from promptci.measure.watch import absolute, must_pass
from promptci.project.changes import Planned, plan
from promptci.project.differences import tests_changed
from promptci.project.project import Project, locate
from promptci.records import baseline
from promptci.records.files import write_atomically
from promptci.report.base import PromptReport, Report
from promptci.run.arm import Arm
from promptci.run.ask import fresh
from promptci.run.options import Options
from promptci.run.session import Session, session, warm
from promptci.run.values import Pair, Values, mean
from promptci.scoring.certifying import told as judges_told
from promptci.untrusted import one_line


def check(
    options: Options,
    *,
    ids: Sequence[str] = (),
    base: str | None = None,
    everything: bool = False,
    accept: bool = False,
) -> Report:
    """Score the prompts that changed since `base` and say whether one got worse.

    `base` None means where the branch left the default branch. With `accept`, nothing is gated: the prompts are run
    afresh on every case and the outcomes become their baselines, in the working tree. Raises PromptciError for what a
    user can mend.
    """
    project = locate(options.config, Path())
    warm(project, options)
    start = base_of(project, base)
    planned = plan(project, start.commit, ids=ids, everything=everything or accept)
    with session(project, options) as run:
        found = [_accepted(run, p) for p in planned] if accept else checked(run, planned, start.commit)
        return run.report("check", found, start)


def base_of(project: Project, base: str | None) -> Base:
    """Return what to compare with, and how that was chosen. Raises GitError when nobody can know it."""
    return project.repository.base(base)


def checked(run: Session, planned: Sequence[Planned], base: str | None) -> list[PromptReport]:
    """Measure and gate every planned prompt, one after the other."""
    return [_with_judges(run, p, _checked(run, p, base)) for p in planned]


def _with_judges(run: Session, planned: Planned, report: PromptReport) -> PromptReport:
    """Add how far the prompt's judges can be trusted, where it has any."""
    told = judges_told(run.door, planned.new.grading, report.score, report.cases - report.unmeasured)
    return replace(report, reasons=(*report.reasons, *told)) if told else report


def _checked(run: Session, planned: Planned, base: str | None) -> PromptReport:
    old, new = planned.old, planned.new
    if old is None or (old.template.digest == new.template.digest and old.spec == new.spec):
        values, stopped = alone(run, new)
        # A prompt that was asked for, not changed, must pass whatever the base does: its model may have moved on.
        before = None if old is None or planned.changed == "nothing" else Arm(old)
        more = must_pass(run, Arm(new, values), before) if stopped is None else []
        return _scored(planned, values, stopped, more)
    stored = stored_for(run.project, base, planned, run.options.repeat)
    return _gated(planned, compared(run, old, new, stored.baseline), stored.note)


def _gated(planned: Planned, pair: Pair, note: str | None) -> PromptReport:
    """Return the report of a prompt that was compared with its base."""
    told = pair.note or note
    reasons = [*_measure_note(planned), *pair.verdict.reasons, *_more_cases(pair), *([told] if told else [])]
    return pair.report(
        planned.new.settings.id,
        planned=len(planned.new.cases),
        why=planned.why,
        changed=planned.changed,
        file=planned.new.settings.file,
        measure=_measure(planned, pair.new),
        clusters=_clusters(planned),
        reasons=(*reasons, *pair.new.remarks, *_failures(pair.new.reasons)),
    )


def _more_cases(pair: Pair) -> tuple[str, ...]:
    """Say what would make an inconclusive run see more, if no gate has said it."""
    change = pair.change()
    if any(reason.kind == "sight" for reason in pair.verdict.told):
        return ()
    needed = cases_to_halve(change.measured, noise_seen(change)) if pair.verdict.name == "inconclusive" else None
    return () if needed is None else (f"About {needed:,} cases would halve the smallest drop that can be seen.",)


def _scored(planned: Planned, values: Values, stopped: Reason | None, more: Sequence[Verdict] = ()) -> PromptReport:
    """Return the report of a prompt that has nothing to be compared with: new, or measured in another way.

    `more` are verdicts that need asking; the others are made here.
    """
    cases = planned.new.cases
    holes = sum(values.by_case[c.id] is None for c in cases)
    passes = sum(bool(passed(values.by_case[c.id])) for c in cases)
    said = f"{len(cases) - holes} of {len(cases)} cases judged; nothing to compare with."
    unknown = stopped is not None or too_many_unmeasured(holes, len(cases))
    looks = [ScoreLook(len(cases), passes, holes)]
    gates = [
        Verdict("measured", "unmeasured" if unknown else "pass", (Reason("nothing_to_compare", said),)),
        *absolute(planned.new.settings.gate, values, looks, len(cases), cases),
        *more,
    ]
    verdict = gates[0] if len(gates) == 1 else combined(gates)
    ended = (f"The run ended before a verdict: {one_line(stopped.text)}.",) if stopped else ()
    return PromptReport(
        id=planned.new.settings.id,
        verdict=verdict.name,
        reasons=(*_measure_note(planned), *verdict.reasons, *ended, *values.remarks, *_failures(values.reasons)),
        cases=len(cases),
        planned_cases=len(cases),
        unmeasured=holes,
        score=mean(values.by_case),
        why=planned.why,
        changed=planned.changed,
        flaky=values.flaky,
        file=planned.new.settings.file,
        values=values.by_case,
        measure=_measure(planned, values),
        clusters=_clusters(planned),
    )


def _accepted(run: Session, planned: Planned) -> PromptReport:
    """Run the prompt afresh and write the outcomes as its baseline; what was not measured is not accepted."""
    before = run.door.spent
    values, stopped = alone(run, planned.new, first=fresh(run, "accept"))
    report = _scored(planned, values, stopped)
    if report.verdict == "unmeasured":
        return report
    spent, prompt_id = run.door.spent, planned.new.settings.id
    calls, cost = spent.calls - before.calls, spent.cost_usd - before.cost_usd
    path = run.project.directory / baseline.path_of(prompt_id)
    write_atomically(path, baseline.dump(made(planned.new, values, calls=calls, cost_usd=cost)))
    said = f"Accepted as the baseline: {baseline.path_of(prompt_id)}; commit it."
    return replace(report, reasons=(*report.reasons, said))


def _measure(planned: Planned, values: Values) -> dict[str, str | None]:
    found = asdict(measured(planned.new, values))
    return {name: None if value is None else str(value) for name, value in found.items()}


def _clusters(planned: Planned) -> dict[str, str]:
    return {c.id: c.cluster for c in planned.new.cases if c.cluster is not None}


def _measure_note(planned: Planned) -> tuple[str, ...]:
    """Say what of the measure changed; and where the tests changed together with the prompt, which ones."""
    if planned.note:
        return (f"Measured without a comparison: {one_line(planned.note.text)}.",)
    if planned.changed not in ("measure", "both"):
        return ()
    told = ", ".join(w for w in planned.why if w not in planned.prompt_why)
    notes = [f"The measure changed: {told}."]
    weakened = tests_changed(planned.old, planned.new) if planned.old and planned.changed == "both" else []
    if weakened:
        shown = ", ".join(one_line(i, limit=60) for i in weakened[:10])
        more = f" and {len(weakened) - 10} more" if len(weakened) > 10 else ""
        notes.append(f"Tests changed together with the prompt (edited or removed): {shown}{more}.")
    return tuple(notes)


def _failures(reasons: dict[str, Reason]) -> tuple[str, ...]:
    """Say why cases could not be measured, most frequent reason first."""
    if not reasons:
        return ()
    said = [reason.text for reason in reasons.values()]
    first = max(sorted(set(said)), key=said.count)
    share = points(said.count(first) / len(said))
    return (f"{len(said)} cases could not be measured; {share} % of them because of: {one_line(first)}.",)
