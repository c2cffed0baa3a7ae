"""What else a pull request changes that decides later: committed baselines, ledgers, settings of all prompts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from promptci.config import FILE, SHARED, Config, PromptSettings
from promptci.core import Reason, VerdictName
from promptci.project.continued import baseline_breach, ledger_breach
from promptci.project.project import Project
from promptci.records.files import STATE
from promptci.report.base import PromptReport
from promptci.untrusted import one_line

_KEPT = {"baselines": "baseline", "ledger": "ledger"}


@dataclass(frozen=True, slots=True)
class Touched:
    """A committed record that a change has otherwise than its base. `path` is relative to promptci.yaml.

    `continues` says that it goes on from the base's, by its digests and by what git has.
    """

    path: str
    why: Reason
    continues: bool


def records_touched(project: Project, left: str) -> dict[str, tuple[Touched, ...]]:
    """Return, by the prompt's id, the committed baseline and ledger that HEAD has otherwise than `left`, and why not.

    Whatever their case: some file systems take `.PromptCI` for `.promptci`.
    """
    found: dict[str, tuple[Touched, ...]] = {}
    for path in project.repository.changed(left, "HEAD"):
        if not path.casefold().startswith(project.prefix.casefold()):
            continue
        inside = path[len(project.prefix) :]
        parts = PurePosixPath(inside).parts
        kind = _KEPT.get(parts[1].casefold()) if len(parts) > 2 and parts[0].casefold() == STATE else None
        if kind is not None:
            name = "/".join(parts[2:]).removesuffix(".jsonl").removesuffix(".json")
            found[name] = (*found.get(name, ()), _touched(project, inside, kind, left))
    return found


def _touched(project: Project, path: str, kind: str, left: str) -> Touched:
    later = "later changes are compared with" if kind == "baseline" else "counts the questions put to held-out cases"
    breach = (baseline_breach if kind == "baseline" else ledger_breach)(project, path, left, "HEAD")
    seen = "nobody has measured what it says now" if breach is None else breach
    said = f"This change edits {one_line(path)}, which {later}: {seen}."
    return Touched(path, Reason(f"{kind}_touched", said), breach is None)


def program_held(project: Project, settings: PromptSettings, base: str) -> tuple[Reason, ...]:
    """Say which files of a program the change has otherwise than `base`: they were not run, the base's were."""
    if not settings.run:
        return ()
    own = {project.prefix + path for path in (*(settings.files or ()), settings.cases, project.config_name)}
    kept = (f"{project.prefix}{STATE}/", ".github/")
    other = [p for p in project.repository.changed(base) if p not in own and not p.startswith(kept)]
    if not other:
        return ()
    shown = ", ".join(one_line(path, limit=80) for path in other[:5]) + (", ..." if len(other) > 5 else "")
    said = f"The base's program was run, with this change's files under test alone: {shown} here had no effect on it."
    return (Reason("program_held", said),)


def of_settings(project: Project, left: str, before: Config | None) -> list[PromptReport]:
    """Return what the change does to settings that hold once it is merged; `before` are those of what it goes into.

    `left` is the commit that it left.
    """
    reasons = _settings_touched(project.config, before)
    held = any(r.kind == "models_held" for r in reasons)
    verdict: VerdictName = "inconclusive" if held else "pass"
    found = [(project.config_name, verdict, reasons)] if reasons else []
    found += [(path, "inconclusive", (_taken_out(path),)) for path in _settings_gone(project, left)]
    place = project.config_name
    return [PromptReport(i, v, said, why=("settings",), changed="measure", file=place) for i, v, said in found]


def _settings_gone(project: Project, left: str) -> list[str]:
    """Return the settings files of `left` that HEAD has not, from our directory on where they lie below it.

    Whoever runs a check for one of several folders with settings could be led to another folder's by a link.
    """
    names = (FILE, project.config_name)
    gone = set(project.repository.files(left)) - set(project.repository.files("HEAD"))
    return sorted(path.removeprefix(project.prefix) for path in gone if PurePosixPath(path).name in names)


def _taken_out(path: str) -> Reason:
    said = f"This change takes {one_line(path)} away, or puts a link in its way: nothing gates by these settings then."
    return Reason("settings_gone", said)


def _settings_touched(own: Config, was: Config | None) -> tuple[Reason, ...]:
    """Say which settings of all prompts the change has otherwise than `was`: they hold once it is merged."""
    if was is None:
        return ()
    names = [name for name in SHARED if getattr(own, name) != getattr(was, name)]
    if not names:
        return ()
    said = f"This change has other settings ({', '.join(names)}); the base's were used: its own hold once it is merged."
    return (Reason("models_held" if "models" in names else "settings_held", said),)
