"""What a pull request may not choose: models, keys, budget, the gate it is judged by, and answers already stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from promptci.config import FILE, Config, GateSettings, PromptModelSettings, PromptSettings
from promptci.core import Case, Reason
from promptci.errors import ConfigError, DataError
from promptci.metrics.foreign import with_code_of
from promptci.project.changes import Before, Planned, known_as
from promptci.project.models import used_specs
from promptci.project.project import Project
from promptci.project.side import refuse_unnamed
from promptci.records.files import STATE
from promptci.report.base import PromptReport
from promptci.untrusted import one_line


def trusting(project: Project, base: str) -> tuple[Project, Config | None] | None:
    """Return the project with what a stranger must not choose taken from `base`, and the settings that `base` has.

    That is models, hosts, names of keys, and budget. Where no model outside this process is called there is nothing to
    protect, nor where the base has no settings at all: whoever may push the workflow brings the first ones. None when
    the base's settings cannot be read, so that nobody says which models are to be trusted. Raises ConfigError for
    settings in another place than the base's.
    """
    try:
        before = project.config_at(base)
    except ConfigError:
        return (project, None) if _keyless(project.config) else None
    if before is None:
        if not _keyless(project.config):
            _refuse_second(project, base)
        return project, None
    fixed = {name: getattr(before, name) for name in ("models", "budget", "search", "pull_request")}
    prompts = tuple(_asked_as_at(before, p, project.config) for p in project.config.prompts)
    return replace(project, config=project.config.model_copy(update={**fixed, "prompts": prompts})), before


def _asked_as_at(before: Config, settings: PromptSettings, asked: Config) -> PromptSettings:
    """Return the prompt with what `before` says of its model; one that is new there is asked as all are."""
    known = known_as(settings, Before("", before, None, {}), asked)
    return settings.model_copy(update={"model": known.model if known else PromptModelSettings()})


def _keyless(config: Config) -> bool:
    return all(spec.model == "offline" and spec.base_url is None for spec in used_specs(config))


def _refuse_second(project: Project, base: str) -> None:
    """Raise ConfigError when the base has settings, only elsewhere: a nearer or moved file would go round them."""
    names = (FILE, project.config_name)
    there = [path for path in project.repository.files(base) if PurePosixPath(path).name in names]
    if there:
        place = project.prefix + project.config_name
        problem = (
            f"the base has no settings here, only in {one_line(there[0])}: a pull request cannot choose its models"
        )
        raise ConfigError(
            problem, place=one_line(place), hint="merge new or moved settings by hand, after reading them"
        )


def refuse_tracked(project: Project) -> None:
    """Raise DataError when the commit brings stored answers or runs: they would be taken for what the models say.

    Raises GitError when it brings a link or a submodule in their place.
    """
    state = project.prefix + STATE
    own = (f"{state}/cache", f"{state}/runs")
    project.repository.read_many("HEAD", [state, *own])
    # Whatever its case: file systems that ignore it check `.PromptCI/cache` out into `.promptci/cache`.
    below = tuple(f"{place}/".casefold() for place in own)
    tracked = [path for path in project.repository.files("HEAD") if path.casefold().startswith(below)]
    if tracked:
        hint = f"git rm -r --cached {own[0]} {own[1]}"
        raise DataError("stored answers and runs do not belong into a commit", place=one_line(tracked[0]), hint=hint)


def judged_by_the_base_s_code(planned: Planned) -> Planned:
    """Return the prompt with metrics that run code as the base has them. Raises DataError for code that is new."""
    old, new = planned.old, planned.new
    metric = with_code_of(None if old is None else old.grading.combined, new.grading.combined)
    return replace(planned, new=replace(new, grading=replace(new.grading, metric=metric)))


def under_the_gate_of(before: Config, planned: Planned, asked: Config) -> tuple[Planned, str | None]:
    """Return the prompt under the gate and target that `before` has for it, and a sentence if it asked for another.

    Cases that had to pass at the base still have to, whatever tags the change gives them. A prompt that `before` does
    not know brings its own gate. Raises ConfigError when none is left of the cases that a name in `must_pass` meant.
    """
    known = known_as(planned.new.settings, Before("", before, None, {}), asked)
    if known is None:
        return planned, None
    meant = {name: [c.id for c in _old_cases(planned) if name in (c.id, *c.tags)] for name in known.gate.must_pass}
    ids = {c.id for c in planned.new.cases}
    kept = [case_id for named in meant.values() for case_id in named if case_id in ids]
    refuse_unnamed(known, [n for n, named in meant.items() if named and ids.isdisjoint(named)], planned.new.cases)
    gate = known.gate.model_copy(update={"must_pass": tuple(dict.fromkeys((*meant, *kept)))})
    settings = planned.new.settings.model_copy(update={"gate": gate, "target": known.target})
    return replace(planned, new=replace(planned.new, settings=settings)), _other(known.gate, planned.new.settings.gate)


def _old_cases(planned: Planned) -> Sequence[Case]:
    return planned.old.cases if planned.old else ()


def _other(before: GateSettings, asked: GateSettings) -> str | None:
    changed = [name for name in GateSettings.model_fields if getattr(before, name) != getattr(asked, name)]
    if not changed:
        return None
    names = ", ".join(f"gate.{name}" for name in changed)
    return f"Judged by the base's gate: this change's own ({names}) holds once it is merged."


def judged(report: PromptReport, planned: Planned, remark: str | None) -> PromptReport:
    """Return the report with the remark on its gate; what the base has but was not compared with does not pass."""
    unproven = planned.old is None and planned.note is not None and report.verdict == "pass"
    verdict = "inconclusive" if unproven else report.verdict
    return replace(
        report,
        verdict=verdict,
        reasons=report.reasons if remark is None else (*report.reasons, Reason("base_gate", remark)),
    )


def gone(project: Project, prompt_id: str, file: str) -> PromptReport:
    """Return the report of a prompt that the base gates and the change does not name any more."""
    said = f"'{prompt_id}' ({one_line(file)}) is no longer in {project.config_name}: from now on nothing gates it."
    return PromptReport(
        prompt_id, "inconclusive", (said,), why=("removed",), changed="measure", file=project.config_name
    )


def unasked(planned: Planned) -> PromptReport:
    """Return the report of a prompt whose models nobody vouches for: read, and found sound, but put to none of them."""
    said = (
        "The base's settings cannot be read, so nobody says which models and keys may be used: no model was asked. "
        "Where this change mends them, merge it by hand after reading it."
    )
    settings, count = planned.new.settings, len(planned.new.cases)
    return PromptReport(
        settings.id, "inconclusive", (said,), planned_cases=count, why=planned.why, changed="new", file=settings.file
    )
