"""`promptci merge RUN...`: one verdict on what the shards of a check have asked, the same as without shards."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath

from promptci import __version__
from promptci.commands.check import base_of, checked
from promptci.errors import DataError, UsageError
from promptci.gitrepo.base import Base
from promptci.measure.beforehand import plan_digest, questions, requests
from promptci.models.base import Failure
from promptci.models.budget import Cost
from promptci.models.cache import Book
from promptci.project.changes import Planned
from promptci.project.project import Project, locate
from promptci.records import shard as records
from promptci.records.runs import run_named
from promptci.records.shard import Asked
from promptci.report.base import Report
from promptci.run.options import Options
from promptci.run.session import Session, new_id, stored
from promptci.untrusted import one_line


def merge(options: Options, runs: Sequence[Path]) -> Report:
    """Decide on the answers of all shards, by the gate's order; ask only what no shard could know, such as fresh ones.

    `runs` are directories, or names of runs at hand. What a shard that is not among them would have asked is not asked:
    its cases are unmeasured. The run's caps count what all shards booked. Raises UsageError for shards of different
    plans, versions or wholes, and for those of another plan than the tree at hand.
    """
    project = locate(options.config, Path())
    places = [_place(project, run) for run in runs]
    _refuse_committed(project, places)
    shards = [records.read(place) for place in places]
    records.refuse_strangers(shards)
    first = shards[0]
    run_id = options.run or new_id()
    own = replace(options, run=run_id, repeat=first.repeat, seed=first.seed, concurrency=first.concurrency)
    start = base_of(project, first.base)
    notes = _taken_in(project, run_id, places, shards)

    def ready(run: Session, planned: Sequence[Planned]) -> None:
        _refuse_another_plan(first, plan_digest(run, planned, start))
        run.asked_ahead = True
        for text in (*notes, *_withheld(run, planned, start, shards)):
            run.door.note(text)

    return checked(own, ids=first.ids, base=first.base, everything=first.everything, ready=ready)[0]


def _place(project: Project, run: Path) -> Path:
    return run if run.is_dir() else run_named(project.directory / ".promptci" / "runs", str(run))


def _refuse_committed(project: Project, places: Sequence[Path]) -> None:
    """Raise DataError for a directory that the commit brings: whoever writes a change could write its answers, too."""
    root, head = project.repository.root.resolve(), project.repository.head()
    tracked = [PurePosixPath(path.casefold()) for path in project.repository.files(head)] if head else []
    for place in (place.resolve() for place in places):
        inside = place.relative_to(root).as_posix() if place.is_relative_to(root) else None
        if inside is not None and any(path.is_relative_to(inside.casefold()) for path in tracked):
            hint = "take them from jobs of the same workflow; `git rm -r --cached` takes them out of the commit"
            raise DataError("a shard's answers do not belong into a commit", place=one_line(inside), hint=hint)


def _refuse_another_plan(first: Asked, plan_: str) -> None:
    if first.version != __version__:
        problem = f"the shards were asked by promptci {first.version}, and this is {__version__}"
        raise UsageError(problem, hint="merge with the version that asked")
    if first.plan != plan_:
        problem = "the shards asked about another tree than the one at hand"
        raise UsageError(problem, hint="check out the commit that they ran on, with the same base, and merge there")


def _taken_in(project: Project, run_id: str, places: Sequence[Path], shards: Sequence[Asked]) -> list[str]:
    """Take in the shards' answers, as paid for by this run, and what they booked; return what people should know.

    The run then goes on like one that was interrupted: what is paid for is not paid again, and the caps count it.
    """
    names = {one.run: run_id for one in shards}
    booked = sum((Cost(one.calls, one.tokens, one.usd) for one in shards), Cost())
    with closing(stored(project)) as cache:
        for place in places:
            if not (place / records.ANSWERS).is_file():
                raise UsageError("no answers", place=str(place), hint="keep the whole directory of a shard's run")
            cache.load(place / records.ANSWERS, paid_by=names)
        cache.intend(run_id, Book(booked))
        return list(cache.notes)


def _withheld(run: Session, planned: Sequence[Planned], start: Base, shards: Sequence[Asked]) -> list[str]:
    """Keep the questions of missing shards from being asked; say which shards are missing."""
    there = {one.shard for one in shards}
    missing = [shard for shard in shards[0].shard.all if shard not in there]
    for shard in missing:
        why = Failure("absent", f"shard {shard} is missing", unsent=True)
        run.door.withhold(requests(run, (questions(run, one, start, shard) for one in planned)), why)
    return [f"shard {shard} is missing: its cases are unmeasured" for shard in missing]
