"""The gate: did this change make the prompt worse? One driver, whatever the values; the boundary knows their kind.

Cases run in batches, old and new prompt on the same cases. After each batch the gate blocks, passes or asks for more;
whatever it does, a harmless change is blocked with probability alpha at most, early looks included.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from promptci.core import Reason, VerdictName
from promptci.decide.bounds import Batch, Edge, boundary_for
from promptci.decide.evidence import BETS, BOLD, FINE, above_evidence, drop_ruled_out
from promptci.decide.explain import numbers, reasons
from promptci.decide.paired import Change
from promptci.decide.plan import EVIDENCE_ENOUGH, MOST_LOOKS, Plan, Step, batches, next_batch, settle, stops
from promptci.decide.seen import Seen
from promptci.decide.verdict import Verdict, too_many_unmeasured


@dataclass(frozen=True, slots=True)
class Kind:
    """What the values are. `graded`: without a pass mark; else differences of pass rates, -1, 0 or 1 for one answer.

    `clusters` names each case's cluster in running order (None: a case of its own); those of one cluster stand
    together. `stored` is the number of stored answers behind the old value of each case, `answers` that of the new
    side's; (): one a side. Raises ValueError when a cluster is torn apart.
    """

    graded: bool = False
    clusters: tuple[Hashable, ...] = ()
    stored: tuple[int, ...] = ()
    answers: int = 1

    @property
    def clustered(self) -> bool:
        """Whether any two cases belong together."""
        return any(name is not None for name in self.clusters)

    def sizes(self, planned: int) -> list[int]:
        """Cases of each unit, in running order."""
        names = [("case", i) if c is None else ("cluster", c) for i, c in enumerate(self.clusters or [None] * planned)]
        runs = [(name, len(list(cases))) for name, cases in groupby(names)]
        if len({name for name, _ in runs}) < len(runs):
            raise ValueError("the cases of one cluster must stand together")
        return [size for _, size in runs]


class Gate:
    """Drives one comparison: `batches()` gives sizes, `look()` takes the differences so far, `verdict()` answers.

    `planned` cases; `max_drop` is the tolerated drop and `detect` the drop beyond it that a pass rules out, as shares;
    `batch` what the pipeline answers at once. `screen` may be a wider level for counted cases whose block fresh answers
    of both sides confirm: those keep `alpha`. Raises ValueError on values out of range.
    """

    def __init__(
        self,
        planned: int,
        kind: Kind | None = None,
        *,
        alpha: float = 0.05,
        max_drop: float = 0.0,
        detect: float = 0.05,
        batch: int = 1,
        looks: int = MOST_LOOKS,
        screen: float | None = None,
    ) -> None:
        self.kind = Kind() if kind is None else kind
        sizes = self.kind.sizes(planned)
        if sum(sizes) != planned or len(self.kind.stored) not in (0, planned):
            raise ValueError("clusters and stored answers are given for every planned case, or for none")
        self.plan = Plan(stops(sizes, batch, looks), alpha, max_drop, detect, screen)
        self.largest = max(sizes, default=1)
        self.seen = Seen()
        self.step: Step | None = None
        self._asked: Reason | None = None
        self._boundary = boundary_for(
            graded=self.kind.graded,
            clustered=self.kind.clustered,
            stored=self.kind.stored,
            answers=self.kind.answers,
            alpha=alpha,
            max_drop=max_drop,
            largest=self.largest,
        )

    @property
    def decided(self) -> bool:
        """Whether no more cases are needed."""
        return self.step is not None and self.step.decided

    @property
    def counted(self) -> bool:
        """Whether cases are counted as newly failing and newly passing."""
        return not (self.kind.graded or self.kind.clustered)

    def batches(self) -> Iterator[int]:
        """Sizes of the batches to run, ending when the gate has decided or all planned cases are run."""
        for size in batches(self.plan):
            if self.decided:
                return
            yield size

    def look(self, differences: Sequence[float | None], holes: Collection[int] = ()) -> Step:
        """Take new minus old of all cases so far, in running order (None: not measured), and say what follows.

        `holes` are positions of unmeasured cases that passed before and that the new prompt was answered unusably: no
        pass rests on them, they count as a loss of 1 there. Raises ValueError when earlier differences changed, or a
        look has no more cases than the last or more than planned.
        """
        now = Seen(tuple(differences), frozenset(holes), self.kind.clusters)
        if now.values[: self.seen.done] != self.seen.values:
            raise ValueError("differences of earlier looks must come first and stay as they were")
        if not self.seen.done < now.done <= self.plan.planned:
            raise ValueError("each look has more cases than the last, up to the planned ones")
        edge = self._boundary.look(self._batch(now))
        self.seen, self._asked = now, None
        evidence = self._evidence(now)
        name = settle(
            self.plan, now.done, now.unmeasured, crossed=edge.crossed, passes=self._passes(now, edge, evidence)
        )
        following = next_batch(self.plan, now.done, name)
        self.step = Step(name, edge.critical, evidence, edge.level_spent, following)
        return self.step

    def _batch(self, now: Seen) -> Batch:
        start = self.seen.done
        fresh = [(i, v) for i, v in enumerate(now.values[start:], start) if v is not None]
        stored = self.kind.stored or (1,) * self.plan.planned
        units = now.units[len(self.seen.units) :]
        return Batch(tuple(v for _, v in fresh), units, tuple(stored[i] for i, _ in fresh), self.plan.level(now.done))

    def clears(self, differences: Sequence[float | None], holes: Collection[int] = ()) -> bool:
        """Whether the betting evidence on all cases so far rules the drop out, also after a block that did not hold.

        It holds at any look (Waudby-Smith & Ramdas 2021), so that an alarm before costs it nothing. Arguments as for
        `look`, of which this is none.
        """
        now = Seen(tuple(differences), frozenset(holes), self.kind.clusters)
        return not too_many_unmeasured(now.unmeasured, now.done) and self._evidence(now) >= self._enough

    @property
    def _enough(self) -> float:
        """Evidence that passes: graded values need the bound's own, so that no pass has an interval with the drop."""
        return 1 / self.plan.alpha if self.kind.graded else EVIDENCE_ENOUGH

    def _evidence(self, now: Seen) -> float:
        """That the drop is smaller than the one a pass rules out, the holes counted as losses."""
        bets = FINE if self.kind.graded else BOLD if self.largest > 1 else BETS
        return above_evidence(now.worst.units, -self.plan.ruled_out, largest=self.largest, bets=bets)

    def _passes(self, now: Seen, edge: Edge, evidence: float) -> bool:
        """Enough evidence; or, for counted cases, nothing to come could block and the drop's bound rules it out too."""
        if evidence >= self._enough:
            return True
        change = now.worst.change
        if edge.crossed or not self.counted or change is None:
            return False
        ruled = drop_ruled_out(change, self.plan.ruled_out, self.plan.alpha)
        return ruled and self._boundary.hopeless(self.plan.after(now.done))

    def withdraw(self, why: Reason | None = None) -> Step:
        """Take back a block that fresh answers did not confirm (`confirm.confirmed`); `why` is for the reasons.

        The step is then undecided, or inconclusive at the last look; go on giving raw differences to `look`. Raises
        ValueError without a block.
        """
        name: VerdictName | None = "inconclusive" if self.seen.done >= self.plan.planned else None
        self._asked = why
        self.step = replace(self._blocked(), name=name, next_batch=next_batch(self.plan, self.seen.done, name))
        return self.step

    def confirm(self, why: Reason) -> Step:
        """Keep a block that fresh answers confirmed, with the reason that says so. Raises ValueError without one."""
        self._asked = why
        return self._blocked()

    def suspend(self) -> None:
        """Take back a block whose confirmation could not be finished: nothing is decided. ValueError without one."""
        self.step = replace(self._blocked(), name=None)

    def _blocked(self) -> Step:
        if self.step is None or not self.step.blocked:
            raise ValueError("nothing is blocked, so nothing needs a confirmation")
        return self.step

    @property
    def change(self) -> Change | None:
        """Counts so far, where every difference is -1, 0 or 1."""
        return self.seen.change

    def verdict(self, *, stopped: str | None = None) -> Verdict:
        """The verdict with its reasons. `stopped` says why the run ended early, such as "the budget is spent".

        A run that ended before the gate decided is unmeasured: its cases were not enough for any verdict.
        """
        if self.step is None:
            why = "No cases were run." if stopped is None else f"No cases were run: {stopped}."
            return Verdict("max_drop", "unmeasured", (Reason("no_cases", why),))
        told = reasons(self.plan, self.seen, self.step, self._asked, stopped, counted=self.counted)
        found = numbers(self.plan, self.seen, self.step, graded=self.kind.graded)
        return Verdict("max_drop", self.step.name or "unmeasured", told, found)
