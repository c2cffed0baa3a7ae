"""What models are worth against what they cost: a table, and the same as a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from promptci.report import wording
from promptci.report.base import Choice
from promptci.report.charts import drawn, el
from promptci.untrusted import one_line

if TYPE_CHECKING:
    from markupsafe import Markup

HEAD = ("model", "standing", "score", "USD for 1,000", "seconds", "characters")
_WIDE, _HIGH, _LEFT, _RIGHT, _TOP, _FOOT = 680, 260, 52, 120, 16, 44


def choice_row(choice: Choice) -> tuple[str, ...]:
    """Return a model's cells, in the order of `HEAD`."""
    standing = "in force" if choice.standing == "now" else choice.standing.replace("_", " ")
    standing += " until rewritten" if choice.taken and choice.standing == "worse" else ""
    return (
        one_line(choice.model, limit=40),
        standing + (", taken" if choice.taken else ""),
        wording.percent(choice.score),
        _known(choice.usd, lambda usd: f"{1000 * usd:.3g}"),
        _known(choice.seconds, lambda s: f"{s:.2g}"),
        _known(choice.length, lambda n: f"{n:,.0f}"),
    )


def _known(value: float | None, shown: Callable[[float], str]) -> str:
    return wording.UNKNOWN if value is None else shown(value)


def tradeoff(choices: Sequence[Choice]) -> Markup | None:
    """Return the models as marks, dearer ones to the right and better ones above; None for fewer than two with both."""
    known = [(c, c.score, 1000 * c.usd) for c in choices if c.score is not None and c.usd is not None]
    if len(known) < 2:
        return None
    most = max(usd for _, _, usd in known) or 1.0
    floor = max(0.0, min(score for _, score, _ in known) // 0.1 * 0.1)
    width, height = _WIDE - _LEFT - _RIGHT, _HIGH - _TOP - _FOOT

    def place(score: float, usd: float) -> tuple[float, float]:
        return _LEFT + width * usd / most, _TOP + height * (1 - (score - floor) / (1 - floor or 1))

    places = [place(score, usd) for _, score, usd in known]
    names = _names([c for c, _, _ in known], places)
    parts = [mark for (c, _, _), at in zip(known, places, strict=True) for mark in _mark(c, *at)]
    right, foot = _LEFT + width, _HIGH - 22
    axes = [
        el("line", x1=_LEFT, x2=_LEFT, y1=_TOP, y2=_TOP + height, class_="grid"),
        el("line", x1=_LEFT, x2=_LEFT + width, y1=_TOP + height, y2=_TOP + height, class_="grid"),
        el("text", "100 %", x=_LEFT - 6, y=_TOP + 4, text_anchor="end", class_="note"),
        el("text", f"{100 * floor:.0f} %", x=_LEFT - 6, y=_TOP + height + 4, text_anchor="end", class_="note"),
        el("text", "0 USD", x=_LEFT, y=foot, class_="note"),
        el("text", f"{most:.3g} USD for 1,000 answers", x=right, y=foot, text_anchor="end", class_="note"),
    ]
    said = "; ".join(", ".join(choice_row(c)[:4]) for c, _, _ in known)
    return drawn(_WIDE, _HIGH, f"Models by score and by USD for 1,000 answers: {said}.", *axes, *parts, *names)


def _mark(choice: Choice, x: float, y: float) -> Iterator[Markup]:
    told = el("title", ", ".join(choice_row(choice)))
    if choice.standing == "worse":
        yield el("path", told, d=f"M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10", class_="mark worse")
    elif choice.standing == "now":
        yield el("rect", told, x=x - 5, y=y - 5, width=10, height=10, class_="point")
    else:
        yield el("circle", told, cx=x, cy=y, r=5, class_="held" if choice.standing == "cannot_tell" else "point")


def _names(choices: Sequence[Choice], places: Sequence[tuple[float, float]]) -> Iterator[Markup]:
    """Each model's name beside its mark: at the right, left, above or below, where it hides no mark and no name."""
    taken = [(x - 7, x + 7, y - 7, y + 7) for x, y in places]
    for choice, (x, y) in zip(choices, places, strict=True):
        name = one_line(choice.model, limit=22) + (" (taken)" if choice.taken else "")
        wide = 7.5 * len(name)
        spots = [(x + 10, y + 4), (x - 10 - wide, y + 4), (x - wide / 2, y - 12), (x - wide / 2, y + 22)]
        boxes = [(left, left + wide, low - 12, low + 3) for left, low in spots]
        free = (at for at, box in enumerate(boxes) if box[0] > 0 and not any(_meet(box, other) for other in taken))
        at = next(free, 0)
        taken.append(boxes[at])
        yield el("text", name, x=spots[at][0], y=spots[at][1], class_="label")


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]
