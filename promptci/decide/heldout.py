"""The one question to the held-out cases, in four looks: confirmed early, given up early, or asked to the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from promptci.decide.boundary import Path, crossing, level_at
from promptci.decide.conditional import Look, Size, size_of
from promptci.decide.paired import Change
from promptci.decide.plan import stops

LOOKS = 4

Answer = Literal["improved", "futile", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Counts:
    """Cumulative counts at a look: cases done, wins, losses."""

    done: int
    wins: int
    losses: int


class HeldOut:
    """Drives the question: `batches()` gives sizes, `look(change)` takes cumulative counts, `answer` is None so far.

    One-sided level `at`, spent in proportion over four looks, so that whatever it does a candidate that is no better is
    confirmed with probability `at` at most. From half of the cases on it gives up when wins do not exceed losses.
    Raises ValueError on a level out of range.
    """

    def __init__(self, planned: int, *, at: float, looks: int = LOOKS) -> None:
        if not 0 < at < 1 or planned < 0:
            raise ValueError("the level must be in (0, 1) and cases not negative")
        self.ends, self.at = stops([1] * planned, looks=looks), at
        self.history: tuple[Counts, ...] = ()
        self.answer: Answer | None = None
        self._path: Path = ()
        self._criticals: tuple[int, ...] = ()

    def batches(self) -> Iterator[int]:
        """Sizes of the batches to ask, in cases; ends by itself once the answer is known."""
        for before, end in pairwise((0, *self.ends)):
            if self.answer is not None:
                return
            yield end - before

    def look(self, change: Change) -> Answer | None:
        """Take the counts so far; `change.cases` are the cases done. Raises ValueError on counts that shrink."""
        before = self.history[-1] if self.history else Counts(0, 0, 0)
        now = Counts(change.cases, change.wins, change.losses)
        shrinks = now.done <= before.done or now.wins < before.wins or now.losses < before.losses
        if shrinks or now.done > max(self.ends, default=0):
            raise ValueError("counts are cumulative: each look has more cases than the last, up to the planned ones")
        fresh = now.wins + now.losses - before.wins - before.losses
        self._path = (*self._path, (fresh, level_at(now.done, self.ends[-1], self.at)))
        self._criticals = (*self._criticals, crossing(self._path).critical)
        self.history = (*self.history, now)
        if now.wins >= self._criticals[-1]:
            self.answer = "improved"
        elif now.done >= self.ends[-1]:
            self.answer = "inconclusive"
        elif 2 * now.done >= self.ends[-1] and now.wins <= now.losses:
            self.answer = "futile"
        return self.answer

    def p_value(self) -> float:
        """The smallest level at which these looks would have confirmed, to six digits: at most `at` if they did.

        1.0 when no level would have. It counts the looks: the plain p-value of an early look is too small.
        """
        low, high = (0.0, self.at) if self.answer == "improved" else (self.at, 1 - 1e-9)
        if not self._confirmed_at(high):
            return 1.0
        while high - low > 1e-6 * high:
            middle = (low + high) / 2
            low, high = (low, middle) if self._confirmed_at(middle) else (middle, high)
        return high

    def _confirmed_at(self, level: float) -> bool:
        path: Path = ()
        for now, (fresh, _) in zip(self.history, self._path, strict=True):
            path = (*path, (fresh, level_at(now.done, self.ends[-1], level)))
            if now.wins >= crossing(path).critical:
                return True
        return False

    def size(self, measured: int) -> Size:
        """The size of a confirmed gain on `measured` cases, conditional on its confirmation. ValueError without one."""
        if self.answer != "improved":
            raise ValueError("only a confirmed gain has a size")
        rows = zip(self._path, self._criticals, self.history, strict=True)
        looks: Sequence[Look] = [
            (batch, critical, self._least(now.done, now.wins + now.losses)) for (batch, _), critical, now in rows
        ]
        return size_of(looks, self.history[-1].wins, measured)

    def _least(self, done: int, changed: int) -> int:
        """The fewest wins that go on: more than the losses from half of the cases on."""
        return changed // 2 + 1 if 2 * done >= self.ends[-1] else 0
