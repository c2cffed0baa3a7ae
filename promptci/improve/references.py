"""Prompts whose cases expect nothing, on another model: the old model's answers are what the new one's are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptci.config import PromptSettings
from promptci.errors import PromptciError
from promptci.evals import read_cases
from promptci.metrics.base import needs_of
from promptci.project.project import Project
from promptci.prompts import decode

SAID = (
    "No case has an expected answer, so the old model's answers are the reference: a judge said, in both orders, which "
    "of two is better."
)


def with_references(project: Project, ids: Sequence[str]) -> Project:
    """Return the project with `pairwise` for each prompt of `ids` (none: of all) that could not be graded otherwise.

    These are the prompts none of whose cases has an expected answer or a metric of its own, while their metric needs
    one. What cannot be read stays as it is: reading it again says what is wrong. Raises ConfigError for an unknown id.
    """
    chosen = {settings.id for settings in project.config.chosen(ids)}
    prompts = tuple(_judged(project, p) if p.id in chosen else p for p in project.config.prompts)
    return replace(project, config=project.config.model_copy(update={"prompts": prompts}))


def _judged(project: Project, settings: PromptSettings) -> PromptSettings:
    try:
        if not _lacks_answers(project, settings):
            return settings
    except PromptciError:
        return settings  # `side` reads it again, and says at which place what is wrong
    return settings.model_copy(update={"metric": "pairwise", "metrics": (), "combine": "all"})


def _lacks_answers(project: Project, settings: PromptSettings) -> bool:
    rows = project.at(None, settings.cases) if not settings.run else None
    if rows is None:
        return False
    cases = read_cases(settings.cases, rows)
    if any(case.expected is not None or case.asserts for case in cases):
        return False
    metric = settings.judged_by(lambda path: decode(project.at(None, path) or b"", path), cases)
    return needs_of(metric).expected
