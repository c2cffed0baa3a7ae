"""Which gates a prompt has, and what each says: the drop, a lowest score, must-pass cases, slices, answer length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from promptci.config import GateSettings
from promptci.core import Case, Reason, case_digest
from promptci.decide import limits
from promptci.decide.gate import Gate, Kind
from promptci.decide.limits import ScoreLook
from promptci.decide.paired import Change, count, passed, sign_flip
from promptci.decide.plan import Step
from promptci.decide.slices import Evidence, slices
from promptci.decide.units import Unit, units
from promptci.decide.verdict import Verdict
from promptci.decide.wording import asked_again as said_again
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask, fresh
from promptci.run.session import Session
from promptci.run.values import Values

LEVEL = 0.05  # how often a harmless change may be blocked


@dataclass(slots=True)
class Watch:
    """One comparison as the gate sees it: cases in the order they run, and what it was shown.

    Cases of one cluster move together, so with clusters the gate counts clusters, otherwise cases. `again` is what the
    old prompt answered when it was asked again on newly failing cases.
    """

    order: Sequence[Case]
    gate: Gate
    done: int = 0
    looks: list[ScoreLook] = field(default_factory=list)
    again: Values = field(default_factory=Values)

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
        passes = sum(bool(passed(right.by_case[c.id])) for c in self.ran)
        unjudged = sum(right.by_case[c.id] is None for c in self.ran)
        self.looks.append(ScoreLook(self.done, passes, unjudged))
        gaps = self.gaps(left, right, self.ran)
        holes = [i for i, c in enumerate(self.ran) if passed(left.by_case[c.id]) and c.id in right.unusable]
        return self.gate.look(gaps, [i for i in holes if gaps[i] is None])

    def doubted(self, left: Values, right: Values) -> list[Case]:
        """The cases that newly fail although all that speaks for it is a stored answer, which may be a lucky one."""
        fails = (c for c in self.ran if passed(left.by_case[c.id]) and passed(right.by_case[c.id]) is False)
        return [c for c in fails if c.id in left.stored]

    def confirmed(self, left: Values) -> Values:
        """Return the old side's values with what it answered when it was asked again; no answer is no loss either."""
        return Values({**left.by_case, **self.again.by_case})

    def rerun(self, left: Values, right: Values) -> None:
        """Tell the gate what the old prompt answered when it was asked again on newly failing cases."""
        now = self.confirmed(left)
        answers = [passed(now.by_case[c.id]) for c in self.doubted(left, right)]
        again = len(answers) - answers.count(None), answers.count(True)
        losses = [-unit.total for unit in self.units(now, right, self.ran)]
        if sign_flip(losses).p_value <= self.gate.plan.alpha:
            self.gate.confirm(said_again(*again))
        else:
            self.gate.withdraw(said_again(*again))

    def change(self, left: Values, right: Values, cases: Sequence[Case]) -> Change:
        """Count how `cases` moved."""
        return count([left.by_case[c.id] for c in cases], [right.by_case[c.id] for c in cases])

    def units(self, left: Values, right: Values, cases: Sequence[Case]) -> tuple[Unit, ...]:
        """Sum up how `cases` moved by cluster; one without a cluster is a unit of its own."""
        return units(self.gaps(left, right, cases), [c.cluster for c in cases])

    def gaps(self, left: Values, right: Values, cases: Sequence[Case]) -> list[float | None]:
        """New minus old as pass or fail for each of `cases`; None where one of them has no value."""
        both = [(passed(left.by_case[c.id]), passed(right.by_case[c.id])) for c in cases]
        return [None if a is None or b is None else float(b) - float(a) for a, b in both]


def watch_for(order: Sequence[Case], gate: GateSettings, *, spent: float = 0.0) -> Watch:
    """Return the watch over cases in this order; clusters must stand together in it.

    `spent` is what an abandoned watch over the same cases has spent of the level.
    """
    kind = Kind(clusters=tuple(c.cluster for c in order))
    made = Gate(len(order), kind, alpha=LEVEL - spent, max_drop=gate.max_drop, detect=gate.detect)
    return Watch(order, made)


def asked_again(run: Session, watch: Watch, old: Arm, new: Arm) -> Reason | None:
    """Ask the old prompt afresh where its stored answer passed and the new prompt fails.

    A stored answer may be a lucky one: the outcome of a run that was chosen because it was good. Returns why nothing
    more can be asked, or None.
    """
    cases = [c for c in watch.doubted(old.values, new.values) if c.id not in watch.again.by_case]
    if not cases:
        return None
    jobs = [Job(Arm(old.side, watch.again), c) for c in cases]
    return ask(run, jobs, new.side.grading, repeats=run.options.repeat, first=fresh(run, "rerun"))


def verdicts(run: Session, watch: Watch, old: Arm, new: Arm, stopped: Reason | None) -> tuple[Verdict, ...]:
    """Return what every gate of the new side's settings says, the drop first."""
    settings = new.side.settings.gate
    found = [watch.gate.verdict(stopped=None if stopped is None else stopped.text)]
    if watch.done and settings.slices:
        found.append(_slices(run, watch, old, new, stopped))
    if watch.done:
        found += absolute(settings, new.values, watch.looks, len(watch.order), watch.ran)
    if stopped is None:
        before = replace(old.side, cases=new.side.cases, grading=new.side.grading)  # today's measure for both
        found += must_pass(run, new, Arm(before, old.values))
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


def _slices(run: Session, watch: Watch, old: Arm, new: Arm, stopped: Reason | None) -> Verdict:
    """Gate every tag on its own; as for all cases together, stored answers are asked again before a slice blocks."""
    left, right = old.values, new.values
    tags = sorted({tag for c in watch.ran for tag in c.tags})
    cases = {tag: [c for c in watch.ran if tag in c.tags] for tag in tags}
    changes = {tag: watch.change(left, right, cases[tag]) for tag in tags}
    first = {tag: _evidence(watch.units(left, right, cases[tag])) for tag in tags}
    verdict = slices(changes, tested=first)[0]
    if not verdict.blocked or not watch.doubted(left, right):
        return verdict
    stopped = stopped or asked_again(run, watch, old, new)
    if stopped:
        why = (
            f"A slice looks worse, but its newly failing cases could not be run again under the old prompt: {stopped}."
        )
        return Verdict("slices", "unmeasured", (Reason("confirmation_unfinished", why),))
    now = watch.confirmed(left)
    then = {tag: _evidence(watch.units(now, right, cases[tag])) for tag in tags}
    # A rerun can only take a block back: fewer changed cases make a lighter correction, which it must not profit from.
    both = {tag: Evidence(max(first[tag].p_value, then[tag].p_value), first[tag].coins) for tag in tags}
    verdict = slices(changes, tested=both)[0]
    again = Reason("asked_again", "We re-asked the old prompt on the newly failing cases.")
    return replace(verdict, told=(*verdict.told, again))


def _evidence(seen: Sequence[Unit]) -> Evidence:
    found = sign_flip([-unit.total for unit in seen])
    return Evidence(found.p_value, found.units)


def must_pass(run: Session, new: Arm, old: Arm | None = None) -> list[Verdict]:
    """Rerun the must-pass cases that failed; only one that fails every time, and did not under the base, blocks.

    `old` is the base, with the cases and the grading that it had; None: there is none, and every failure counts.
    Returns no verdict when the settings name no case.
    """
    wanted = set(new.side.settings.gate.must_pass)
    if not wanted:
        return []
    cases = [c for c in new.side.cases if c.id in wanted or wanted & set(c.tags)]
    # The comparison may have ended before it came to them.
    ask(run, [Job(new, c) for c in cases if c.id not in new.values.by_case], new.side.grading)
    failing = [c for c in cases if not passed(new.values.by_case[c.id])]
    failed_before = [] if old is None else _failed_before(run, failing, old)
    again, repeats = Arm(new.side), max(limits.FRESH_RERUNS, run.options.repeat)
    ask(run, [Job(again, c) for c in failing], new.side.grading, repeats=repeats, first=fresh(run, "must_pass"))
    samples = again.values.samples
    return [limits.must_pass({c.id: samples[c.id] for c in failing}, failed_before=failed_before)]


def _failed_before(run: Session, cases: Sequence[Case], before: Arm) -> list[str]:
    """Return the ids of those that the base had too, as they are, and that failed there."""
    known = {case_digest([c]) for c in before.side.cases}
    same = [c for c in cases if case_digest([c]) in known]
    values = before.values.by_case
    ask(run, [Job(before, c) for c in same if c.id not in values], before.side.grading)
    return [c.id for c in same if passed(values[c.id]) is False]
