"""A prompt's history, as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptci.core import VerdictName
from promptci.report import wording
from promptci.report.layout import table
from promptci.report.picture import sparkline
from promptci.untrusted import one_line


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
