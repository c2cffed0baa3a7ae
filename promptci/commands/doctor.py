"""`promptci doctor`: what is wrong or could go wrong, each with its place and its mend; nothing is spent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from promptci.errors import PromptciError
from promptci.findings.base import Finding, finding
from promptci.findings.cases import of_cases
from promptci.findings.models import of_models
from promptci.findings.repository import of_repository
from promptci.project.hosts import left_of, refuse_foreign
from promptci.project.project import Project, locate
from promptci.project.side import side
from promptci.run.options import Options
from promptci.untrusted import one_line

_ORDER = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings, the gravest first; `prompts` and `cases` were looked at."""

    findings: tuple[Finding, ...]
    prompts: int = 0
    cases: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing keeps promptci from working."""
        return all(found.level != "error" for found in self.findings)


def doctor(options: Options, *, online: bool = False, today: date | None = None) -> Diagnosis:
    """Look at settings, files, eval sets, models and git. No model is called; with `online`, servers list theirs.

    They are sent a key for that. Raises ConfigError where the tree's settings may not say which, and to whom.
    """
    try:
        project = locate(options.config, Path())
    except PromptciError as problem:
        return Diagnosis((_told("settings-unreadable", problem, "promptci.yaml"),))
    if online:
        refuse_foreign(project, left_of(project), trusted=options.trust_tree)
    counted: list[int] = []
    found = [
        *of_repository(project),
        *_prompts(project, counted),
        *of_models(project.config, project.config_name, today or datetime.now(UTC).date(), online=online),
    ]
    ordered = sorted(found, key=lambda one: _ORDER.index(one.level))
    return Diagnosis(tuple(ordered), len(project.config.prompts), sum(counted))


def _prompts(project: Project, counted: list[int]) -> Iterator[Finding]:
    seen: set[str] = set()
    for settings in project.config.prompts:
        try:
            read = side(project, project.config, settings, None)
        except PromptciError as problem:
            yield _told("prompt-unreadable", problem, settings.file)
            continue
        counted.append(len(read.cases))
        if settings.cases not in seen:  # what two prompts share has one set of findings
            seen.add(settings.cases)
            yield from of_cases(read)


def _told(kind: str, problem: PromptciError, place: str) -> Finding:
    return finding(kind, problem.place or place, problem.problem, problem.hint or "see what the message says")


def mended(diagnosis: Diagnosis) -> list[str]:
    """Do what is safe to do without asking; return a line for each."""
    return [found.fix() for found in diagnosis.findings if found.fix is not None]


def lines(diagnosis: Diagnosis) -> list[str]:
    """Return what people read: three lines a finding, then what was looked at."""
    told = []
    for found in diagnosis.findings:
        told += [
            f"{found.level:<8} {one_line(found.place)}: {one_line(found.problem, limit=500)}",
            f"         mend: {one_line(found.mend)}  [{found.id}]",
        ]
    looked = f"{_count(diagnosis.prompts, 'prompt')} and {_count(diagnosis.cases, 'case')} looked at"
    return [*told, f"{looked}; {_levels(diagnosis.findings)}; no model was called."]


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _levels(found: Sequence[Finding]) -> str:
    counts = [(sum(one.level == level for one in found), level) for level in _ORDER]
    return ", ".join(_count(number, level) for number, level in counts if number) or "nothing found"
