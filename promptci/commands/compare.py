"""`promptci compare A B`: two earlier runs, case by case, with the gate's verdict; nothing is asked of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from promptci.core import Reason
from promptci.decide.gate import Gate, Kind
from promptci.decide.paired import passed
from promptci.decide.verdict import Verdict
from promptci.errors import DataError, PromptciError
from promptci.measure.describe import Figures, Subject, described
from promptci.project.project import locate
from promptci.report.base import PromptReport, Report
from promptci.report.read import read
from promptci.untrusted import one_line

# What makes values of two runs mean different things; everything else that differs is part of what is compared.
_YARDSTICK = {"cases": "eval set", "metric": "metric", "judge": "judge"}
_COMPARED = {
    "model": "model",
    "answered": "model that answered",
    "parameters": "model parameters",
    "repeats": "number of answers per case",
}
_NAMED = ("model", "answered", "repeats")  # the others are hashes


@dataclass(frozen=True, slots=True)
class Terms:
    """What a comparison tolerates, what a pass rules out beyond it, and how often it may be wrong; shares."""

    max_drop: float = 0.0
    detect: float = 0.05
    alpha: float = 0.05


def terms_at_hand() -> dict[str, Terms]:
    """Return what the settings at hand say of each prompt's drop; nothing where there are none that can be read."""
    try:
        prompts = locate(None, Path()).config.prompts
    except PromptciError:
        return {}
    return {p.id: Terms(max_drop=p.gate.max_drop, detect=p.gate.detect) for p in prompts}


def compare(a: Path, b: Path, *, terms: Mapping[str, Terms] | None = None) -> Report:
    """Compare the prompts that both runs measured, on the cases that both have; `a` is the old side.

    `terms` are those of prompts, by id; the usual ones hold where it has none.
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
        prompts=tuple(compared(left, right, (terms or {}).get(right.id, Terms())) for left, right in both),
        commit=new.commit,
        base=old.commit,
        base_how="the older run",
        models=tuple(sorted({*old.models, *new.models})),
        offline=old.offline or new.offline,
    )


def compared(left: PromptReport, right: PromptReport, terms: Terms) -> PromptReport:
    """Compare one prompt on the cases that both reports have; `left` is the old side."""
    ids = tuple(i for i in right.values if i in left.values)
    verdict = _verdict(ids, left, right, terms)
    other = [said for name, said in _YARDSTICK.items() if _differs(name, left, right)]
    if other and verdict.name != "unmeasured":
        why = f"The two cannot be compared: another {' and another '.join(other)} measured the new one."
        told = verdict.told[0], Reason("not_comparable", why)
        verdict = Verdict(verdict.gate, "inconclusive", told, verdict.numbers)
    only = len(left.values.keys() ^ right.values.keys())
    cases = "1 case is" if only == 1 else f"{only} cases are"
    apart = (Reason("cases_apart", f"{cases} in one of the two only and left out."),) if only else ()
    reasons = (*verdict.told, *_differences(left, right), *_early(left, right), *apart)
    subject = Subject(right.id, ("named on the command line",), "prompt", right.file)
    return described(subject, verdict.name, reasons, figures=_figures(ids, left, right, verdict), gates=[verdict])


def _figures(ids: Sequence[str], left: PromptReport, right: PromptReport, verdict: Verdict) -> Figures:
    both = [(i, a, b) for i in ids if (a := left.values[i]) is not None and (b := right.values[i]) is not None]
    before, after = (fmean(v) if v else None for v in ([a for _, a, _ in both], [b for _, _, b in both]))
    numbers = verdict.numbers
    return Figures(
        cases=len(ids),
        planned_cases=len(ids),
        unmeasured=len(ids) - len(both),
        score=after,
        baseline_score=before,
        delta=None if before is None or after is None else after - before,
        ci=(numbers["low"], numbers["high"]) if "low" in numbers else None,
        newly_failing=tuple(i for i, a, b in both if passed(a) and not passed(b)),
        newly_passing=tuple(i for i, a, b in both if passed(b) and not passed(a)),
        detectable_drop=numbers.get("detectable_drop"),
        values={i: right.values[i] for i in ids},
    )


def _verdict(ids: Sequence[str], old: PromptReport, new: PromptReport, terms: Terms) -> Verdict:
    """Let the gate look once; a case that lost its value is not measured, and a pass must hold if it failed."""
    clusters = {**old.clusters, **new.clusters}
    order = sorted(ids, key=lambda i: clusters.get(i, ""))  # the cases of one cluster must stand together
    both = [(old.values[i], new.values[i]) for i in order]
    gaps = [None if a is None or b is None else b - a for a, b in both]
    whole = all(gap in (None, -1.0, 0.0, 1.0) for gap in gaps)
    # Reports have a mean for each case: without its single answers a fraction can only be tested as a grade.
    kind = Kind(graded=not whole, clusters=tuple(clusters.get(i) for i in order))
    gate = Gate(len(order), kind, alpha=terms.alpha, max_drop=terms.max_drop, detect=terms.detect, looks=1)
    if order:
        gate.look(gaps, [n for n, (a, b) in enumerate(both) if b is None and passed(a)])
    return gate.verdict()


def _differs(name: str, left: PromptReport, right: PromptReport) -> bool:
    return bool(left.measure and right.measure) and left.measure.get(name) != right.measure.get(name)


def _differences(left: PromptReport, right: PromptReport) -> tuple[Reason, ...]:
    """Say what else than the prompt differs: it is part of what the verdict is about."""
    if not left.measure or not right.measure:
        said = "The reports do not say how both were measured, so nothing shows that they can be compared."
        return (Reason("measure_unknown", said),)
    told = []
    for name, said in _COMPARED.items():
        if _differs(name, left, right):
            old, new = (one_line(str(p.measure.get(name)), limit=60) for p in (left, right))
            told.append(f"{said} ({old} to {new})" if name in _NAMED else said)
    return (Reason("more_differs", f"Not only the prompt may differ: {', '.join(told)}."),) if told else ()


def _early(left: PromptReport, right: PromptReport) -> tuple[Reason, ...]:
    """Say which side was decided before all of its cases were run: those that were are not all there is."""
    return tuple(
        Reason("early", f"The {name} side is an early-stopped run of {p.cases} of {p.planned_cases} cases.")
        for name, p in (("old", left), ("new", right))
        if p.cases < p.planned_cases
    )
