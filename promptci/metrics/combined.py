"""Several metrics for one case: each may be turned round, weighed and given a pass mark, and rows may bring their own.

Every metric of promptci.yaml ends up in a `Combined`, also when there is one only, so that nothing above this floor
asks which metric it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from promptci.core import Case, PartScore, Reason, digest
from promptci.metrics.base import (
    Answer,
    Choosy,
    Grade,
    GradingMetric,
    Metric,
    Needs,
    Question,
    QuestioningMetric,
    is_graded,
    needs_of,
    wrong,
)
from promptci.metrics.expected import NO_ANSWER_EXPECTED, refuse_unanswered
from promptci.metrics.extras import package
from promptci.options import File

_ROUNDING = 1e-12  # 2 * 1 * 0.6 / 1.6 is a hair below 0.75, which it is
NOT_ASKED = Reason("not_asked", "not asked: another metric failed already")
_NOTHING_DECIDES = Reason("no_metric", "no metric decides: all have weight 0")


@dataclass(frozen=True)
class Weighted:
    """One metric under the options that every metric has.

    `inverted` (`not: true`) turns right into wrong. With a `pass_mark` the value counts as 1 from there on, else as 0.
    `weight` counts in a mean; a weight of 0 shows the metric and lets it decide nothing. `files` are the files that
    its options name, by option.
    """

    metric: Metric
    name: str
    inverted: bool = False
    weight: float = 1.0
    pass_mark: float | None = None
    files: Mapping[str, File] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The metric's own version, then what changes its value."""
        options = (
            f" not={self.inverted}" * self.inverted
            + f" weight={self.weight:g}" * (self.weight != 1)
            + f" pass_mark={self.pass_mark}" * (self.pass_mark is not None)
        )
        return self.metric.version + options

    @property
    def graded(self) -> bool:
        """Whether its values lie between 0 and 1."""
        return self.pass_mark is None and is_graded(self.metric)

    def direct(self, case: Case, answer: Answer) -> Grade | None:
        """Return the grade, or None when a model has to be asked first."""
        if self._asking is not None:
            return None if self.questions(case, answer) else self.settled(self._asking.read(case, answer, ()))
        if self._grading is not None:
            return self.settled(self._grading.grade(case, answer))
        value = self.metric(case, answer.text)
        return self.settled(Grade(value, NO_ANSWER_EXPECTED if value is None else None))

    def questions(self, case: Case, answer: Answer) -> tuple[Question, ...]:
        """Return what a model has to be asked; nothing for a metric that asks none."""
        return () if self._asking is None else self._asking.questions(case, answer)

    @cached_property  # asked once: whether an object has a protocol's methods takes long to say
    def _asking(self) -> QuestioningMetric | None:
        return self.metric if isinstance(self.metric, QuestioningMetric) else None

    @cached_property
    def _grading(self) -> GradingMetric | None:
        return self.metric if isinstance(self.metric, GradingMetric) else None

    def settled(self, grade: Grade) -> Grade:
        """Return the grade under pass mark and `not`."""
        value = grade.value
        if value is None:
            return grade
        if self.pass_mark is not None:
            value = float(value >= self.pass_mark - _ROUNDING)
        if not self.inverted:
            return Grade(value, grade.reason)
        return Grade(1.0) if value == 0 else wrong(f"'{self.name}' must not hold, and does", 1.0 - value)


@dataclass(frozen=True)
class Combined:
    """All metrics of a prompt. `all`: the lowest value counts; `mean`: their weighted mean.

    `rows` are the metrics that single rows bring, by the digest of what the row says; all of them must hold, together
    with the prompt's own. A case that any metric leaves unmeasured is unmeasured, unless another one failed for sure.
    """

    parts: tuple[Weighted, ...]
    combine: Literal["all", "mean"] = "all"
    rows: Mapping[str, tuple[Weighted, ...]] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The one metric's version, or all of them with the way they are combined."""
        own = [part.version for part in self.parts]
        rows = sorted(f"{key}: {part.version}" for key, parts in self.rows.items() for part in parts)
        extra = [f"rows/1 {digest(rows)}"] if rows else []
        if len(own) == 1 and not extra:
            return own[0]
        return f"{self.combine}/1 [" + "; ".join(own + extra) + "]"

    @property
    def needs(self) -> Needs:
        """What any of them needs."""
        found = Needs()
        for part in (*self.parts, *(part for parts in self.rows.values() for part in parts)):
            found |= needs_of(part.metric)
        return found

    @property
    def graded(self) -> bool:
        """Whether values lie between 0 and 1, so that a gate tests their mean."""
        counted = [part for part in self.parts if part.weight > 0]
        return any(part.graded for part in counted) or (self.combine == "mean" and len(counted) > 1)

    def parts_of(self, case: Case) -> tuple[Weighted, ...]:
        """Return the metrics of one case: the prompt's, then its row's own."""
        return (*self.parts, *self.rows.get(row_key(case), ())) if case.asserts else self.parts

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for cases that a metric could never grade, before a call is sent."""
        for part in self.parts:
            refuse_part(part, cases, place)
        for case in cases:
            for part in self.parts_of(case)[len(self.parts) :]:
                refuse_part(part, [case], place)

    def direct(self, case: Case, answer: Answer) -> list[Grade | None]:
        """Return each metric's grade; None where a model has to be asked, which a failure of another one spares."""
        parts = self.parts_of(case)
        found = [part.direct(case, answer) for part in parts]
        if all(grade is not None for grade in found):
            return found
        certain = any(g is not None and g.value == 0 and p.weight > 0 for p, g in zip(parts, found, strict=True))
        spared = certain and (self.combine == "all" or len(parts) > len(self.parts))
        if not (spared and self._decided(case, found)):
            return found
        return [Grade(None, NOT_ASKED) if grade is None else grade for grade in found]

    def total(self, case: Case, grades: Sequence[Grade]) -> Grade:
        """Return the case's grade from its metrics' grades, in the order of `parts_of`."""
        own, extra = grades[: len(self.parts)], grades[len(self.parts) :]
        rows = self.parts_of(case)[len(self.parts) :]
        grade = _mean(self.parts, own) if self.combine == "mean" else _lowest(self.parts, own)
        if not rows:
            return grade
        joined = (Weighted(_Given(), "the prompt's metrics"), *rows) if self.parts else rows
        return _lowest(joined, (grade, *extra) if self.parts else extra)

    def told(self, case: Case, grades: Sequence[Grade]) -> tuple[PartScore, ...]:
        """Return what each metric said, for the report; nothing where there is one that had nothing to say."""
        parts = self.parts_of(case)
        if len(parts) == 1 and grades[0].reason is None:
            return ()
        return tuple(PartScore(p.name, g.value, g.reason) for p, g in zip(parts, grades, strict=True))

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text, None when it cannot be told without asking a model."""
        found = self.direct(case, Answer(output, output))
        grades = [grade for grade in found if grade is not None]
        return self.total(case, grades).value if len(grades) == len(found) else None

    def _decided(self, case: Case, found: Sequence[Grade | None]) -> bool:
        """Whether the value is 0 whatever the models that are still to be asked say."""
        best = [Grade(1.0) if grade is None else grade for grade in found]
        return self.total(case, best).value == 0


@dataclass(frozen=True)
class _Given:
    """Stands for values that are known already."""

    version: str = "given/1"

    def __call__(self, case: Case, output: str) -> float | None:
        del case, output
        return None


def combined(metric: Metric) -> Combined:
    """Return a metric as a `Combined`, whatever it is: alone, under its own name."""
    if isinstance(metric, Combined):
        return metric
    return Combined((Weighted(metric, metric.version.split("/")[0]),))


def differences(old: Combined, new: Combined) -> tuple[str, ...]:
    """Return in words what differs between two revisions' metrics: files alone by their option ("judge prompt")."""
    if old.version == new.version:
        return ()
    before, after = ([(p.metric.version.split("/")[0], p.files) for p in side.parts] for side in (old, new))
    same = [(a, dict.fromkeys(f)) for a, f in before] == [(a, dict.fromkeys(f)) for a, f in after]
    edited = [
        f"{name} {option}"
        for (name, files), (_, others) in zip(before, after, strict=False)
        for option in files
        if same and files[option].text != others[option].text
    ]
    return tuple(dict.fromkeys(edited)) or ("metric",)


def row_key(case: Case) -> str:
    """Return the digest of the metrics that a row brings."""
    return digest([dict(given) for given in case.asserts])


def refuse_part(part: Weighted, cases: Sequence[Case], place: str) -> None:
    """Raise DataError for cases that one metric could never grade, ConfigError for a package that it lacks."""
    for module, extra in getattr(part.metric, "packages", ()):
        package(module, extra, part.name)
    if needs_of(part.metric).expected:
        refuse_unanswered(part.name, cases, place)
    if isinstance(part.metric, Choosy):
        part.metric.refuse(cases, place)


def _lowest(parts: Sequence[Weighted], grades: Sequence[Grade]) -> Grade:
    counted = [g for p, g in zip(parts, grades, strict=True) if p.weight > 0]
    if len(counted) == 1:
        return counted[0]
    failed = next((g for g in counted if g.value == 0), None)
    unknown = next((g for g in counted if g.value is None), None)
    if failed is None and unknown is not None:
        return unknown
    return min(counted, key=lambda g: 1.0 if g.value is None else g.value, default=Grade(None, _NOTHING_DECIDES))


def _mean(parts: Sequence[Weighted], grades: Sequence[Grade]) -> Grade:
    counted = [(p.weight, g) for p, g in zip(parts, grades, strict=True) if p.weight > 0]
    unknown = next((g for _, g in counted if g.value is None), None)
    if unknown is not None or not counted:
        return unknown or Grade(None, _NOTHING_DECIDES)
    total = sum(weight for weight, _ in counted)
    return Grade(min(1.0, sum(weight * (g.value or 0.0) for weight, g in counted) / total))
