"""What a check will ask whatever is answered: its questions before anything is decided, in parts that add up.

A gate looks at its cases in one order and may stop before the last. Whoever asks ahead gives that saving up for asking
in many places, or in one batch; the decision is made later, on the answers by their order, and is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from promptci.core import Reason, digest
from promptci.gitrepo.base import Base
from promptci.measure.baseline import stored_for
from promptci.measure.pair import shuffled
from promptci.models.base import Request
from promptci.project.changes import Planned
from promptci.records.shard import Shard
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask, tasks_of
from promptci.run.session import Session
from promptci.run.values import Values
from promptci.scoring import Grading
from promptci.scoring.answering import request_of

WHOLE = Shard(1, 1)


@dataclass(frozen=True, slots=True)
class Questions:
    """The first questions about one prompt, or a shard's part of them, in the order of its gate."""

    prompt: str
    jobs: tuple[Job, ...]
    grading: Grading


@dataclass(frozen=True, slots=True)
class Ahead:
    """How many answers were asked for ahead, how many of them are missing, and why no more could be asked, if so."""

    asked: int = 0
    missing: int = 0
    stopped: Reason | None = None


def is_compared(planned: Planned) -> bool:
    """Whether an old side is asked, too: there is one, and it is not the same question to the same model."""
    old, new = planned.old, planned.new
    return old is not None and (old.template.digest != new.template.digest or old.spec != new.spec)


def accepted_at(base: Base | None) -> str | None:
    """Return the commit whose baselines count: whoever wrote a pull request chose where it left its base, so the tip's.

    None where there is no base.
    """
    return None if base is None else base.tip if base.guards else base.commit


def questions(run: Session, planned: Planned, base: Base | None, shard: Shard = WHOLE) -> Questions:
    """Return what is asked about a prompt whatever is answered.

    A shard has every so-many-th case of the gate's order, so that each of them has cases of every look, and both sides
    of a case are in one shard. What the base's stored outcomes tell is not asked.
    """
    old, new = planned.old, planned.new
    if old is None or not is_compared(planned):
        arms, order = [Arm(new)], new.cases
    else:
        stored = stored_for(run.project, accepted_at(base), old, new).baseline
        before = replace(old, cases=new.cases, grading=new.grading)
        arms = [Arm(before, Values.of(stored)), Arm(new.beside(before))]
        order = shuffled(new.cases, order_seed(run, new.settings.id))
    mine = order[shard.number - 1 :: shard.of]
    jobs = tuple(Job(arm, c) for c in mine for arm in arms if c.id not in arm.values.by_case)
    return Questions(new.settings.id, jobs, new.grading)


def order_seed(run: Session, prompt_id: str) -> int:
    """Return the seed of a prompt's running order."""
    return run.seed_for("order", prompt_id)


def asked_ahead(run: Session, parts: Iterator[Questions]) -> Ahead:
    """Ask every part's questions, and decide nothing."""
    asked = missing = 0
    for part in parts:
        with run.progress.part(f"Asking for {part.prompt}", total=len(part.jobs)) as step:
            stopped = ask(run, part.jobs, part.grading, step, repeats=run.options.repeat)
        given = [value for job in part.jobs for value in job.arm.values.samples[job.case.id]]
        asked, missing = asked + len(given), missing + given.count(None)
        if stopped is not None:
            return Ahead(asked, missing, stopped)
    return Ahead(asked, missing)


def requests(run: Session, parts: Iterator[Questions]) -> Iterator[Request]:
    """Yield what the scorer is asked; what metrics ask depends on its answers."""
    for part in parts:
        yield from map(request_of, tasks_of(part.jobs, repeats=run.options.repeat))


def plan_digest(run: Session, planned: Sequence[Planned], base: Base | None) -> str:
    """Return the digest of all that decides what is asked and in which order: the shards of one whole share it."""
    sides = [[p.changed, *(None if s is None else asdict(s.measure("")) for s in (p.new, p.old))] for p in planned]
    options = run.options
    return digest([run.draws, base and base.commit, options.seed, options.repeat, options.concurrency, sides])
