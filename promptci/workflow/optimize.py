"""`promptci optimize`: a bounded search for a better prompt, confirmed once on cases that the search never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from promptci.config import PromptSettings
from promptci.decide import accept as rules
from promptci.decide.units import units
from promptci.evals.split import Split, split
from promptci.records import ledger
from promptci.records.ledger import Question
from promptci.report.base import PromptReport, Report
from promptci.search.base import Found
from promptci.workflow.accepting import calls_needed, tried
from promptci.workflow.asking import ACCEPTED
from promptci.workflow.findings import Ending, described
from promptci.workflow.measuring import alone
from promptci.workflow.options import Options
from promptci.workflow.plan import Side, side
from promptci.workflow.project import Project, locate
from promptci.workflow.propose import Proposer, Target, asked_before, proposer_for, target
from promptci.workflow.searching import searched
from promptci.workflow.session import Session, session

Mode = Literal["pr", "write", "dry-run"]


def optimize(
    options: Options, *, ids: Sequence[str] = (), strategy: str | None = None, mode: Mode = "dry-run"
) -> Report:
    """Search for better versions of the prompts `ids` (all, when none is named).

    `mode` says what becomes of a confirmed one: `pr` pushes a branch and opens or updates its pull request, `write`
    writes it into the working tree, `dry-run` only reports it. Raises PromptciError for what a user can mend.
    """
    project = locate(options.config, Path())
    chosen = prepared(project, project.config.chosen(ids), mode)
    with session(project, options) as run:
        return run.report("optimize", improved(run, chosen, strategy=strategy, mode=mode))


def prepared(project: Project, chosen: Sequence[PromptSettings], mode: Mode) -> list[tuple[Side, Target | None]]:
    """Read the prompts and find out where proposals would go, before a call is spent. Raises PromptciError."""
    sides = [side(project, project.config, settings, None) for settings in chosen]
    if mode != "pr":
        return [(old, None) for old in sides]
    own = project.config_name
    return [(s, target(project, s.settings.id, [s.settings.file, s.settings.cases, own])) for s in sides]


def improved(
    run: Session, chosen: Sequence[tuple[Side, Target | None]], *, strategy: str | None = None, mode: Mode = "dry-run"
) -> list[PromptReport]:
    """Search for each prompt in turn, within what the run's budget has left."""
    name = strategy or run.config.search.strategy
    return [_improved(run, old, name, mode, goal) for old, goal in chosen]


def _improved(run: Session, old: Side, strategy: str, mode: Mode, goal: Target | None) -> PromptReport:
    """Search, ask the test once, and hand a confirmed winner on. One prompt's whole story."""
    asked = asked_before(run.project, old.settings.id, goal)
    parts = split(old.cases, share=ledger.pinned_share(asked))
    reserved = calls_needed(parts) + len(old.cases)
    if (problem := _too_small(run, parts, reserved)) is not None:
        return described(old, parts, strategy, Ending("stopped", (problem,)))
    run.budget.set_aside(reserved)
    found = searched(run, old, parts, strategy)
    run.budget.release()
    ending = _decided(run, old, parts, found, asked)
    return _handed_on(run, old, parts, strategy, ending, asked, mode, goal)


def _too_small(run: Session, parts: Split, reserved: int) -> str | None:
    """Say why the budget could not carry a search and its confirmation, or None."""
    remaining = run.budget.remaining_calls
    least = reserved + 2 * len(parts.development)
    if remaining is None or remaining >= least:
        return None
    return (
        f"The budget leaves {remaining} calls; confirming a better prompt takes {reserved} of them and one round of "
        f"search at least {least - reserved} more, so nothing was asked."
    )


def _decided(run: Session, old: Side, parts: Split, found: Found, asked: Sequence[Question]) -> Ending:
    """Screen the winner on development cases; ask the test split once; rerun an accepted winner fresh."""
    winner = found.winner
    if winner is None:
        return _nothing(found)
    new = replace(
        old,
        prompt=replace(old.prompt, template=winner.candidate.text),
        template=old.compile(winner.candidate.text),
    )
    if not rules.may_open(len(old.cases)):
        few = f"{len(old.cases)} cases are too few to confirm a gain: {rules.SMALLEST_SET} are the least."
        return Ending("inconclusive", (few,), found, new)
    screened = _screened(old, found)
    if not screened.passed:
        return Ending("no_change", (screened.reason,), found)
    trial = tried(run, old, new, parts, asked)
    if trial.stopped is not None:
        return Ending("stopped", (f"The test could not be finished: {trial.stopped}.",), found, None, trial)
    answer = trial.acceptance
    if answer.outcome != "improved":
        draft = run.config.pull_request.when == "promising" and answer.promising
        reasons = (screened.reason, *(answer.draft_reasons if draft else answer.reasons))
        return Ending("inconclusive", reasons, found, new if draft else None, trial, draft=draft)
    # A winner's stored answers are lucky ones; as a baseline they would raise false alarms (decisions.md, section 2).
    fresh, stopped = alone(run, new, first=ACCEPTED)
    if stopped is not None:
        return Ending("stopped", (f"The accepted prompt could not be run again: {stopped}.",), found, None, trial)
    return Ending("improved", (*answer.reasons, screened.reason), found, new, trial, fresh)


def _screened(old: Side, found: Found) -> rules.Screen:
    """Screen the development gain, cluster by cluster where cases come in clusters."""
    clusters = {c.id: c.cluster for c in old.cases}
    seen = units([c.new - c.old for c in found.changes], [clusters[c.case_id] for c in found.changes])
    return rules.screen([unit.total for unit in seen], sizes=[unit.cases for unit in seen])


def _nothing(found: Found) -> Ending:
    judged = any(o.score.value is not None for o in found.incumbent.outcomes.values())
    early = found.stop_reason.startswith(("budget", "no case", "no reply", "replay"))
    outcome: Literal["stopped", "no_change"] = "stopped" if early or not judged else "no_change"
    return Ending(outcome, (f"No better prompt was found: {found.stop_reason}.",), found)


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
    """Report the ending and give it to whoever acts on it: a forge, the working tree, or the ledger alone."""
    prompt = described(old, parts, strategy, ending)
    report = run.report("optimize", [prompt])
    act: Proposer = proposer_for(mode, run, goal)
    done, why_not = act(old, ending, asked, report, prompt)
    if prompt.search is None:
        return prompt
    reasons = prompt.reasons if why_not is None else (*prompt.reasons, why_not)
    return replace(prompt, reasons=reasons, search=replace(prompt.search, pull_request=done))
