"""What a pull request may not choose: models, keys, budget, the gate it is judged by, and answers already stored."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from promptci.config import FILE, SHARED, Config, GateSettings, PromptModelSettings, PromptSettings
from promptci.core import Reason
from promptci.errors import ConfigError, DataError, GitError
from promptci.metrics.combined import differences
from promptci.models import keys
from promptci.project.changes import Before, Planned, known_as, renamed_since
from promptci.project.models import used_specs
from promptci.project.project import Project
from promptci.project.side import Side, parameters_of, refuse_unnamed
from promptci.records.files import STATE
from promptci.report.base import PromptReport
from promptci.untrusted import one_line


def trusting(project: Project, base: str) -> tuple[Project, Config | None] | None:
    """Return the project with what a stranger must not choose taken from `base`, and the settings that `base` has.

    That is models, hosts, names of keys, and budget. Where no model outside this process is called there is nothing to
    protect. None when the base has no settings, or none that can be read, so that nobody says which models are to be
    trusted. Raises ConfigError for settings in another place than the base's.
    """
    keyless = _keyless(project.config)
    try:
        before = project.config_at(base)
    except ConfigError:
        return (project, None) if keyless else None
    if before is None:
        if not keyless:
            _refuse_second(project, base)
        return (project, None) if keyless else None
    fixed = {name: getattr(before, name) for name in SHARED}
    there = Before(base, before, None, renamed_since(project, base, before))
    prompts = tuple(_asked_as_at(there, p, project.config) for p in project.config.prompts)
    _refuse_programs(prompts, before.prompts)
    config = project.config.model_copy(update={**fixed, "prompts": prompts})
    return replace(project, config=config, program_from=base, committed_only=True), before


def _refuse_programs(asked: Sequence[PromptSettings], known: Sequence[PromptSettings]) -> None:
    """Raise ConfigError for a program that the base does not have: a stranger's would run with the job's rights."""
    theirs = {(p.run, p.files) for p in known}
    for prompt in asked:
        if prompt.run is not None and (prompt.run, prompt.files) not in theirs:
            problem = f"'{prompt.id}' brings a program of its own, which a pull request cannot"
            raise ConfigError(problem, place=FILE, hint="merge a new program by hand, after reading it")


def _asked_as_at(before: Before, settings: PromptSettings, asked: Config) -> PromptSettings:
    """Return the prompt with what `before` says of its model; one that is new there is asked as all are.

    It is asked without its text only where `before` has that, too: a change may spend less than its base, never more.
    """
    known = known_as(settings, before, asked)
    if known is None:
        return settings.model_copy(update={"model": PromptModelSettings(), "without": False})
    program = {"run": known.run, "files": known.files, "file": known.file if known.run else settings.file}
    without = settings.without and known.without
    return settings.model_copy(update={"model": known.model, "without": without, **program})


def _keyless(config: Config) -> bool:
    if any(p.run for p in config.prompts):  # a program may send anything anywhere
        return False
    return all(keys.server(spec) == "offline" for spec in used_specs(config))


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

    Raises GitError when it brings a link or a submodule in the place of anything of ours: baselines and ledgers, too,
    would be read from where it leads.
    """
    state = project.prefix + STATE
    own = (f"{state}/cache", f"{state}/runs")
    # Whatever its case: file systems that ignore it check `.PromptCI/cache` out into `.promptci/cache`.
    for path in project.repository.links("HEAD"):
        if f"{path}/".casefold().startswith(f"{state}/".casefold()):
            hint = f"git rm --cached {state}: what promptci keeps there are files"
            raise GitError("a symbolic link or a submodule, not a regular file", place=one_line(path), hint=hint)
    below = tuple(f"{place}/".casefold() for place in own)
    tracked = [path for path in project.repository.files("HEAD") if path.casefold().startswith(below)]
    if tracked:
        parts = own[0].count("/") + 1
        places = sorted({"/".join(path.split("/")[:parts]) for path in tracked})  # git refuses one that is not there
        hint = f"git rm -r --cached {' '.join(shlex.quote(one_line(name)) for name in places)}, then commit"
        raise DataError("stored answers and runs do not belong into a commit", place=one_line(tracked[0]), hint=hint)


def priced_as(old: Side, new: Side) -> Side:
    """Return `old` at the price, deadline and limits of `new`, where both are asked alike: they change no answer."""
    alike = old.spec.model == new.spec.model and parameters_of(old.spec) == parameters_of(new.spec)
    return replace(old, spec=new.spec) if alike else old


def under_the_gate_of(tip: Side, new: Side) -> Side:
    """Return the change's side under the gate and target that the target's tip has for it.

    Cases that had to pass there still have to, whatever tags the change gives them. Raises ConfigError when none is
    left of the cases that a name in `must_pass` meant.
    """
    gate = tip.settings.gate
    meant = {name: [c.id for c in tip.cases if name in (c.id, *c.tags)] for name in gate.must_pass}
    ids = {c.id for c in new.cases}
    kept = [case_id for named in meant.values() for case_id in named if case_id in ids]
    refuse_unnamed(tip.settings, [n for n, named in meant.items() if named and ids.isdisjoint(named)], new.cases)
    gate = gate.model_copy(update={"must_pass": tuple(dict.fromkeys((*meant, *kept)))})
    return replace(new, settings=new.settings.model_copy(update={"gate": gate, "target": tip.settings.target}))


_DECIDING = ("model", "metric", "metrics", "combine", "answer", "judge")
_LATER = ("target", "rewrite", "without")  # whether and what is searched once it is merged, and what is asked beside


def other_settings(asked: PromptSettings, was: PromptSettings | None) -> tuple[Reason, ...]:
    """Say which settings that decide the change has otherwise than where it left its base."""
    if was is None:
        return ()
    gates = [f"gate.{n}" for n in GateSettings.model_fields if getattr(was.gate, n) != getattr(asked.gate, n)]
    others = [name for name in _DECIDING if getattr(was, name) != getattr(asked, name)]
    later = [name for name in _LATER if getattr(was, name) != getattr(asked, name)]
    said = f"This change says otherwise what is asked later ({', '.join(later)}): it holds once it is merged."
    told = (Reason("search_touched", said),) if later else ()
    if not gates and not others:
        return told
    what = "settings" if others else "gate"
    said = f"Judged by the base's {what}: this change's own ({', '.join((*gates, *others))}) holds once it is merged."
    return (Reason("base_gate", said), *told)


def other_files(tip: Side | None, new: Side) -> tuple[Reason, ...]:
    """Say which files of its metrics the change has otherwise than the target: what a judge is told, what code grades.

    Metrics that rows bring are listed with their cases.
    """
    if tip is None:
        return ()
    edited = differences(replace(tip.grading.combined, rows={}), replace(new.grading.combined, rows={}))
    if not edited:
        return ()
    said = f"This change edits how later ones are judged ({', '.join(edited)}): it holds once it is merged."
    return (Reason("metric_touched", said),)


def exchanged(asked: PromptSettings, known: PromptSettings | None, tip: Before) -> tuple[Reason, ...]:
    """Say that a prompt goes by an id that was another one's."""
    other = next((p for p in tip.config.prompts if p.id == asked.id), None) if tip.config else None
    if known is None or other is None or other == known:
        return ()
    said = (
        f"{one_line(asked.file)} is now called '{asked.id}', which was {one_line(other.file)}: it was compared with "
        f"what the base calls '{known.id}'."
    )
    return (Reason("ids_exchanged", said),)


def gone(project: Project, prompt_id: str, file: str) -> PromptReport:
    """Return the report of a prompt that the base gates and the change does not name any more."""
    said = not_gated(project, prompt_id, file)
    return PromptReport(
        prompt_id, "inconclusive", (said,), why=("removed",), changed="measure", file=project.config_name
    )


def not_gated(project: Project, prompt_id: str, file: str) -> Reason:
    """Say that the settings do not name a prompt any more."""
    said = f"'{prompt_id}' ({one_line(file)}) is no longer in {project.config_name}: from now on nothing gates it."
    return Reason("not_gated", said)


def unasked(planned: Planned) -> PromptReport:
    """Return the report of a prompt whose models nobody vouches for: read, and found sound, but put to none of them."""
    why = "cannot be read" if planned.note else "are not there"
    said = (
        f"The base's settings {why}, so nobody says which models and keys may be used: no model was asked. "
        f"Where this change {'mends' if planned.note else 'brings'} them, merge it by hand after reading it."
    )
    settings, count = planned.new.settings, len(planned.new.cases)
    return PromptReport(
        settings.id,
        "inconclusive",
        (Reason("nobody_vouches", said),),
        planned_cases=count,
        why=planned.why,
        changed="new",
        file=settings.file,
    )
