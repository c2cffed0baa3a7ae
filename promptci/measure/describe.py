"""The one maker of a prompt's report: what it is about, what was measured, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from promptci.core import Case, Reason, VerdictName, digest
from promptci.decide.interval import CONFIDENCE
from promptci.decide.paired import passed
from promptci.decide.verdict import Verdict
from promptci.measure.details import details, those_of, values_of
from promptci.measure.pair import Pair
from promptci.measure.shares import of_metrics, of_tags
from promptci.metrics.expected import answers
from promptci.project.side import Side
from promptci.prompts.render import input_of
from promptci.report.base import BaseUsed, CaseDetail, GateReport, Part, PromptReport, Share, clipped
from promptci.run.arm import Arm
from promptci.run.values import Values, mean

if TYPE_CHECKING:
    from promptci.report.searched import Search


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is about: the prompt, why it was measured, and what it was compared with."""

    id: str
    why: tuple[str, ...]
    changed: str
    file: str | None = None
    base: BaseUsed | None = None
    prompt_diff: str = ""
    line: int | None = None
    warnings: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured, as `PromptReport` has it; nothing for a prompt that was not asked."""

    cases: int = 0
    planned_cases: int = 0
    unmeasured: int = 0
    score: float | None = None
    baseline_score: float | None = None
    delta: float | None = None
    ci: tuple[float, float] | None = None
    newly_failing: tuple[str, ...] = ()
    newly_passing: tuple[str, ...] = ()
    detectable_drop: float | None = None
    flaky: tuple[str, ...] = ()
    values: Mapping[str, float | None] = field(default_factory=dict)
    measure: Mapping[str, str | None] = field(default_factory=dict)
    clusters: Mapping[str, str] = field(default_factory=dict)
    passed_of: tuple[int, int] | None = None
    baseline_passed_of: tuple[int, int] | None = None
    answers: int = 1
    cases_detail: Sequence[CaseDetail] = ()
    ci_level: float = CONFIDENCE
    slices: tuple[Share, ...] = ()
    metrics: tuple[Share, ...] = ()


def described(
    subject: Subject,
    verdict: VerdictName,
    reasons: Iterable[Reason],
    *,
    figures: Figures | None = None,
    gates: Sequence[Verdict] = (),
    search: Search | None = None,
) -> PromptReport:
    """Return the report of one prompt."""
    found = figures or Figures()
    told = tuple(GateReport(g.gate, g.name, g.told, g.numbers) for g in gates)
    fields = {name: getattr(found, name) for name in Figures.__slots__}
    own = {name: getattr(subject, name) for name in Subject.__slots__}
    return PromptReport(verdict=verdict, reasons=tuple(reasons), gates=told, search=search, **own, **fields)


def of_pair(pair: Pair, numbers: Mapping[str, float], gates: Mapping[str, str]) -> Figures:
    """Return the figures of a comparison. `numbers` are the drop's own; `gates` name, by case, a gate it alone failed.

    The drop's numbers have the interval (`low`, `high`) and `detectable_drop`.
    """
    old, ran = pair.old.values, pair.ran
    before, after = pair.scores()
    low, high = numbers.get("low"), numbers.get("high")
    gaps = pair.gaps(ran)
    both = [case for case, gap in zip(ran, gaps, strict=True) if gap is not None]  # what the scores are means over
    figures = of_arm(pair.new, ran, planned=len(pair.order))
    return replace(
        figures,
        unmeasured=gaps.count(None),
        score=after,
        baseline_score=before,
        delta=None if before is None or after is None else after - before,
        ci=None if low is None or high is None else (low, high),
        newly_failing=pair.moved(to=False),
        newly_passing=pair.moved(to=True),
        detectable_drop=numbers.get("detectable_drop"),
        passed_of=_passed_of(pair.new.values, both, pair.graded),
        baseline_passed_of=_passed_of(old, both, pair.graded),
        cases_detail=_details(pair.new, pair.old, ran, gates),
        slices=of_tags(pair),
        metrics=of_metrics(pair),
    )


def of_arm(arm: Arm, ran: Sequence[Case], *, planned: int, gates: Mapping[str, str] | None = None) -> Figures:
    """Return the figures of one arm alone; `gates` as in `of_pair`."""
    values, cases = arm.values, arm.side.cases
    known = values_of(those_of(cases, ran), values)
    found = asdict(replace(arm.side.measure(values.answered), repeats=values.repeats))
    return Figures(
        cases=len(ran),
        planned_cases=planned,
        unmeasured=sum(value is None for value in known.values()),
        score=mean(known),
        flaky=values.flaky,
        values=known,
        measure={name: None if value is None else str(value) for name, value in found.items()},
        clusters={c.id: c.cluster for c in cases if c.cluster is not None and c.id in values.by_case},
        passed_of=_passed_of(values, ran, arm.side.grading.combined.graded),
        answers=values.repeats,
        cases_detail=_details(arm, None, ran, gates or {}),
    )


def _passed_of(values: Values, cases: Sequence[Case], graded: bool) -> tuple[int, int] | None:
    if graded:
        return None
    passes = measured = 0
    for case in cases:
        value = values.by_case.get(case.id)
        passes, measured = passes + bool(passed(value)), measured + (value is not None)
    return passes, measured


def _details(new: Arm, old: Arm | None, ran: Sequence[Case], gates: Mapping[str, str]) -> Sequence[CaseDetail]:
    return details(those_of(new.side.cases, ran), partial(_detail, new=new, old=old, gates=gates))


def _detail(case: Case, new: Arm, old: Arm | None, gates: Mapping[str, str]) -> CaseDetail:
    value, reason = new.values.by_case.get(case.id), new.values.reasons.get(case.id)
    before = None if old is None else old.values.by_case.get(case.id)
    return CaseDetail(
        id=case.id,
        input=clipped(input_of(case.vars)) if case.vars else clipped(" ".join(m.content for m in case.messages)),
        digest=digest([dict(case.vars), [m.content for m in case.messages]])[:16],
        expected=None if case.expected is None else clipped(expected_text(case)),
        old=None if old is None else old.values.answers.get(case.id),
        new=new.values.answers.get(case.id),
        old_value=before,
        new_value=value,
        old_passes=passed(before),
        new_passes=passed(value),
        reason=reason.text if reason else None,
        gate=gates.get(case.id),
        parts=_parts(case, new, old),
        tags=case.tags,
        cached=case.id in new.values.stored,
        old_trace=() if old is None else old.values.traces.get(case.id, ()),
        new_trace=new.values.traces.get(case.id, ()),
    )


def _parts(case: Case, new: Arm, old: Arm | None) -> tuple[Part, ...]:
    before = {p.name: p.value for p in old.values.parts.get(case.id, ())} if old else {}
    return tuple(Part(p.name, before.get(p.name), p.value) for p in new.values.parts.get(case.id, ()))


def expected_text(case: Case) -> str:
    """Return the expected answer as people read it: accepted answers with bars between them."""
    return " | ".join(answers(case))


def subject_of(side: Side, why: tuple[str, ...], changed: str) -> Subject:
    """Return what a report of this side is about."""
    return Subject(side.settings.id, why, changed, file=side.settings.file)
