"""`promptci compare A B`: two earlier runs, case by case, with the gate's verdict; nothing is asked of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from promptci.core import Reason
from promptci.decide.gate import Gate, Kind
from promptci.decide.paired import passed
from promptci.decide.verdict import Verdict
from promptci.errors import DataError
from promptci.report.base import PromptReport, Report
from promptci.report.read import read
from promptci.run.values import Pair, Values
from promptci.untrusted import one_line

_Scores = Mapping[str, float | None]

# What makes values of two runs mean different things; everything else that differs is part of what is compared.
_YARDSTICK = {"cases": "eval set", "metric": "metric", "judge": "judge"}
_COMPARED = {
    "model": "model",
    "answered": "model that answered",
    "parameters": "model parameters",
    "repeats": "number of answers per case",
}
_NAMED = ("model", "answered", "repeats")  # the others are hashes


def compare(a: Path, b: Path, *, max_drop: float = 0.05) -> Report:
    """Compare the prompts that both runs measured, on the cases that both have; `a` is the old side.

    `a` and `b` are report files, or directories of runs. The cases are all there, so the gate looks once. Runs that
    were measured in different ways are inconclusive, whatever the cases say. Raises DataError for a file that is no
    report, and when there is nothing that both measured.
    """
    old, new = (read(path / "report.json" if path.is_dir() else path) for path in (a, b))
    before = {p.id: p for p in old.prompts if p.values}
    both = [(before[p.id], p) for p in new.prompts if p.values and p.id in before]
    if not both:
        raise DataError("the two have no measured prompt in common", place=str(b), hint="both must come from `check`")
    return Report(
        command="compare",
        prompts=tuple(_compared(left, right, max_drop) for left, right in both),
        commit=new.commit,
        base=old.commit,
        models=tuple(sorted({*old.models, *new.models})),
        offline=old.offline or new.offline,
    )


def _compared(left: PromptReport, right: PromptReport, max_drop: float) -> PromptReport:
    ids = tuple(i for i in right.values if i in left.values)
    clusters = {**left.clusters, **right.clusters}
    verdict = _verdict(ids, left.values, right.values, clusters, max_drop)
    other = [said for name, said in _YARDSTICK.items() if _differs(name, left, right)]
    if other and verdict.name != "unmeasured":
        why = f"The two cannot be compared: another {' and another '.join(other)} measured the new one."
        told = verdict.told[0], Reason("not_comparable", why)
        verdict = Verdict(verdict.gate, "inconclusive", told, verdict.numbers)
    pair = Pair(ids, Values(dict(left.values)), Values(dict(right.values)), (verdict,))
    only = len(left.values.keys() ^ right.values.keys())
    apart = (f"{only} cases are in one of the two only and were left out.",) if only else ()
    reasons = (*verdict.reasons, *_differences(left, right), *_early(left, right), *apart)
    return pair.report(right.id, planned=len(ids), why=("asked for",), changed="prompt", reasons=reasons)


def _verdict(ids: Sequence[str], old: _Scores, new: _Scores, clusters: Mapping[str, str], max_drop: float) -> Verdict:
    """Let the gate look once. A case that lost its value is not measured, but a pass must hold if it failed."""
    verdict = _looked(ids, old, new, clusters, max_drop)
    holes = [i for i in ids if new[i] is None and passed(old[i])]
    if not holes or verdict.name != "pass":
        return verdict
    if _looked(ids, old, {**new, **dict.fromkeys(holes, 0.0)}, clusters, max_drop).name == "pass":
        return verdict
    why = f"{len(holes)} cases that passed in the old run have no value in the new one; no drop is ruled out for them."
    return Verdict(verdict.gate, "inconclusive", (verdict.told[0], Reason("lost_values", why)), verdict.numbers)


def _looked(ids: Sequence[str], old: _Scores, new: _Scores, clusters: Mapping[str, str], max_drop: float) -> Verdict:
    order = sorted(ids, key=lambda i: clusters.get(i, ""))  # the cases of one cluster must stand together
    both = [(passed(old[i]), passed(new[i])) for i in order]
    kind = Kind(clusters=tuple(clusters.get(i) for i in order))
    gate = Gate(len(order), kind, detect=max_drop, looks=1)
    if order:
        gate.look([None if a is None or b is None else float(b) - float(a) for a, b in both])
    return gate.verdict()


def _differs(name: str, left: PromptReport, right: PromptReport) -> bool:
    return bool(left.measure and right.measure) and left.measure.get(name) != right.measure.get(name)


def _differences(left: PromptReport, right: PromptReport) -> tuple[str, ...]:
    """Say what else than the prompt differs: it is part of what the verdict is about."""
    if not left.measure or not right.measure:
        return ("The reports do not say how both were measured, so nothing shows that they can be compared.",)
    told = []
    for name, said in _COMPARED.items():
        if _differs(name, left, right):
            old, new = (one_line(str(p.measure.get(name)), limit=60) for p in (left, right))
            told.append(f"{said} ({old} to {new})" if name in _NAMED else said)
    return (f"Not only the prompt may differ: {', '.join(told)}.",) if told else ()


def _early(left: PromptReport, right: PromptReport) -> tuple[str, ...]:
    """Say which side was decided before all of its cases were run: those that were are not all there is."""
    return tuple(
        f"The {name} side is an early-stopped run of {p.cases} of {p.planned_cases} cases."
        for name, p in (("old", left), ("new", right))
        if p.cases < p.planned_cases
    )
