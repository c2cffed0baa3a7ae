"""`promptci ci`: what the CI event asks for. A pull request is checked; the default branch is checked and improved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from promptci.commands.accepting import accepted_by
from promptci.commands.commenting import commented
from promptci.commands.events import Event, event_of
from promptci.commands.improving import Done, commanded, dispatched, pushed, scheduled
from promptci.commands.ours import ours
from promptci.commands.publishing import publish, shown_as_check
from promptci.commands.requesting import pull_request, unstarted
from promptci.core import Reason, VerdictName
from promptci.errors import DataError, UsageError
from promptci.forge import Forge, forge_for
from promptci.gitrepo.base import Base
from promptci.models import keys
from promptci.project.hosts import left_of, refuse_foreign
from promptci.project.models import called_specs
from promptci.project.project import Project, locate
from promptci.project.trust import refuse_tracked
from promptci.report.base import Report
from promptci.report.json import keep
from promptci.run.options import Options
from promptci.untrusted import one_line

Story = Callable[[Project, Options, Event, Mapping[str, str]], Done]
_OF_A_CHANGE = ("pull_request", "merge_group")


def ci(options: Options, environ: Mapping[str, str], say: Callable[[str], None]) -> Report:
    """Do what the event asks for; write job summary, outputs and annotations where the CI service reads them.

    `say` prints one line, a workflow command or the one that tells what was done and why. Raises UsageError outside CI
    and for an event that is not known: a gate that measures nothing must not look like one that passes.
    """
    event = event_of(environ)
    stories: dict[str, Story] = {
        "pull_request": _pull_request,
        "merge_group": _pull_request,
        "push": pushed,
        "schedule": scheduled,
        "workflow_dispatch": dispatched,
        "issue_comment": commanded,
    }
    if event.name not in stories:
        hint = _REFUSED.get(event.name, f"promptci ci knows {', '.join(stories)}")
        raise UsageError(f"the event '{one_line(event.name)}' is not handled", place="promptci ci", hint=hint)
    project = locate(options.config, Path())
    refuse_tracked(project)
    if event.name not in _OF_A_CHANGE and event.branch != event.default_branch:
        refuse_foreign(project, left_of(project), trusted=False)
    done = stories[event.name](project, options, event, environ)
    project = done.project or project  # with the settings that were in force
    line = f"promptci ci: {event.name}: {done.said}."
    # A pull request's own templates would write the summary that people judge it by.
    own = [] if event.name in _OF_A_CHANGE else [project.directory / "templates"]
    publish(done.report, project, environ, say, directories=own, line=line)
    notes = [*done.notes, *commented(done.report, project, event, environ)]
    notes += shown_as_check(done.report, project, event, environ, options)
    for note in notes:
        say(f"::notice title=promptci::{note}" if event.on_github else f"promptci: {note}")
    say(line)
    return done.report


_REFUSED = {
    "pull_request_target": "it would run a stranger's prompts with your keys: use `pull_request`",
    "workflow_run": "use `pull_request`, `push`, `schedule` or `workflow_dispatch`",
}


def _pull_request(project: Project, options: Options, event: Event, environ: Mapping[str, str]) -> Done:
    """Check a change, or what a merge queue makes of several, by the settings of what it goes into."""
    named = environ.get("PROMPTCI_BASE_REF") or _base_of(event)
    repository = project.repository
    tip = repository.resolve(named)
    base = repository.merge_base(tip, repository.resolve("HEAD")) or tip
    left = Base(base, "target", named, "where this change left its base", tip)
    accepted, notes = accepted_by(project, event.payload, tip, partial(_forge, project, environ))
    stranger = _of_a_stranger(event, environ)
    own = ours(project, event, base, tip)
    report, trusted = pull_request(project, options, left, accepted, ours=own, stranger=stranger)
    excused = _without_key(report, trusted, event, environ)
    if excused is not None:
        return Done(
            excused, f"not scored: no key here ({', '.join(_missing(trusted, environ))}), as on a fork", trusted
        )
    return Done(report, _told(report, [p.id for p in project.config.prompts], base), trusted, tuple(notes))


def _of_a_stranger(event: Event, environ: Mapping[str, str]) -> VerdictName | None:
    """Return the verdict on what a fork's pull request may not start, None for one of people with write access."""
    return unstarted(environ) if event.has_no_secrets else None


def _forge(project: Project, environ: Mapping[str, str]) -> Forge:
    return forge_for(project.repository.remote_url("origin"), environ, token=project.repository.token)


def _base_of(event: Event) -> str:
    """Return the commit that a change is to be merged into. Raises DataError for an event that does not say it."""
    keys = ("merge_group", "base_sha") if event.name == "merge_group" else ("pull_request", "base", "sha")
    if not event.text(*keys):
        raise DataError(f"the event has no {'.'.join(keys)}", place="GITHUB_EVENT_PATH")
    return event.text(*keys)


def _told(report: Report, ids: Sequence[str], base: str) -> str:
    measured, count = len({p.id for p in report.prompts}.intersection(ids)), len(ids)
    if not report.prompts:
        return f"nothing to measure: no prompt changed since {base[:12]}"
    return f"checked {measured} of {count} prompt{'' if count == 1 else 's'} that changed since {base[:12]}"


def _missing(project: Project, environ: Mapping[str, str]) -> list[str]:
    """Return the variables that should hold a key for a model that a check calls, and do not."""
    called = (spec for spec in called_specs(project.config, searching=False) if keys.server(spec) != "offline")
    return sorted({spec.api_key_env for spec in called if not environ.get(spec.api_key_env, "").strip()})


def _without_key(report: Report, project: Project, event: Event, environ: Mapping[str, str]) -> Report | None:
    """Return the report of a fork's pull request that could not be measured for want of a key; else None.

    It is no fault of the change, so it does not fail it: `fork: fail` (PROMPTCI_FORK) makes it one. What recorded
    answers could measure is judged as ever.
    """
    names = _missing(project, environ)
    if not event.has_no_secrets or not names or report.calls or environ.get("PROMPTCI_FORK", "pass") == "fail":
        return None
    said = (
        f"Not scored: no key here. {', '.join(names)} is not set, as on every pull request from a fork. "
        "Somebody with write access can push these commits to a branch here to have them scored."
    )
    why = (Reason("no_key", said),)
    found = tuple(
        replace(p, verdict="inconclusive", reasons=why) if p.verdict == "unmeasured" else p for p in report.prompts
    )
    if found == report.prompts:
        return None
    told = replace(report, prompts=found)
    keep(told, project.directory / ".promptci/runs" / report.run)
    return told
