"""Every prompt on another model, beside the one in force; those that got worse are searched for anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial

from promptci.config import Config, PromptSettings
from promptci.core import Reason
from promptci.errors import MeasureError
from promptci.improve.attempt import sought
from promptci.improve.ending import Ending, told_of
from promptci.improve.hand_on import ledger_file
from promptci.improve.stand_in import stood_in
from promptci.improve.standing import Standing, standing
from promptci.measure.batches import answered
from promptci.measure.measuring import measured_pairs
from promptci.measure.pair import Pair
from promptci.models.retirement import spec_days_left
from promptci.project.changes import Planned
from promptci.project.project import Project
from promptci.project.side import Side, side
from promptci.records.ledger import Question
from promptci.report.base import PromptReport
from promptci.report.wording import counted, percent
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask, fresh
from promptci.run.session import Session
from promptci.untrusted import one_line

_UNKNOWN_MODEL = frozenset(("bad_request",))  # what a server's "there is no such model" is, by `FailureKind`


@dataclass(frozen=True, slots=True)
class Move:
    """One prompt that asks the model that is to be replaced: as it is, and on the other model."""

    old: Side
    new: Side


@dataclass(frozen=True, slots=True)
class Upgraded:
    """One prompt's outcome: `new` is what the change carries, `ending` the search's, where there was one."""

    standing: Standing
    report: PromptReport
    new: Side
    ending: Ending | None = None
    asked: Sequence[Question] = ()

    @property
    def carried(self) -> bool:
        """Whether the change may carry this prompt: nothing got worse, as far as could be told."""
        return self.report.verdict in ("pass", "inconclusive")

    @property
    def ledger(self) -> dict[str, bytes]:
        """The question to the held-out cases, which is kept whatever its answer."""
        return ledger_file(self.standing.pair.new.side, self.ending, self.asked) if self.ending else {}


def moves(project: Project, after: Config, chosen: Sequence[PromptSettings]) -> list[Move]:
    """Return the chosen prompts that ask the settings' scorer; one with a model of its own does not move."""
    both = [Move(side(project, project.config, s, None), side(project, after, s, None)) for s in chosen]
    return [move for move in both if move.old.spec.model != move.new.spec.model]


def is_gone(run: Session, move: Move, today: date | None = None) -> bool:
    """Whether the old model answers no more: it is past its day, or its server does not know it when asked once."""
    left = spec_days_left(move.old.spec, today or datetime.now(UTC).date())
    if left is not None and left < 0:
        return True
    arm, case = Arm(move.old), move.old.cases[0]
    ask(run, [Job(arm, case)], move.new.grading, first=fresh(run, "upgrade"))
    why = arm.values.reasons.get(case.id)
    return why is not None and why.kind in _UNKNOWN_MODEL


def refuse_unknown(run: Session, found: Sequence[Move]) -> None:
    """Ask each of the new models about a case. Raises MeasureError where its server does not know one of them.

    Without it a name that is misspelt is given up for dead, and with it whatever the run still has to ask.
    """
    for move in {move.new.spec.model: move for move in found}.values():
        arm, cases = Arm(move.new), move.new.cases
        for case in (cases[0], cases[-1]):  # one that is refused for what it says is no sign
            ask(run, [Job(arm, case)], move.new.grading, first=fresh(run, "upgrade"))
            why = arm.values.reasons.get(case.id)
            if why is None or why.kind not in _UNKNOWN_MODEL:
                break
            said = why.text
        else:
            hint = "correct the name, or leave it out; `curl BASE_URL/models` lists those that the server has"
            raise MeasureError(f"it does not answer: {said}", place=one_line(move.new.spec.model), hint=hint)


def standings(run: Session, found: Sequence[Move], *, gone: bool) -> list[Standing]:
    """Measure old and new, interleaved, on fresh answers of both; where the old one is `gone`, its baselines stand in.

    The false alarms of all of them together are those of one check: a worse one was confirmed afresh, with Holm's
    correction over the run.
    """
    pairs = _compared(run, [as_planned(move) for move in found], gone=gone)
    more = None if gone else partial(_more, run)
    return [standing(report, pair, compared=len(pairs), more=more) for report, pair in pairs]


def _more(run: Session, pair: Pair) -> bool:
    """Answer as many cases again as have run; return whether that could be done."""
    size = min(max(1, pair.done), len(pair.order) - pair.done)
    if answered(run, pair, size, lambda _: None) is not None:
        return False
    pair.done += size
    return True


def _compared(
    run: Session, planned: Sequence[Planned], *, gone: bool, sample: int = 0
) -> list[tuple[PromptReport, Pair]]:
    if gone:
        return stood_in(run, planned, sample=sample)
    return measured_pairs(run, planned, None, first=fresh(run, "upgrade") + sample)


def as_planned(move: Move) -> Planned:
    """Return the comparison of a prompt with itself on the other model."""
    was, now = move.old.spec.model, move.new.spec.model
    return Planned(move.new, move.old, prompt_changed=False, measure_changed=True, why=(f"model ({was} to {now})",))


def mended(run: Session, found: Sequence[Standing], strategy: str, *, gone: bool) -> list[Upgraded]:
    """Search for the prompts that got worse, the worst first, within what the run's budget has left."""
    order = sorted(range(len(found)), key=lambda i: found[i].report.delta or 0.0)
    done = {i: _mended(run, found[i], strategy, gone) for i in order}
    return [done[i] for i in range(len(found))]


def _mended(run: Session, one: Standing, strategy: str, gone: bool) -> Upgraded:
    new = one.pair.new.side
    if one.name != "worse":
        return Upgraded(one, one.report, new)
    parts, asked, ending = sought(run, new, strategy, "dry-run", None)
    told = told_of(new, parts, strategy, ending)
    report = replace(one.report, search=told.search, reasons=(*one.report.reasons, *told.reasons))
    if ending.outcome != "improved" or ending.new is None:
        said = f"No better text for {one_line(new.spec.model)} was confirmed, so the change does not carry this prompt."
        return Upgraded(one, _with(report, "upgrade_lost", said), new, ending, asked)
    held = frozenset(c.id for c in parts.test)
    again = _again(run, one.pair, ending.new, held, gone)
    return Upgraded(one, _recovered(report, again), ending.new, ending, asked)


def _again(run: Session, pair: Pair, new: Side, held: frozenset[str], gone: bool) -> PromptReport:
    """Measure the new text on the new model beside the old text on the old one, on cases that the search never saw."""
    old, cases = pair.old.side, tuple(c for c in new.cases if c.id in held)
    planned = Planned(replace(new, cases=cases), replace(old, cases=cases), True, True, ("prompt text", "model"))
    ((report, _),) = _compared(run, [planned], gone=gone, sample=50)
    return report


def _recovered(report: PromptReport, again: PromptReport) -> PromptReport:
    """Return the report with what the rewritten text is worth; its verdict is that of the second comparison."""
    said = {
        "pass": "Rewritten for the new model; on held-out cases that is no worse than before the upgrade.",
        "fail": "Rewritten for the new model, and better there, but still worse than before the upgrade.",
        "inconclusive": "Rewritten for the new model, and better there; whether it is as good as before is undecided.",
        "unmeasured": "Rewritten for the new model; it could not be compared with the old model.",
    }[again.verdict]
    if again.score is not None and again.baseline_score is not None:
        ran = f"{percent(again.baseline_score)} before, {percent(again.score)} now, on {counted(again.cases, 'case')}"
        said = f"{said.removesuffix('.')}: {ran}."
    return replace(_with(report, "upgrade_rewritten", said), verdict=again.verdict)


def _with(report: PromptReport, kind: str, said: str) -> PromptReport:
    return replace(report, reasons=(report.reasons[0], Reason(kind, said), *report.reasons[1:]))
