"""Before a verdict rests on stored answers: a few of them asked again, and what that says of the rest."""

from __future__ import annotations

from dataclasses import replace

from promptci.core import Reason
from promptci.decide.stale import Stale, stale, stale_sample
from promptci.decide.verdict import Verdict
from promptci.measure.gates.base import Screened
from promptci.records.baseline import Baseline
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask, fresh
from promptci.run.session import Session


def spot_check(run: Session, old: Arm, accepted: Baseline) -> Stale | Reason:
    """Ask a seeded sample of the stored answers again; return what that shows, or why they could not be asked."""
    chosen = set(stale_sample(accepted.samples, run.seed_for("spot", old.side.settings.id)))
    again = Arm(old.side)
    jobs = [Job(again, c) for c in old.side.cases if c.id in chosen]
    stopped = ask(run, jobs, old.side.grading, first=fresh(run, "spot"))
    return stale(accepted.samples, again.values.by_case) if stopped is None else stopped


def doubted(drop: Screened, why: Reason) -> Screened:
    """Return what the drop's gate says where the stored answers could not be looked at again: no pass rests on them.

    A replay cannot ask, and whoever asks for one knows that: there the verdict stays, with a sentence.
    """
    verdict = drop.verdict
    said = Reason("baseline_unchecked", f"Stored answers could not be checked by asking some again: {why.text}.")
    name = "unmeasured" if verdict.name == "pass" and why.kind != "replay" else verdict.name
    return replace(drop, verdict=Verdict(verdict.gate, name, (*verdict.told, said), verdict.numbers))
