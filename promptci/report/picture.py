"""Pictures made of text: a search's way, a history. They need no image, no script and no forge that draws."""

from __future__ import annotations

from collections.abc import Sequence

from promptci.report import wording
from promptci.report.searched import Step

_BAR = 24  # characters of a bar that means 100 %
_TICKS = "▁▂▃▄▅▆▇█"


def search_picture(steps: Sequence[Step], held_out: tuple[float | None, float | None] = (None, None)) -> str:
    """Return a bar for each step's validation score, and for the held-out scores (before, after) that are known."""
    rows = [_row(f"step {n}", s.validation, f"{s.calls:,} calls") for n, s in enumerate(steps, 1)]
    if held_out[1] is not None:
        rows += [_row("held-out, before", held_out[0], ""), _row("held-out, after", held_out[1], "")]
    widest = max((len(name) for name, _, _ in rows), default=0)
    return "\n".join(f"{name:<{widest}}  {bar}  {said}".rstrip() for name, bar, said in rows)


def _row(name: str, score: float | None, said: str) -> tuple[str, str, str]:
    filled = 0 if score is None else round(_BAR * min(1.0, max(0.0, score)))  # a file may say anything
    return name, "█" * filled + "░" * (_BAR - filled), f"{wording.percent(score):>7}   {said}"


def sparkline(scores: Sequence[float | None]) -> str:
    """Return a character for each score, the lowest known one at the bottom and the highest at the top; " " if None."""
    known = [score for score in scores if score is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    top = len(_TICKS) - 1
    heights = [None if s is None else round(top * ((s - low) / (high - low))) if high > low else 3 for s in scores]
    return "".join(" " if height is None else _TICKS[height] for height in heights)
