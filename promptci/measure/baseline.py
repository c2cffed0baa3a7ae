"""Stored baselines: when one may be compared with, why not, and moving one by explicit act."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from promptci.project.changes import Planned
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.records import baseline
from promptci.records.baseline import Baseline, Measure
from promptci.run.values import Values


@dataclass(frozen=True, slots=True)
class Stored:
    """The accepted outcomes of the base's prompt, if they may be compared with, and a sentence on them."""

    baseline: Baseline | None
    note: str | None


def stored_for(project: Project, base: str | None, planned: Planned, repeats: int = 1) -> Stored:
    """Return the baseline of the base commit, if today's measure is the one it was made with.

    It is read from the base: a change cannot bring its own. What differs is named. Today's measure has `repeats`
    answers a case: the majority of several passes more steadily than one, so that with other repeats the same prompt
    would lose more cases than it wins (of cases that pass 80 times in 100, 18 % against 8 % between three answers and
    one). Raises DataError for a damaged one.
    """
    prompt_id = (planned.old or planned.new).settings.id
    path = baseline.path_of(prompt_id)
    content = project.at(base, path) if base else None
    if content is None or planned.old is None:
        return Stored(None, None)
    found = baseline.load(content, path)
    today = replace(planned.new.measure(found.measure.answered), prompt=found.measure.prompt, repeats=repeats)
    differs = today.differs(found.measure)
    if planned.old.measure("").prompt != found.measure.prompt:
        differs = ["prompt", *differs]
    if differs:
        both = "so the old prompt was run again"
        return Stored(None, f"The stored baseline is not comparable ({', '.join(differs)} changed since), {both}.")
    return Stored(found, f"Compared with the outcomes accepted on {found.date[:10]} ({_age(found)}).")


def _age(found: Baseline) -> str:
    days = (datetime.now(UTC) - datetime.fromisoformat(found.date)).days
    return "today" if days <= 0 else "1 day old" if days == 1 else f"{days} days old"


def made(side: Side, values: Values, *, calls: int, cost_usd: float) -> Baseline:
    """Return a baseline from the values of a fresh run of every case."""
    date = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Baseline(measured(side, values), dict(values.by_case), date, calls, cost_usd)


def measured(side: Side, values: Values) -> Measure:
    """Return how these values were measured."""
    return replace(side.measure(values.answered), repeats=values.repeats)
