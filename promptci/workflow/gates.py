"""Which gates a prompt has, and what each says: the drop, a lowest score, must-pass cases, slices, answer length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from promptci.config import GateSettings
from promptci.core import Case
from promptci.decide import limits
from promptci.decide.gate import Gate
from promptci.decide.limits import ScoreLook
from promptci.decide.paired import Change, count, passed
from promptci.decide.plan import Step
from promptci.decide.slices import slices
from promptci.decide.unitgate import UnitGate
from promptci.decide.units import Unit, units
from promptci.decide.verdict import Verdict
from promptci.workflow.asking import Job, ask, fresh
from promptci.workflow.comparison import Values
from promptci.workflow.plan import Side
from promptci.workflow.session import Session


@dataclass(slots=True)
class Watch:
    """One comparison as the gate sees it: cases in the order they run, and what it was shown.

    Cases of one cluster move together, so with clusters the gate counts clusters, otherwise cases.
    """

    order: Sequence[Case]
    gate: Gate | UnitGate
    done: int = 0
    looks: list[ScoreLook] = field(default_factory=list)

    @property
    def ran(self) -> Sequence[Case]:
        """The cases run so far."""
        return self.order[: self.done]

    def batches(self) -> Iterator[int]:
        """Sizes of the batches to run; ends when the gate has decided."""
        return self.gate.batches()

    def look(self, size: int, left: Values, right: Values) -> Step:
        """Take `size` more cases into account and return what the gate says."""
        self.done += size
        change = self.change(left, right, self.ran)
        passes = sum(bool(passed(right.by_case[c.id])) for c in self.ran)
        holes = sum(right.by_case[c.id] is None for c in self.ran)
        self.looks.append(ScoreLook(self.done, passes, holes))
        if isinstance(self.gate, UnitGate):
            return self.gate.look(self._units(left, right), self.done, change.unmeasured)
        return self.gate.look(change.losses, change.wins, self.done, change.unmeasured)

    def losses(self, left: Values, right: Values) -> list[Case]:
        """The cases that newly fail."""
        return [c for c in self.ran if passed(left.by_case[c.id]) and passed(right.by_case[c.id]) is False]

    def rerun(self, left: Values, right: Values, again: Mapping[str, float | None]) -> None:
        """Tell the gate what the old prompt answered when it was asked again on newly failing cases."""
        if isinstance(self.gate, UnitGate):
            replaced = Values({**left.by_case, **{i: v for i, v in again.items() if v is not None}})
            self.gate.rerun(self._units(replaced, right))
            return
        gone = sum(passed(v) is False for v in again.values())
        self.gate.rerun(len(self.losses(left, right)) - gone)

    def change(self, left: Values, right: Values, cases: Sequence[Case]) -> Change:
        """Count how `cases` moved."""
        return count([left.by_case[c.id] for c in cases], [right.by_case[c.id] for c in cases])

    def _units(self, left: Values, right: Values) -> tuple[Unit, ...]:
        both = [(passed(left.by_case[c.id]), passed(right.by_case[c.id])) for c in self.ran]
        gaps = [None if a is None or b is None else float(b) - float(a) for a, b in both]
        return units(gaps, [c.cluster for c in self.ran])


def watch_for(order: Sequence[Case], gate: GateSettings, seed: int) -> Watch:
    """Return the watch over cases in this order; clusters must stand together in it."""
    if all(c.cluster is None for c in order):
        return Watch(order, Gate(len(order), max_drop=gate.max_drop))
    sizes = [len(list(cases)) for _, cases in groupby(order, key=lambda c: c.group)]
    return Watch(order, UnitGate(sizes, max_drop=gate.max_drop, seed=seed))


def verdicts(
    run: Session, watch: Watch, old: tuple[Side, Values], new: tuple[Side, Values], stopped: str | None
) -> tuple[Verdict, ...]:
    """Return what every gate of the new side's settings says, the drop first."""
    settings = new[0].settings.gate
    found = [watch.gate.verdict(stopped=stopped)]
    if watch.done and settings.slices:
        found.append(_slices(watch, old[1], new[1]))
    if watch.done:
        found += absolute(new[0].settings.gate, new[1], watch.looks, len(watch.order), watch.ran)
    if settings.must_pass and stopped is None:
        found.append(_must_pass(run, old, new))
    return tuple(found)


def absolute(
    settings: GateSettings, values: Values, looks: Sequence[ScoreLook], planned: int, ran: Sequence[Case]
) -> list[Verdict]:
    """Return what the gates say that need no comparison: the lowest score and the longest answers."""
    found = []
    if settings.min_score is not None:
        if any(v not in (None, 0.0, 1.0) for v in values.by_case.values()):
            found.append(limits.min_mean([values.by_case[c.id] for c in ran], target=settings.min_score))
        else:
            found.append(limits.min_score(looks, planned=planned, target=settings.min_score))
    if settings.max_length is not None:
        lengths = [float(values.lengths[c.id]) for c in ran if c.id in values.lengths]
        found.append(limits.ceiling("length", lengths, limit=settings.max_length, unit="characters"))
    return found


def _slices(watch: Watch, left: Values, right: Values) -> Verdict:
    tags = sorted({tag for c in watch.ran for tag in c.tags})
    return slices({t: watch.change(left, right, [c for c in watch.ran if t in c.tags]) for t in tags})[0]


def _must_pass(run: Session, old: tuple[Side, Values], new: tuple[Side, Values]) -> Verdict:
    """Rerun the must-pass cases that failed; only a case that fails every time, and did not under the base, blocks."""
    (before, left), (after, right) = old, new
    wanted = set(after.settings.gate.must_pass)
    cases = [c for c in after.cases if c.id in wanted or wanted & set(c.tags)]
    # The comparison may have ended before it came to them.
    ask(run, [Job(after, right, c) for c in cases if c.id not in right.by_case], after.grading)
    failing = [c for c in cases if not passed(right.by_case[c.id])]
    ask(run, [Job(before, left, c) for c in failing if c.id not in left.by_case], after.grading)
    again, repeats = Values(), max(limits.FRESH_RERUNS, run.options.repeat)
    ask(run, [Job(after, again, c) for c in failing], after.grading, repeats=repeats, first=fresh(run, "must_pass"))
    failed_before = [c.id for c in failing if passed(left.by_case[c.id]) is False]
    return limits.must_pass({c.id: again.samples[c.id] for c in failing}, failed_before=failed_before)
