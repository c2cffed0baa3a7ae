"""`promptci compare A B`: two earlier runs, case by case, with the gate's verdict; nothing is asked of a model."""

from __future__ import annotations

from pathlib import Path

from promptci.decide.gate import Gate
from promptci.decide.paired import count
from promptci.errors import DataError
from promptci.report.base import PromptReport, Report
from promptci.report.read import read
from promptci.workflow.comparison import Pair, Values


def compare(a: Path, b: Path, *, max_drop: float = 0.05) -> Report:
    """Compare the prompts that both runs measured, on the cases that both have; `a` is the old side.

    `a` and `b` are report files, or directories of runs. The cases are all there, so the gate looks once. Raises
    DataError for a file that is no report, and when there is nothing that both measured.
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
    old, new = Values(dict(left.values)), Values(dict(right.values))
    gate = Gate(len(ids), max_drop=max_drop, looks=1)
    change = count([left.values[i] for i in ids], [right.values[i] for i in ids])
    if ids:
        gate.look(change.losses, change.wins, len(ids), change.unmeasured)
    pair = Pair(ids, old, new, (gate.verdict(),))
    only = len(left.values.keys() ^ right.values.keys())
    apart = (f"{only} cases are in one of the two only and were left out.",) if only else ()
    reasons = (*pair.verdict.reasons, *apart)
    return pair.report(right.id, planned=len(ids), why=("asked for",), changed="prompt", reasons=reasons)
