"""`promptci history [ID]`: a prompt's score from commit to commit, from what is stored; nothing is asked of a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from promptci.decide.interval import mean_interval
from promptci.errors import DataError
from promptci.project.project import Project, locate
from promptci.records import baseline
from promptci.report.base import PromptReport
from promptci.report.history import Point, as_history
from promptci.report.read import read
from promptci.run.options import Options


def history(options: Options, *, ids: Sequence[str] = ()) -> str:
    """Return each prompt's accepted outcomes by commit, and the runs at hand, oldest first. Raises PromptciError.

    A file that this version cannot read is left out: the history goes back further than its formats.
    """
    project = locate(options.config, Path())
    chosen = [settings.id for settings in project.config.chosen(ids)]
    return "\n".join(as_history(name, points) for name, points in histories(project, chosen).items())


def histories(project: Project, ids: Sequence[str]) -> dict[str, list[Point]]:
    """Return the accepted outcomes and the checks at hand of each prompt, oldest first."""
    runs, found = list(_runs(project)), dict[str, list[Point]]()
    for name in ids:
        both = [*_accepted(project, name), *(_point(*run) for run in runs if run[1].id == name)]
        found[name] = [point for _, point in sorted(both, key=lambda pair: pair[0])]
    return found


def _accepted(project: Project, prompt_id: str) -> Iterator[tuple[datetime, Point]]:
    path = baseline.path_of(prompt_id)
    for commit in project.repository.history([project.prefix + path]):
        try:
            content = project.at(commit.id, path)
            found = None if content is None else baseline.load(content, path)
        except DataError:  # written by a version whose format this one does not read: the others still make a history
            continue
        if found is not None:
            values = [v for v in found.values.values() if v is not None]
            ends = _within(mean_interval(values))
            point = Point(commit.id, found.date, found.score, ends, found.measure.answered)
            yield datetime.fromisoformat(found.date), point


def _runs(project: Project) -> Iterator[tuple[datetime, PromptReport, str, str]]:
    """Every checked prompt of the runs at hand, with its commit and who answered."""
    for place in sorted((project.directory / ".promptci" / "runs").glob("*/report.json")):
        try:
            found = read(place)
        except DataError:  # another version's report, or one that is being written: a run is no more than one point
            continue
        when = datetime.fromtimestamp(place.stat().st_mtime, UTC)
        for prompt in found.prompts if found.command == "check" else ():
            if prompt.score is not None and not _accepts(prompt):
                yield when, prompt, found.commit or "", ", ".join(found.models)


def _accepts(prompt: PromptReport) -> bool:
    return any(reason.kind == "accepted" for reason in prompt.reasons)


def _point(when: datetime, prompt: PromptReport, commit: str, model: str) -> tuple[datetime, Point]:
    values = [v for v in prompt.values.values() if v is not None]
    found = Point(commit, when.isoformat(), prompt.score, _within(mean_interval(values)), model, prompt.verdict)
    return when, found


def _within(ends: tuple[float, float] | None) -> tuple[float, float] | None:
    """An interval of a mean of values in [0, 1] ends there, too."""
    return None if ends is None else (max(0.0, ends[0]), min(1.0, ends[1]))
