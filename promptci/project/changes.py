"""The plan: which prompts are measured, why each, and what it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from promptci.config import Config, GateSettings, PromptSettings
from promptci.core import Case, case_digest, digest
from promptci.errors import ConfigError, PromptciError
from promptci.metrics.combined import differences
from promptci.project.project import Project
from promptci.project.side import Side, parameters_of, side


@dataclass(frozen=True, slots=True)
class Planned:
    """One prompt to measure.

    `old` is None when the base has no such prompt, or none that can be read (`note` says why). `prompt_changed` and
    `measure_changed` name what differs; `why` says it in words, `prompt_why` the part of it that is about the prompt.
    """

    new: Side
    old: Side | None
    prompt_changed: bool
    measure_changed: bool
    why: tuple[str, ...]
    note: str | None = None
    prompt_why: tuple[str, ...] = ()

    @property
    def changed(self) -> str:
        """One word for the report."""
        if self.old is None:
            return "new"
        names = {(True, True): "both", (True, False): "prompt", (False, True): "measure", (False, False): "nothing"}
        return names[self.prompt_changed, self.measure_changed]


def plan(project: Project, base: str | None, *, ids: Sequence[str] = (), everything: bool = False) -> list[Planned]:
    """Return the prompts that differ from `base`, or with `everything` or `ids`, all or those, each with its reasons.

    Raises what `side` raises for the new state; an old state that cannot be read is noted, never fatal.
    """
    chosen = project.config.chosen(ids)
    before, problem = _config_before(project, base)
    found = [_planned(project, settings, base, before, problem) for settings in chosen]
    return [p for p in found if p.changed != "nothing" or everything or ids]


def _config_before(project: Project, base: str | None) -> tuple[Config | None, str | None]:
    if base is None:
        return None, None
    try:
        return project.config_at(base), None
    except ConfigError as problem:
        return None, f"the base's settings cannot be read ({problem.problem})"


def _planned(
    project: Project, settings: PromptSettings, base: str | None, before: Config | None, problem: str | None
) -> Planned:
    new = side(project, project.config, settings, None)
    old_settings = known_as(settings, before, project.config) if before else None
    if before is None or old_settings is None:
        reason = problem or "new prompt"
        return Planned(new, None, True, True, (reason,), problem)
    try:
        old = side(project, before, old_settings, base)
    except PromptciError as trouble:
        note = f"the base's version cannot be read ({trouble})"
        return Planned(new, None, True, True, (note,), note)
    if old.spec.model == new.spec.model and parameters_of(old.spec) == parameters_of(new.spec):
        old = replace(old, spec=new.spec)  # price, deadline and limits say what a call costs, not what it answers
    changes = _prompt_changes(old, new)
    measure = (*_measure_changes(old, new), *_settings_changes(old_settings, settings))
    if (missing := _unfillable(old, new.cases)) is not None:
        note = f"the base's prompt uses '{missing}', which the new cases lack"
        return Planned(new, None, True, True, (*changes, *measure) or (note,), note, changes)
    return Planned(new, old, bool(changes), bool(measure), (*changes, *measure) or ("asked for",), prompt_why=changes)


def known_as(settings: PromptSettings, before: Config, after: Config) -> PromptSettings | None:
    """Return what `before` calls this prompt of `after`: the same id, else the same file under an id that is gone."""
    same = next((p for p in before.prompts if p.id == settings.id), None)
    kept = {p.id for p in after.prompts}
    return same or next((p for p in before.prompts if p.file == settings.file and p.id not in kept), None)


def removed(project: Project, base: str | None) -> list[PromptSettings]:
    """Return the base's prompts that the project's settings have neither by their id nor, renamed, by their file."""
    before, _ = _config_before(project, base)
    if before is None:
        return []
    found = [known_as(settings, before, project.config) for settings in project.config.prompts]
    return [p for p in before.prompts if p not in found]


def _unfillable(old: Side, cases: Sequence[Case]) -> str | None:
    """Return a variable of the old prompt that some of `cases` lack, None when they can all be put to it."""
    return next((lacking[0] for c in cases if (lacking := old.template.lacking(c))), None)


def _prompt_changes(old: Side, new: Side) -> tuple[str, ...]:
    """Return what changed in the prompt itself, in words."""
    changes = []
    if replace(old.prompt, id="", path="") != replace(new.prompt, id="", path=""):
        changes.append("prompt text")
    before, after = old.partials.texts, new.partials.texts
    edited = [path for path in after if path in before and before[path] != after[path]]
    return (*changes, *(f"partial {path}" for path in edited))


def _measure_changes(old: Side, new: Side) -> tuple[str, ...]:
    """Return what changed in the way the prompt is measured, in words."""
    changes = []
    if _rows(old.cases) != _rows(new.cases):
        changes.append(_case_changes(old.cases, new.cases))
    changes += differences(old.grading.combined, new.grading.combined)
    if old.judge != new.judge and None not in (old.judge, new.judge):
        changes.append("judge model")
    if old.grading.extraction != new.grading.extraction:
        changes.append("what of a reply is graded")
    if old.spec.model != new.spec.model:
        changes.append(f"model ({old.spec.model} to {new.spec.model})")
    elif parameters_of(old.spec) != parameters_of(new.spec):
        changes.append("model parameters")
    return tuple(changes)


def _settings_changes(old: PromptSettings, new: PromptSettings) -> tuple[str, ...]:
    """Return which settings changed that neither prompt nor measure shows: the name, and when a change is blocked."""
    changes = [] if old.id == new.id else [f"id, was {old.id}"]
    changes += [
        f"gate.{name}" for name in GateSettings.model_fields if getattr(old.gate, name) != getattr(new.gate, name)
    ]
    return (f"settings ({', '.join(changes)})",) if changes else ()


def _rows(cases: Sequence[Case]) -> dict[str, str]:
    """Return a hash of each case by its id; tags count: they change no score, but gates read them."""
    return {c.id: digest([case_digest([c]), sorted(c.tags)]) for c in cases}


def tests_changed(planned: Planned) -> list[str]:
    """Return the ids of the base's cases that the new eval set edits or lacks."""
    if planned.old is None:
        return []
    before, after = _rows(planned.old.cases), _rows(planned.new.cases)
    return [case_id for case_id, row in before.items() if after.get(case_id) != row]


def _case_changes(old: Sequence[Case], new: Sequence[Case]) -> str:
    before, after = _rows(old), _rows(new)
    added, removed = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    edited = sum(before[i] != after[i] for i in before.keys() & after.keys())
    counts = ((added, "added"), (edited, "edited"), (removed, "removed"))
    return "eval set (" + ", ".join(f"{n} {word}" for n, word in counts if n) + ")"
