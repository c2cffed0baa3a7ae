"""The gate for cases that are not one coin each: clusters of related cases, and graded values without a pass mark.

The unit is a cluster (or a case), its sum the signed difference of all its cases. If a change is harmless, the sign of
every sum is a coin toss; the walk of the sums under random signs, drawn once per run from a seed, gives the boundary in
the same way as counting does for single cases: each look spends a little of the level, and what crossed before is cut
off.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from promptci.core import VerdictName
from promptci.decide.evidence import betting_evidence_units
from promptci.decide.paired import UNITS, as_integers, flipped_sums, sign_flip
from promptci.decide.plan import EVIDENCE_ENOUGH, Plan, Step, batches, next_batch, settle
from promptci.decide.units import Unit, gain_of, unit_interval
from promptci.decide.verdict import Verdict, points
from promptci.decide.wording import asked_again, counted, meaning, unusable

DRAWS = 9_999  # sign vectors; with the observed one 10,000, so that the first look's level of .05 / 64 is 7 of them
FEW_UNITS = 200  # below it, graded values with rare big changes give 8 to 36 % false alarms (decisions.md, section 2)


class UnitGate:
    """Driven like `gate.Gate`, with the units so far instead of counts.

    `sizes` are the numbers of cases of the units in the order in which they run; batches end where a unit ends. `seed`
    makes the random signs; the same seed and units give the same decisions.
    """

    def __init__(
        self, sizes: Sequence[int], *, alpha: float = 0.05, max_drop: float = 0.05, looks: int = 8, seed: int = 0
    ) -> None:
        if any(size < 1 for size in sizes):
            raise ValueError("a unit has at least one case")
        self.plan = Plan(sum(sizes), alpha, max_drop, looks, _stops(sizes, looks))
        self.largest = max(sizes, default=1)
        self.seed = seed
        self.seen: tuple[Unit, ...] = ()
        self.step: Step | None = None
        self.done = self.unmeasured = self.holes = 0
        self._again: tuple[int, int] | None = None  # losses asked again, and how many of them the old prompt passed
        self._walks = [0] * (DRAWS + 1)  # the signed sums; the observed walk is the last
        self._alive = [True] * (DRAWS + 1)

    @property
    def decided(self) -> bool:
        """Whether no more cases are needed."""
        return self.step is not None and self.step.decided

    def batches(self) -> Iterator[int]:
        """Sizes of the batches to run in cases, ending when the gate has decided or all planned cases are run."""
        for size in batches(self.plan):
            if self.decided:
                return
            yield size

    def look(
        self,
        seen: Sequence[Unit],
        cases_done: int,
        unmeasured: int = 0,
        holes: int = 0,
        worst: Sequence[Unit] | None = None,
    ) -> Step:
        """Take all units so far, those of earlier looks first and unchanged, and say what follows.

        `cases_done` includes the `unmeasured`, which include the `holes` (as `gate.Look` has it); `worst` are the units
        if every hole were a loss (None: there is none). Raises ValueError when earlier units changed or counts do not
        fit.
        """
        if tuple(seen[: len(self.seen)]) != self.seen:
            raise ValueError("units of earlier looks must come first and stay as they were")
        if not self.done < cases_done <= self.plan.planned or not self.unmeasured <= unmeasured <= cases_done:
            raise ValueError("counts are cumulative: each look has more cases than the last, up to the planned ones")
        self._walk([u.total for u in seen[len(self.seen) :]])
        self.seen, self.done, self.unmeasured, self.holes = tuple(seen), cases_done, unmeasured, holes
        self._again, worst = None, seen if worst is None else worst
        critical, spent = self._cut(self.plan.level(cases_done))
        evidence = betting_evidence_units(
            [u.total for u in worst], [u.cases for u in worst], self.plan.max_drop, self.largest
        )
        crossed, passes = self._walks[-1] >= critical, evidence >= EVIDENCE_ENOUGH
        name = settle(self.plan, cases_done, unmeasured, crossed=crossed, passes=passes)
        following = next_batch(self.plan, cases_done, name)
        self.step = Step(name, critical / UNITS, evidence, spent / (DRAWS + 1), following)
        return self.step

    def _walk(self, totals: Sequence[float]) -> None:
        """Move every walk by the new units: random signs for the drawn ones, the losses for the observed one."""
        moves = as_integers(totals)
        for i, move in enumerate(flipped_sums(moves, DRAWS, f"{self.seed}:{len(self.seen)}")):
            self._walks[i] += move
        self._walks[-1] -= sum(moves)

    def _cut(self, level: float) -> tuple[int, int]:
        """The sum that blocks at this look, and how many walks have crossed by now; those are dead from here on.

        The observed walk is one of the reference set, which keeps the level exact (Phipson & Smyth 2010).
        """
        spent = self._alive.count(False)
        room = math.floor(level * (DRAWS + 1)) - spent
        sums = sorted((s for s, alive in zip(self._walks, self._alive, strict=True) if alive), reverse=True)
        critical, taken = sums[0] + 1 if sums else 0, 0
        for value, tied in groupby(sums):
            together = taken + len(list(tied))
            if together > room or value <= 0:
                break
            critical, taken = value, together
        self._alive = [a and s < critical for s, a in zip(self._walks, self._alive, strict=True)]
        return critical, spent + taken

    def rerun(self, seen: Sequence[Unit], again: tuple[int, int] | None = None) -> Step:
        """Take back a block that does not stand; `seen` are all units with the reruns of the lost cases put in.

        `again` says for the reasons how many cases were run again, and how many of them the old prompt passed. The
        block stands if one sign-flip test of all sums still has p <= alpha. Otherwise the step is undecided, or
        inconclusive at the last look. Raises ValueError without a block.
        """
        step, self._again = self._blocked(), again
        if sign_flip([-u.total for u in seen], seed=self.seed).p_value > self.plan.alpha:
            name: VerdictName | None = "inconclusive" if self.done >= self.plan.planned else None
            step = replace(step, name=name, next_batch=next_batch(self.plan, self.done, name))
        self.step = step
        return step

    def suspend(self) -> None:
        """Take back a block whose rerun could not be finished: nothing is decided. Raises ValueError without one."""
        self.step = replace(self._blocked(), name=None)

    def _blocked(self) -> Step:
        if self.step is None or not self.step.blocked:
            raise ValueError("nothing is blocked, so nothing needs a rerun")
        return self.step

    def verdict(self, *, stopped: str | None = None) -> Verdict:
        """The verdict with its reasons; `stopped` says why the run ended before the gate decided."""
        if self.step is None:
            why = "No cases were run." if stopped is None else f"No cases were run: {stopped}."
            return Verdict("max_drop", "unmeasured", (why,))
        gain, interval = gain_of(self.seen), unit_interval(self.seen)
        down, up = sum(u.total < 0 for u in self.seen), sum(u.total > 0 for u in self.seen)
        kind = "clusters" if self.largest > 1 else "cases"
        outcome = f"{down} {kind} down, {up} up, {'+' if gain > 0 else ''}{points(gain)} points on average"
        reasons = [counted(self.plan, self.done, outcome, self.unmeasured)]
        reasons += [unusable(self.holes)] if self.holes else []
        reasons += [asked_again(*self._again)] if self._again else []
        reasons.append(meaning(self.plan, self.step.name, self.done, self.unmeasured, stopped))
        if _graded(self.seen) and len(self.seen) < FEW_UNITS:
            reasons.append(f"Graded values on fewer than {FEW_UNITS} cases can mislead: give the metric a pass mark.")
        numbers = {"cases": self.done, "planned_cases": self.plan.planned, "unmeasured": self.unmeasured, "gain": gain}
        numbers |= {"units": len(self.seen), "evidence": self.step.evidence, "level_spent": self.step.level_spent}
        numbers |= {} if interval is None else {"low": interval[0], "high": interval[1]}
        return Verdict("max_drop", self.step.name or "unmeasured", tuple(reasons), numbers)


def _graded(seen: Sequence[Unit]) -> bool:
    return any(u.total != round(u.total) for u in seen)


def _stops(sizes: Sequence[int], looks: int) -> tuple[int, ...]:
    """Cases done at each look: the first end of a unit at or after each equal share of the cases."""
    planned, done, due = sum(sizes), 0, 1
    stops: list[int] = []
    for size in sizes:
        done += size
        if done * looks >= planned * due:
            stops.append(done)
            due = done * looks // planned + 1
    return tuple(stops)
