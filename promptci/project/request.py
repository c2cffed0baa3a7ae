"""What a pull request is measured on: the base's cases and metric, and its own where it has others."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from promptci.config import Config, PromptSettings
from promptci.core import Reason
from promptci.errors import ConfigError, PromptciError
from promptci.gitrepo import lfs, submodules
from promptci.metrics.foreign import with_code_of
from promptci.project import trust
from promptci.project.changes import NAMED, Before, Planned, known_as, removed, renamed_since, unfillable
from promptci.project.differences import measure_changes, prompt_changes, settings_changes
from promptci.project.edits import CaseEdits, edits_of, with_renamed
from promptci.project.held import held
from promptci.project.project import Project
from promptci.project.side import Side, side
from promptci.untrusted import one_line


@dataclass(frozen=True, slots=True)
class Requested:
    """One prompt of a pull request.

    `planned` are its comparisons, the one under the base's measure first; nothing when nothing differs. `caps` say why
    it may not pass without a person's word, `edits` what happened to the base's cases.
    """

    id: str
    planned: tuple[Planned, ...]
    caps: tuple[Reason, ...] = ()
    edits: CaseEdits = field(default_factory=CaseEdits)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a pull request goes. Settings, cases and metrics are those of `tip`; prompts are compared with `left`.

    Whoever writes a pull request chooses where it branched off: an inner commit of the history may say anything.
    """

    left: Before
    tip: Before


def target(project: Project, left: str, tip: str, settings: Config) -> Target:
    """Return where `project`'s change goes. `settings` are the tip's; where `left` has none that can be read, too."""
    try:
        then = settings if left == tip else project.config_at(left)
    except ConfigError:
        then = None
    renamed = renamed_since(project, left, then or settings)
    return Target(Before(left, then, None, renamed), Before(tip, settings, None, renamed))


def requested(project: Project, own: Config, to: Target, named: frozenset[str] = frozenset()) -> list[Requested]:
    """Return every prompt of the change that differs from what it goes into, or is `named`.

    `project` is as `trust.trusting` returns it, `own` are the change's own settings. Raises what `side` raises for the
    new state.
    """
    both = zip(project.config.prompts, own.prompts, strict=True)
    found = [_requested(project, settings, asked, to, named) for settings, asked in both]
    return [one for one in (*found, *_taken_out(project, to)) if one.planned or one.caps]


def _taken_out(project: Project, to: Target) -> list[Requested]:
    """Return the prompts that the change takes out of the settings and edits all the same, by the target's measure.

    What else it took away, such as their cases, is the target's, too. A file that is no prompt any more is left to
    whoever tells what is gone.
    """
    before, after = ({p.id for p in of.prompts} if of else set() for of in (to.left.config, project.config))
    if before <= after:
        return []
    kept, found = replace(project, stand_in=to.tip.commit), []
    for settings in removed(project, to.tip.commit):
        with suppress(PromptciError):  # it is reported as gone
            one = _requested(kept, settings, settings, to, frozenset())
            told = trust.not_gated(project, settings.id, settings.file)
            found += [replace(one, caps=(*one.caps, told))] if one.planned and settings.id in before else []
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """A prompt as it is in the change, at the target's tip, and where the change left it; None where it is not."""

    asked: PromptSettings
    new: Side
    tip: Side | None
    old: Side | None
    problem: Reason | None = None


def _requested(
    project: Project, settings: PromptSettings, own: PromptSettings, to: Target, named: frozenset[str]
) -> Requested:
    known, was = (known_as(settings, before, project.config) for before in (to.tip, to.left))
    new = side(project, project.config, settings, None)
    one = _read(project, settings, new, to, known, was)
    if known is None and one.old is None:
        return _first(one)
    new, kept = held(new, one.tip)
    one = replace(one, new=new)
    told = trust.other_settings(own, was or known) or trust.other_files(one.tip, new)
    caps = [*kept, *trust.exchanged(settings, known, to.tip), *told]
    if one.old is None:
        return _uncompared(one, caps)
    changes, measure = prompt_changes(one.old, new), measure_changes(one.old, new)
    why = (*changes, *measure, *settings_changes(was or known or settings, settings))
    if not why:
        same = (replace(_own(one, (), (NAMED,)), measure_changed=False),) if settings.id in named else ()
        return Requested(settings.id, same, tuple(caps))
    if changes and one.tip is not None and one.tip is not one.old and prompt_changes(one.old, one.tip):
        caps.append(_moved_on(settings))
    edits = edits_of(one.old.cases, new.cases)
    planned = [_own(one, changes, why)] if measure or not changes or one.tip is None else []
    if changes and one.tip is not None:
        first, problem = _on_the_base_s(one, changes, why)
        planned = [*([first] if first else []), *(planned or ([] if first else [_own(one, changes, why)]))]
        caps += [problem] if problem else []
    return Requested(settings.id, tuple(planned), tuple(caps), edits)


def _read(
    project: Project,
    settings: PromptSettings,
    new: Side,
    to: Target,
    known: PromptSettings | None,
    was: PromptSettings | None,
) -> _Known:
    models = project.config if to.tip.config is None else to.tip.config
    problem: Reason | None = None
    tip, old = None, None
    try:
        tip = side(project, models, known, to.tip.commit) if known else None
        if was is not None and to.left.commit == to.tip.commit:
            old = tip
        elif was is not None:
            fixed = (known or settings).model
            old = side(project, models, was.model_copy(update={"model": fixed}), to.left.commit)
    except PromptciError as trouble:
        missing = isinstance(trouble, lfs.NotHereError | submodules.NotHereError)
        kind = "content_missing" if missing else "base_unreadable"
        problem = Reason(kind, f"the base's version cannot be read ({trouble})")
    if old is not None:
        old, _ = held(old, tip)
        if known is not None:
            old = replace(old, settings=old.settings.model_copy(update={"id": known.id}))
        old = trust.priced_as(old, new)
    return _Known(settings, new, tip, old, problem)


def _first(one: _Known) -> Requested:
    """A prompt that the target does not have: under its own measure, asked as all are."""
    new, kept = held(one.new, None)
    new = replace(new, grading=replace(new.grading, metric=with_code_of(None, new.grading.combined)))
    why = one.problem.text if one.problem else "new prompt"
    return Requested(one.asked.id, (Planned(new, None, True, True, (why,), one.problem),), kept)


def _uncompared(one: _Known, caps: Sequence[Reason]) -> Requested:
    """A prompt that the target has, in a form that this change cannot be compared with: it never passes."""
    problem = one.problem or Reason("base_lacks", "where this change left its base, the base did not have this prompt")
    planned = Planned(_gated(one, one.new), None, True, True, (problem.text,), problem)
    return Requested(one.asked.id, (planned,), (*caps, _unproven(problem)))


def _own(one: _Known, changes: tuple[str, ...], why: tuple[str, ...]) -> Planned:
    """The change on its own cases and metric, under the base's gate."""
    new, old = _gated(one, one.new), one.old
    if old is not None and (lacked := unfillable(old, new.cases)) is not None:
        note = Reason("unfillable", f"the base's prompt uses '{lacked}', which the new cases lack")
        return Planned(new, None, True, True, why, note, changes)
    return Planned(new, old, bool(changes), True, why, prompt_why=changes)


def _on_the_base_s(one: _Known, changes: tuple[str, ...], why: tuple[str, ...]) -> tuple[Planned | None, Reason | None]:
    """The change and its base on the cases, metric and gate of the target's tip, or why they cannot be put to them."""
    if one.tip is None or one.old is None:
        return None, None
    cases = with_renamed(one.tip.cases, one.new.cases)
    new = replace(one.new, cases=cases, grading=one.tip.grading)
    for which, has in (("this change's prompt", new), ("the base's prompt", one.old)):
        if (lacked := unfillable(has, cases)) is not None:
            said = f"{which} uses '{lacked}', which the base's cases lack: it was not measured on them"
            return None, Reason("unfillable", f"Not proven: {said}.")
    asked = one.asked  # `without`: a prompt that may not be without its text any more must not be asked so
    update = {"id": asked.id, "file": asked.file, "without": asked.without}
    settings = one.tip.settings.model_copy(update=update)
    return Planned(replace(new, settings=settings), one.old, True, False, why, prompt_why=changes), None


def _gated(one: _Known, new: Side) -> Side:
    """The change's side under the gate and target of the target's tip, graded by no code but that one's."""
    code = None if one.tip is None else one.tip.grading.combined
    new = replace(new, grading=replace(new.grading, metric=with_code_of(code, new.grading.combined)))
    return new if one.tip is None else trust.under_the_gate_of(one.tip, new)


def _unproven(problem: Reason) -> Reason:
    return Reason("unproven", f"Nothing says that it is no worse: {one_line(problem.text)}.")


def _moved_on(settings: PromptSettings) -> Reason:
    said = (
        f"The base has another '{one_line(settings.id)}' by now than where this change left it, so what was measured "
        "is not what would be merged: bring the base into this change."
    )
    return Reason("base_moved", said)
