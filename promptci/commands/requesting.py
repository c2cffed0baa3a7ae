"""A pull request is checked on the base's measure and on its own, by the base's settings; the graver verdict counts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from promptci.config import Config
from promptci.core import Reason, VerdictName
from promptci.gitrepo.base import Base
from promptci.measure.measuring import measured
from promptci.measure.spot import vouched
from promptci.measure.touched import causes
from promptci.project.changes import Planned, plan, removed
from promptci.project.edits import CaseEdits
from promptci.project.project import Project
from promptci.project.request import Requested, requested, target
from promptci.project.touched import of_settings, program_held, records_touched
from promptci.project.trust import gone, trusting, unasked
from promptci.report.base import PromptReport, Report
from promptci.report.wording import counted, listed, percent
from promptci.run.options import Options
from promptci.run.session import Session, session
from promptci.untrusted import one_line

_SHOWN = 10
_RANK = {"fail": 3, "unmeasured": 2, "inconclusive": 1, "pass": 0}


Ready = Callable[[Session, Sequence[Planned]], None]
Ahead = Callable[[Project, Options, Sequence[Planned]], tuple[Options, Ready | None]]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Somebody with write access takes a change as it is: `ids` of prompts (None: all), and who said so, and how."""

    ids: frozenset[str] | None
    said: str


def pull_request(
    project: Project,
    options: Options,
    left: Base,
    accepted: Sequence[Accepted] = (),
    *,
    ids: Sequence[str] = (),
    everything: bool = False,
    ours: frozenset[str] = frozenset(),
    stranger: VerdictName | None = None,
    ready: Ready | None = None,
    ahead: Ahead | None = None,
) -> tuple[Report, Project]:
    """Check the change in the working tree against `left`, whose `tip` it goes into.

    `ids` are measured alone, and although they did not change; with `everything` all are. `ours` are the prompts whose
    search made this change, and nobody else. `stranger` is the verdict on what would run code, where the change is by
    somebody without write access: no metric's code and no program is started for them, not even the base's. `ready`
    is called with the run and what will be measured, before it is; `ahead` before there is a run, for another `ready`
    and the options to go on with.

    Returns the report, and the project with the settings that were in force. Models, budget, credentials, metrics and
    gates are the tip's: a change supplies prompts and cases only. What it takes out, and what else it edits that
    decides, is reported.
    """
    project = project.as_committed()
    found = _judged(project, left, ids, everything=everything, stranger=stranger)
    if found is None:
        return _unvouched(project, options, left), project
    trusted, planned = found.trusted, found.planned
    if ahead is not None:
        options, ready = ahead(trusted, options, planned)
    with session(trusted, options) as run:
        if ready is not None:
            ready(run, planned)
        told = _told(run, project, found, measured(run, planned, left), ours)
        shared = causes(planned, project.prefix)
        return run.report("check", [_accepted(p, accepted) for p in told], left, causes=shared), trusted


def _told(
    run: Session, project: Project, found: _Judged, alone: Sequence[PromptReport], ours: frozenset[str]
) -> list[PromptReport]:
    """Join what was measured, and add what the change takes out and what else it edits that decides."""
    told = [*_joined(found.asked, alone), *found.unstarted]
    seen, commit = {p.id for p in told}, found.commit
    told += [gone(project, p.id, p.file) for p in removed(project, commit) if p.id not in seen]
    told = [_with_program(p, found.trusted, commit) for p in _with_records(run, told, found.asked, commit, ours)]
    return [*told, *of_settings(project, commit, found.before)]


@dataclass(frozen=True, slots=True)
class _Judged:
    """A change under the settings of what it goes into (`before`, None where there are none), and what it asks.

    `commit` is where it left that; `unstarted` are the reports of what is not started for who asks.
    """

    trusted: Project
    before: Config | None
    commit: str
    asked: Sequence[Requested]
    unstarted: Sequence[PromptReport]

    @property
    def planned(self) -> list[Planned]:
        return [planned for one in self.asked for planned in one.planned]


def _judged(
    project: Project, left: Base, ids: Sequence[str], *, everything: bool, stranger: VerdictName | None
) -> _Judged | None:
    """Return the change as it may be measured; None where no settings say which models are to be trusted."""
    if left.tip is None:
        raise ValueError("a pull request goes into a commit")
    found = trusting(project, left.tip)
    if found is None:
        return None
    trusted, before = found
    asked, unstarted = _startable(_wanted(project, trusted, before, left, ids, everything=everything), stranger)
    return _Judged(trusted, before, left.commit or left.tip, asked, unstarted)


def _unvouched(project: Project, options: Options, left: Base) -> Report:
    """Report a change whose target has no settings that say which models are to be trusted: no model is asked."""
    planned = plan(project, replace(left, commit=left.tip))
    with session(project, replace(options, max_calls=0)) as run:
        return run.report("check", [unasked(p) for p in planned], left)


def planned_for(
    project: Project, left: Base, *, ids: Sequence[str], everything: bool, guarded: bool
) -> tuple[Project, list[Planned]]:
    """Return what a check measures, and the project with the settings that it is measured by.

    `guarded`: a change is judged by the settings of what it goes into.
    """
    if not guarded:
        return project, plan(project, left, ids=ids, everything=everything)
    project = project.as_committed()
    found = _judged(project, left, ids, everything=everything, stranger=stranger_of(left, os.environ))
    return (project, []) if found is None else (found.trusted, found.planned)


def stranger_of(left: Base, environ: Mapping[str, str]) -> VerdictName | None:
    """Return the verdict on what a stranger's change may not start; None where people with write access made it."""
    return unstarted(environ) if left.of_fork else None


def unstarted(environ: Mapping[str, str]) -> VerdictName:
    """Return the verdict on what was not scored because of who asks: `fork: fail` (PROMPTCI_FORK) makes it a fault."""
    return "unmeasured" if environ.get("PROMPTCI_FORK", "pass") == "fail" else "inconclusive"


def _wanted(
    project: Project, trusted: Project, before: Config | None, left: Base, ids: Sequence[str], *, everything: bool
) -> list[Requested]:
    named = frozenset(p.id for p in project.config.chosen(ids)) if ids or everything else frozenset()
    asked = _asked(trusted, project.config, before, left, named)
    return [one for one in asked if not ids or one.id in named]


def _asked(project: Project, own: Config, before: Config | None, left: Base, named: frozenset[str]) -> list[Requested]:
    commit, tip = left.commit or left.tip, left.tip
    if before is not None and commit is not None and tip is not None:
        return requested(project, own, target(project, commit, tip, before), named)
    found = []
    for planned in plan(project, left, ids=sorted(named)):
        said = planned.note and Reason("unproven", f"Nothing says that it is no worse: {one_line(planned.note.text)}.")
        found.append(Requested(planned.new.settings.id, (planned,), (said,) if said else ()))
    return found


def _startable(asked: Sequence[Requested], stranger: VerdictName | None) -> tuple[list[Requested], list[PromptReport]]:
    """Return what may be measured, and the reports of the rest: none for people with write access."""
    if stranger is None:
        return list(asked), []
    runs = [_runs_code(one) for one in asked]
    kept = [one for one, code in zip(asked, runs, strict=True) if not code]
    return kept, [_unstarted(one, stranger) for one, code in zip(asked, runs, strict=True) if code]


def _runs_code(one: Requested) -> bool:
    """Whether measuring it would start a program, or code of the repository that grades."""
    sides = [side for planned in one.planned for side in (planned.new, planned.old) if side is not None]
    return any(side.settings.run or side.grading.combined.needs.code for side in sides)


def _unstarted(one: Requested, verdict: VerdictName) -> PromptReport:
    said = (
        "Not scored: measuring it runs code of this repository, which the change of somebody without write access "
        "never starts. Somebody who has it can push these commits to a branch here to have them scored."
    )
    file = one.planned[0].new.settings.file
    reasons = (Reason("code_off", said), *one.caps)
    return PromptReport(one.id, verdict, reasons, why=("fork",), changed="prompt", file=file)


def _joined(asked: Sequence[Requested], reports: Sequence[PromptReport]) -> list[PromptReport]:
    """Return one report a prompt: of its comparisons the gravest, with what the others and its caps say."""
    left, found = list(reports), []
    for one in asked:
        mine, left = left[: len(one.planned)], left[len(one.planned) :]
        found.append(_one(one, mine))
    return found


def _one(one: Requested, mine: Sequence[PromptReport]) -> PromptReport:
    if not mine:
        report = PromptReport(one.id, "inconclusive", (), why=("settings",), changed="measure")
        return _capped(report, one.caps)
    main = max(mine, key=lambda p: _RANK[p.verdict])
    if len(mine) == 2:
        other = next(p for p in mine if p is not main)
        where = "this change's own cases and metric" if main is mine[0] else "the base's cases and metric"
        here = "the base's cases and metric" if main is mine[0] else "this change's own cases and metric"
        said = f"Measured on both: {_short(main)} on {here}, {_short(other)} on {where}; the graver verdict counts."
        changed = "both" if main.changed != "new" else "new"
        main = replace(main, reasons=(*main.reasons, Reason("both_measures", said)), changed=changed)
    main = replace(main, warnings=(*main.warnings, *_edits(one.edits, mine)))
    return _capped(main, one.caps)


def _with_program(report: PromptReport, project: Project, commit: str) -> PromptReport:
    settings = next((p for p in project.config.prompts if p.id == report.id), None)
    held = () if settings is None else program_held(project, settings, commit)
    return replace(report, warnings=(*report.warnings, *held))


def _short(report: PromptReport) -> str:
    return f"{report.verdict}, {percent(report.score)}" if report.score is not None else report.verdict


def _capped(report: PromptReport, caps: Sequence[Reason]) -> PromptReport:
    verdict = "inconclusive" if caps and report.verdict == "pass" else report.verdict
    return replace(report, verdict=verdict, reasons=(*report.reasons, *caps))


def _edits(edits: CaseEdits, mine: Sequence[PromptReport]) -> tuple[Reason, ...]:
    """Say which of the base's cases the change deleted, widened, edited or moved, and what that does to its score."""
    before, after = mine[0].values, mine[-1].values
    kinds = (("deleted", edits.deleted), ("widened", edits.widened), ("edited", edits.edited))
    told = []
    for kind, ids in kinds:
        if ids:
            lost = sum(before.get(i) == 0 for i in ids) if len(mine) == 2 else 0
            kept = 0 if kind == "deleted" else sum(before.get(i) == 0 and after.get(i) == 1 for i in ids)
            effect = f"; the new prompt fails {lost} of them as the base has them" if lost else ""
            effect += f" and passes {kept} as they are now" if kept else ""
            told.append(Reason(f"cases_{kind}", f"{counted(len(ids), 'case')} {kind}: {_ids(ids)}{effect}."))
    if edits.moved:
        pairs = [f"{one_line(a, limit=60)} is {one_line(b, limit=60)} now" for a, b in edits.moved[:_SHOWN]]
        told.append(Reason("cases_moved", f"{counted(len(edits.moved), 'case')} moved: {', '.join(pairs)}."))
    return tuple(told)


def _ids(ids: Sequence[str]) -> str:
    return listed(ids, lambda i: one_line(i, limit=60), _SHOWN)


def _with_records(
    run: Session, told: Sequence[PromptReport], asked: Sequence[Requested], commit: str, ours: frozenset[str]
) -> list[PromptReport]:
    """Keep what touches a baseline or a ledger from passing: at its prompt, or at the file.

    But for a search's own request that adds what that search measured: a few answers are asked again.
    """
    touched, ids = records_touched(run.project, commit), {p.id for p in told}
    sides = {one.id: one.planned[0].new for one in asked if one.planned}
    found = []
    for report in told:
        mine = touched.get(report.id, ())
        side = sides.get(report.id)
        kinds = {t.why.kind for t in mine if t.continues} if all(t.continues for t in mine) else set()
        whole = report.id in ours and "ledger_touched" in kinds and report.verdict == "pass"
        brings = "baseline_touched" in kinds
        kept = vouched(run, side, brings_baseline=brings) if whole and side is not None else None
        caps = [t.why for t in mine] if kept is None or not kept.holds else []
        found.append(_capped(report if kept is None else _saying(report, kept.said), caps))
    for name, each in touched.items():
        if name not in ids:
            reasons = tuple(t.why for t in each)
            why = tuple(r.kind for r in reasons)
            found.append(PromptReport(name, "inconclusive", reasons, why=why, changed="measure", file=each[0].path))
    return found


def _saying(report: PromptReport, said: Reason) -> PromptReport:
    return replace(report, reasons=(*report.reasons, said))


def _accepted(report: PromptReport, accepted: Sequence[Accepted]) -> PromptReport:
    """Let a change pass that somebody with write access takes as it is; what was not measured stays so."""
    by = next((a for a in accepted if a.ids is None or report.id in a.ids), None)
    if by is None or report.verdict not in ("fail", "inconclusive"):
        return report
    said = Reason("accepted", f"Accepted as it is, by {by.said}; the verdict was {report.verdict}.")
    return replace(report, verdict="pass", reasons=(said, *report.reasons))
