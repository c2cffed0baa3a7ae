"""`promptci check --self`: a prompt compared with itself, to see how often its set would be red for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from promptci.core import Reason
from promptci.decide.noise import noise_of
from promptci.decide.selftest import self_test
from promptci.decide.verdict import points, too_many_unmeasured
from promptci.measure import remarks
from promptci.measure.baseline import ANSWERS, stored_for
from promptci.measure.describe import described, of_arm, subject_of
from promptci.measure.measuring import alone
from promptci.project.hosts import refuse_untrusted
from promptci.project.project import locate
from promptci.project.side import Side, side
from promptci.report.base import PromptReport, Report
from promptci.run.arm import Arm
from promptci.run.ask import fresh
from promptci.run.options import Options
from promptci.run.session import Session, session
from promptci.run.values import Values

RUNS = 1_000
Samples = Mapping[str, Sequence[float | None]]


def check_itself(options: Options, *, ids: Sequence[str] = ()) -> Report:
    """Compare each prompt with itself by drawing from several answers a case; name the cases that pass by chance.

    The answers are those of a stored baseline of the text as it is at HEAD, where there is one, else fresh ones.
    Raises PromptciError for what a user can mend.
    """
    project = locate(options.config, Path())
    refuse_untrusted(project, trusted=options.trust_tree)
    sides = [side(project, project.config, settings, None) for settings in project.config.chosen(ids)]
    with session(project, options) as run:
        return run.report("check", [_tested(run, one) for one in sides])


def _tested(run: Session, one: Side) -> PromptReport:
    stored = stored_for(run.project, run.project.repository.head(), one, one).baseline
    stopped = None
    if stored is not None and stored.measure.repeats > 1:
        arm = Arm(one, Values.of(stored))
    else:
        arm, stopped = alone(run, one, repeats=max(ANSWERS, run.options.repeat), first=fresh(run, "accept"))
    figures = of_arm(arm, one.cases, planned=len(one.cases))
    subject = subject_of(one, ("compared with itself",), "nothing")
    if stopped is not None or too_many_unmeasured(figures.unmeasured, len(one.cases)):
        why = stopped.text if stopped else "too many cases are unmeasured"
        said = Reason("self_unfinished", f"Not compared with itself: {why}.")
        return described(subject, "unmeasured", (said, *remarks.of_failures(arm, one.cases)), figures=figures)
    gate = one.settings.gate
    samples = arm.values.samples
    found = self_test(samples, runs=RUNS, seed=run.seed_for("self", one.settings.id), detect=gate.detect)
    said = Reason(
        "self_test",
        f"Compared with itself {found.runs:,} times, by drawing from {arm.values.repeats} answers a case: it looked "
        f"worse {found.blocked} times, and fresh answers confirmed that {found.red} times ({points(found.rate)} %).",
    )
    return described(
        subject, "pass", (said, *remarks.of_noise(samples, gate.ruled_out), _flips(samples)), figures=figures
    )


def _flips(samples: Samples) -> Reason:
    noise = noise_of(samples)
    if noise is None:
        return Reason("noise_unknown", "One answer a case says nothing about how often answers differ.")
    share = points(noise.flips)
    return Reason("noise", f"{share} % of the cases differ between two runs of this prompt, on {noise.cases:,} cases.")
