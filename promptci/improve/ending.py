"""What a search found, as the report tells it. Test answers of a candidate that was not accepted are told nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from promptci.core import Case, Reason, VerdictName
from promptci.decide.aims import ACCURACY, Aim
from promptci.decide.paired import passed
from promptci.evals.split import Split
from promptci.improve.confirm import Trial
from promptci.improve.telling import Spending, edits_of, headline_of, phases_of, refusals_of, savings_of, tried_of
from promptci.measure.describe import Figures, described, subject_of
from promptci.project.changes import NAMED
from promptci.project.side import Side
from promptci.records.ledger import Question
from promptci.report.base import PromptReport
from promptci.report.patch import patch
from promptci.report.searched import Outcome, Search, Step
from promptci.run.values import Values, mean
from promptci.search.base import Found, Scored

UNHEARD = ("no_reply", "unreadable", "refused")  # the optimizer model said nothing of use: its owner has to act


@dataclass(frozen=True, slots=True)
class Ending:
    """How the search of one prompt ended. `new` is set when there is a text to show: improved, or as a draft.

    `fresh` are the accepted prompt's answers from a rerun of every case, the next baseline. `draft` marks a winner that
    passed the screen but not the test, which its owner wants to see all the same. `before` are questions that the run
    put to the held-out cases before that of `trial`. `spent` says where calls went, `aim` what it was for.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]
    found: Found | None = None
    new: Side | None = None
    trial: Trial | None = None
    fresh: Values | None = None
    draft: bool = False
    before: tuple[Question, ...] = ()
    spent: Spending = field(default_factory=Spending)
    aim: Aim = ACCURACY

    @property
    def proposed(self) -> Side | None:
        """What may become a pull request: a confirmed text, or one that its owner wants as a draft."""
        return self.new if self.outcome == "improved" or self.draft else None


def told_of(old: Side, parts: Split, strategy: str, ending: Ending, *, prefix: str = "") -> PromptReport:
    """Return the report of one prompt. Scores are those of the held-out cases when they confirmed it.

    Else they are the incumbent's on the development cases.
    """
    told = ending.trial if ending.outcome == "improved" or ending.draft else None
    subject = subject_of(old, (NAMED,), "prompt" if ending.new else "nothing")
    figures = _of_trial(old, told) if told else _of_incumbent(old, parts, ending.found)
    search = _search(old, parts, strategy, ending, told, prefix)
    return described(subject, _verdict(ending), ending.reasons, figures=figures, search=search)


def _of_incumbent(old: Side, parts: Split, found: Found | None) -> Figures:
    before = _incumbent(found)
    return Figures(cases=len(parts.development), planned_cases=len(old.cases), score=before, baseline_score=before)


def _of_trial(old: Side, trial: Trial) -> Figures:
    cases = trial.cases
    failing, passing = _moved(cases, trial)
    return Figures(
        cases=len(cases),
        planned_cases=len(old.cases),
        unmeasured=_holes(trial),
        score=mean(trial.new.by_case),
        baseline_score=mean(trial.old.by_case),
        delta=trial.acceptance.gain,
        ci=trial.acceptance.interval,
        newly_failing=failing,
        newly_passing=passing,
    )


def _verdict(ending: Ending) -> VerdictName:
    if ending.found is not None and ending.found.reason.kind in UNHEARD and ending.outcome == "stopped":
        return "unmeasured"
    if ending.outcome == "stopped":
        return "inconclusive" if _incumbent(ending.found) is not None else "unmeasured"
    return "inconclusive" if ending.outcome == "inconclusive" else "pass"


def _search(old: Side, parts: Split, strategy: str, ending: Ending, told: Trial | None, prefix: str) -> Search:
    found = ending.found
    if found is None:
        return Search(
            ending.outcome,
            stop_reason=ending.reasons[0].text,
            stop_kind=ending.reasons[0].kind,
            strategy=strategy,
            goal=_goal(ending),
        )
    answer = told.acceptance if told else None
    overfit = found.overfit
    return Search(
        outcome=ending.outcome,
        stop_reason=found.stop_reason,
        stop_kind=found.reason.kind,
        strategy=strategy,
        goal=_goal(ending),
        title=ending.aim.title,
        steps=tuple(Step(s.train, s.validation, s.development, s.calls) for s in found.steps),
        candidates=len(found.candidates),
        rejected=found.refusals,
        overfit=overfit is not None,
        overfit_gap=overfit.gap if overfit else None,
        overfit_se=overfit.se if overfit else None,
        p_value=answer.p_value if answer else None,
        level=answer.level if answer else None,
        test={"wins": answer.wins, "losses": answer.losses, "cases": answer.cases} if answer else None,
        cases_to_decide=answer.cases_needed if answer and ending.draft else None,
        diff=diff(old, ending.new, prefix) if ending.new else "",
        headline=headline_of(told, ending.aim) if told and ending.outcome == "improved" else None,
        phases=phases_of(found, ending.spent),
        refusals=refusals_of(found),
        savings=savings_of(old, told, timed=ending.aim.measured == "seconds") if told else (),
        edits=edits_of(found) if ending.new else (),
        tried=tried_of(found, parts),
    )


def _goal(ending: Ending) -> str:
    return "" if ending.aim.gains else ending.aim.name


def diff(old: Side, new: Side, prefix: str = "") -> str:
    """Return the change of the prompt's files as a diff that `git apply` takes at the repository's top.

    `prefix` leads from there to promptci.yaml. Its lines are untrusted text.
    """
    before, after = old.files, new.files
    changed = [path for path, content in after.items() if content != before[path]]
    return "".join(patch(prefix + path, before[path].decode(), after[path].decode()) for path in changed)


def _incumbent(found: Found | None) -> float | None:
    scored: Scored | None = found.incumbent if found else None
    return mean({i: o.score.value for i, o in scored.outcomes.items()}) if scored else None


def _holes(trial: Trial) -> int:
    pairs = zip(trial.old.by_case.values(), trial.new.by_case.values(), strict=True)
    return sum(a is None or b is None for a, b in pairs)


def _moved(cases: Sequence[Case], trial: Trial) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids of the test cases that newly fail and of those that newly pass."""
    both = [(c.id, passed(trial.old.by_case[c.id]), passed(trial.new.by_case[c.id])) for c in cases]
    losses = tuple(i for i, a, b in both if a is True and b is False)
    return losses, tuple(i for i, a, b in both if a is False and b is True)
