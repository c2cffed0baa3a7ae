"""Whose settings say what a command may spend, where no comparison of two commits says it."""

from __future__ import annotations

from promptci.config import FILE
from promptci.errors import ConfigError
from promptci.project.hosts import left_of, refuse_foreign
from promptci.project.project import Project
from promptci.project.trust import refuse_tracked, trusting


def in_force(project: Project, *, trusted: bool) -> Project:
    """Return the project with the settings that all prompts share as they may be used.

    In CI's run for a merge request these are those of what it goes into. Raises ConfigError where that has none, and
    for places that it does not name; DataError for stored answers that the commit brings.
    """
    base = left_of(project)
    refuse_foreign(project, base, trusted=trusted)
    if trusted or base.tip is None or not base.guards:
        return project
    refuse_tracked(project)
    found = trusting(project, base.tip)
    if found is None:
        hint = "merge them first, after reading them"
        raise ConfigError("what this merge request goes into has no settings: nothing was asked", place=FILE, hint=hint)
    return found[0]
