"""Charts as inline SVG, made from numbers: readable without a script, in light and dark, aloud and on paper.

Colours are classes of the page's style sheet; no meaning rests on colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from promptci.report import wording
from promptci.report.base import CaseDetail, Share
from promptci.report.searched import Step
from promptci.untrusted import shown

if TYPE_CHECKING:
    from markupsafe import Markup

_WIDE, _HIGH, _LEFT, _RIGHT, _TOP, _BOTTOM = 680, 260, 48, 110, 14, 40
_MARK, _ROW = 12, 48  # pixels of a case's mark, marks in a row
_LINE = 30  # pixels of a row of intervals
_TITLED = 600  # marks that name their case when pointed at; more of them slow the page down


def el(name: str, *children: str, **attributes: object) -> Markup:
    """Return an SVG element; texts among `children` and attributes are escaped, `_` in a name stands for `-`."""
    from markupsafe import Markup

    given = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _short(value)) for key, value in attributes.items()
    )
    inside = Markup("").join(child if isinstance(child, Markup) else shown(child) for child in children)
    return Markup("<{}{}>{}</{}>").format(name, given, inside, name)


def _short(value: object) -> object:
    return round(value, 1) if isinstance(value, float) else value


def drawn(width: float, height: float, said: str, *children: str) -> Markup:
    """An SVG whose content is described by `said`; it shrinks with the page, and does not grow."""
    box = f"0 0 {width:g} {height:g}"
    return el("svg", el("title", said), *children, viewBox=box, width=width, height=height, role="img", class_="chart")


def search_chart(
    steps: Sequence[Step], stop: str, held_out: tuple[float | None, float | None], ends: tuple[float, float] | None
) -> Markup:
    """Return train and validation scores against calls sent, the stop marked, the held-out scores at the right.

    `held_out` are the scores before and after (None where the held-out cases were not asked), `ends` bounds their
    difference.
    """
    last = max((s.calls for s in steps), default=1) or 1
    plot_w, plot_h = _WIDE - _LEFT - _RIGHT, _HIGH - _TOP - _BOTTOM
    at = [(_LEFT + plot_w * s.calls / last) for s in steps]
    known = [v for s in steps for v in (s.train, s.validation) if v is not None]
    known += [v for v in held_out if v is not None]
    floor = max(0.0, min(known, default=0.0) // 0.1 * 0.1 - 0.1)

    def y(score: float) -> float:
        return _TOP + plot_h * (1 - (score - floor) / (1 - floor))

    grid = [_gridline(y(floor + part * (1 - floor) / 4), floor + part * (1 - floor) / 4) for part in range(5)]
    lines = [
        part
        for name, scores in (("train", [s.train for s in steps]), ("validation", [s.validation for s in steps]))
        for part in _series(name, at, [None if s is None else y(s) for s in scores])
    ]
    marks = [] if held_out[1] is None else _held_out(held_out, ends, y)
    foot = [
        el("line", x1=at[-1] if at else _LEFT, x2=at[-1] if at else _LEFT, y1=_TOP, y2=_TOP + plot_h, class_="stop"),
        el("text", "stopped", x=(at[-1] if at else _LEFT) - 5, y=_TOP + 10, class_="note", text_anchor="end"),
        el("text", "0 calls", x=_LEFT, y=_HIGH - 18, class_="note"),
        el("text", f"{last:,} calls", x=_LEFT + plot_w, y=_HIGH - 18, class_="note", text_anchor="end"),
    ]
    said = f"Scores of the search's best prompt after each of {wording.counted(len(steps), 'step')}. Stopped: {stop}."
    return drawn(_WIDE, _HIGH, said, *grid, *lines, *foot, *marks)


def _gridline(height: float, score: float) -> Markup:
    line = el("line", x1=_LEFT, x2=_WIDE - _RIGHT, y1=height, y2=height, class_="grid")
    return line + el("text", f"{100 * score:.0f} %", x=_LEFT - 6, y=height + 4, text_anchor="end", class_="note")


def _series(name: str, at: Sequence[float], heights: Sequence[float | None]) -> Iterator[Markup]:
    """A line with a mark a step, and its name at its end; train is dashed with squares, validation solid with dots."""
    known = [(x, y) for x, y in zip(at, heights, strict=True) if y is not None]
    if not known:
        return
    yield el("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in known), class_=f"line {name}")
    for x, y in known:
        square = name == "train"
        yield (
            el("rect", x=x - 3, y=y - 3, width=6, height=6, class_=f"dot {name}")
            if square
            else el("circle", cx=x, cy=y, r=3.5, class_=f"dot {name}")
        )
    x, y = known[-1]
    yield el("text", name, x=x + 8, y=y + (-6 if name == "train" else 14), class_=f"name {name}")


def _held_out(
    held_out: tuple[float | None, float | None], ends: tuple[float, float] | None, y: Callable[[float], float]
) -> list[Markup]:
    """The held-out scores as diamonds; the bar is the old score plus the interval of the difference."""
    before, after = held_out
    x = _WIDE - 28
    found = []
    if ends is not None and before is not None:
        low, high = (y(min(1.0, max(0.0, before + end))) for end in ends)
        found.append(el("line", x1=x, x2=x, y1=low, y2=high, class_="range"))
    for name, score in (("before", before), ("after", after)):
        if score is not None:
            h = y(score)
            shape = f"{x},{h - 5:.1f} {x + 5},{h:.1f} {x},{h + 5:.1f} {x - 5},{h:.1f}"
            found.append(el("polygon", points=shape, class_=f"held {name}"))
            found.append(el("text", name, x=x - 8, y=h + 4, text_anchor="end", class_="note"))
    return [*found, el("text", "held-out", x=x, y=_HIGH - 18, text_anchor="middle", class_="note")]


KINDS = {
    "worse": "passed, now fails",
    "better": "failed, now passes",
    "bad": "fails on both sides",
    "good": "passes on both sides",
    "hole": "unmeasured on a side",
}


def words(details: Sequence[CaseDetail]) -> Mapping[str, str]:
    """Return what each kind is called: where nothing was compared there are no two sides to pass on."""
    alone = all(d.old is None and d.old_value is None and d.old_passes is None for d in details)
    return {**KINDS, "bad": "fails", "good": "passes", "hole": "unmeasured"} if alone else KINDS


def kind_of(detail: CaseDetail) -> str:
    """Return how a case went from old to new: a key of `KINDS`; one side alone counts as both."""
    old, new = detail.old_passes, detail.new_passes
    if new is None:
        return "hole"
    if old is None:
        old = new if detail.old_value is None and detail.old is None else None
    if old is None:
        return "hole"
    return {(True, False): "worse", (False, True): "better", (False, False): "bad", (True, True): "good"}[old, new]


def flip_picture(details: Sequence[CaseDetail]) -> Markup:
    """Return one mark a case, sorted by how it went from old to new; each group has its own shape."""
    groups = {kind: [d for d in details if kind_of(d) == kind] for kind in KINDS}
    groups = {kind: found for kind, found in groups.items() if found}
    parts: list[Markup] = []
    top, called = 0, words(details)
    for kind, found in groups.items():
        label = f"{called[kind]}: {len(found):,}"
        parts.append(el("text", label, x=0, y=top + 14, class_="label"))
        top += 22
        for number, detail in zip(count(), found):
            x, y = number % _ROW * (_MARK + 2), top + number // _ROW * (_MARK + 2)
            parts.append(_mark(kind, x, y, detail.id if len(details) <= _TITLED else ""))
        top += ((len(found) - 1) // _ROW + 1) * (_MARK + 2) + 8
    said = "; ".join(f"{len(found):,} {called[kind]}" for kind, found in groups.items())
    return drawn(_ROW * (_MARK + 2), max(top, 1), f"Cases from old to new: {said}.", *parts)


def _mark(kind: str, x: float, y: float, case_id: str) -> Markup:
    """A cross for worse, a triangle for better, a hollow square for bad, a small square for good, a ring for a hole."""
    named = (el("title", case_id),) if case_id else ()
    m, c = _MARK, f"mark {kind}"
    if kind == "worse":
        return el("path", *named, d=f"M{x + 2} {y + 2}l{m - 4} {m - 4}m0 {4 - m}l{4 - m} {m - 4}", class_=c)
    if kind == "better":
        return el("path", *named, d=f"M{x + m / 2:g} {y + 1}l{m / 2 - 1:g} {m - 2}h{2 - m}z", class_=c)
    if kind == "hole":
        return el("circle", *named, cx=x + m / 2, cy=y + m / 2, r=m / 2 - 2, class_=c)
    inset = 2 if kind == "bad" else 4
    return el("rect", *named, x=x + inset, y=y + inset, width=m - 2 * inset, height=m - 2 * inset, class_=c)


def interval_chart(shares: Sequence[Share], level: float) -> Markup:
    """Return a row for each share: the difference as a dot, its interval as a bar, around a line at zero."""
    known = [s for s in shares if s.delta is not None]
    reach = max([0.05, *(abs(end) for s in known for end in (s.ci or (s.delta or 0.0,)))]) * 1.1
    left, width = 190, 380

    def x(gain: float) -> float:
        return left + width * (gain + reach) / (2 * reach)

    rows: list[Markup] = [el("line", x1=x(0), x2=x(0), y1=0, y2=_LINE * len(known) + 4, class_="zero")]
    for number, share in enumerate(known):
        middle = _LINE * number + 18
        name = share.name if len(share.name) <= 24 else share.name[:23] + "…"
        rows.append(
            el("text", f"{name} ({share.cases:,})", x=left - 12, y=middle + 4, text_anchor="end", class_="label")
        )
        if share.ci is not None:
            rows.append(el("line", x1=x(share.ci[0]), x2=x(share.ci[1]), y1=middle, y2=middle, class_="range"))
        rows.append(el("circle", cx=x(share.delta or 0.0), cy=middle, r=4.5, class_="point"))
        rows.append(el("text", wording.points(share.delta), x=left + width + 12, y=middle + 4, class_="label"))
    foot = _LINE * len(known) + 20
    rows.append(el("text", "worse", x=x(0) - 10, y=foot, text_anchor="end", class_="note"))
    rows.append(el("text", "better", x=x(0) + 10, y=foot, class_="note"))
    said = "; ".join(f"{s.name}: {wording.points(s.delta)} points, {wording.interval(s.ci)}" for s in known)
    about = f"Difference in points with its {wording.level(level)} interval: {said}."
    return drawn(left + width + 70, foot + 6, about, *rows)
