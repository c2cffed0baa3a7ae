"""Stored baselines: when one may be compared with, why not, and moving one by explicit act."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from promptci.core import Reason
from promptci.errors import DataError
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.records import baseline
from promptci.records.baseline import Baseline, Measure
from promptci.run.values import Values

ANSWERS = 5  # of each case in a baseline: one lucky answer must not weigh on every later check


@dataclass(frozen=True, slots=True)
class Stored:
    """The accepted outcomes of the base's prompt, if they may be compared with, and a sentence on them."""

    baseline: Baseline | None
    note: Reason | None


def stored_for(project: Project, base: str | None, old: Side, new: Side) -> Stored:
    """Return the baseline of the base commit, if it is of exactly the base's prompt under today's measure.

    It is read from the base: a change cannot bring its own. It stands for the old side, so it may be another model's
    than the new side's: then the change of the model is what is compared. What differs is named, and a seal that does
    not fit. Raises DataError for a damaged one.
    """
    path = baseline.path_of(old.settings.id)
    content = project.at(base, path) if base else None
    if content is None:
        return Stored(None, None)
    try:
        found = baseline.load(content, path)
    except baseline.ForgedError as forged:
        said = f"The stored baseline is not used, so the old prompt was run again: {path} was {forged.problem}."
        return Stored(None, Reason("baseline_forged", said))
    today = replace(old, cases=new.cases, grading=new.grading).measure(found.measure.answered)
    differs = replace(today, repeats=found.measure.repeats).differs(found.measure)
    if today.prompt != found.measure.prompt:
        differs = ["prompt", *differs]
    if differs:
        both = "so the old prompt was run again"
        said = f"The stored baseline is not comparable ({', '.join(differs)} changed since), {both}."
        return Stored(None, Reason("baseline_differs", said))
    at = f", measured on {found.commit[:12]}" if found.commit else ""
    said = f"Compared with the outcomes accepted on {found.date[:10]} ({_age(found)}{at})."
    return Stored(found, Reason("baseline_used", said))


def _age(found: Baseline) -> str:
    days = (datetime.now(UTC) - datetime.fromisoformat(found.date)).days
    return "today" if days <= 0 else "1 day old" if days == 1 else f"{days} days old"


def made(project: Project, side: Side, values: Values, *, calls: int, cost_usd: float) -> Baseline:
    """Return a baseline from the values of a fresh run of every case; it goes on from the one that HEAD has."""
    date, head = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", project.repository.head() or ""
    samples, before = dict(values.samples), sealed_at(project, head, side.settings.id) if head else ""
    return Baseline(measured(side, values), samples, date, calls, cost_usd, head, before)


def sealed_at(project: Project, commit: str, prompt_id: str) -> str:
    """Return the seal of the baseline that `commit` has; empty where there is none, or none that is whole."""
    path = baseline.path_of(prompt_id)
    content = project.at(commit, path)
    try:
        return "" if content is None else baseline.load(content, path).seal
    except DataError:
        return ""


def measured(side: Side, values: Values) -> Measure:
    """Return how these values were measured."""
    return replace(side.measure(values.answered), repeats=values.repeats)
