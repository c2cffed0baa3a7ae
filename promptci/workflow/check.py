"""`promptci check`: score what changed, old and new on the same cases, and gate it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from promptci.decide.verdict import points, too_many_unmeasured
from promptci.report.base import PromptReport, Report
from promptci.untrusted import one_line
from promptci.workflow.comparison import Pair, mean
from promptci.workflow.measuring import alone, compared
from promptci.workflow.options import Options
from promptci.workflow.plan import Planned, plan
from promptci.workflow.project import Project, locate
from promptci.workflow.session import Session, session


def check(options: Options, *, ids: Sequence[str] = (), base: str | None = None, everything: bool = False) -> Report:
    """Score the prompts that changed since `base` and say whether one got worse.

    `base` None means where the branch left the default branch. Raises PromptciError for what a user can mend.
    """
    project = locate(options.config, Path())
    start = base_of(project, base)
    planned = plan(project, start, ids=ids, everything=everything)
    with session(project, options) as run:
        return run.report("check", checked(run, planned), start)


def base_of(project: Project, base: str | None) -> str | None:
    """Return the commit to compare with, None when there is nothing older. Raises GitError for an unknown one."""
    repository = project.repository
    return repository.default_base() if base is None else repository.resolve(base)


def checked(run: Session, planned: Sequence[Planned]) -> list[PromptReport]:
    """Measure and gate every planned prompt, one after the other."""
    return [_checked(run, p) for p in planned]


def _checked(run: Session, planned: Planned) -> PromptReport:
    old, new = planned.old, planned.new
    if old is None or (old.template.text == new.template.text and old.spec == new.spec):
        return _scored(run, planned)
    return _gated(run, planned, compared(run, old, new, new.cases))


def _gated(run: Session, planned: Planned, pair: Pair) -> PromptReport:
    """Return the report of a prompt that was compared with its base."""
    return pair.report(
        planned.new.settings.id,
        planned=len(planned.new.cases),
        why=planned.why,
        changed=planned.changed,
        file=planned.new.settings.file,
        measure=_measure(run, planned),
        reasons=(*_measure_note(planned), *pair.verdict.reasons, *_failures(pair.new.reasons)),
    )


def _scored(run: Session, planned: Planned) -> PromptReport:
    """Return the report of a prompt that has nothing to be compared with: new, or measured in another way."""
    cases = planned.new.cases
    values, stopped = alone(run, planned.new, cases)
    holes = sum(values.by_case.get(c.id) is None for c in cases)
    reasons = [*_measure_note(planned), f"{len(cases) - holes} of {len(cases)} cases judged; nothing to compare with."]
    if stopped:
        reasons.append(f"The run ended before a verdict: {one_line(stopped)}.")
    return PromptReport(
        id=planned.new.settings.id,
        verdict="unmeasured" if stopped or too_many_unmeasured(holes, len(cases)) else "pass",
        reasons=(*reasons, *_failures(values.reasons)),
        cases=len(cases),
        planned_cases=len(cases),
        unmeasured=holes,
        score=mean(values.by_case),
        why=planned.why,
        changed=planned.changed,
        flaky=tuple(sorted(values.flaky)),
        file=planned.new.settings.file,
        values=values.by_case,
        measure=_measure(run, planned),
    )


def _measure(run: Session, planned: Planned) -> dict[str, str | None]:
    return asdict(planned.new.measure(", ".join(sorted(run.answered))))


def _measure_note(planned: Planned) -> tuple[str, ...]:
    if planned.note:
        return (f"Measured without a comparison: {one_line(planned.note)}.",)
    if planned.changed in ("measure", "both"):
        return (f"The measure changed: {', '.join(w for w in planned.why if w != 'prompt text')}.",)
    return ()


def _failures(reasons: dict[str, str]) -> tuple[str, ...]:
    """Say why cases could not be measured, most frequent reason first."""
    if not reasons:
        return ()
    said = list(reasons.values())
    first = max(sorted(set(said)), key=said.count)
    share = points(said.count(first) / len(said))
    return (f"{len(said)} cases could not be measured; {share} % of them because of: {one_line(first)}.",)
