"""Prompts whose cases expect nothing, on another model: the old model's answers are what the new one's are held to."""

from __future__ import annotations

from dataclasses import replace

from promptci.config import PromptSettings
from promptci.evals import read_cases
from promptci.metrics.base import needs_of
from promptci.project.project import Project
from promptci.prompts import decode

SAID = (
    "No case has an expected answer, so the old model's answers are the reference: a judge said, in both orders, which "
    "of two is better."
)


def with_references(project: Project) -> Project:
    """Return the project with `pairwise` for each prompt that could not be graded otherwise.

    These are the prompts none of whose cases has an expected answer or a metric of its own, while their metric needs
    one. What cannot be read stays as it is: reading it again says what is wrong.
    """
    prompts = tuple(_judged(project, settings) for settings in project.config.prompts)
    return replace(project, config=project.config.model_copy(update={"prompts": prompts}))


def _judged(project: Project, settings: PromptSettings) -> PromptSettings:
    rows = project.at(None, settings.cases) if not settings.run else None
    if rows is None:
        return settings
    cases = read_cases(settings.cases, rows)
    if any(case.expected is not None or case.asserts for case in cases):
        return settings
    metric = settings.judged_by(lambda path: decode(project.at(None, path) or b"", path), cases)
    if not needs_of(metric).expected:
        return settings
    return settings.model_copy(update={"metric": "pairwise", "metrics": (), "combine": "all"})
