"""Two arms measured batch by batch, until the gate has seen enough; then what every gate says of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from promptci.core import Reason
from promptci.decide.gate import Gate
from promptci.decide.limits import ScoreLook
from promptci.decide.stale import stale
from promptci.measure.ahead import answered_ahead
from promptci.measure.batches import Step, answered
from promptci.measure.beforehand import order_seed
from promptci.measure.confirm import drop_alarms
from promptci.measure.gates.base import Alarm, Screen, Screened
from promptci.measure.gates.drop import drop, gate_for
from promptci.measure.gates.must_pass import must_pass
from promptci.measure.gates.score import max_length, min_score, score_look
from promptci.measure.gates.slices import slices
from promptci.measure.pair import Pair, shuffled
from promptci.measure.spot import doubted, some_again
from promptci.metrics.base import needs_of
from promptci.project.side import Side
from promptci.records.baseline import Baseline
from promptci.run.arm import Arm
from promptci.run.ask import fresh
from promptci.run.session import Session
from promptci.run.values import JUDGED, Values
from promptci.untrusted import one_line


@dataclass(slots=True)
class _Course:
    """One pair on its way through its gate, the new arm's score at each look, and what people should know of it."""

    pair: Pair
    gate: Gate
    looks: tuple[ScoreLook, ...] = ()
    notes: tuple[Reason, ...] = ()
    unchecked: Reason | None = None


def screened(run: Session, old: Side, new: Side, accepted: Baseline | None, *, level: float, first: int = 0) -> Screen:
    """Run both sides on the new eval set, in an order seeded by the commit, until the gate decides.

    `accepted` are stored outcomes of the old side that may be compared with; without, both sides run, interleaved. Some
    of them are asked again first: where they differ, or turn out to be another model's than the new ones, both sides
    run anew. A drop is confirmed on fresh answers of both, on as many cases as it takes to show it at `level`. Answers
    are asked from sample `first` on.
    """
    course = _begun(run, old, new, accepted, first=first)
    with run.progress.part(f"Checking {new.settings.id}", total=len(new.cases)) as step:
        _run(run, course, step)
        if course.pair.stopped is None and apart(course.pair):
            course = _anew(run, course, _rolled(course.pair.old.values, course.pair.new.values))
            _run(run, course, step)
        pair = course.pair
        alarms = () if pair.stopped else drop_alarms(run, pair, course.gate, level, step)
        shown, *others = gates_of(run, pair, course.gate, alarms, course.looks)
        shown = shown if course.unchecked is None else doubted(shown, course.unchecked)
        return Screen(pair, (shown, *others), course.notes)


def undecided(run: Session, old: Side, new: Side, accepted: Baseline | None) -> bool:
    """Run the first look of a pair, as `screened` will; return whether its gate wants more of these cases after it.

    It does not where stored answers do not hold: then both sides are asked anew, which is another question.
    """
    course = _begun(run, old, new, accepted)
    pair, ends = course.pair, course.gate.plan.ends
    if pair.first or not ends:
        return False
    with run.progress.part(f"Checking {new.settings.id}", total=len(new.cases)) as step:
        if answered(run, pair, ends[0], step) is not None or apart(pair):
            return False
    pair.done = ends[0]
    return len(ends) > 1 and not course.gate.look(pair.gaps(pair.ran), pair.holes()).decided


def _begun(run: Session, old: Side, new: Side, accepted: Baseline | None, *, first: int = 0) -> _Course:
    """Order the cases, and ask some stored answers again: before a look, so that it costs nothing of the level."""
    order = shuffled(new.cases, order_seed(run, new.settings.id))
    before = replace(old, cases=new.cases, grading=new.grading)  # today's measure for both
    course = _course(run, Pair(Arm(before, Values.of(accepted)), Arm(new.beside(before)), order, first=first))
    # Where the model was changed on purpose the stored answers stand for one that may be gone, and are not asked.
    return course if accepted is None or before.spec != new.spec else _checked(run, course, accepted)


def _checked(run: Session, course: _Course, accepted: Baseline) -> _Course:
    """Ask a few stored answers again; where others answer them, or otherwise, both sides are to run anew."""
    old = course.pair.old
    again = some_again(run, old, accepted)
    if isinstance(again, Reason):
        course.unchecked = again
        return course
    if differ(old.values.models, again.values.models):
        return _anew(run, course, _rolled(old.values, again.values))
    found = stale(accepted.samples, again.values.by_case)
    said = found.said(accepted.date[:10])
    if found.stale:
        return _anew(run, course, said)
    course.notes = (said,)
    return course


def gates_of(
    run: Session, pair: Pair, gate: Gate, alarms: tuple[Alarm, ...], looks: tuple[ScoreLook, ...]
) -> tuple[Screened, ...]:
    """Return what every gate of the new side's settings says, the drop first."""
    found = [drop(pair, gate, alarms), *slices(pair)]
    if pair.done:
        found += [*min_score(pair.new, looks, len(pair.order), pair.ran), *max_length(pair.new, pair.ran)]
    if pair.stopped is None:
        found += must_pass(run, pair.new, pair.old)
    return tuple(found)


def apart(pair: Pair) -> bool:
    """Whether stored answers are compared with another model's: it may answer under the same name by now."""
    old, new = pair.old.values, pair.new.values
    same = pair.old.side.spec.model == pair.new.side.spec.model
    return same and bool(old.stored or new.stored) and differ(old.models, new.models)


def differ(old: Collection[str], new: Collection[str]) -> bool:
    """Whether others answered, or judged; a side on which nobody had to be asked for a grade tells of no judge."""
    both = [[name.partition(JUDGED) for name in names] for names in (old, new)]
    answered, judged = ([{part[k] for part in side} - {""} for side in both] for k in (0, 2))
    return any(a and b and a != b for a, b in (answered, judged))


def _course(run: Session, pair: Pair, *, spent: float = 0.0) -> _Course:
    sides = 2 if len(pair.old.values.by_case) < len(pair.order) else 1
    batch = max(1, run.options.concurrency // sides)
    return _Course(pair, gate_for(pair, answers=run.options.repeat, batch=batch, spent=spent))


def _anew(run: Session, course: _Course, why: Reason) -> _Course:
    """Start again with fresh answers of both sides.

    The first gate is given up for what the stored answers are, and the second one sees new answers only. What the
    first has spent of the level is taken off, so both together keep it.
    """
    old, new = course.pair.old, course.pair.new
    spent = 0.0 if course.gate.step is None else course.gate.step.level_spent
    pair = Pair(Arm(old.side), Arm(new.side), course.pair.order, first=fresh(run, "rollover"))
    return replace(_course(run, pair, spent=spent), notes=(why,))


def _rolled(before: Values, after: Values) -> Reason:
    was, now = one_line(before.answered), one_line(after.answered)
    said = f"Stored answers are not this model's ({was} on the old side, {now} on the new one), so both sides ran anew."
    return Reason("model_rolled", said)


def alone(metric: object) -> bool:
    """Whether an answer can be graded by itself, without asking a model or having the base's answer."""
    needs = needs_of(metric)
    return not needs.models and not needs.base_answer


def _run(run: Session, course: _Course, step: Step) -> None:
    """Run until the gate decides, the models are no longer the same, or nothing more can be asked."""
    pair, gate = course.pair, course.gate

    def enough(done: int) -> bool:
        if pair.first == 0 and apart(pair):
            return True
        pair.done = done
        course.looks = (*course.looks, score_look(pair.new, pair.ran))
        return gate.look(pair.gaps(pair.ran), pair.holes()).decided

    if alone(pair.new.side.grading.combined):
        pair.stopped = answered_ahead(run, pair, gate.plan.ends, enough, step)
        return
    for end in gate.plan.ends:  # a judge is asked about what was answered, a rival before it: a batch is a whole
        pair.stopped = answered(run, pair, end - pair.done, step)
        if pair.stopped is not None or enough(end):
            return
