"""`promptci ci`: what the CI event asks for. A pull request is checked; the default branch is checked and improved."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from promptci.commands.check import base_of
from promptci.commands.commenting import commented
from promptci.commands.requesting import pull_request
from promptci.config import Config, PromptSettings
from promptci.errors import DataError, ForgeError, GitError, UsageError
from promptci.gitrepo.base import Base
from promptci.improve.attempt import Mode, improved, prepared
from promptci.measure.measuring import measured as checked
from promptci.project.changes import plan
from promptci.project.project import Project, locate
from promptci.project.trust import refuse_tracked
from promptci.report.annotations import as_annotations
from promptci.report.base import PromptReport, Report
from promptci.report.markdown import as_markdown
from promptci.run.options import Options
from promptci.run.session import Session, session
from promptci.untrusted import one_line

_OTHER_EVENTS = {
    "schedule": "checking all prompts on a schedule, and after a model upgrade, comes with `promptci upgrade`",
    "merge_group": "a merge queue needs the stored verdict of its pull requests; run `promptci check` there meanwhile",
    "workflow_dispatch": "run `promptci check` or `promptci optimize` in the step instead",
}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: GitHub's name of the event, its payload, the branch it is on and the default branch."""

    name: str
    payload: Mapping[str, Any]
    branch: str
    default_branch: str


def ci(options: Options, environ: Mapping[str, str], say: Callable[[str], None]) -> Report:
    """Do what the event asks for; write job summary, outputs and annotations where GitHub reads them.

    `say` prints one workflow command. Raises UsageError outside GitHub Actions and for an event that asks for nothing
    that is there yet.
    """
    event = event_of(environ)
    project = locate(options.config, Path())
    refuse_tracked(project)
    if event.name == "pull_request":
        report, project = _pull_request(project, options, event, environ)
    elif event.name == "push":
        report = _push(project, options, event, environ)
    else:
        why = _OTHER_EVENTS.get(event.name, "promptci ci knows pull_request and push")
        raise UsageError(f"the event '{one_line(event.name)}' is not handled", place="promptci ci", hint=why)
    # A pull request's own templates would write the summary that people judge it by.
    own = [] if event.name == "pull_request" else [project.directory / "templates"]
    publish(report, project, environ, say, directories=own)
    for note in commented(report, project, event.payload, environ):
        say(f"::notice title=promptci::{note}")
    return report


def event_of(environ: Mapping[str, str]) -> Event:
    """Read the event from GitHub's environment. Raises UsageError when there is none, DataError when it is damaged."""
    name, path = environ.get("GITHUB_EVENT_NAME"), environ.get("GITHUB_EVENT_PATH")
    if not name or not path:
        hint = "on your own machine run `promptci check`"
        raise UsageError("no CI event: GITHUB_EVENT_NAME and GITHUB_EVENT_PATH are not set", hint=hint)
    try:
        payload = json.loads(Path(path).read_text(encoding="utf-8"))
        default = str(payload.get("repository", {}).get("default_branch") or "main")
    except (OSError, ValueError, AttributeError) as problem:
        raise DataError(f"the event cannot be read: {problem}", place=path) from None
    return Event(name, payload, environ.get("GITHUB_REF_NAME", ""), default)


def _pull_request(
    project: Project, options: Options, event: Event, environ: Mapping[str, str]
) -> tuple[Report, Project]:
    """Check against the base; return the report, and the project with the settings that were in force: the base's."""
    try:
        named = environ.get("PROMPTCI_BASE_REF") or str(event.payload["pull_request"]["base"]["sha"])
    except (KeyError, TypeError):
        raise DataError("the event has no pull_request.base.sha", place="GITHUB_EVENT_PATH") from None
    repository = project.repository
    tip = repository.resolve(named)
    base = repository.merge_base(tip, repository.resolve("HEAD")) or tip
    return pull_request(project, options, Base(base, "target", named, "where this change left its base", tip))


def _push(project: Project, options: Options, event: Event, environ: Mapping[str, str]) -> Report:
    """Check what the push changed; on the default branch, search for what is below its target, within one budget."""
    base, remark = _before(project, event, environ)
    planned = plan(project, base.commit)
    improving = event.branch == event.default_branch and environ.get("PROMPTCI_CREATE_PR", "true") == "true"
    mode: Mode = "dry-run" if environ.get("PROMPTCI_DRY_RUN") == "true" else "pr"
    with session(project, options, searching=improving) as run:
        prompts = [replace(p, reasons=(*p.reasons, *remark)) for p in checked(run, planned, base)]
        low = below_target(project.config, prompts) if improving else []
        return run.report("ci" if low else "check", _searched(run, prompts, low, mode), base)


def _before(project: Project, event: Event, environ: Mapping[str, str]) -> tuple[Base, tuple[str, ...]]:
    """Return what the push is compared with, and a remark where that is not the commit before it."""
    before = str(event.payload.get("before") or "")
    named = environ.get("PROMPTCI_BASE_REF") or (before if before.strip("0") else None)
    try:
        return base_of(project, named), ()
    except GitError:
        if named != before:
            raise
        base = base_of(project, None)
        said = f"The commit before this push, {one_line(before)[:12]}, is gone, as after a force push"
        return base, (f"{said}; compared with {base.commit[:12] if base.commit else 'nothing'} instead.",)


def _searched(
    run: Session, prompts: Sequence[PromptReport], low: Sequence[PromptSettings], mode: Mode
) -> list[PromptReport]:
    """Search for better versions of `low`. Where none could be proposed, nothing is spent and the report says why."""
    try:
        chosen = prepared(run.project, low, mode)
    except (GitError, ForgeError) as problem:
        why = f"Below its target, but no search was made: {one_line(str(problem))}"
        ids = {p.id for p in low}
        return [replace(p, reasons=(*p.reasons, why)) if p.id in ids else p for p in prompts]
    return joined(prompts, improved(run, chosen, mode=mode))


def below_target(config: Config, measured: Sequence[PromptReport]) -> list[PromptSettings]:
    """Return the prompts whose measured score is below their target. What was not measured is not searched."""
    scores = {p.id: p.score for p in measured if p.verdict != "unmeasured"}
    return [p for p in config.prompts if (score := scores.get(p.id)) is not None and score < p.wanted]


def joined(measured: Sequence[PromptReport], found: Sequence[PromptReport]) -> list[PromptReport]:
    """Return the check's verdicts, each with what its search found."""
    by_id = {p.id: p for p in found}
    both = [(p, by_id.get(p.id)) for p in measured]
    return [p if f is None else replace(p, reasons=(*p.reasons, *f.reasons), search=f.search) for p, f in both]


def publish(
    report: Report,
    project: Project,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    *,
    directories: Sequence[Path] = (),
) -> None:
    """Append the job summary and the step's outputs to GitHub's files, and print annotations for what failed.

    `directories` may have templates of their own for the summary.
    """
    for line in as_annotations(report):
        say(line)
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        _append(Path(summary), as_markdown(report, directories=directories, answers=project.config.report.answers))
    if output := environ.get("GITHUB_OUTPUT"):
        place = project.directory / ".promptci" / "runs" / report.run / "report.json"
        _append(Path(output), "".join(_assignment(k, v) for k, v in outputs(report, place).items()))


def outputs(report: Report, place: Path) -> dict[str, str]:
    """Return the step's outputs. With several prompts, scores are those of the one with the gravest verdict."""
    first = next((p for p in report.prompts if p.verdict == report.verdict), None)
    made = next((p.search.pull_request for p in report.prompts if p.search and p.search.pull_request.number), None)
    low, high = first.ci if first and first.ci else (None, None)
    values = {
        "verdict": report.verdict,
        "score": first.score if first else None,
        "baseline-score": first.baseline_score if first else None,
        "delta": first.delta if first else None,
        "ci-low": low,
        "ci-high": high,
        "calls": report.calls,
        "cache-hits": report.cache_hits,
        "cost-usd": round(report.cost_usd, 6),
        "pull-request-number": made.number if made else None,
        "pull-request-url": made.url if made else None,
        "pull-request-operation": made.operation if made else "none",
        "report-path": str(place),
    }
    return {k: "" if v is None else f"{v:.6g}" if isinstance(v, float) else str(v) for k, v in values.items()}


def _assignment(name: str, value: str) -> str:
    # The heredoc form with a delimiter nobody can guess: a value cannot end it and assign something else.
    end = f"promptci_{secrets.token_hex(12)}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        hint = f"the runner named it; the report is kept: `promptci runs` lists it ({problem.strerror})"
        raise ForgeError("a file for the runner cannot be written", place=one_line(str(path)), hint=hint) from None
