"""Whether a pull request is one that a search of ours opened, and that nobody else has worked on."""

from __future__ import annotations

from promptci.commands.events import Event
from promptci.improve.target import worked_on
from promptci.project.project import Project
from promptci.prompts import split_selector
from promptci.records import baseline, ledger


def ours(project: Project, event: Event, left: str, target: str) -> frozenset[str]:
    """Return the prompt whose search made this change; none when it is not one of ours.

    Its branch is of this repository, where only people with write access push, and named for the prompt; every commit
    since `left` is by us; and it changes the prompt, its baseline and its ledger alone. The base's settings, at
    `target`, say which prompts there are.
    """
    head, base = event.text("pull_request", "head", "ref"), event.text("pull_request", "base", "ref")
    prefix, tip = f"promptci/{base}/", event.text("pull_request", "head", "sha")
    if event.name != "pull_request" or not (base and tip and event.is_of_this_repository):
        return frozenset()
    settings = project.config_at(target) if head.startswith(prefix) else None
    prompt = next((p for p in settings.prompts if head == prefix + p.id), None) if settings else None
    if prompt is None:
        return frozenset()
    repository = project.repository
    commit = repository.resolve(tip)
    if worked_on(repository, commit, left) is not None:
        return frozenset()
    own = (split_selector(prompt.file)[0], baseline.path_of(prompt.id), ledger.path_of(prompt.id))
    alone = set(repository.changed(left, "HEAD")) <= {project.prefix + path for path in own}
    return frozenset((prompt.id,)) if alone else frozenset()
