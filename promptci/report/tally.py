"""What a run has used and found so far, and how fast it goes, in few words."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.report import wording

SETTLED_S = 3.0  # seconds before a rate means something


@dataclass(frozen=True, slots=True)
class Tally:
    """What the run has sent and spent, with its caps (None: none), and the best score so far, in [0, 1]."""

    calls: int = 0
    max_calls: int | None = None
    cost_usd: float = 0.0
    max_usd: float | None = None
    best: float | None = None


def used(tally: Tally) -> str:
    """Return "240 of 2,000 calls, 0.31 of 2.00 USD, best 84.1 %"; empty before the first call."""
    parts = []
    if tally.calls:
        of = "" if tally.max_calls is None else f" of {tally.max_calls:,}"
        parts.append(f"{tally.calls:,}{of} call{'' if tally.calls == 1 and tally.max_calls is None else 's'}")
    if tally.cost_usd:
        spent = wording.money(tally.cost_usd)
        of = "" if tally.max_usd is None else f" of {tally.max_usd:,.2f} USD"
        parts.append((spent.removesuffix(" USD") if of else spent) + of)
    if tally.best is not None:
        parts.append(f"best {wording.percent(tally.best)}")
    return ", ".join(parts)


def pace(done: int, total: int | None, seconds: float) -> str:
    """Return "12.0/s, about 9.5 s left" from the rate so far; empty while nobody can tell."""
    if done <= 0 or seconds < SETTLED_S:
        return ""
    rate = done / seconds
    left = f", about {wording.duration((total - done) / rate)} left" if total and total > done else ""
    return f"{rate:.1f}/s{left}"
