"""A program's confirmed winner once more, together with what waits for other files of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from promptci.core import Reason
from promptci.evals.split import Split
from promptci.improve.confirm import tried
from promptci.improve.ending import Ending
from promptci.improve.reserve import Reserve
from promptci.improve.target import Target, confirmed_at
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.records.ledger import Question
from promptci.report.searched import Outcome
from promptci.run.session import Session
from promptci.untrusted import one_line


def waiting(project: Project, old: Side, goal: Target | None) -> dict[str, bytes]:
    """Return the other files of the program that a confirmed proposal on its branch changes, as they are there.

    One that has changed since on the branch's base is not among them: what waits for it was measured with another.
    """
    tip = goal.tip if goal is not None else None
    if goal is None or tip is None or not old.settings.run or not confirmed_at(project, goal, old.settings.id):
        return {}
    since = project.repository.merge_base(tip, goal.parent)
    found = {}
    for path, now in old.files.items():
        there = project.at(tip, path)
        if path != old.path and there not in (None, now) and project.at(since, path) == project.at(goal.parent, path):
            found[path] = there or b""
    return found


def merged(
    run: Session,
    old: Side,
    ending: Ending,
    others: Mapping[str, bytes],
    split: Split,
    asked: Sequence[Question],
    kept: Reserve,
) -> Ending:
    """Put the winner of a confirmed `ending` to the held-out cases again, with `others` changed as well.

    Two texts that are better each by itself may be worse together, so nothing is proposed that was not asked as one.
    """
    if not others or ending.outcome != "improved" or ending.new is None or ending.trial is None:
        return ending
    both, first = ending.new.with_files(others), ending.trial
    again = tried(run, old, both, split, [*asked, first.question], kept, ending.aim)
    trial, before = replace(again, calls=first.calls + again.calls), (first.question,)
    names = ", ".join(one_line(path) for path in others)
    if again.stopped is None and again.acceptance.outcome == "improved":
        said = Reason("merged", f"Confirmed once more together with what waits for {names}; the figures are of both.")
        return replace(ending, reasons=(said, *ending.reasons), new=both, trial=trial, before=before)
    alone = f"The text is better by itself, but not shown to be together with what waits for {names}, which stays."
    why = "" if again.stopped is None else f" The question could not be put to the end: {again.stopped.text}."
    outcome: Outcome = "inconclusive" if again.stopped is None else "stopped"
    said = Reason("not_merged", alone + why)
    return Ending(outcome, (said, *ending.reasons), ending.found, None, trial, before=before, aim=ending.aim)
