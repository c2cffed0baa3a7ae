"""Reads from the forge what reviewers of our pull requests asked for, and keeps it with the run that begins with it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from promptci.errors import PromptciError
from promptci.forge.base import Forge, Request
from promptci.improve.target import Target
from promptci.improve.wishes import NO_WISHES, Wishes, wishes_of
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.prompts import read_prompt
from promptci.records.files import write_atomically


def wished(project: Project, old: Side, goal: Target) -> Wishes:
    """Return what was asked for on the open request of this branch, and on the last one that people closed.

    Raises ForgeError when the forge does not answer.
    """
    found = NO_WISHES
    for request in _about(goal.forge, goal.branch):
        proposed = _text_at(project, old, goal.tip) or old.prompt.template
        remarks = goal.forge.remarks(request.number)
        found = found.join(wishes_of(remarks, old.prompt.template, proposed, closed=request.state == "closed"))
    return found


def _about(forge: Forge, branch: str) -> list[Request]:
    waiting = [r for r in forge.requests(branch) if r.branch == branch]
    closed = [r for r in forge.requests(branch, "closed") if r.branch == branch and r.state == "closed" and not r.by_us]
    return [*waiting[:1], *closed[:1]]


def _text_at(project: Project, old: Side, commit: str | None) -> str | None:
    settings = old.settings
    content = None if commit is None else project.at(commit, old.path)
    if content is None:
        return None
    try:
        read = read_prompt(settings.id, settings.file, content, rewrite=settings.rewrite, style=settings.template)
    except PromptciError:
        return None  # the words still count, only no sentence is known by its number
    return read.template


def as_begun(place: Path, prompt_id: str, wishes: Wishes, *, resumed: bool) -> Wishes:
    """Return the wishes that the run in `place` began with: a resumed search is the same as before."""
    path = place / f"wishes-{prompt_id.replace('/', '~')}.json"
    if resumed and path.exists():
        kept = json.loads(path.read_bytes())
        return Wishes(**{name: tuple(kept[name]) for name in ("keep", "forbid", "asks", "said")})
    write_atomically(path, json.dumps(asdict(wishes), sort_keys=True).encode())  # when there are none, too
    return wishes
