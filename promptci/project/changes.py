"""The plan: which prompts are measured, why each, and what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from promptci.config import Config, PromptSettings
from promptci.core import Case, Reason
from promptci.errors import ConfigError, PromptciError
from promptci.gitrepo import lfs, submodules
from promptci.gitrepo.base import Base
from promptci.project.differences import measure_changes, prompt_changes, settings_changes
from promptci.project.models import places
from promptci.project.project import Project
from promptci.project.side import Side, parameters_of, side
from promptci.project.untouched import touched
from promptci.prompts import split_selector
from promptci.untrusted import one_line

NAMED = "named on the command line"
ALL = "all prompts were asked for"


@dataclass(frozen=True, slots=True)
class Planned:
    """One prompt to measure.

    `old` is None when the base has no such prompt, or none that can be compared with (`note` says why; its kinds are
    "settings_unreadable", "base_unreadable", "content_missing" and "unfillable"). `prompt_changed` and
    `measure_changed` name what differs; `why` says it in words, `prompt_why` the part of it that is about the
    prompt. `held` says what of the old side was not measured as it was, which a pass cannot rest on.
    """

    new: Side
    old: Side | None
    prompt_changed: bool
    measure_changed: bool
    why: tuple[str, ...]
    note: Reason | None = None
    prompt_why: tuple[str, ...] = ()
    held: Reason | None = None

    @property
    def changed(self) -> str:
        """One word for the report."""
        if self.old is None:
            return "new"
        names = {(True, True): "both", (True, False): "prompt", (False, True): "measure", (False, False): "nothing"}
        return names[self.prompt_changed, self.measure_changed]


@dataclass(frozen=True, slots=True)
class Before:
    """The base as the plan reads it: its settings, why they cannot be read if so, and what git says was renamed."""

    commit: str
    config: Config | None
    problem: Reason | None
    renamed: Mapping[str, str]
    held: Reason | None = None


def plan(
    project: Project, base: Base | str | None, *, ids: Sequence[str] = (), everything: bool = False
) -> list[Planned]:
    """Return the prompts that differ from `base`, or with `everything` or `ids`, all or those, each with its reasons.

    Where a rule chose the base and it may not name hosts, its prompts are asked by today's models if it names others.

    Raises what `side` raises for the new state; an old state that cannot be read is noted, never fatal.
    """
    chosen = project.config.chosen(ids)
    commit, hold = (base.commit, not base.may_name_hosts) if isinstance(base, Base) else (base, False)
    before = _before(project, commit, hold=hold)
    if not (everything or ids) and before is not None and before.config is not None and before.held is None:
        chosen = touched(project, chosen, before.commit, before.config)
    found = [_planned(project, settings, before, NAMED if ids else ALL) for settings in chosen]
    return [p for p in found if p.changed != "nothing" or everything or ids]


def _before(project: Project, base: str | None, *, hold: bool = False) -> Before | None:
    if base is None:
        return None
    try:
        config = project.config_at(base)
    except ConfigError as problem:
        said = f"the base's settings cannot be read ({problem.problem})"
        return Before(base, None, Reason("settings_unreadable", said), {})
    renamed = renamed_since(project, base, config)
    elsewhere = sorted(places(config) - places(project.config)) if config is not None and hold else []
    if config is None or not elsewhere:
        return Before(base, config, None, renamed)
    said = (
        f"The settings of {base[:12]} name {one_line(elsewhere[0][0])}, which today's do not: nothing was sent there. "
        "Its prompts were asked by today's models, so the change of the model is not compared: --base names a commit "
        "that may be asked as it was."
    )
    return Before(
        base, config.model_copy(update={"models": project.config.models}), None, renamed, Reason("host_held", said)
    )


def renamed_since(project: Project, base: str, config: Config | None) -> dict[str, str]:
    """Return new path -> old path of the files renamed since `base`, whose settings are `config`; relative to ours.

    Asked of git only where a prompt is not what it was: looking for renames reads every changed file.
    """
    known = {(p.id, p.file) for p in config.prompts} if config else set()
    moved = config is not None and any((p.id, p.file) not in known for p in project.config.prompts)
    return _renamed(project, base) if moved else {}


def _renamed(project: Project, base: str) -> dict[str, str]:
    """Return new path -> old path of renamed files, relative to promptci.yaml."""
    pairs = project.repository.renames(base).items()
    inside = [(n, o) for n, o in pairs if n.startswith(project.prefix) and o.startswith(project.prefix)]
    return {new.removeprefix(project.prefix): old.removeprefix(project.prefix) for new, old in inside}


def _planned(project: Project, settings: PromptSettings, before: Before | None, unchanged: str) -> Planned:
    new = side(project, project.config, settings, None)
    old_settings = known_as(settings, before, project.config) if before else None
    if before is None or before.config is None or old_settings is None:
        problem = before.problem if before else None
        return Planned(new, None, True, True, (problem.text if problem else "new prompt",), problem)
    try:
        old = side(project, before.config, old_settings, before.commit)
    except PromptciError as trouble:
        missing = isinstance(trouble, lfs.NotHereError | submodules.NotHereError)
        said = f"the base's version cannot be read ({trouble})"
        note = Reason("content_missing" if missing else "base_unreadable", said)
        return Planned(new, None, True, True, (said,), note)
    if old.spec.model == new.spec.model and parameters_of(old.spec) == parameters_of(new.spec):
        old = replace(old, spec=new.spec)  # price, deadline and limits say what a call costs, not what it answers
    changes = prompt_changes(old, new)
    measure = (*measure_changes(old, new), *settings_changes(old_settings, settings))
    if (lacked := unfillable(old, new.cases)) is not None:
        note = Reason("unfillable", f"the base's prompt uses '{lacked}', which the new cases lack")
        return Planned(new, None, True, True, (*changes, *measure) or (note.text,), note, changes)
    return Planned(
        new, old, bool(changes), bool(measure), (*changes, *measure) or (unchanged,), None, changes, before.held
    )


def known_as(settings: PromptSettings, before: Before, after: Config) -> PromptSettings | None:
    """Return what the base calls this prompt of `after`.

    That is the same id and file; else the same file, or the one that git says it was renamed from, where `after` does
    not keep it under the id it had: a prompt is what stands in its file, and ids can be exchanged; else the same id;
    else the one prompt that is gone, where this one alone takes over its eval set.
    """
    same = _named(settings, before, after)
    if same is not None or before.config is None:
        return same
    # git looks for equal lines, and a prompt is often a single one: edited and renamed, it is another file to git.
    newcomers = [p for p in after.prompts if _named(p, before, after) is None]
    followed = [_named(p, before, after) for p in after.prompts]
    left = [p for p in before.config.prompts if p.cases == _was(settings.cases, before) and p not in followed]
    heirs = [p for p in newcomers if _was(p.cases, before) == _was(settings.cases, before)]
    return left[0] if len(left) == len(heirs) == 1 and heirs[0].id == settings.id else None


def _named(settings: PromptSettings, before: Before, after: Config) -> PromptSettings | None:
    """Return the base's prompt of the same file, the file that git says was renamed, or the same id."""
    prompts = before.config.prompts if before.config else ()
    unchanged = next((p for p in prompts if p.id == settings.id and p.file == settings.file), None)
    if unchanged is not None:  # nearly every prompt, and there may be thousands
        return unchanged
    kept = {(p.id, p.file) for p in after.prompts} - {(settings.id, settings.file)}
    free = [p for p in prompts if (p.id, p.file) not in kept]
    file, selector = split_selector(settings.file)
    moved = before.renamed.get(file)
    names = (settings.file, moved if moved is None or selector is None else f"{moved}::{selector}")
    same = [p for name in names for p in free if p.file == name]
    by_id = [p for p in free if p.id == settings.id]
    both = [p for p in same if p in by_id]
    return next(iter((*both, *same, *by_id)), None)


def _was(path: str, before: Before) -> str:
    """Return what the base calls a file."""
    return before.renamed.get(path, path)


def removed(project: Project, base: str | None) -> list[PromptSettings]:
    """Return the base's prompts that the project's settings have neither by their id nor, renamed, by their file."""
    before = _before(project, base)
    if before is None or before.config is None:
        return []
    found = (known_as(settings, before, project.config) for settings in project.config.prompts)
    known = {settings.id for settings in found if settings is not None}
    return [p for p in before.config.prompts if p.id not in known]


def unfillable(old: Side, cases: Sequence[Case]) -> str | None:
    """Return a variable of a prompt that some of `cases` lack, None when they can all be put to it."""
    return next((lacking[0] for c in cases if (lacking := old.template.lacking(c))), None)
