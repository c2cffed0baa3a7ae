"""Two sides of one prompt on the same cases: their values, how they differ, and the report of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from promptci.core import Outcome, Reason
from promptci.decide.interval import CONFIDENCE, gain_interval, mean_interval
from promptci.decide.paired import Change, count, differences, passed
from promptci.decide.repeats import flaky
from promptci.decide.verdict import Verdict, combined
from promptci.records.baseline import Baseline
from promptci.report.base import PromptReport
from promptci.scoring import unusable
from promptci.untrusted import one_line

NOT_JUDGED = Reason("not_judged", "not judged")


@dataclass(slots=True)
class Values:
    """What one side scored so far: a case's value is the mean of its judged repeats, None when none was judged.

    `samples` has every repeat, `reasons` say why a case has no value, `stored` are the cases whose answer an earlier
    run paid for, `models` the names of those that answered and judged, `lengths` the mean characters of a case's
    answers, `unusable` the cases without a value that the model refused, left empty or did not finish at least once.
    `stripped` are the cases by what was taken off their replies, `failing` those by the metric, of several, that was
    not content.
    """

    by_case: dict[str, float | None] = field(default_factory=dict)
    samples: dict[str, tuple[float | None, ...]] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    lengths: dict[str, float] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    models: set[str] = field(default_factory=set)
    unusable: set[str] = field(default_factory=set)
    stripped: dict[str, set[str]] = field(default_factory=dict)
    failing: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, accepted: Baseline | None) -> Values:
        """Return stored outcomes as values; cases that could not be judged then are not among them."""
        if accepted is None:
            return cls()
        known: dict[str, float | None] = {i: v for i, v in accepted.values.items() if v is not None}
        return cls(known, stored=set(known), models=set(accepted.measure.answered.split(", ")) - {""})

    def take(self, repeats: Sequence[Outcome]) -> None:
        """Add all repeats of one case."""
        case_id = repeats[0].case_id
        self.samples[case_id] = tuple(o.score.value for o in repeats)
        judged = [v for v in self.samples[case_id] if v is not None]
        self.by_case[case_id] = fmean(judged) if judged else None
        outputs = [len(o.output) for o in repeats if o.output is not None]
        if outputs:
            self.lengths[case_id] = fmean(outputs)
        if not judged:
            self.reasons[case_id] = repeats[0].score.reason or NOT_JUDGED
            self.unusable.update(o.case_id for o in repeats if unusable(o))
        if any(o.stored for o in repeats):
            self.stored.add(case_id)
        self.models.update(_answerer(o) for o in repeats if o.model and o.score.value is not None)
        for outcome in repeats:
            for name in outcome.stripped:
                self.stripped.setdefault(name, set()).add(case_id)
            for part in outcome.parts if len(outcome.parts) > 1 else ():
                if part.value is not None and part.value < 1:
                    self.failing.setdefault(part.name, set()).add(case_id)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What people should know about the answers: what was taken off them, and which of several metrics failed."""
        count = len(self.by_case)
        off = [f"{name} was taken off {len(ids)} of {count} answers" for name, ids in self.stripped.items()]
        missed = [f"{one_line(name)} in {len(ids)}" for name, ids in self.failing.items()]
        found = [f"Before grading, {'; '.join(map(one_line, off))}."] if off else []
        return (*found, *([f"Metrics that were not content, of {count} cases: {', '.join(missed)}."] if missed else []))

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
        """The cases whose repeats disagree, sorted."""
        return flaky(self.samples)


@dataclass(frozen=True, slots=True)
class Pair:
    """Both sides on the cases `ids` that were run, in the order of the eval set, and what each gate says.

    `note` says what happened on the way that people should know, if anything did.
    """

    ids: tuple[str, ...]
    old: Values
    new: Values
    gates: tuple[Verdict, ...]
    note: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The gravest of the gates' verdicts, with the reasons of each."""
        return self.gates[0] if len(self.gates) == 1 else combined(self.gates)

    def both(self) -> tuple[list[float | None], list[float | None]]:
        """The values of each side, in the order of `ids`."""
        return [self.old.by_case[i] for i in self.ids], [self.new.by_case[i] for i in self.ids]

    def change(self) -> Change:
        """How the cases moved."""
        return count(*self.both())

    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean difference; for pass or fail values by the paired score method."""
        gaps = differences(*self.both())
        graded = any(gap not in (-1.0, 0.0, 1.0) for gap in gaps)
        return mean_interval(gaps) if graded else gain_interval(self.change())

    def moved(self, *, to: bool) -> tuple[str, ...]:
        """Ids of the cases that newly pass (`to` True) or newly fail."""
        before, after = self.both()
        return tuple(
            i
            for i, a, b in zip(self.ids, before, after, strict=True)
            if a is not None and b is not None and passed(a) != passed(b) and passed(b) == to
        )

    def scores(self) -> tuple[float | None, float | None]:
        """The mean of each side over the cases judged on both."""
        judged = [(a, b) for a, b in zip(*self.both(), strict=True) if a is not None and b is not None]
        if not judged:
            return None, None
        return fmean(a for a, _ in judged), fmean(b for _, b in judged)

    def report(
        self,
        prompt_id: str,
        *,
        planned: int,
        why: tuple[str, ...],
        changed: str,
        reasons: tuple[str, ...],
        file: str | None = None,
        measure: Mapping[str, str | None] | None = None,
        clusters: Mapping[str, str] | None = None,
    ) -> PromptReport:
        """Return the report of this comparison; `planned` is the number of cases that could have been run."""
        change, (before, after) = self.change(), self.scores()
        return PromptReport(
            id=prompt_id,
            verdict=self.verdict.name,
            reasons=reasons,
            cases=change.cases,
            planned_cases=planned,
            unmeasured=change.unmeasured,
            score=after,
            baseline_score=before,
            delta=None if before is None or after is None else after - before,
            ci=self.interval(),
            newly_failing=self.moved(to=False),
            newly_passing=self.moved(to=True),
            why=why,
            changed=changed,
            detectable_drop=self.gates[0].numbers.get("detectable_drop"),
            flaky=self.new.flaky,
            file=file,
            ci_level=CONFIDENCE,
            measure=measure or {},
            values={i: self.new.by_case[i] for i in self.ids},
            clusters={i: name for i, name in (clusters or {}).items() if i in self.new.by_case},
        )


def _answerer(outcome: Outcome) -> str:
    return f"{outcome.model} judged by {outcome.judge}" if outcome.judge else outcome.model


def mean(values: Mapping[str, float | None]) -> float | None:
    """Return the mean of the judged values; None when none was judged."""
    judged = [v for v in values.values() if v is not None]
    return fmean(judged) if judged else None
