"""One prompt's whole story: search, ask the held-out cases once, hand a confirmed winner on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from promptci.config import PromptSettings
from promptci.core import Reason
from promptci.decide import accept as rules
from promptci.decide import notworse
from promptci.decide.aims import ACCURACY, Aim
from promptci.decide.units import units
from promptci.decide.verdict import too_many_unmeasured
from promptci.errors import ForgeError, GitError
from promptci.evals.split import Split
from promptci.improve.aiming import lean_of, parted, too_few, too_small, unfit
from promptci.improve.allowed import refused
from promptci.improve.confirm import answered_before, tried
from promptci.improve.ending import Ending, told_of
from promptci.improve.hand_on import HandOn
from promptci.improve.laxer import laxer
from promptci.improve.likely import unlikely
from promptci.improve.merging import merged, waiting
from promptci.improve.noting import key_of, noted
from promptci.improve.pull_request import PullRequests
from promptci.improve.purse import Purse
from promptci.improve.reserve import Reserve
from promptci.improve.reviewing import as_begun, wished
from promptci.improve.search import searched, strategy_of
from promptci.improve.target import Target, taken_out, target
from promptci.improve.telling import Spending
from promptci.improve.unheard import advice
from promptci.improve.wishes import NO_WISHES, Heeded
from promptci.improve.working_tree import WorkingTree
from promptci.measure.baseline import ANSWERS
from promptci.measure.measuring import alone
from promptci.metrics.base import needs_of
from promptci.project.chosen import as_searched
from promptci.project.project import Project
from promptci.project.side import Side, side
from promptci.records import ledger
from promptci.records.ledger import Question
from promptci.report.base import PromptReport
from promptci.report.searched import PullRequest
from promptci.run.ask import fresh as new_samples
from promptci.run.session import Session
from promptci.run.values import Values
from promptci.search.base import Found
from promptci.search.desk import Cap
from promptci.targets.model import ProgramSpec
from promptci.untrusted import one_line

Mode = Literal["pr", "write", "dry-run"]


def proposer_for(mode: str, run: Session, goal: Target | None) -> HandOn:
    """Return who acts on an ending in this mode: "pr" (needs `goal`), "write" or "dry-run"."""
    if mode == "pr" and goal is not None:
        return PullRequests(run, goal)
    return WorkingTree(run.project, prompt_too=mode == "write")


def prepared(
    project: Project, chosen: Sequence[PromptSettings], mode: Mode, *, file: str | None = None
) -> list[tuple[Side, Target | None]]:
    """Read the prompts and find out where proposals would go, before a call is spent. Raises PromptciError.

    `file` chooses what of a program is searched.
    """
    sides = [as_searched(side(project, project.config, settings, None), file) for settings in chosen]
    if mode != "pr":
        return [(old, None) for old in sides]
    return [(old, _aimed(project, old)) for old in sides]


def _aimed(project: Project, old: Side) -> Target:
    goal = target(project, old.settings.id, files_of(project, old))
    return replace(goal, wishes=wished(project, old, goal))


def files_of(project: Project, old: Side) -> list[str]:
    """Return the files that decide what is measured, relative to promptci.yaml: uncommitted changes in them count."""
    files = needs_of(old.grading.metric).files
    program = old.spec.program.files if isinstance(old.spec, ProgramSpec) else ()
    own = [path.removeprefix(project.prefix) for path in program if path.startswith(project.prefix)]
    return [project.config_name, old.path, old.settings.cases, *old.partials.texts, *files, *own]


def improved(
    run: Session,
    chosen: Sequence[tuple[Side, Target | None]],
    *,
    strategy: str | None = None,
    mode: Mode = "dry-run",
    aim: Aim = ACCURACY,
) -> list[PromptReport]:
    """Search for each prompt in turn, within what the run's budget has left. Raises UsageError for an unfit aim."""
    names = [strategy or strategy_of(run.config.search, old.settings) for old, _ in chosen]
    if (problem := unfit(aim, names, [old for old, _ in chosen])) is not None:
        raise problem
    # All of them are noted first: what is noted is what a kill can cost.
    noting = [noted(run, old, name, aim) for (old, _), name in zip(chosen, names, strict=True)]
    return [
        _improved(own, old, name, mode, goal, len(chosen) - at, aim)
        for at, (own, name, (old, goal)) in enumerate(zip(noting, names, chosen, strict=True))
    ]


def _improved(
    run: Session, old: Side, strategy: str, mode: Mode, goal: Target | None, prompts: int, aim: Aim
) -> PromptReport:
    """Search, ask the held-out cases once, and hand a confirmed winner on. One prompt's whole story."""
    parts, asked, ending = sought(run, old, strategy, mode, goal, prompts=prompts, aim=aim)
    if ending.found is None:
        return told_of(old, parts, strategy, ending, prefix=run.project.prefix)
    return _handed_on(run, old, parts, strategy, ending, asked, mode, goal)


def sought(
    run: Session,
    old: Side,
    strategy: str,
    mode: Mode,
    goal: Target | None,
    *,
    prompts: int = 1,
    aim: Aim = ACCURACY,
) -> tuple[Split, list[Question], Ending]:
    """Search for `aim` and ask the held-out cases once; hand nothing on. An ending without `found` asked nothing.

    `prompts` share the calls that are left, this one first.
    """
    (asked, parts), share = parted(run.project, old, strategy, goal), _share(run, prompts)
    others = waiting(run.project, old, goal)
    purse = Purse(run, old, parts, aim, share, questions=2 if others else 1)
    lean = lean_of(aim, old, parts, purse.kept.cases, asked)
    problem = too_small(old, parts, strategy, purse.kept, share, aim) or too_few(aim, lean) or refused(run, goal)
    problem = problem or unlikely(run, old, parts)
    if problem is not None:
        return parts, asked, Ending("stopped", (problem,), aim=aim)
    begun = run.door.spent.calls
    wishes, resumed = goal.wishes if goal else NO_WISHES, run.options.resume is not None
    wishes = as_begun(run.place, old.settings.id, wishes, resumed=resumed)
    heeded = Heeded(wishes, goal.declined if goal else frozenset())
    found = searched(run, old, parts, strategy, Cap(purse.set_aside(), purse.again), heeded, lean)
    run.budget.release()
    middle, kept = run.door.spent.calls, purse.kept
    ending = replace(_decided(run, old, parts, found, asked, kept, aim), aim=aim)
    ending = merged(run, old, ending, others, parts, asked, kept)
    ending = _with_baseline(run, ending) if mode == "pr" else ending
    after = run.door.spent.calls - middle
    confirmation = ending.trial.calls if ending.trial else after
    spent = Spending(share, kept.cost.calls, middle - begun, confirmation, after - confirmation)
    said = (*wishes.reasons(), *_cut_ledger(run, old), *laxer(old, found))
    return parts, asked, replace(ending, reasons=(*ending.reasons, *said), spent=spent)


def _cut_ledger(run: Session, old: Side) -> tuple[Reason, ...]:
    gone = taken_out(run.project, old.settings.id)
    if not gone:
        return ()
    path, count = ledger.path_of(old.settings.id), "1 line is" if len(gone) == 1 else f"{len(gone)} lines are"
    said = (
        f"{path} was cut: {count} gone that earlier commits have, the first of {gone[0].date[:10]}; all of them count."
    )
    return (Reason("ledger_cut", said),)


def _share(run: Session, prompts: int) -> int | None:
    """Return what the first of so many prompts may take of the calls that are left; None without a cap.

    What earlier runs sent for stored answers counts: the same search then plans the same when it is made again.
    """
    cap = run.budget.limits.max_calls
    return None if cap is None else max(0, cap - run.door.spent.drawn) // prompts


def _decided(
    run: Session, old: Side, parts: Split, found: Found, asked: Sequence[Question], kept: Reserve, aim: Aim
) -> Ending:
    """Screen the winner on development cases, and ask the held-out cases once."""
    winner = found.winner
    if winner is None:
        return _nothing(found, aim)
    new = old.with_text(winner.candidate.text)
    if not rules.may_open(len(old.cases)):
        few = f"{len(old.cases)} cases are too few to confirm a gain: {rules.SMALLEST_SET} are the least."
        return Ending("inconclusive", (Reason("too_few_cases", few),), found, new)
    screened = _screened(old, found, aim)
    screen = Reason("screen", screened.reason)
    if not screened.passed:
        return Ending("no_change", (screen,), found)
    before = answered_before(old, new, parts, asked, aim)
    if before is not None:
        said = f"The held-out cases were asked about this text on {before.date[:10]} and did not confirm it."
        return Ending("inconclusive", (screen, Reason("asked_before", said)), found)
    trial = tried(run, old, new, parts, asked, kept, aim)
    if trial.stopped is not None:
        unasked = f"The held-out cases could not be asked to the end: {trial.stopped.text}."
        return Ending("stopped", (Reason(trial.stopped.kind, unasked),), found)
    answer = trial.acceptance
    if answer.outcome != "improved":
        draft = aim.gains and run.config.pull_request.when == "promising" and answer.promising
        told = _said("draft", *answer.draft_reasons) if draft else _said("not_confirmed", *answer.reasons)
        return Ending("inconclusive", (screen, *told), found, new if draft else None, trial, draft=draft)
    return Ending("improved", (*_said("confirmed", *answer.reasons), screen), found, new, trial)


def _with_baseline(run: Session, ending: Ending) -> Ending:
    """Rerun what is proposed as confirmed."""
    if ending.outcome != "improved" or ending.new is None:
        return ending
    fresh, why_not = rerun(run, ending.new)
    return replace(ending, fresh=fresh, reasons=(*ending.reasons, *why_not))


def rerun(run: Session, new: Side) -> tuple[Values | None, tuple[Reason, ...]]:
    """Answer every case afresh for the baseline that the pull request carries, as often as the budget allows.

    A winner's stored answers are lucky ones: as a baseline they would raise false alarms (decisions.md, section 2).
    Returns why there is no baseline, if so; a later `promptci check --accept` makes it.
    """
    left, per_answer = _share(run, 1), new.grading.calls_per_answer(new.cases)
    repeats = ANSWERS if left is None else min(ANSWERS, left // (per_answer * len(new.cases)))
    if repeats == 0:
        return None, (Reason("no_baseline", f"No new baseline: the budget leaves {left} calls for its fresh run."),)
    arm, stopped = alone(run, new, repeats=repeats, first=new_samples(run, "accept", of=new.measure("").prompt))
    holes = sum(value is None for value in arm.values.by_case.values())
    if stopped is None and not too_many_unmeasured(holes, len(new.cases)):
        return arm.values, ()
    why = stopped.text if stopped else f"{holes} of {len(new.cases)} cases could not be measured"
    return None, (Reason("no_baseline", f"No new baseline: its fresh run could not be finished: {why}."),)


def _screened(old: Side, found: Found, aim: Aim) -> rules.Screen:
    """Whether the winner is worth a question: by what its edits say, or by its gain on the development cases.

    A race's gain is taken cluster by cluster where cases come in clusters.
    """
    if found.predicted is not None and not aim.gains:
        return notworse.foreseen(found.predicted.value, found.predicted.se)
    if found.predicted is not None:
        return rules.foreseen(found.predicted.value, found.predicted.se)
    clusters = {c.id: c.cluster for c in old.cases}
    seen = units([c.new - c.old for c in found.changes], [clusters[c.case_id] for c in found.changes])
    return rules.screen([unit.total for unit in seen], sizes=[unit.cases for unit in seen])


def _said(kind: str, *texts: str) -> tuple[Reason, ...]:
    return tuple(Reason(kind, text) for text in texts)


def _nothing(found: Found, aim: Aim) -> Ending:
    judged = any(o.score.value is not None for o in found.incumbent.outcomes.values())
    outcome: Literal["stopped", "no_change"] = "stopped" if found.cut_short or not judged else "no_change"
    said = Reason(found.reason.kind, f"No {aim.word} prompt was found: {found.stop_reason}.")
    return Ending(outcome, (said, *advice(found)), found)


def _handed_on(
    run: Session,
    old: Side,
    parts: Split,
    strategy: str,
    ending: Ending,
    asked: Sequence[Question],
    mode: Mode,
    goal: Target | None,
) -> PromptReport:
    """Report the ending and give it to whoever acts on it: a forge, the working tree, or the ledger alone.

    What the remote or the forge refuses is told in the report: the search and its answer are not lost with it.
    """
    prompt = told_of(old, parts, strategy, ending, prefix=run.project.prefix)
    report = run.report("optimize", [prompt])
    act: HandOn = proposer_for(mode, run, goal)
    try:
        done, why_not = act(old, ending, asked, report, prompt)
    except (GitError, ForgeError) as problem:
        done, why_not = PullRequest(branch=goal.branch if goal else None), f"Not proposed: {one_line(str(problem))}."
        prompt = replace(prompt, verdict="unmeasured")
    else:
        if ending.outcome != "stopped":  # what was cut short goes on from where it was the next time
            run.carried_out[key_of(run, old, strategy, ending.aim)] = ending.outcome
    if prompt.search is None:
        return prompt
    reasons = prompt.reasons if why_not is None else (*prompt.reasons, Reason("handed_on", why_not))
    return replace(prompt, reasons=reasons, search=replace(prompt.search, pull_request=done))
