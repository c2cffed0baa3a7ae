"""What one arm of a prompt has scored so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from promptci.core import Outcome, PartScore, Reason
from promptci.decide.paired import passed
from promptci.decide.repeats import flaky
from promptci.records.baseline import Baseline
from promptci.records.traces import Trace, bounded
from promptci.report.base import clipped
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
    does not say), `latencies` the seconds of those that were sent for.
    """

    by_case: dict[str, float | None] = field(default_factory=dict)
    samples: dict[str, tuple[float | None, ...]] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    lengths: dict[str, float] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    unusable: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(default_factory=dict)
    parts: dict[str, tuple[PartScore, ...]] = field(default_factory=dict)
    stripped: dict[str, set[str]] = field(default_factory=dict)
    failing: dict[str, set[str]] = field(default_factory=dict)
    traces: dict[str, Trace] = field(default_factory=dict)
    costs: dict[str, float] = field(default_factory=dict)
    tokens: dict[str, tuple[float, float]] = field(default_factory=dict)
    latencies: dict[str, float] = field(default_factory=dict)

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
        case_id = repeats[0].case_id
        self.samples[case_id] = tuple(o.score.value for o in repeats)
        judged = [v for v in self.samples[case_id] if v is not None]
        self.by_case[case_id] = fmean(judged) if judged else None
        self._show(case_id, repeats)
        if not judged:
            self.reasons[case_id] = repeats[0].score.reason or NOT_JUDGED
            self.unusable.update(o.case_id for o in repeats if unusable(o))
        if any(o.stored for o in repeats):
            self.stored.add(case_id)
        self.models.update(_answerer(o) for o in repeats if o.model and o.score.value is not None)

    def _show(self, case_id: str, repeats: Sequence[Outcome]) -> None:
        told = [o for o in repeats if o.output is not None]
        if not told:
            return
        self.lengths[case_id] = fmean([len(o.output or "") for o in told])
        self.costs[case_id] = fmean([o.cost_usd for o in told])
        self.tokens[case_id] = fmean([o.read for o in told]), fmean([o.written for o in told])
        if sent := [o.latency_s for o in told if o.latency_s is not None]:
            self.latencies[case_id] = fmean(sent)
        worst = min(told, key=lambda o: -1.0 if o.score.value is None else o.score.value)
        self.answers[case_id] = clipped(worst.output or "")
        if worst.calls:
            self.traces[case_id] = bounded(worst.calls)
        if worst.parts:
            self.parts[case_id] = worst.parts
        for outcome in repeats:
            for name in outcome.stripped:
                self.stripped.setdefault(name, set()).add(case_id)
            for part in outcome.parts if len(outcome.parts) > 1 else ():
                if part.value is not None and part.value < 1:
                    self.failing.setdefault(part.name, set()).add(case_id)

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


def _answerer(outcome: Outcome) -> str:
    return f"{outcome.model}{JUDGED}{outcome.judge}" if outcome.judge else outcome.model


def mean(values: Mapping[str, float | None]) -> float | None:
    """Return the mean of the measured values; None when none was measured."""
    judged = [v for v in values.values() if v is not None]
    return fmean(judged) if judged else None
