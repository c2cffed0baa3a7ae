"""Whether a committed record goes on from the one before it, or what is wrong with it, in words."""

from __future__ import annotations

from promptci.errors import DataError, PromptciError
from promptci.project.project import Project
from promptci.records import baseline, ledger
from promptci.records.ledger import Question
from promptci.untrusted import one_line


def baseline_breach(project: Project, path: str, left: str, rev: str) -> str | None:
    """Return why the baseline that `rev` has does not go on from `left`'s; None when it does."""
    try:
        before, now = _baseline(project, path, left), _baseline(project, path, rev)
    except PromptciError as problem:
        return one_line(problem.problem)
    if now is None:
        return "it is gone"
    if not now.seal:
        return "it has no seal"
    if before is not None and now.previous != before.seal:
        return "it does not go on from the one that was there"
    return None


def _baseline(project: Project, path: str, rev: str) -> baseline.Baseline | None:
    content = project.at(rev, path)
    try:
        return None if content is None else baseline.load(content, path)
    except baseline.ForgedError:
        raise
    except DataError as problem:
        raise DataError(f"it cannot be read ({problem.problem})", place=path) from None


def ledger_breach(project: Project, path: str, left: str, rev: str) -> str | None:
    """Return why the ledger that `rev` has does not go on from `left`'s; None when it has all its lines, and more."""
    try:
        before, now = questions_at(project, path, left), questions_at(project, path, rev)
    except PromptciError as problem:
        return one_line(problem.problem)
    if now == before:
        return "it says nothing new"
    gone = [q for q in before if q not in now]
    if gone:
        count = "1 line is" if len(gone) == 1 else f"{len(gone)} lines are"
        return f"{count} gone that were there, the first of {one_line(gone[0].date, limit=40)}"
    if [q for q in now if q in before] != before:
        return "its lines are in another order"
    if any(not q.link for q in now if q not in before):
        return "a line was added that names no line before it"
    return None


def questions_at(project: Project, path: str, rev: str | None) -> list[Question]:
    """Return the ledger's lines at `rev` (None: the working tree). Raises DataError for a damaged one."""
    content = project.at(rev, path)
    return [] if content is None else ledger.load(content, path)
