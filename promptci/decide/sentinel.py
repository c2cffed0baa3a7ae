"""Did a model drift under its name? A few sentinel cases, asked one after another until that is told.

Wald's sequential probability ratio test ("Sequential Tests of Statistical Hypotheses", 1945, section 3) on one event a
case: the fresh answer is worse than every accepted one, or, on cases that always failed, better than every one. How
often that happens without drift is read from the accepted answers themselves, each against the others of its case.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from promptci.decide.paired import PASS_MARK

DRIFT = 0.10  # the change of the mean score that is to be found
FALSE = 0.001  # how often no drift is called one, in each direction: once in ten years of weekly looks, both together
MISSED = 0.075  # how often a drift of that size is taken for none
_SHOWN, _RULED_OUT = math.log((1 - MISSED) / FALSE), math.log(MISSED / (1 - FALSE))  # Wald's bounds of the log ratio
_APART = 0.05  # values of graded answers closer than this are the same

Way = Literal["fell", "rose"]
Samples = Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Sentinel:
    """One direction's test: `order` are the cases to ask; `quiet` and `moved` are the event's rates."""

    way: Way
    order: tuple[str, ...]
    quiet: float
    moved: float

    def told(self, events: int, asked: int) -> bool | None:
        """Whether `events` among `asked` cases speak for a drift; None while neither is shown."""
        ratio = events * self._event + (asked - events) * self._none
        if ratio >= _SHOWN:
            return True
        return False if ratio <= _RULED_OUT else None

    def soonest(self, events: int, asked: int) -> int:
        """Return the fewest further answers that may tell: so many can be asked at once, and none is in vain."""
        ratio = events * self._event + (asked - events) * self._none
        return max(1, min(math.ceil((_SHOWN - ratio) / self._event), math.ceil((_RULED_OUT - ratio) / self._none)))

    @property
    def _event(self) -> float:
        return math.log(self.moved / self.quiet)

    @property
    def _none(self) -> float:
        return math.log((1 - self.moved) / (1 - self.quiet))

    def event(self, accepted: Sequence[float | None], fresh: float) -> bool:
        """Whether the fresh value lies beyond all accepted ones of its case."""
        return _beyond(self.way, fresh, [v for v in accepted if v is not None])


def sentinels(accepted: Samples, seed: int) -> tuple[Sentinel, ...]:
    """Return the tests that the accepted answers allow, first that for a fall; cases in an order drawn from `seed`.

    A fall is looked for on cases whose answers all passed, a rise on those whose answers all failed. A mean score of s
    that falls by `DRIFT` loses DRIFT / s of what passes, and one that rises gains DRIFT / (1 - s) of what fails: that
    is looked for, as if the change were spread evenly; a case that moved is an event unless chance hides it.
    """
    known = {i: [v for v in accepted[i] if v is not None] for i in sorted(accepted)}
    known = {i: values for i, values in known.items() if values}
    found, score = [], fmean(map(fmean, known.values())) if known else 0.0
    for way in ("fell", "rose"):
        chosen = [i for i, values in known.items() if _steady(way, values)]
        if not chosen:
            continue
        random.Random(f"{seed} {way}").shuffle(chosen)  # noqa: S311  # repeatable on purpose
        quiet = _quiet(way, list(known.values()))
        share = DRIFT / (score if way == "fell" else 1 - score)
        moved = min(0.9, quiet + share * (1 - 2 * quiet))
        if moved > quiet:
            found.append(Sentinel(way, tuple(chosen), quiet, moved))
    return tuple(found)


def _steady(way: Way, values: Sequence[float]) -> bool:
    return min(values) >= PASS_MARK if way == "fell" else max(values) < PASS_MARK


def _beyond(way: Way, value: float, others: Sequence[float]) -> bool:
    return value < min(others) - _APART if way == "fell" else value > max(others) + _APART


def _quiet(way: Way, cases: Sequence[Sequence[float]]) -> float:
    """Return how often one answer lies beyond the others of its case, where those others are steady.

    Each answer in turn is the fresh one. The others are one fewer than they will be, so the rate is too high rather
    than too low; half an event is added to each side, and cases with one answer tell nothing.
    """
    events = tried = 0.0
    for values in cases:
        for at in range(len(values)) if len(values) > 1 else ():
            others = [*values[:at], *values[at + 1 :]]
            if _steady(way, others):
                tried += 1 / len(values)
                events += _beyond(way, values[at], others) / len(values)
    return 0.05 if not tried else (events + 0.5) / (tried + 1)
