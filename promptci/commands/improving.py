"""The CI events that may lead to a search: a push, a schedule, a start by hand, a comment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from promptci.commands.check import base_of
from promptci.commands.events import Event
from promptci.commands.optimize import refuse_unknown
from promptci.commands.upgrade import upgrade
from promptci.commands.watching import concerns, excused, issues
from promptci.config import Config, PromptSettings
from promptci.core import Reason
from promptci.decide.aims import AIMS
from promptci.errors import ConfigError, ForgeError, GitError, UsageError
from promptci.forge import forge_for
from promptci.gitrepo import BOT
from promptci.gitrepo.base import Base
from promptci.improve.attempt import Mode, improved, prepared
from promptci.improve.obsolete import close_obsolete
from promptci.measure.measuring import measured as checked
from promptci.project.changes import plan
from promptci.project.project import Project
from promptci.report.base import PromptReport, Report
from promptci.run.options import Options
from promptci.run.session import Session, session
from promptci.untrusted import one_line

_COMMAND = re.compile(r"/promptci[ \t]+([\w-]+)[ \t]*(.*)")
_OURS = "promptci/"


@dataclass(frozen=True, slots=True)
class Done:
    """What an event led to. `said` ends the one line about it: what was done, and why.

    `project` has the settings that were in force where they are not the working tree's own.
    """

    report: Report
    said: str
    project: Project | None = None
    notes: tuple[str, ...] = ()


def nothing(why: str) -> Done:
    """Return that nothing was done."""
    return Done(Report("ci", ()), f"nothing to do: {why}")


def pushed(project: Project, options: Options, event: Event, environ: Mapping[str, str]) -> Done:
    """Check what the push changed; on the default branch, search for what is below its target, within one budget."""
    if event.branch.startswith(_OURS):
        return nothing(f"{one_line(event.branch)} is a branch of ours; its pull request is checked")
    base, remark = _before(project, event, environ)
    planned = plan(project, base)
    why_not = _no_search(project, event, environ, base)
    with session(project, options, searching=not why_not) as run:
        prompts = [replace(p, reasons=(*p.reasons, *remark)) for p in checked(run, planned, base)]
        low = [] if why_not else below_target(project.config, prompts)
        if not why_not:
            _tidied(run, event, low, _mode(environ))
        report = run.report("ci" if low else "check", _searched(run, prompts, low, _mode(environ)), base)
    since = base.commit[:12] if base.commit else "the beginning"
    return Done(report, f"checked {_of(project, prompts)} that changed since {since}; {why_not or _sought(low)}")


def scheduled(
    project: Project, options: Options, event: Event, environ: Mapping[str, str], ids: Sequence[str] = ()
) -> Done:
    """Check every prompt against its baseline, and search for what is below its target, within one budget.

    First of all its models are watched; what moved, or will be gone, opens or updates an issue and makes nothing red.
    """
    base = Base(project.repository.head(), "named", "HEAD", "as it was last accepted")
    planned = plan(project, base, ids=ids, everything=True)
    why_not = _no_search(project, event, environ, None)
    with session(project, options, searching=not why_not) as run:
        found = concerns(run, [p.new for p in planned])
        prompts = excused(checked(run, planned, base), found)
        low = [] if why_not else below_target(project.config, prompts)
        if not why_not:
            _tidied(run, event, low, _mode(environ))
        report = run.report("ci" if low else "check", _searched(run, prompts, low, _mode(environ)), base)
    notes = issues(project, found, environ) if event.branch == event.default_branch else [one.title for one in found]
    return Done(report, f"checked {_of(project, prompts)}; {why_not or _sought(low)}", notes=tuple(notes))


def dispatched(project: Project, options: Options, event: Event, environ: Mapping[str, str]) -> Done:
    """Do what the inputs of a start by hand say: `command`, `prompts`, `base`, `strategy`, `to`, `dry-run`.

    Raises UsageError for an input that means nothing.
    """
    given = {name: str(event.at("inputs", name) or "").strip() for name in _INPUTS}
    ids = [name for name in re.split(r"[,\s]+", given["prompts"]) if name]
    if event.at("inputs", "dry-run") in (True, "true"):
        environ = {**environ, "PROMPTCI_DRY_RUN": "true"}
    command = given["command"] or "ci"
    if command == "ci":
        return scheduled(project, options, event, environ, ids)
    if command == "check":
        base = base_of(project, given["base"] or environ.get("PROMPTCI_BASE_REF") or None)
        with session(project, options) as run:
            prompts = checked(run, plan(project, base, ids=ids, everything=True), base)
            return Done(run.report("check", prompts, base), f"checked {_of(project, prompts)}, as asked by hand")
    if command == "optimize":
        return _asked(project, options, ids, environ, given["strategy"], "by hand")
    if command == "upgrade":
        models = [name for name in re.split(r"[,\s]+", given["to"]) if name]
        return _moved(options, ids, environ, models)
    hint = "give it as ci, check, optimize or upgrade"
    raise UsageError(f"unknown command '{one_line(command)}'", place="the workflow's input `command`", hint=hint)


_INPUTS = ("command", "prompts", "base", "strategy", "to")


def _moved(options: Options, ids: Sequence[str], environ: Mapping[str, str], models: Sequence[str]) -> Done:
    """Move the prompts to another model, the cheapest of several that is not worse, in one change."""
    if not models:
        raise UsageError("no model to move to", place="the workflow's input `to`", hint="name one, or several")
    proposing = _mode(environ) == "pr"
    report = upgrade(options, to=models, ids=ids, mode="pr" if proposing else "print")
    taken = next((one_line(choice.model) for choice in report.choices if choice.taken), None)
    found = "the model stays as it is" if taken is None else f"{'proposed' if proposing else 'it could be'} {taken}"
    return Done(report, f"compared with {', '.join(map(one_line, models))}, as asked by hand; {found}")


def commanded(project: Project, options: Options, event: Event, environ: Mapping[str, str]) -> Done:
    """Search where somebody with write access comments `/promptci optimize [ID...]`; else do nothing."""
    found = _COMMAND.match(event.text("comment", "body").strip())
    user = event.text("comment", "user", "login")
    if event.text("action") not in ("", "created") or found is None:
        return nothing("the comment is no command of ours")
    if event.text("comment", "user", "type") == "Bot":
        return nothing("the comment is by a bot")
    if found[1] != "optimize":
        return nothing(f"'{one_line(found[1], limit=40)}' cannot be asked for by a comment; `optimize` can")
    forge = forge_for(project.repository.remote_url("origin"), environ, token=project.repository.token)
    if not user or forge.access(user) != "write":
        return nothing(f"{one_line(user, limit=60) or 'somebody unknown'} has no write access here")
    ids = [name for name in re.split(r"[,\s]+", found[2].splitlines()[0] if found[2] else "") if name]
    try:
        project.config.chosen(ids)
    except (ConfigError, UsageError) as problem:
        return nothing(f"{one_line(str(problem), limit=300)}")
    return _asked(project, options, ids, environ, "", f"by {one_line(user, limit=60)}")


def _asked(
    project: Project, options: Options, ids: Sequence[str], environ: Mapping[str, str], strategy: str, by: str
) -> Done:
    """Search for better versions of the prompts `ids`, whatever their score: all, when none is named."""
    refuse_unknown(strategy or None)
    chosen = project.config.chosen(ids)
    mode = _mode(environ)
    with project.repository.locked("promptci ci"):
        found = prepared(project, chosen, mode)
        with session(project, options, searching=True) as run:
            aim = AIMS[project.config.search.goal]
            report = run.report("optimize", improved(run, found, strategy=strategy or None, mode=mode, aim=aim))
    return Done(report, f"{_sought(chosen)}, as asked {by}")


def _mode(environ: Mapping[str, str]) -> Mode:
    kept = environ.get("PROMPTCI_DRY_RUN") == "true" or environ.get("PROMPTCI_CREATE_PR", "true") != "true"
    return "dry-run" if kept else "pr"


def _no_search(project: Project, event: Event, environ: Mapping[str, str], base: Base | None) -> str:
    """Say why no search is made after the check, "" where one may be."""
    if environ.get("PROMPTCI_CREATE_PR", "true") != "true":
        return "no search: `create-pr` is false"
    if event.branch != event.default_branch:
        return f"no search: {one_line(event.branch)} is not the default branch"
    if base is not None and base.commit and BOT.email in project.repository.authors(base.commit, "HEAD"):
        return "no search: the push brings a commit of ours"
    return ""


def _before(project: Project, event: Event, environ: Mapping[str, str]) -> tuple[Base, tuple[Reason, ...]]:
    """Return what the push is compared with, and a remark where that is not the commit before it."""
    before = event.text("before")
    named = environ.get("PROMPTCI_BASE_REF") or (before if before.strip("0") else None)
    try:
        return base_of(project, named), ()
    except GitError:
        if named != before:
            raise
        base = base_of(project, None)
        said = f"The commit before this push, {one_line(before)[:12]}, is gone, as after a force push"
        compared = f"{said}; compared with {base.commit[:12] if base.commit else 'nothing'} instead."
        return base, (Reason("force_push", compared),)


def _searched(
    run: Session, prompts: Sequence[PromptReport], low: Sequence[PromptSettings], mode: Mode
) -> list[PromptReport]:
    """Search for better versions of `low`, whatever `search.goal`: a score below its target has to gain.

    Where none could be proposed, nothing is spent and the report says why.
    """
    if not low:
        return list(prompts)
    try:
        with run.project.repository.locked("promptci ci"):
            return joined(prompts, improved(run, prepared(run.project, low, mode), mode=mode))
    except (GitError, ForgeError) as problem:
        why = Reason("no_search", f"Below its target, but no search was made: {one_line(str(problem))}")
        ids = {p.id for p in low}
        return [replace(p, reasons=(*p.reasons, why)) if p.id in ids else p for p in prompts]


def _tidied(run: Session, event: Event, low: Sequence[PromptSettings], mode: Mode) -> None:
    """Close the requests of ours that the default branch has overtaken; those of `low` are about to be rewritten."""
    repository, head = run.project.repository, run.project.repository.head()
    if mode != "pr" or head is None or "origin" not in repository.remote_names():
        return
    try:
        forge = forge_for(repository.remote_url("origin"), os.environ, token=repository.token)
        told = close_obsolete(run.project, forge, "origin", event.branch, head, spare=[p.id for p in low])
    except (GitError, ForgeError) as problem:
        told = [f"Open requests were not looked through: {one_line(str(problem))}"]
    for line in told:
        run.door.note(line)


def below_target(config: Config, measured: Sequence[PromptReport]) -> list[PromptSettings]:
    """Return the prompts whose measured score is below their target. What was not measured is not searched.

    Nor is a program whose settings do not say what of it to `rewrite`.
    """
    scores = {p.id: p.score for p in measured if p.verdict != "unmeasured"}
    low = (p for p in config.prompts if (score := scores.get(p.id)) is not None and score < p.wanted)
    return [p for p in low if not p.run or p.rewrite]


def joined(measured: Sequence[PromptReport], found: Sequence[PromptReport]) -> list[PromptReport]:
    """Return the check's verdicts, each with what its search found."""
    by_id = {p.id: p for p in found}
    both = [(p, by_id.get(p.id)) for p in measured]
    return [p if f is None else replace(p, reasons=(*p.reasons, *f.reasons), search=f.search) for p, f in both]


def _of(project: Project, prompts: Sequence[PromptReport]) -> str:
    count = len(project.config.prompts)
    return f"{len(prompts)} of {count} prompt{'' if count == 1 else 's'}"


def _sought(low: Sequence[PromptSettings]) -> str:
    if not low:
        return "none is below its target, so no search was made"
    return f"searched for a better version of {', '.join(one_line(p.id, limit=60) for p in low[:5])}" + (
        f" and {len(low) - 5} more" if len(low) > 5 else ""
    )
