"""A check's questions in a batch: what an early stop needs goes live, the rest is handed over, then it decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptci.gitrepo.base import Base
from promptci.measure.baseline import stored_for
from promptci.measure.beforehand import accepted_at, asked_ahead, is_compared, questions, requests
from promptci.measure.begun import go_on
from promptci.measure.screen import undecided
from promptci.models.account import Account
from promptci.models.batch.executor import Batches, Terms
from promptci.models.batch.journal import Journal
from promptci.models.batch.prices import costs
from promptci.project.changes import Planned
from promptci.project.project import Project
from promptci.run.options import Options
from promptci.run.session import Session, session

FEW = 50  # questions that are not worth a day's wait


def in_batch(
    project: Project, options: Options, planned: Sequence[Planned], base: Base | None
) -> tuple[Options, list[str]]:
    """Have the questions of a check answered by a batch, as far as that is worth it.

    The first look of each gate goes live: most harmless changes and most bad ones end soon after it, and a batch saves
    nothing of what need not be asked. Returns the options of the check that follows, which is the same run going on
    with what is stored and asks what is still open, and what people should know. Raises BatchPendingError when the
    batch is not done in time: the run is resumed later.
    """
    with session(project, options) as run:
        go_on(run, planned)  # what is asked afresh here has the numbers that the check asks under, and is paid once
        open_ = [one for one in planned if _is_open(run, one, base)]
        asked = list(requests(run, (questions(run, one, base) for one in open_)))
        settings = project.config.execution
        found = costs(asked, discount=settings.batch_price, cached_input=settings.cached_input)
        journal = Journal(run.place)
        begun = any(journal.all())
        worth = len(asked) >= FEW and found.batch_is_cheaper
        own = replace(options, resume=None, run=run.run)
    if worth or begun:
        _handed_over(project, own, open_, base, journal)
    how = "in a batch" if worth or begun else "one by one"
    return own, [f"estimated for {len(asked):,} questions: {found}; asked {how}"]


def _is_open(run: Session, planned: Planned, base: Base | None) -> bool:
    """Ask the first look's cases now; whether the gate wants more after it, or there is no gate to stop early."""
    old, new = planned.old, planned.new
    if old is None or not is_compared(planned):
        return True
    stored = stored_for(run.project, accepted_at(base), old, new).baseline
    return undecided(run, old, new, stored)


def _handed_over(
    project: Project, options: Options, planned: Sequence[Planned], base: Base | None, journal: Journal
) -> None:
    settings = project.config.execution
    terms = Terms(settings.batch_price, 60 * settings.wait_minutes)

    def make(account: Account) -> Batches:
        return Batches(account, journal, terms)

    with session(project, options, executor=make) as run:
        asked_ahead(run, (questions(run, one, base) for one in planned))
