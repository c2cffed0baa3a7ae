"""Requests of ours that the base has overtaken: closed, with the reason, unless people work on them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

from promptci.forge.base import Forge
from promptci.improve.target import UPGRADE, worked_on
from promptci.project.project import Project
from promptci.prompts import split_selector
from promptci.untrusted import one_line


def close_obsolete(
    project: Project, forge: Forge, remote: str, base: str, parent: str, *, spare: Collection[str] = ()
) -> list[str]:
    """Close our open requests against `base`, at the commit `parent`, that say nothing new any more.

    Prompts in `spare` are searched at the moment, so theirs is rewritten instead. Returns what was closed and why, a
    sentence each. Raises ForgeError when the forge does not answer.
    """
    prefix, told = f"promptci/{base}/", []
    for request in forge.requests(prefix):
        prompt_id = request.branch.removeprefix(prefix)
        if prompt_id in spare:
            continue
        tip = project.repository.fetch_branch(remote, request.branch)
        if tip is None or worked_on(project.repository, tip, parent) is not None:
            continue
        why = _why(project, prompt_id, base, parent, tip)
        if why is not None and forge.close(request.number, why).operation == "closed":
            told.append(f"Closed #{request.number}: {why}")
    return told


def _why(project: Project, prompt_id: str, base: str, parent: str, tip: str) -> str | None:
    settings = next((p for p in project.config.prompts if p.id == prompt_id), None)
    if settings is None and prompt_id != UPGRADE:
        return f"{project.config_name} no longer has the prompt '{one_line(prompt_id)}'." if _alone(project) else None
    paths = [project.config_name] if settings is None else settings.files or [split_selector(settings.file)[0]]
    since = project.repository.merge_base(tip, parent)
    now = {path: project.at(parent, path) for path in paths}
    if all(project.at(tip, path) == now[path] for path in paths):
        return f"{one_line(base)} has this text already."
    moved = None if since is None else next((path for path in paths if project.at(since, path) != now[path]), None)
    if moved is not None:
        return f"{one_line(moved)} has changed on {one_line(base)} since, so what was measured holds no more."
    return None


def _alone(project: Project) -> bool:
    """Whether these are the repository's only settings: a branch does not say whose prompt it is for."""
    files = project.repository.files("HEAD")
    return sum(PurePosixPath(path).name == project.config_name for path in files) == 1
