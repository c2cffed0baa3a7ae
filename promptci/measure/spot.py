"""Before a verdict rests on stored answers: a few of them asked again, and what that says of the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace

from promptci.core import Reason
from promptci.decide.stale import Stale, stale, stale_sample
from promptci.decide.verdict import Verdict
from promptci.measure.gates.base import Screened
from promptci.project.side import Side
from promptci.records import baseline
from promptci.records.baseline import Baseline
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask, fresh
from promptci.run.session import Session


def spot_check(run: Session, old: Arm, accepted: Baseline) -> Stale | Reason:
    """Ask a seeded sample of the stored answers again; return what that shows, or why they could not be asked."""
    again = some_again(run, old, accepted)
    return again if isinstance(again, Reason) else stale(accepted.samples, again.values.by_case)


def some_again(run: Session, old: Arm, accepted: Baseline) -> Arm | Reason:
    """Ask a seeded sample of the stored answers again; return them, or why they could not be asked."""
    chosen = set(stale_sample(accepted.samples, run.seed_for("spot", old.side.settings.id)))
    again = Arm(old.side)
    jobs = [Job(again, c) for c in old.side.cases if c.id in chosen]
    stopped = ask(run, jobs, old.side.grading, first=fresh(run, "spot"))
    return again if stopped is None else stopped


_OURS = "A search of ours made this change"


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whether a baseline that a change brings may stand without a person's word, and a sentence on it."""

    holds: bool
    said: Reason


def vouched(run: Session, new: Side, *, brings_baseline: bool) -> Vouched:
    """Ask a few answers of the baseline that HEAD brings for `new` again: they must be what it says they are.

    It must be of exactly this prompt under today's measure, too.
    """
    path = baseline.path_of(new.settings.id)
    content = run.project.at("HEAD", path) if brings_baseline else None
    if content is None:
        return Vouched(True, Reason("records_ours", f"{_OURS}; its ledger goes on from the base's."))
    found = baseline.load(content, path)
    today = replace(new.measure(found.measure.answered), repeats=found.measure.repeats)
    if today != found.measure:
        return Vouched(False, Reason("records_differ", f"{path} is not of this prompt, as it is measured today."))
    shown = spot_check(run, Arm(new), found)
    if isinstance(shown, Reason):
        said = f"The answers in {path} could not be checked by asking some again: {shown.text}."
        return Vouched(False, Reason("records_unchecked", said))
    said = f"{_OURS}; its baseline and ledger go on from the base's. {shown.said(found.date[:10])}"
    return Vouched(not shown.stale, Reason("records_ours", said))


def doubted(drop: Screened, why: Reason) -> Screened:
    """Return what the drop's gate says where the stored answers could not be looked at again: no pass rests on them.

    A replay cannot ask, and whoever asks for one knows that: there the verdict stays, with a sentence.
    """
    verdict = drop.verdict
    if verdict.blocked:  # it is confirmed on fresh answers of both sides
        return drop if why.kind == "replay" else replace(drop, otherwise="inconclusive", said=())
    said = Reason("baseline_unchecked", f"Stored answers could not be checked by asking some again: {why.text}.")
    name = "unmeasured" if verdict.name == "pass" and why.kind != "replay" else verdict.name
    return replace(drop, verdict=Verdict(verdict.gate, name, (*verdict.told, said), verdict.numbers))
