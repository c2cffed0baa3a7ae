"""`promptci check --shard 2/8`: ask one part of a check's questions, for `promptci merge` to decide on all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from promptci import __version__
from promptci.commands.check import base_of
from promptci.commands.requesting import planned_for
from promptci.core import Reason
from promptci.measure.beforehand import Ahead, asked_ahead, plan_digest, questions
from promptci.project.hosts import refuse_foreign
from promptci.project.project import Project, locate
from promptci.project.trust import refuse_tracked
from promptci.records import shard as records
from promptci.records.shard import Asked, Shard
from promptci.run.options import Options
from promptci.run.session import Session, limits_of, session, warm

KEPT_BACK = 10  # of a hundred calls, tokens or dollars: what the merge may use to confirm


@dataclass(frozen=True, slots=True)
class Sharded:
    """What the shard left, where, and why it stopped early, if so."""

    asked: Asked
    place: Path
    stopped: Reason | None = None

    @property
    def measured(self) -> bool:
        """Whether it has any answer, or nothing was to be asked."""
        return self.asked.questions == 0 or self.asked.open < self.asked.questions

    @property
    def lines(self) -> list[str]:
        """Say it to people."""
        one, left = self.asked, self.asked.open
        asked = "1 question" if one.questions == 1 else f"{one.questions:,} questions"
        missing = f"; {left:,} of them without an answer" if left else ""
        stopped = [f"It stopped early: {self.stopped.text.rstrip('.')}."] if self.stopped else []
        return [
            f"Shard {one.shard}: asked {asked}{missing}; {one.calls:,} calls; nothing is decided.",
            *stopped,
            f"Keep {self.place}, and give it to `promptci merge` with those of the other shards.",
        ]


def shard(
    options: Options, part: Shard, *, ids: Sequence[str] = (), base: str | None = None, everything: bool = False
) -> Sharded:
    """Ask the shard's part of the check's first questions; leave record and answers in the run's directory.

    The shards' caps add up to nine tenths of the run's, and the merge has the rest. Raises what `check` raises.
    """
    project = locate(options.config, Path())
    warm(project, options)
    start = base_of(project, base)
    refuse_foreign(project, start, trusted=options.trust_tree)
    guarded = start.guards and not options.trust_tree
    if guarded:
        refuse_tracked(project)
    project, planned = planned_for(project, start, ids=ids, everything=everything, guarded=guarded)
    with session(project, capped(options, project, part)) as run:
        run.door.remember()
        done = asked_ahead(run, (questions(run, one, start, part) for one in planned))
        run.door.hand_over(run.place / records.ANSWERS)
        digest = plan_digest(run, planned, start)
        found = _record(run, part, done, digest, ids=tuple(ids), base=base, everything=everything)
        records.write(run.place, found)
        return Sharded(found, run.place, done.stopped)


def capped(options: Options, project: Project, part: Shard) -> Options:
    """Return the options with the shard's part of the caps; minutes are each shard's own."""
    caps = limits_of(options, project.config)
    calls = None if caps.max_calls is None else part.share(caps.max_calls - _kept_back(caps.max_calls))
    tokens = None if caps.max_tokens is None else part.share(caps.max_tokens - _kept_back(caps.max_tokens))
    usd = None if caps.max_usd is None else caps.max_usd * (1 - KEPT_BACK / 100) / part.of
    return replace(options, max_calls=calls, max_tokens=tokens, max_usd=usd)


def _kept_back(whole: int) -> int:
    return whole * KEPT_BACK // 100


def _record(
    run: Session, part: Shard, done: Ahead, plan_: str, *, ids: tuple[str, ...], base: str | None, everything: bool
) -> Asked:
    booked, options = run.door.booked, run.options
    return Asked(
        run=run.run,
        shard=part,
        version=__version__,
        plan=plan_,
        ids=ids,
        base=base,
        everything=everything,
        repeat=options.repeat,
        seed=options.seed,
        concurrency=options.concurrency,
        calls=booked.calls,
        tokens=booked.tokens,
        usd=booked.usd,
        questions=done.asked,
        open=done.missing,
    )
