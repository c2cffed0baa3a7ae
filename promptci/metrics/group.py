"""Several metrics as one: right when enough of their weight holds (promptfoo's `assert-set` with a threshold)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from promptci.core import Case, digest
from promptci.metrics.base import Answer, Grade, Needs, Question, QuestioningMetric, needs_of, unknown, wrong
from promptci.metrics.combined import Weighted, refuse_part
from promptci.models.base import Reply
from promptci.options import Range

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Group:
    """Of several `metrics` so much holds, by weight, that their mean is `at_least` that much; else the answer is wrong.

    Each of `metrics` is written as under `metrics` of a prompt, with its own `weight`, `pass_mark` and `not`. One that
    could not be measured matters only where it could turn the outcome.
    """

    metrics: tuple[Weighted, ...]
    at_least: Annotated[float, Range(0, 1, above=True)] = 1.0

    graded: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse a group that nothing decides."""
        if not any(part.weight > 0 for part in self.metrics):
            raise ValueError("'metrics' must be a list with a metric of a weight above 0")

    @property
    def version(self) -> str:
        """The rule with those of its metrics."""
        return f"group/1 at_least={self.at_least:g} {digest([part.version for part in self.metrics])[:16]}"

    @property
    def needs(self) -> Needs:
        """What any of its metrics needs."""
        found = Needs()
        for part in self.metrics:
            found |= needs_of(part.metric)
        return found

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for cases that one of the metrics could never grade."""
        for part in self.metrics:
            refuse_part(part, cases, place)

    def questions(self, case: Case, answer: Answer) -> tuple[Question, ...]:
        """Return what its metrics ask, in their order."""
        return tuple(question for part in self.metrics for question in part.questions(case, answer))

    def read(self, case: Case, answer: Answer, replies: Sequence[Reply]) -> Grade:
        """Return 1 or 0 by the weighted mean; unmeasured where what is unmeasured would decide."""
        grades, at = [], 0
        for part in self.metrics:
            count = len(part.questions(case, answer))
            if count and isinstance(part.metric, QuestioningMetric):
                grade = part.settled(part.metric.read(case, answer, replies[at : at + count]))
            else:
                grade = part.direct(case, answer) or unknown("not_asked", "nobody was asked")
            grades.append(grade)
            at += count
        return self._settled(grades)

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text, None when it cannot be told without asking a model."""
        answer = Answer(output, output)
        return None if self.questions(case, answer) else self.read(case, answer, ()).value

    def _settled(self, grades: Sequence[Grade]) -> Grade:
        total = sum(part.weight for part in self.metrics)
        sure = sum(p.weight * (g.value or 0.0) for p, g in zip(self.metrics, grades, strict=True)) / total
        open_ = sum(p.weight for p, g in zip(self.metrics, grades, strict=True) if g.value is None) / total
        if sure >= self.at_least - _ROUNDING:
            return Grade(1.0)
        if open_ and sure + open_ >= self.at_least - _ROUNDING:
            return next(g for p, g in zip(self.metrics, grades, strict=True) if g.value is None and p.weight > 0)
        missed = [p.name for p, g in zip(self.metrics, grades, strict=True) if g.value is not None and g.value < 1]
        return wrong(f"{sure:.2f} of {self.at_least:g} holds; not content: {', '.join(missed)}")
