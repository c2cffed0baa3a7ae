"""What one arm of a prompt has scored so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, MutableSet, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from promptci import shelf
from promptci.core import Outcome, PartScore, Reason
from promptci.decide.paired import passed
from promptci.decide.repeats import flaky
from promptci.records.baseline import Baseline
from promptci.records.traces import Trace, bounded
from promptci.report.base import clipped
from promptci.run.many import Column, Marks, Numbers, Rows
from promptci.scoring import unusable
from promptci.untrusted import one_line

JUDGED = " judged by "  # between a model that answered and the one that graded it
NOT_JUDGED = Reason("not_judged", "not judged")


@dataclass(slots=True)
class Values:
    """What one arm scored so far: a case's value is the mean of its measured answers, None when none was measured.

    `samples` has the value of every answer, `reasons` say why a case has no value, `stored` are the cases whose answer
    an earlier run paid for, `models` the names of those that answered and judged, `lengths` the mean characters of a
    case's answers, `unusable` the cases without a value that the model refused, left empty or did not finish at least
    once. `answers`, `parts` and `traces` are, for people, the answer whose value is the worst, cut to what a report
    keeps, what each metric said of it, and the tools that it called; `stripped` are the cases by what was taken off
    their replies before they were graded, `failing` those by the metric, of several, that was not content. `costs` are
    the US dollars of a case's answers in the mean, `tokens` those of its prompt and of its answers (0 where the server
    does not say), `latencies` the seconds of those that were sent for. What is known of many cases is put
    away on a shelf.
    """

    by_case: MutableMapping[str, float | None] = field(default_factory=dict)
    samples: MutableMapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    reasons: MutableMapping[str, Reason] = field(default_factory=dict)
    lengths: MutableMapping[str, float] = field(default_factory=dict)
    stored: MutableSet[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    unusable: MutableSet[str] = field(default_factory=set)
    answers: MutableMapping[str, str] = field(default_factory=dict)
    parts: MutableMapping[str, tuple[PartScore, ...]] = field(default_factory=dict)
    stripped: dict[str, MutableSet[str]] = field(default_factory=dict)
    failing: dict[str, MutableSet[str]] = field(default_factory=dict)
    traces: MutableMapping[str, Trace] = field(default_factory=dict)
    costs: MutableMapping[str, float] = field(default_factory=dict)
    tokens: MutableMapping[str, tuple[float, float]] = field(default_factory=dict)
    latencies: MutableMapping[str, float] = field(default_factory=dict)
    _rows: Rows | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, accepted: Baseline | None) -> Values:
        """Return stored outcomes as values; cases that could not be measured then are not among them."""
        if accepted is None:
            return cls()
        known: dict[str, float | None] = {i: v for i, v in accepted.values.items() if v is not None}
        samples = {i: accepted.samples[i] for i in known}
        models = set(accepted.measure.answered.split(", ")) - {""}
        return cls(known, samples, stored=set(known), models=models)

    def take(self, repeats: Sequence[Outcome]) -> None:
        """Add all answers of one case."""
        if self._rows is None and len(self.by_case) >= shelf.MANY:
            self._put_away()
        case_id, values = repeats[0].case_id, tuple(o.score.value for o in repeats)
        judged = [v for v in values if v is not None]
        reason = None if judged else repeats[0].score.reason or NOT_JUDGED
        told = [o for o in repeats if o.output is not None]
        self._keep(case_id, (values, reason, *(_told(told) if told else _UNTOLD)))
        self.by_case[case_id] = fmean(judged) if judged else None
        if told:
            self._mark(case_id, repeats)
        if not judged and any(map(unusable, repeats)):
            self.unusable.add(case_id)
        if any(o.stored for o in repeats):
            self.stored.add(case_id)
        self.models.update(_answerer(o) for o in repeats if o.model and o.score.value is not None)

    def _keep(self, case_id: str, row: Sequence[Any]) -> None:
        if self._rows is not None:
            self._rows.put(case_id, row)
            return
        for name, value in zip(_COLUMNS, row, strict=True):
            if value is not None:
                getattr(self, name)[case_id] = value

    def _mark(self, case_id: str, repeats: Sequence[Outcome]) -> None:
        for outcome in repeats:
            for name in outcome.stripped:
                self._marks(self.stripped, name).add(case_id)
            for part in outcome.parts if len(outcome.parts) > 1 else ():
                if part.value is not None and part.value < 1:
                    self._marks(self.failing, part.name).add(case_id)

    def _marks(self, by_name: dict[str, MutableSet[str]], name: str) -> MutableSet[str]:
        if name not in by_name:
            by_name[name] = set() if self._rows is None else Marks(self._rows)
        return by_name[name]

    def _put_away(self) -> None:
        """Move what is known to a shelf: so many cases as objects would take more memory than there is."""
        rows = self._rows = Rows(_COLUMNS)
        for case_id in dict.fromkeys((*self.samples, *self.by_case)):
            rows.put(case_id, [getattr(self, name).get(case_id) for name in _COLUMNS])
        for name in _COLUMNS:
            setattr(self, name, Column(rows, name))
        numbers = Numbers(rows)
        numbers.update(self.by_case)
        self.by_case = numbers
        self.stored, self.unusable = _marked(rows, self.stored), _marked(rows, self.unusable)
        for by_name in (self.stripped, self.failing):
            by_name.update({name: _marked(rows, ids) for name, ids in by_name.items()})

    def show_also(self, fresh: Values) -> None:
        """Take over, for people, fresh answers to cases of which only the value was stored, where that is the same."""
        for case_id, text in fresh.answers.items():
            if case_id not in self.answers and passed(fresh.by_case[case_id]) == passed(self.by_case.get(case_id)):
                self.answers[case_id] = text
                self.parts[case_id] = fresh.parts.get(case_id, ())
                self.traces[case_id] = fresh.traces.get(case_id, ())

    @property
    def remarks(self) -> tuple[Reason, ...]:
        """What people should know about the answers: what was taken off them, and which of several metrics failed."""
        count = len(self.by_case)
        off = [f"{name} was taken off {len(ids)} of {count} answers" for name, ids in self.stripped.items()]
        missed = [f"{one_line(name)} in {len(ids)}" for name, ids in self.failing.items()]
        cases = "1 case" if count == 1 else f"{count} cases"
        said = f"Metrics that were not content, of {cases}: {', '.join(missed)}."
        found = [Reason("stripped", f"Before grading, {'; '.join(map(one_line, off))}.")] if off else []
        return (*found, *([Reason("metrics_failing", said)] if missed else []))

    @property
    def answered(self) -> str:
        """Who answered, and judged, as one text."""
        return ", ".join(sorted(self.models))

    @property
    def repeats(self) -> int:
        """The most answers that a case has."""
        return max((len(values) for values in self.samples.values()), default=1)

    @property
    def flaky(self) -> tuple[str, ...]:
        """The cases whose answers disagree, sorted."""
        return flaky(self.samples)


_COLUMNS = ("samples", "reasons", "lengths", "costs", "tokens", "latencies", "answers", "traces", "parts")
_UNTOLD = (None,) * 7


def _told(told: Sequence[Outcome]) -> tuple[Any, ...]:
    """What is known of answers that have a text, from `lengths` on in the order of the columns."""
    sent = [o.latency_s for o in told if o.latency_s is not None]
    worst = min(told, key=lambda o: -1.0 if o.score.value is None else o.score.value)
    return (
        fmean([len(o.output or "") for o in told]),
        fmean([o.cost_usd for o in told]),
        (fmean([o.read for o in told]), fmean([o.written for o in told])),
        fmean(sent) if sent else None,
        clipped(worst.output or ""),
        bounded(worst.calls) if worst.calls else None,
        worst.parts or None,
    )


def _marked(rows: Rows, ids: Iterable[str]) -> Marks:
    marks = Marks(rows)
    for case_id in ids:
        marks.add(case_id)
    return marks


def _answerer(outcome: Outcome) -> str:
    return f"{outcome.model}{JUDGED}{outcome.judge}" if outcome.judge else outcome.model


def mean(values: Mapping[str, float | None]) -> float | None:
    """Return the mean of the measured values; None when none was measured."""
    judged = [v for v in values.values() if v is not None]
    return fmean(judged) if judged else None
