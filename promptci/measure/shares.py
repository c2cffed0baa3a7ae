"""How the score divides: by the cases' tags, and by each of several metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from promptci.core import Case, PartScore
from promptci.decide.interval import gain_interval, mean_interval
from promptci.decide.seen import Seen
from promptci.measure.pair import Pair
from promptci.report.base import Share


def of_tags(pair: Pair) -> tuple[Share, ...]:
    """Return the scores of each tag's cases, over those measured on both sides; none where no case has a tag."""
    tags = sorted({tag for case in pair.ran for tag in case.tags})
    return tuple(_tagged(pair, tag, [c for c in pair.ran if tag in c.tags]) for tag in tags)


def of_metrics(pair: Pair) -> tuple[Share, ...]:
    """Return the mean of each of several metrics, in the metrics' order; the old side's where it was asked, too."""
    before, after = (_by_metric(arm.values.parts, pair.ran) for arm in (pair.old, pair.new))
    if len(after) < 2:
        return ()
    return tuple(_metric(name, before.get(name, {}), values) for name, values in after.items())


def _tagged(pair: Pair, tag: str, cases: Sequence[Case]) -> Share:
    old, new = pair.old.values.by_case, pair.new.values.by_case
    both = [(a, b) for c in cases if (a := old.get(c.id)) is not None and (b := new.get(c.id)) is not None]
    if not both:
        return Share(tag, len(cases))
    before, after = fmean(a for a, _ in both), fmean(b for _, b in both)
    return Share(tag, len(cases), after, before, after - before, _interval([b - a for a, b in both], cases))


def _interval(gaps: Sequence[float], cases: Sequence[Case]) -> tuple[float, float] | None:
    """An interval of the mean; none for cases that belong together, which are fewer than they look."""
    if any(case.cluster is not None for case in cases):
        return None
    change = Seen(tuple(gaps)).change
    return mean_interval(gaps) if change is None else gain_interval(change)


def _by_metric(parts: Mapping[str, tuple[PartScore, ...]], ran: Sequence[Case]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for case in ran:
        for part in parts.get(case.id, ()):
            if part.value is not None:
                found.setdefault(part.name, {})[case.id] = part.value
    return found


def _metric(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> Share:
    both = [case_id for case_id in after if case_id in before]
    if not both:
        return Share(name, len(after), fmean(after.values()))
    gaps = [after[i] - before[i] for i in both]
    old, new = fmean(before[i] for i in both), fmean(after[i] for i in both)
    return Share(name, len(both), new, old, fmean(gaps), mean_interval(gaps))
