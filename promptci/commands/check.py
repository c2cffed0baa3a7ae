"""`promptci check`: score what changed, old and new on the same cases, and gate it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from promptci.core import Reason
from promptci.decide.verdict import too_many_unmeasured
from promptci.gitrepo.base import Base
from promptci.measure import remarks
from promptci.measure.baseline import ANSWERS, made
from promptci.measure.describe import described, of_arm
from promptci.measure.measuring import alone, measured, subject_of
from promptci.measure.touched import causes
from promptci.project.changes import Planned, plan
from promptci.project.hosts import refuse_foreign, refuse_request
from promptci.project.project import Project, locate
from promptci.project.trust import refuse_tracked
from promptci.records import baseline
from promptci.records.files import write_atomically
from promptci.report.base import PromptReport, Report
from promptci.run.ask import fresh
from promptci.run.options import Options
from promptci.run.session import Session, executor_of, session, warm

if TYPE_CHECKING:  # what a pull request needs beyond a check is imported for one
    from promptci.commands.requesting import Ahead, Ready


def check(
    options: Options,
    *,
    ids: Sequence[str] = (),
    base: str | None = None,
    everything: bool = False,
    accept: bool = False,
) -> Report:
    """Return the report of `checked`."""
    return checked(options, ids=ids, base=base, everything=everything, accept=accept)[0]


def checked(
    options: Options,
    *,
    ids: Sequence[str] = (),
    base: str | None = None,
    everything: bool = False,
    accept: bool = False,
    ready: Ready | None = None,
) -> tuple[Report, Project]:
    """Score the prompts that changed since `base` and say whether one got worse.

    Returns the report and the project with the settings in force: in CI's run for a merge request these are those of
    what it goes into, unless the tree is trusted. `base` None means where the branch left the default branch. With
    `accept`, nothing is gated: the prompts are run afresh on every case and the outcomes become their baselines, in the
    working tree. `ready` is called with the run and what will be measured before anything is. Raises PromptciError for
    what a user can mend.
    """
    project = locate(options.config, Path())
    warm(project, options)
    start = base_of(project, base)
    refuse_foreign(project, start, trusted=options.trust_tree)
    if accept:
        refuse_request(start, trusted=options.trust_tree)
    ahead = None if accept or options.replay or ready is not None else partial(_ahead, start=start)
    if start.guards and not options.trust_tree:
        return _guarded(project, options, start, ids=ids, everything=everything, ready=ready, ahead=ahead)
    planned = plan(project, start, ids=ids, everything=everything or accept)
    if ahead is not None:
        options, ready = ahead(project, options, planned)
    with session(project, options) as run:
        if ready is not None:
            ready(run, planned)
        found = [_accepted(run, p) for p in planned] if accept else measured(run, planned, start)
        return run.report("check", found, start, causes=causes(planned, project.prefix)), project


def _guarded(
    project: Project,
    options: Options,
    start: Base,
    *,
    ids: Sequence[str],
    everything: bool,
    ready: Ready | None,
    ahead: Ahead | None,
) -> tuple[Report, Project]:
    """Check a merge request by the settings of what it goes into."""
    from promptci.commands.requesting import pull_request, stranger_of

    refuse_tracked(project)
    stranger = stranger_of(start, os.environ)
    return pull_request(
        project, options, start, ids=ids, everything=everything, stranger=stranger, ready=ready, ahead=ahead
    )


def _ahead(
    project: Project, options: Options, planned: Sequence[Planned], *, start: Base
) -> tuple[Options, Ready | None]:
    """Have what will be asked answered by a batch first, where the settings in force say so.

    Returns the options of the run that goes on with it.
    """
    if executor_of(project, options) != "batch":
        return options, None
    from promptci.measure.inbatch import in_batch

    own, told = in_batch(project, options, planned, start)

    def ready(run: Session, _planned: Sequence[Planned]) -> None:
        run.asked_ahead = True
        for text in told:
            run.door.note(text)

    return own, ready


def base_of(project: Project, base: str | None) -> Base:
    """Return what to compare with, and how that was chosen. Raises GitError when nobody can know it."""
    return project.repository.base(base)


def _accepted(run: Session, planned: Planned) -> PromptReport:
    """Run the prompt afresh and write the outcomes as its baseline; what was not measured is not accepted."""
    before, side = run.door.spent, planned.new
    arm, stopped = alone(run, side, repeats=max(ANSWERS, run.options.repeat), first=fresh(run, "accept"))
    figures = of_arm(arm, side.cases, planned=len(side.cases))
    said = remarks.of_failures(arm, side.cases)
    subject = replace(subject_of(planned, None, run.project.prefix), warnings=remarks.of_score(arm, side.cases))
    if stopped is not None or too_many_unmeasured(figures.unmeasured, len(side.cases)):
        why = Reason("not_accepted", f"Not accepted: {stopped.text if stopped else 'too many cases are unmeasured'}.")
        return described(subject, "unmeasured", (why, *said), figures=figures)
    spent, path = run.door.spent, baseline.path_of(side.settings.id)
    accepted = made(
        run.project, side, arm.values, calls=spent.calls - before.calls, cost_usd=spent.cost_usd - before.cost_usd
    )
    write_atomically(run.project.directory / path, baseline.dump(accepted))
    done = Reason("accepted", f"Accepted as the baseline, {arm.values.repeats} answers a case: {path}; commit it.")
    return described(subject, "pass", (done, *said), figures=figures)
