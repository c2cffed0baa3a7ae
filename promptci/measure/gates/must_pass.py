"""The gate `must_pass`: cases that must not fail."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from promptci.core import Case, Reason, case_digest
from promptci.decide.paired import passed
from promptci.decide.verdict import Verdict
from promptci.measure.gates.base import LEVEL, Alarm, Screened
from promptci.measure.pair import Pair
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask
from promptci.run.session import Session

RERUNS = 3  # fresh answers of each prompt at least: all pass before, all fail now


def must_pass(run: Session, new: Arm, old: Arm | None) -> list[Screened]:
    """Return what the gate says, when cases are named; one that failed is red only if it fails every time afresh.

    `old` is the base, None where there is none: a case that the base fails, or passes only at times, never blocks.
    """
    wanted = set(new.side.settings.gate.must_pass)
    if not wanted:
        return []
    cases = [c for c in new.side.cases if c.id in wanted or wanted & set(c.tags)]
    # The comparison may have ended before it came to them.
    ask(run, [Job(new, c) for c in cases if c.id not in new.values.by_case], new.side.grading)
    failing = [c for c in cases if not passed(new.values.by_case[c.id])]
    known = None if old is None else {case_digest([c]) for c in old.side.cases}
    blocking = [c for c in failing if known is None or case_digest([c]) in known or new.values.by_case[c.id] is None]
    fresh = [c for c in failing if c not in blocking]
    if not failing:
        return [Screened(_verdict("pass", "none_failing", "No must-pass case that passed before fails now."))]
    unknown = [c.id for c in failing if new.values.by_case[c.id] is None]
    failed = [c.id for c in failing if c.id not in unknown]
    said = " ".join(
        f"{named(ids)} {what}." for ids, what in ((failed, "failed"), (unknown, "could not be measured")) if ids
    )
    compared = {c.id: old is not None and c not in fresh for c in failing}
    among = len(failing)  # fresh answers of one case say nothing that chose another: those that fail are the family
    alarms = tuple(Alarm(c.id, (c,), Fails(c, compared=compared[c.id]), RERUNS, compared[c.id], among) for c in failing)
    return [Screened(_verdict("fail", "must_pass_failed", said), alarms, "pass")]


class Fails:
    """The test of one case: it fails in every fresh answer, and, where the base has it, passed in all of the base's.

    Of 2k exchangeable answers, k of which pass, the k new ones are the failing ones with chance 1 / C(2k, k).
    """

    def __init__(self, case: Case, *, compared: bool) -> None:
        self.case, self.compared = case, compared

    def __call__(self, fresh: Pair) -> tuple[float | None, str]:
        """Return the p-value, 1 when it does not hold, None when no answer decides it, and what was seen."""
        after = fresh.new.values.samples.get(self.case.id, ())
        if None in after and not any(passed(v) for v in after):
            why = fresh.new.values.reasons.get(self.case.id, "no answer")
            return None, f"{self.case.id} could not be measured: {why}"
        fails = [v for v in after if passed(v) is False]
        told = f"{self.case.id} failed in {len(fails)} of {len(after)} fresh reruns"
        if not after or len(fails) < len(after):
            return 1.0, told
        if not self.compared:
            return 0.0, told
        before = fresh.old.values.samples.get(self.case.id, ())
        passes = [v for v in before if passed(v)]
        told += f", and the old prompt passed it in {len(passes)} of {len(before)}"
        if not before or len(passes) < len(before):
            return 1.0, told
        return 1 / comb(2 * len(after), len(after)), told


def reruns_for(tests: int) -> int:
    """How many fresh answers of each prompt make one case's chance small enough where so many tests share the level."""
    k = RERUNS
    while 1 / comb(2 * k, k) > LEVEL / max(1, tests):
        k += 1
    return k


def named(ids: Sequence[str]) -> str:
    """Return "Must-pass case a" or "Must-pass cases a, b"."""
    return f"Must-pass case{'' if len(ids) == 1 else 's'} {', '.join(ids)}"


def _verdict(name: str, kind: str, text: str) -> Verdict:
    return Verdict("must_pass", "fail" if name == "fail" else "pass", (Reason(kind, text),))
