"""A prompt's scores from commit to commit as an inline SVG: model changes and gates' verdicts marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from promptci.report import wording
from promptci.report.charts import drawn, el
from promptci.report.history import Point
from promptci.untrusted import one_line

if TYPE_CHECKING:
    from markupsafe import Markup

MOST = 60  # points in the picture, the newest; the table below it has them all
_WIDE, _HIGH, _LEFT, _TOP, _FOOT = 680, 240, 52, 26, 40


def timeline(points: Sequence[Point]) -> Markup | None:
    """Return the picture of the newest `MOST` points with a score; None where there are fewer than two."""
    known = [point for point in points if point.score is not None][-MOST:]
    if len(known) < 2:
        return None
    ends = [end for p in known for end in (p.ci or (p.score or 0.0,))]
    step = 0.1 if min(ends) >= 0.6 else 0.2
    floor = max(0.0, min(ends) // step * step)
    places = [_LEFT + 16 + (_WIDE - _LEFT - 32) * i / (len(known) - 1) for i in range(len(known))]
    heights = [_height(point.score or 0.0, floor) for point in known]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(places, heights, strict=True))
    parts = [
        *_grid(floor, step),
        *_models(known, places),
        el("polyline", points=line, class_="line validation"),
        *(mark for p, x, y in zip(known, places, heights, strict=True) for mark in _marked(p, x, y, floor)),
        *_days(known, places),
    ]
    return drawn(_WIDE, _HIGH, _said(known), *parts)


def _height(score: float, floor: float) -> float:
    return _TOP + (_HIGH - _TOP - _FOOT) * (1 - (score - floor) / (1 - floor or 1))


def _grid(floor: float, step: float) -> Iterator[Markup]:
    for line in range(round((1 - floor) / step) + 1):
        score = floor + line * step
        y = _height(score, floor)
        yield el("line", x1=_LEFT, x2=_WIDE, y1=y, y2=y, class_="grid")
        yield el("text", f"{100 * score:.0f} %", x=_LEFT - 6, y=y + 4, text_anchor="end", class_="note")


def _models(points: Sequence[Point], places: Sequence[float]) -> Iterator[Markup]:
    """A dotted line where the model changed, with the new one's name; the first model's name at the left."""
    names = [one_line(point.model, limit=28) for point in points]
    for at, name in enumerate(names):
        changed = at > 0 and name != names[at - 1]
        if changed:
            x = (places[at] + places[at - 1]) / 2
            yield el("line", x1=x, x2=x, y1=_TOP - 12, y2=_HIGH - _FOOT, class_="stop")
        if name and (changed or at == 0):
            late = places[at] > 0.7 * _WIDE
            yield el("text", name, x=places[at] + (4 if late else -4), y=_TOP - 12, class_="note",
                     text_anchor="end" if late else "start")  # fmt: skip


def _marked(point: Point, x: float, y: float, floor: float) -> Iterator[Markup]:
    """A cross for a red gate, a dot for a passed one, a ring for an undecided one, a square for what was accepted."""
    if point.ci is not None:
        low, high = (_height(max(end, floor), floor) for end in point.ci)
        yield el("line", x1=x, x2=x, y1=low, y2=high, class_="range thin")
    told = el("title", f"{one_line(point.commit[:7])}: {wording.percent(point.score)}, {_verdict(point)}")
    if point.verdict == "fail":
        yield el("path", told, d=f"M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10", class_="mark worse")
    elif point.verdict == "pass":
        yield el("circle", told, cx=x, cy=y, r=4.5, class_="dot validation")
    elif point.verdict is None:
        yield el("rect", told, x=x - 4, y=y - 4, width=8, height=8, class_="point")
    else:
        yield el("circle", told, cx=x, cy=y, r=4.5, class_="held")


def _verdict(point: Point) -> str:
    return "accepted" if point.verdict is None else point.verdict


def _days(points: Sequence[Point], places: Sequence[float]) -> Iterator[Markup]:
    for at, anchor in ((0, "start"), (-1, "end")):
        day = one_line(points[at].date[:10])
        x = places[at] - 8 if at == 0 else places[at] + 8
        yield el("text", day, x=x, y=_HIGH - 20, text_anchor=anchor, class_="note")


def _said(points: Sequence[Point]) -> str:
    first, last = points[0], points[-1]
    red = sum(point.verdict == "fail" for point in points)
    moved = sum(a.model != b.model for a, b in pairwise(points))
    return (
        f"Scores from {one_line(first.date[:10])} to {one_line(last.date[:10])}: {wording.percent(first.score)} to "
        f"{wording.percent(last.score)}; {wording.counted(red, 'red gate')}, {wording.counted(moved, 'model change')}."
    )


LEGEND = "Cross: a gate was red. Dot: it passed. Ring: undecided or unmeasured. Square: an accepted baseline."
