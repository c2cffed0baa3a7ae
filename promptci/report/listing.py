"""Runs, and a prompt's history, as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptci.core import VerdictName
from promptci.report import wording
from promptci.report.base import Report
from promptci.report.layout import cells, table
from promptci.report.picture import sparkline
from promptci.untrusted import one_line


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the list. `state` is the gravest verdict, or why there is none ("interrupted")."""

    run: str
    command: str
    state: str
    prompts: tuple[str, ...] = ()
    score: float | None = None
    cost_usd: float | None = None
    calls: int | None = None
    commit: str | None = None
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A prompt at one commit: score in [0, 1] with its interval, the model that answered, the verdict if a gate spoke.

    `date` is ISO 8601; only its day is shown.
    """

    commit: str
    date: str
    score: float | None
    ci: tuple[float, float] | None = None
    model: str = ""
    verdict: VerdictName | None = None


def run_row(report: Report) -> RunRow:
    """Return what the list says about a finished run; the score where it has one prompt only."""
    one = report.prompts[0] if len(report.prompts) == 1 else None
    ids = tuple(p.id for p in report.prompts)
    score = one.score if one else None
    spent = (score, report.cost_usd, report.calls)
    return RunRow(report.run, report.command, report.verdict, ids, *spent, report.commit, report.base)


def as_runs(rows: Sequence[RunRow], *, width: int | None = None) -> str:
    """Return the list of runs, as given; ends in a newline."""
    if not rows:
        return "no run yet\n"
    head = ("run", "command", "verdict", "score", "cost", "calls", "commit", "base", "prompts")
    lines = table([head, *(_run(row) for row in rows)], left=3)
    # The last column takes what is left: names of prompts are what can be done without.
    return "".join(f"{cut_line(line, width)}\n" for line in lines)


def cut_line(line: str, width: int | None) -> str:
    """Return a line of ours cut to the width; its runs of blanks stay, as it is part of a table."""
    return line if width is None or cells(line) <= width else line[: max(0, width - 3)] + "..."


def _run(row: RunRow) -> tuple[str, ...]:
    calls = wording.UNKNOWN if row.calls is None else f"{row.calls:,}"
    cost = wording.UNKNOWN if row.cost_usd is None else wording.money(row.cost_usd)
    revisions = (one_line(revision[:7]) if revision else wording.UNKNOWN for revision in (row.commit, row.base))
    names = wording.listed(row.prompts, lambda i: one_line(i, limit=40), 3) or "nothing changed"
    return (one_line(row.run), one_line(row.command), one_line(row.state), wording.percent(row.score), cost, calls,
            *revisions, names)  # fmt: skip


def as_history(prompt_id: str, points: Sequence[Point]) -> str:
    """Return a prompt's scores, oldest first, with a sparkline; ends in a newline."""
    if not points:
        return f"{one_line(prompt_id)}: no accepted outcome yet; `promptci check --accept` writes one\n"
    scores = [point.score for point in points]
    title = f"{one_line(prompt_id)}  {sparkline(scores)}  {wording.percent(scores[0])} to {wording.percent(scores[-1])}"
    head = ("commit", "day", "score", "interval", "verdict", "model")
    rows = [head, *(_point(before, point) for before, point in zip((None, *points), points, strict=False))]
    return "\n".join([title, "", *(f"  {line}" for line in table(rows, left=2))]) + "\n"


def _point(before: Point | None, point: Point) -> tuple[str, ...]:
    """A change of the model is marked: it moves scores as a change of the prompt does."""
    changed = before is not None and before.model != point.model
    ends = wording.UNKNOWN if point.ci is None else " to ".join(wording.percent(end) for end in point.ci)
    model = one_line(point.model, limit=40) + (" (changed)" if changed else "")
    return (one_line(point.commit[:7]), one_line(point.date[:10]), wording.percent(point.score), ends,
            point.verdict or wording.UNKNOWN, model or wording.UNKNOWN)  # fmt: skip
