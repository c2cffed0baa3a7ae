"""`promptci check --case ID`, `--tag TAG`, `--failed [RUN]`: run a few cases and show them; gate nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from promptci.commands.kept import show_run
from promptci.core import Case, Outcome, Reason, digest
from promptci.decide.paired import passed
from promptci.errors import UsageError
from promptci.options import did_you_mean
from promptci.project.hosts import refuse_untrusted
from promptci.project.project import locate
from promptci.project.side import Side, side
from promptci.prompts.render import input_of
from promptci.records.traces import bounded
from promptci.report.base import CaseDetail, PromptReport, Report, clipped
from promptci.report.terminal import case_lines
from promptci.run.options import Options
from promptci.run.session import Session, session
from promptci.scoring import Task, answer
from promptci.untrusted import one_line


def look(
    options: Options,
    *,
    ids: Sequence[str] = (),
    cases: Sequence[str] = (),
    tags: Sequence[str] = (),
    failed: str | None = None,
) -> Report:
    """Run only the named cases, those with a tag, or those that failed in the run `failed`; gate nothing.

    A verdict on cases that somebody chose would have no error rate, so there is none: "inconclusive", or "unmeasured"
    when no case could be. Raises UsageError for a name that no case has.
    """
    project = locate(options.config, Path())
    refuse_untrusted(project, trusted=options.trust_tree)
    sides = [side(project, project.config, settings, None) for settings in project.config.chosen(ids)]
    earlier = _failed(options, failed) if failed else {}
    _refuse_unknown(sides, cases, tags)
    chosen = [(one, [c for c in one.cases if _wanted(c, one, cases, tags, earlier)]) for one in sides]
    if not any(some for _, some in chosen):
        raise UsageError("no case to run", hint="the run that `--failed` names failed none of these prompts' cases")
    with session(project, options) as run:
        return run.report("check", [_looked(run, one, some) for one, some in chosen if some])


def lines(report: Report, width: int | None) -> Iterator[str]:
    """Yield what people read: every case that was run, then that nothing was gated."""
    for prompt in report.prompts:
        yield f"{one_line(prompt.id)}: {prompt.reasons[0]}"
        for detail in prompt.cases_detail:
            yield ""
            yield from case_lines(detail, width)


def _failed(options: Options, run: str) -> dict[str, set[str]]:
    """Return the ids of the cases that failed in an earlier run, by prompt."""
    return {p.id: {i for i, v in p.values.items() if passed(v) is False} for p in show_run(options, run).prompts}


def _wanted(case: Case, one: Side, ids: Sequence[str], tags: Sequence[str], earlier: dict[str, set[str]]) -> bool:
    return case.id in ids or not set(tags).isdisjoint(case.tags) or case.id in earlier.get(one.settings.id, ())


def _refuse_unknown(sides: Sequence[Side], ids: Sequence[str], tags: Sequence[str]) -> None:
    known = {
        "case": {c.id for one in sides for c in one.cases},
        "tag": {t for s in sides for c in s.cases for t in c.tags},
    }
    for what, given in (("case", ids), ("tag", tags)):
        for name in given:
            if name not in known[what]:
                hint = did_you_mean(name, map(one_line, known[what])) if known[what] else f"no case has a {what}"
                raise UsageError(f"no {what} '{one_line(name)}' in the prompts' eval sets", hint=hint)


def _looked(run: Session, one: Side, cases: Sequence[Case]) -> PromptReport:
    repeats = run.options.repeat
    tasks = [Task(one.template, case, one.spec, k) for case in cases for k in range(repeats)]
    outcomes = answer(run.door, tasks, one.grading)
    run.answered.update(name for o in outcomes for name in (o.model, o.judge) if name)
    first = outcomes[::repeats]
    judged = [o.score.value for o in outcomes if o.score.value is not None]
    count = "1 case" if len(cases) == 1 else f"{len(cases):,} cases"
    said = f"Ran {count} of {len(one.cases):,}, as chosen; nothing is gated."
    return PromptReport(
        id=one.settings.id,
        verdict="inconclusive" if judged else "unmeasured",
        reasons=(Reason("not_gated", said),),
        cases=len(cases),
        planned_cases=len(one.cases),
        unmeasured=sum(o.score.value is None for o in first),
        score=sum(judged) / len(judged) if judged else None,
        file=one.settings.file,
        values={o.case_id: o.score.value for o in first},
        cases_detail=tuple(_detail(case, o) for case, o in zip(cases, first, strict=True)),
    )


def _detail(case: Case, outcome: Outcome) -> CaseDetail:
    value = outcome.score.value
    return CaseDetail(
        id=case.id,
        input=clipped(input_of(case.vars)),
        digest=digest(dict(case.vars)),
        expected=None if case.expected is None else clipped(str(case.expected)),
        new=None if outcome.output is None else clipped(outcome.output),
        new_value=value,
        new_passes=passed(value),
        reason=None if value is not None else str(outcome.score.reason),
        tags=case.tags,
        cached=outcome.stored,
        new_trace=bounded(outcome.calls),
    )
